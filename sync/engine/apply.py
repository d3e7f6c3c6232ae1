"""The only code that writes synced columns, in a fixed number of statements whatever the size of the school."""

from dataclasses import dataclass
from datetime import datetime

import msgspec
from django.db import connection
from msgspec import structs

from students.sign_in.spelling import usernames_for
from students.sign_in.usernames import taken
from sync.engine import hidden
from sync.facts.kinds import KINDS, LINKS, PEOPLE
from sync.facts.sides import Ours
from sync.plans.holding import nothing
from sync.plans.verdict import Judgement, planned

_ASKED_ANEW = ", ".join(
    f'{name} = CASE WHEN sync_hold.kept_at IS NULL OR sync_hold."limit" = excluded."limit" THEN sync_hold.{name} '
    f"ELSE excluded.{name} END"
    for name in ("run_id", "since", "kept_at", "kept_by_id", "kept_because", "deleted_in_mis")
)  # of what a person keeps, where it is held by another limit than they were asked about


@dataclass(frozen=True)
class _Write:
    """What every step needs: what to write, for which school, over which cursor."""

    cursor: object
    school: int
    now: datetime
    judgement: Judgement
    ours: Ours

    def run(self, sql, params):
        self.cursor.execute(sql, params)


def apply(judgement, ours, run, now):
    """Write what passed, with one change per row, inside the caller's transaction. Returns how many of each verb, by
    kind.

    Nothing is deleted: whoever goes gets `left_at`. A new student gets an account without any secret.
    """
    with connection.cursor() as cursor:
        write = _Write(cursor, run.school_id, now, judgement, ours)
        new, changes = {}, []  # new: kind -> Wonde id of a new row -> its primary key
        for name, kind in KINDS.items():
            if name not in LINKS:
                new[name], noted = _rows_of(write, kind)
                changes += noted
        _accounts(write, new["students"])
        for kind in LINKS.values():
            changes += _stays_of(write, kind, new)
        _record(write, run, changes)
        _holds(write, run)
        hidden.mark(cursor, run.school_id, judgement, ours, now)
    return {name: dict(planned(judgement, name)) for name in KINDS}


def end(removals, run, now):
    """End rows by a person's word, with one change each, inside the caller's transaction; whatever waits goes on
    waiting. removals: kind -> primary key (of a link, of its stay) -> `Removal`. Returns how many, as `apply` does."""
    with connection.cursor() as cursor:
        write = _Write(cursor, run.school_id, now, Judgement({}, removals, nothing()), Ours(rows={}))
        changes = []
        for name, pks in removals.items():
            changes += _ended(write, KINDS[name], {pk: pk for pk in pks})
        _record(write, run, changes)
    return {name: {"remove": len(pks)} for name, pks in removals.items()}


def _rows_of(write, kind):
    """Insert, bring back, update and end the rows of a kind that stands by itself. Returns (new, changes), of which
    `new` is Wonde id -> primary key."""
    plan, unsettled = write.judgement.plans[kind.name], write.judgement.unsettled.get(kind.name, ())
    new, changes, columns = {}, [], list(kind.columns)
    if plan.creates:
        write.run(
            f"INSERT INTO {kind.table} (school_id, created_at, {_fresh(kind)}{', '.join(columns)}) "
            f"SELECT %s, %s, {_stamps(kind)}u.* FROM {_given(kind, columns)} RETURNING id, wonde_id",
            [write.school, write.now, *[write.now] * len(_stamped(kind)), _rows(plan.creates.values())],
        )
        new = {wonde_id: pk for pk, wonde_id in write.cursor.fetchall()}
        changes.append(_change(kind, "create", new.values()))
    updates = {key: pair for key, pair in plan.updates.items() if key not in unsettled}
    changed = {**plan.returns, **plan.refolded, **updates}
    if changed:
        sets = ", ".join(f"{name} = u.{name}" for name in columns) + "".join(
            f", {stamp} = CASE WHEN t.{name} = u.{name} THEN t.{stamp} ELSE %s END"
            for name, stamp in _stamped(kind).items()
        )
        write.run(
            f"UPDATE {kind.table} t SET left_at = NULL, {sets} "
            f"FROM {_given(kind, ['id', *columns])} WHERE t.id = u.id AND t.school_id = %s",
            [*[write.now] * len(_stamped(kind)), _changed(changed.items()), write.school],
        )
        for key, (before, after) in plan.returns.items():
            values = _difference(before, after) if kind.name in PEOPLE else None
            changes.append(_change(kind, "return", [key], values=values or None))
        for key, (before, after) in updates.items():
            changes.append(_change(kind, "update", [key], values=_difference(before, after)))
    return new, changes + _ended(write, kind, {key: key for key in write.judgement.removals[kind.name]})


