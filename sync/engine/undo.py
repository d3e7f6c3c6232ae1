"""A run's changes turned round into a plan: what it removed comes back, what it made goes, what it changed is reset.

What evidence, a block, a withdrawn permission or an erasure ended never comes back, and nobody whom a person left out.
Rows that have changed since are left alone and counted.
"""

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from msgspec import Struct, structs

from schools.locks import alone, lock_school
from schools.models import AuditEntry
from sync.engine import roster, told_to_others
from sync.engine.apply import apply
from sync.facts.asked import NOTHING
from sync.facts.errors import Moved
from sync.facts.kinds import KINDS, LINKS, Key, Row
from sync.facts.rows import with_values
from sync.facts.sides import Ours
from sync.models import Change, SyncRun, SyncSettings
from sync.plans.holding import nothing
from sync.plans.plan import Plan
from sync.plans.verdict import Judgement, Removal
from sync.rules.reasons import REASONS

BROUGHT_BACK = {Change.Cause.ABSENCE, Change.Cause.APPROVED}
FOLLOWED = Change.Cause.FOLLOWS
FOLLOWERS = {*LINKS, "contacts"}


def can_undo_all(run):
    """Whether all of `run` can be undone: only the latest applied run of a school. Its removals always can."""
    return SyncRun.objects.applied().of_everybody().filter(school=run.school_id).first() == run


def turned_by(run):
    """The settings of its school, if the year in use is the one that `run` let in; else nothing."""
    return SyncSettings.objects.filter(school=run.school_id, rolled_at__range=(run.started_at, run.ended_at))


def undo(run, by, reason, everything=False):
    """Undo the removals of `run`, or everything it did, as a run of its own; the school pauses until a person resumes.

    Returns the undoing run; its notes say how many rows had changed since and were left alone.
    Raises Moved if a sync is under way, or if `everything` is asked of a run that is not the latest.
    """
    school = run.school
    with alone(school.pk) as free:
        if not free:
            raise Moved(f"{school.name} is being synced right now. Nothing was undone. Try again when that has ended.")
        with transaction.atomic():
            lock_school(school.pk, tells="itself")
            if everything and not can_undo_all(run):
                raise Moved("There has been another sync since. Nothing was undone. Its removals can still be undone.")
            now = timezone.now()
            made = SyncRun.objects.create(
                school=school, trigger=SyncRun.Trigger.UNDO, asked_by=by, undone=run, started_at=now
            )
            ours = roster.read(school, now)
            year = turned_by(run) if everything else SyncSettings.objects.none()
            turned = _turned(run, ours, everything, year.exists())
            stays = {link: ours.stays[link] | turned[link].stays for link in LINKS}
            made.counts = apply(_judgement(turned), structs.replace(ours, stays=stays), made, now)
            made.status, made.ended_at, made.sizes = SyncRun.Status.APPLIED, timezone.now(), _sizes(school, now)
            if left_alone := sum(each.left_alone for each in turned.values()):
                made.notes = [f"{left_alone} rows have changed since or cannot come back; they were left alone."]
            made.save()
            told_to_others.write(made)
            SyncSettings.objects.filter(school=school).update(paused_at=now, paused_by=by)
            year.update(rolled_year=F("rolled_year") - 1, rolled_at=None)
            AuditEntry.objects.note(by, "undid", run, school, reason)
    return made


class Undoing(Struct, frozen=True):
    """What is undone of a run. touched: (kind, primary key) of rows that a later run changed."""

    ours: Ours
    everything: bool
    touched: set[tuple[str, int]]

    def may_return(self, change):
        """A person or class that absence removed; a link, if both its ends are here again, and a contact with it, also
        where they only followed. Nobody whom a person has left out since."""
        former = self.ours.former.get(change.kind, {}).get(change.row_id)
        if former and self.ours.left_out.find(change.kind, change.row_id, former):
            return False
        untouched = (change.kind, change.row_id) not in self.touched
        return untouched and (change.cause in BROUGHT_BACK or (change.kind in FOLLOWERS and change.cause == FOLLOWED))


