"""The only code that writes synced columns: a fixed number of set-based statements, whatever the size of the school."""

import msgspec
from django.db import connection
from msgspec import structs

from students.sign_in.spelling import usernames_for
from students.sign_in.usernames import taken
from sync.facts.kinds import KINDS, LINKS, PEOPLE
from sync.plans.verdict import planned


def apply(judgement, ours, run, now):
    """Write what passed, and one change per row, inside the caller's transaction. Returns rows written per kind.

    Nothing is deleted: who goes gets `left_at`. A student who comes new gets an account without any secret.
    """
    with connection.cursor() as cursor:
        writer = _Writer(cursor, judgement, ours, run, now)
        for kind in KINDS.values():
            if kind.name not in LINKS:
                writer.rows(kind)
        writer.accounts()
        for kind in LINKS.values():
            writer.links(kind)
        writer.record()
        writer.holds()
    return {kind: dict(planned(judgement, kind)) for kind in KINDS}


class _Writer:
    def __init__(self, cursor, judgement, ours, run, now):
        self.cursor, self.judgement, self.ours, self.run, self.now = cursor, judgement, ours, run, now
        self.school = run.school_id
        self.new = {kind: {} for kind in KINDS}  # Wonde id of a new row -> its primary key
        self.changes = []

    def rows(self, kind):
        """Insert, bring back, update and end the rows of a kind that stands by itself."""
        plan, removals = self.judgement.plans[kind.name], self.judgement.removals[kind.name]
        unsettled = self.judgement.unsettled.get(kind.name, ())
        columns = list(kind.columns)
        if plan.creates:
            self._run(
                f"INSERT INTO {kind.table} (school_id, created_at, {_fresh(kind)}{', '.join(columns)}) "
                f"SELECT %s, %s, {_stamps(kind)}u.* FROM {_given(kind, columns)} RETURNING id, wonde_id",
                [self.school, self.now, *[self.now] * len(_stamped(kind)), _rows(plan.creates.values())],
            )
            self.new[kind.name] = {wonde_id: pk for pk, wonde_id in self.cursor.fetchall()}
            self._note(kind, "create", self.new[kind.name].values())
        updates = {key: pair for key, pair in plan.updates.items() if key not in unsettled}
        changed = {**plan.returns, **plan.refolded, **updates}
        if changed:
            sets = ", ".join(f"{name} = u.{name}" for name in columns) + "".join(
                f", {stamp} = CASE WHEN t.{name} = u.{name} THEN t.{stamp} ELSE %s END"
                for name, stamp in _stamped(kind).items()
            )
            self._run(
                f"UPDATE {kind.table} t SET left_at = NULL, {sets} "
                f"FROM {_given(kind, ['id', *columns])} WHERE t.id = u.id AND t.school_id = %s",
                [*[self.now] * len(_stamped(kind)), _changed(changed.items()), self.school],
            )
            for key, (before, after) in plan.returns.items():
                values = _difference(before, after) if kind.name in PEOPLE else None
                self._note(kind, "return", [key], values=values or None)
            for key, (before, after) in updates.items():
                self._note(kind, "update", [key], values=_difference(before, after))
        self._end(kind, {key: key for key in removals})

    def links(self, kind):
        """Begin, end, move and change stays. A stay that ends is kept: a class can be shown as it was."""
        plan, stays = self.judgement.plans[kind.name], self.ours.stays[kind.name]
        removals = self.judgement.removals[kind.name]
        self._end(kind, {key: stays[key] for key in removals})
        if plan.returns:
            again = [stays[key] for key in plan.returns]
            self._run(
                f"UPDATE {kind.table} SET left_at = NULL WHERE id = ANY(%s) AND school_id = %s", [again, self.school]
            )
            self._note(kind, "return", again)
        if plan.moves:
            self._close(kind, [stays[key] for key in plan.moves])
        begin = self._resolved(kind, plan.creates.values())
        moved = self._resolved(kind, [after for _, after in plan.moves.values()])
        if begin or moved:
            self._run(
                f"INSERT INTO {kind.table} (school_id, joined_at, {', '.join(kind.stored)}) "
                f"SELECT %s, %s, u.* FROM {_given(kind, kind.columns)} "
                f"RETURNING id, {', '.join(f'{name}_id' for name in kind.key)}",
                [self.school, self.now, _rows(begin + moved)],
            )
            made = {tuple(key): pk for pk, *key in self.cursor.fetchall()}
            for row, (before, _) in zip(moved, plan.moves.values(), strict=True):
                key = tuple(getattr(row, name) for name in kind.key)
                self._note(kind, "move", [made.pop(key)], values=_difference(before, row))
            self._note(kind, "create", made.values())
        if plan.updates:
            own = [name for name in kind.columns if name not in kind.parents]
            self._run(
                f"UPDATE {kind.table} t SET {', '.join(f'{name} = u.{name}' for name in own)} "
                f"FROM {_given(kind, ['id', *own])} WHERE t.id = u.id AND t.school_id = %s",
                [_changed((stays[key], pair) for key, pair in plan.updates.items()), self.school],
            )
            for key, (before, after) in plan.updates.items():
                self._note(kind, "update", [stays[key]], values=_difference(before, after))

    def accounts(self):
        """A login without any secret for every new student: usernames are made once and survive renames."""
        creates = list(self.judgement.plans["students"].creates.values())
        if not creates:
            return
        usernames = usernames_for([(row.forename, row.surname) for row in creates], taken(self.school))
        self._run(
            "WITH made AS (INSERT INTO schools_user (school_id, username, password, is_staff, is_superuser, is_active, "
            "created_at) SELECT %s, u.username, '!', false, false, true, %s FROM unnest(%s::text[]) u(username) "
            "RETURNING id, username) UPDATE students_student t SET user_id = made.id FROM made "
            "JOIN unnest(%s::bigint[], %s::text[]) u(id, username) ON u.username = made.username WHERE t.id = u.id",
            [self.school, self.now, usernames, [self.new["students"][row.wonde_id] for row in creates], usernames],
        )

    def record(self):
        """One change per row."""
        if self.changes:
            self._run(
                'INSERT INTO sync_change (school_id, run_id, kind, verb, cause, reason, "values", row_id) '
                'SELECT %s, %s, u.kind, u.verb, u.cause, u.reason, u."values", unnest(u.row_ids) FROM json_to_recordset'
                '(%s) u(kind text, verb text, cause text, reason text, "values" jsonb, row_ids bigint[])',
                [self.school, self.run.pk, _rows(self.changes)],
            )

    def holds(self):
        """What waits now: new holds begin, those whose row is back or gone dissolve."""
        plans = self.judgement.plans
        held = [
            (kind, self._pk(kind, key), limit, plans[kind].following.get(key, ""))
            for waiting in (self.judgement.held, self.judgement.unsettled)
            for kind, rows in waiting.items()
            for key, limit in rows.items()
        ]
        if not held and not self.run.school.holds.exists():
            return
        columns = [list(column) for column in zip(*held, strict=True)] or [[], [], [], []]
        self._run(
            "DELETE FROM sync_hold WHERE school_id = %s AND (kind, row_id) NOT IN "
            "(SELECT * FROM unnest(%s::text[], %s::bigint[]))",
            [self.school, *columns[:2]],
        )
        self._run(
            'INSERT INTO sync_hold (school_id, run_id, since, kept_because, kind, row_id, "limit", reason) '
            "SELECT %s, %s, %s, '', u.* FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[]) u "
            'ON CONFLICT (school_id, kind, row_id) DO UPDATE SET "limit" = excluded."limit", reason = excluded.reason '
            'WHERE (sync_hold."limit", sync_hold.reason) <> (excluded."limit", excluded.reason)',
            [self.school, self.run.pk, self.now, *columns],
        )

    def _end(self, kind, ids):
        """Close the rows `ids` (key -> primary key), each with its cause."""
        if not ids:
            return
        self._close(kind, list(ids.values()))
        removals = self.judgement.removals[kind.name]
        for key, pk in ids.items():
            self._note(kind, "remove", [pk], removals[key].cause, removals[key].reason)

    def _close(self, kind, pks):
        self._run(
            f"UPDATE {kind.table} SET left_at = %s WHERE id = ANY(%s) AND school_id = %s", [self.now, pks, self.school]
        )

    def _resolved(self, kind, rows):
        """The rows with primary keys where they named new parents by Wonde id."""
        made = [self.new[kind.parents[name]] if name in kind.parents else {} for name in kind.columns]
        named = [zip(structs.astuple(row), made, strict=True) for row in rows]
        return [kind.row(*[new.get(value, value) for value, new in values]) for values in named]

    def _pk(self, kind, key):
        return self.ours.stays[kind][key] if kind in LINKS else key

    def _note(self, kind, verb, pks, cause="", reason="", values=None):
        change = {"kind": kind.name, "verb": verb, "cause": cause, "reason": reason, "values": values}
        self.changes.append(change | {"row_ids": list(pks)})

    def _run(self, sql, params):
        self.cursor.execute(sql, params)


def _stamped(kind):
    """Column -> the column of ours that remembers when it last changed."""
    return {name: column.stamp for name, column in kind.columns.items() if column.stamp}


def _fresh(kind):
    return "".join(f"{stamp}, " for stamp in _stamped(kind).values())


def _stamps(kind):
    return "%s, " * len(_stamped(kind))


def _given(kind, names):
    """Rows that come as one JSON parameter, as a table `u` with the columns `names`, each of its PostgreSQL type."""
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
    """{column: [before, after]} of what changed; folded names are left out, they only repeat."""
    pairs = zip(structs.asdict(before).items(), structs.asdict(after).values(), strict=True)
    return {name: [old, new] for (name, old), new in pairs if old != new and name != "sort_name"}