def _stays_of(write, kind, new):
    """Begin, end, move and change the rows of a link. One that ends is kept, so that a class can be shown as it was.
    Returns changes."""
    plan, stays = write.judgement.plans[kind.name], write.ours.stays[kind.name]
    changes = _ended(write, kind, {key: stays[key] for key in write.judgement.removals[kind.name]})
    if plan.moves:
        _close(write, kind, [stays[key] for key in plan.moves])
    begin = _resolved(kind, plan.creates.values(), new)
    moved = _resolved(kind, [after for _, after in plan.moves.values()], new)
    if begin or moved:
        write.run(
            f"INSERT INTO {kind.table} (school_id, joined_at, {', '.join(kind.stored)}) "
            f"SELECT %s, %s, u.* FROM {_given(kind, kind.columns)} "
            f"RETURNING id, {', '.join(f'{name}_id' for name in kind.key)}",
            [write.school, write.now, _rows(begin + moved)],
        )
        made = {tuple(key): pk for pk, *key in write.cursor.fetchall()}
        for row, (before, _) in zip(moved, plan.moves.values(), strict=True):
            key = tuple(getattr(row, name) for name in kind.key)
            changes.append(_change(kind, "move", [made.pop(key)], values=_difference(before, row)))
        changes.append(_change(kind, "create", made.values()))
    if changed := {**plan.returns, **plan.updates}:
        own = [name for name in kind.columns if name not in kind.parents]
        write.run(
            f"UPDATE {kind.table} t SET {', '.join(['left_at = NULL', *(f'{name} = u.{name}' for name in own)])} "
            f"FROM {_given(kind, ['id', *own])} WHERE t.id = u.id AND t.school_id = %s",
            [_changed((stays[key], pair) for key, pair in changed.items()), write.school],
        )
        changes.append(_change(kind, "return", [stays[key] for key in plan.returns]))
        for key, (before, after) in plan.updates.items():
            changes.append(_change(kind, "update", [stays[key]], values=_difference(before, after)))
    return changes


def _accounts(write, new):
    """Give every new student a login without any secret. A username is made once and survives a change of name."""
    creates = list(write.judgement.plans["students"].creates.values())
    if not creates:
        return
    usernames = usernames_for([(row.forename, row.surname) for row in creates], taken(write.school))
    write.run(
        "WITH made AS (INSERT INTO schools_user (school_id, username, password, is_staff, is_superuser, is_active, "
        "created_at) SELECT %s, u.username, '!', false, false, true, %s FROM unnest(%s::text[]) u(username) "
        "RETURNING id, username) UPDATE students_student t SET user_id = made.id FROM made "
        "JOIN unnest(%s::bigint[], %s::text[]) u(id, username) ON u.username = made.username WHERE t.id = u.id",
        [write.school, write.now, usernames, [new[row.wonde_id] for row in creates], usernames],
    )


def _record(write, run, changes):
    """Note one change per row."""
    if changes:
        write.run(
            'INSERT INTO sync_change (school_id, run_id, kind, verb, cause, reason, "values", row_id) '
            'SELECT %s, %s, u.kind, u.verb, u.cause, u.reason, u."values", unnest(u.row_ids) FROM json_to_recordset'
            '(%s) u(kind text, verb text, cause text, reason text, "values" jsonb, row_ids bigint[])',
            [write.school, run.pk, _rows(changes)],
        )