class Turned(Struct, frozen=True):
    """What undoing does to one kind, by key. returns, updates, moves: (before, after). removals: what was made. stays:
    of links that return, their primary keys. left_alone: how many changed since or cannot come back."""

    returns: dict[Key, tuple[Row, Row]] = {}
    updates: dict[Key, tuple[Row, Row]] = {}
    moves: dict[Key, tuple[Row, Row]] = {}
    removals: dict[Key, Removal] = {}
    stays: dict[Key, int] = {}
    left_alone: int = 0


def _turned(run, ours, everything, year):
    """The plan that undoes a run, a `Turned` a kind, parents before what hangs from them. year: the new year is asked
    for again."""
    later = Change.objects.filter(school=run.school_id, run__started_at__gt=run.started_at)
    undoing = Undoing(ours, everything, set(later.values_list("kind", "row_id")))
    changes, turned = list(run.changes.order_by("pk")), {}
    for name, kind in KINDS.items():
        of_kind = [change for change in changes if change.kind == name]
        turned[name] = _links(undoing, kind, of_kind, turned) if name in LINKS else _rows(undoing, kind, of_kind)
    turned = _without_needed(turned, ours) | {"contacts": _linked(turned["contacts"], turned["guardianships"])}
    return turned | {"classes": _waiting_again(turned["classes"], ours)} if year else turned


def _rows(undoing, kind, changes):
    """People and classes."""
    here, former = undoing.ours.rows[kind.name], undoing.ours.former[kind.name]
    returns, updates, removals, left_alone = {}, {}, {}, 0
    for change in changes:
        pk, now = change.row_id, here.get(change.row_id)
        if change.verb == Change.Verb.REMOVE:
            if undoing.may_return(change) and pk in former:
                returns[pk] = (former[pk], former[pk])
            else:
                left_alone += 1
        elif not undoing.everything:
            continue
        elif (kind.name, pk) in undoing.touched or now is None or _put_out(change, now):
            left_alone += 1
        elif change.verb == Change.Verb.UPDATE:
            before = {name: old for name, (old, new) in change.values.items() if getattr(now, name) == new}
            updates[pk] = (now, with_values(now, before))
        else:
            removals[pk] = Removal("undone")
    return Turned(returns, updates, removals=removals, left_alone=left_alone)


def _links(undoing, kind, changes, turned):
    """Links. turned: what becomes of what they hang from."""
    ours, here = undoing.ours, undoing.ours.rows[kind.name]
    open_by_pk = {pk: key for key, pk in ours.stays[kind.name].items() if key in here}
    closed = _closed(kind, [change.row_id for change in changes if change.verb == Change.Verb.REMOVE])
    returns, stays, left_alone = {}, {}, 0
    updates, moves, removals = {}, {}, {}
    for change in changes:
        key = open_by_pk.get(change.row_id)
        if change.verb == Change.Verb.REMOVE:
            row = closed.get(change.row_id)
            key = row and kind.key_of(row)
            fits = row and _has_its_ends(kind, row, ours, turned) and not _is_blocked(kind, row, ours, turned)
            if fits and undoing.may_return(change) and key not in here and key not in returns:
                returns[key], stays[key] = (row, row), change.row_id
            else:
                left_alone += 1
        elif not undoing.everything:
            continue
        elif key is None or (kind.name, change.row_id) in undoing.touched:
            left_alone += 1
        elif change.verb in {Change.Verb.MOVE, Change.Verb.UPDATE}:
            now = here[key]
            before = structs.replace(now, **{name: old for name, (old, _) in change.values.items()})
            if _has_its_ends(kind, before, ours, turned):
                (moves if change.verb == Change.Verb.MOVE else updates)[key] = (now, before)
            else:
                left_alone += 1
        else:
            removals[key] = Removal("undone")
    return Turned(returns, updates, moves, removals, stays, left_alone)