def _holds(write, run):
    """What waits now: new holds begin, those whose row is back or gone dissolve. What a person keeps stays noted on a
    night that says nothing of it; where another limit asks, the question is a new one."""
    stays = write.ours.stays
    held = [
        (kind, stays[kind][key] if kind in LINKS else key, limit, write.judgement.why_held(kind, key))
        for waiting in (write.judgement.held, write.judgement.unsettled)
        for kind, rows in waiting.items()
        for key, limit in rows.items()
    ]
    if not held and not run.school.holds.exists():
        return
    columns = [list(column) for column in zip(*held, strict=True)] or [[], [], [], []]
    settled = [
        (kind, key)
        for kind in KINDS.keys() - LINKS.keys()
        for key in {*write.judgement.removals[kind], *write.judgement.over.get(kind, ())}
    ]
    write.run(
        "DELETE FROM sync_hold WHERE school_id = %s AND (kind, row_id) NOT IN "
        "(SELECT * FROM unnest(%s::text[], %s::bigint[])) "
        """AND (kept_at IS NULL OR "limit" = 'with' OR (kind, row_id) IN """
        "(SELECT * FROM unnest(%s::text[], %s::bigint[])))",
        [write.school, *columns[:2], *([list(column) for column in zip(*settled, strict=True)] or [[], []])],
    )
    write.run(
        'INSERT INTO sync_hold (school_id, run_id, since, kept_because, kind, row_id, "limit", reason) '
        "SELECT %s, %s, %s, '', u.* FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[]) u "
        'ON CONFLICT (school_id, kind, row_id) DO UPDATE SET "limit" = excluded."limit", reason = excluded.reason, '
        f"{_ASKED_ANEW} "
        'WHERE (sync_hold."limit", sync_hold.reason) <> (excluded."limit", excluded.reason)',
        [write.school, run.pk, write.now, *columns],
    )


def _ended(write, kind, ids):
    """End the rows `ids` (key -> primary key), each with its cause. Returns changes."""
    if not ids:
        return []
    _close(write, kind, list(ids.values()))
    removals = write.judgement.removals[kind.name]
    return [_change(kind, "remove", [pk], removals[key].cause, removals[key].reason) for key, pk in ids.items()]


def _close(write, kind, pks):
    write.run(
        f"UPDATE {kind.table} SET left_at = %s WHERE id = ANY(%s) AND school_id = %s", [write.now, pks, write.school]
    )


def _resolved(kind, rows, new):
    """The rows, with primary keys where they named a new parent by its Wonde id."""
    made = [new[kind.parents[name]] if name in kind.parents else {} for name in kind.columns]
    named = [zip(structs.astuple(row), made, strict=True) for row in rows]
    return [kind.row(*[ids.get(value, value) for value, ids in values]) for values in named]


def _change(kind, verb, pks, cause="", reason="", values=None):
    """One change to some rows, as `sync_change` stores it."""
    return {
        "kind": kind.name, "verb": verb, "cause": cause, "reason": reason, "values": values, "row_ids": list(pks),
    }  # fmt: skip


def _stamped(kind):
    """Column -> our column that remembers when it last changed."""
    return {name: column.stamp for name, column in kind.columns.items() if column.stamp}


def _fresh(kind):
    return "".join(f"{stamp}, " for stamp in _stamped(kind).values())


def _stamps(kind):
    return "%s, " * len(_stamped(kind))


def _given(kind, names):
    """A table `u` out of rows that come as one JSON parameter: the columns `names`, each with its PostgreSQL type."""
    keys = {"id", *kind.parents}
    typed = ", ".join(f"{name} {'bigint' if name in keys else kind.columns[name].db}" for name in names)
    return f"json_to_recordset(%s) u({typed})"


def _rows(rows):
    """The parameter of `_given` for new rows."""
    return msgspec.json.encode(list(rows)).decode()


def _changed(pairs):
    """The parameter of `_given` for (primary key, (before, after))."""
    return _rows({"id": pk, **structs.asdict(after)} for pk, (_, after) in pairs)


def _difference(before, after):
    """{column: [before, after]} of what changed. Folded names are left out, as they only repeat the others."""
    pairs = zip(structs.asdict(before).items(), structs.asdict(after).values(), strict=True)
    return {name: [old, new] for (name, old), new in pairs if old != new and name != "sort_name"}