def _has_its_ends(kind, row, ours, turned):
    return all(_is_here(parent, getattr(row, column), ours, turned) for column, parent in kind.parents.items())


def _is_here(kind, pk, ours, turned):
    """Whether a link may point at a row once all is undone: it is here and, of a class, in."""
    row = _afterwards(kind, pk, ours, turned)
    return row is not None and pk not in turned[kind].removals and getattr(row, "status", "in") == "in"


def _afterwards(kind, pk, ours, turned):
    """The row as it stands once all is undone, or None where nothing brings it back."""
    changed = turned[kind].updates.get(pk) or turned[kind].returns.get(pk)
    return changed[1] if changed else ours.rows[kind].get(pk)


def _is_blocked(kind, link, ours, turned):
    """Whether a person says that this contact is not to be kept for this student, as the contact is now or then."""
    if kind.name != "guardianships" or not ours.blocks.rows:
        return False
    student = _afterwards("students", link.student, ours, turned)
    contacts = {ours.rows["contacts"].get(link.contact), _afterwards("contacts", link.contact, ours, turned)}
    return any(ours.blocks.cover(link.student, student, contact) for contact in contacts - {None})


def _without_needed(turned, ours):
    """The same, but a new class stays while somebody in it cannot go back to where they were."""
    needed = {kind: set() for kind in KINDS}
    for name, kind in LINKS.items():
        goes = turned[name].removals.keys() | turned[name].moves.keys()
        for key, row in ours.rows[name].items():
            if key not in goes:
                for column, parent in kind.parents.items():
                    needed[parent].add(getattr(row, column))
    return {name: _keeping(each, needed[name]) for name, each in turned.items()}


def _keeping(turned, needed):
    removals = {key: why for key, why in turned.removals.items() if key not in needed}
    left_alone = turned.left_alone + len(turned.removals) - len(removals)
    return structs.replace(turned, removals=removals, left_alone=left_alone)


def _linked(contacts, links):
    """A contact comes back with a link to a student, or not at all."""
    linked = {link.contact for link, _ in links.returns.values()}
    returns = {pk: pair for pk, pair in contacts.returns.items() if pk in linked}
    left_alone = contacts.left_alone + len(contacts.returns) - len(returns)
    return structs.replace(contacts, returns=returns, left_alone=left_alone)


def _waiting_again(classes, ours):
    """A class is as it was when it comes back, and these were in: they come in with the year, not on resuming."""
    new = {pk: ours.rows["classes"][pk] for pk in classes.removals}
    waits = {"status": "out", "reason": "awaits_rollover"}
    updates = {pk: (now, with_values(now, waits)) for pk, now in new.items() if now.status == "in"}
    return structs.replace(classes, updates=classes.updates | updates)


def _judgement(turned):
    plans = {
        kind: Plan(kind, returns=each.returns, updates=each.updates, moves=each.moves) for kind, each in turned.items()
    }
    return Judgement(plans, {kind: each.removals for kind, each in turned.items()}, nothing())


def _closed(kind, pks):
    """Those of a link's rows that have ended and could come back. What is attached and says nothing has no purpose any
    more, or nothing to say yet: the next sync that may read it brings it back."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, {', '.join(kind.stored)} FROM {kind.table} WHERE id = ANY(%s) AND left_at IS NOT NULL",
            [pks],
        )
        rows = {pk: kind.row(*values) for pk, *values in cursor}
    if not kind.attached:
        return rows
    return {pk: row for pk, row in rows.items() if with_values(row, NOTHING[kind.name]) != row}


def _put_out(change, now):
    """Whether the change ended a class because the MIS or a person said so."""
    return "reason" in (change.values or {}) and now.reason in REASONS and REASONS[now.reason].evidence


def _sizes(school, now):
    ours = roster.read(school, now)
    return {kind: len(ours.here(kind)) for kind in ours.rows}
