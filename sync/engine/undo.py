"""A run's changes turned round into a plan: what it removed comes back, what it made goes, what it changed is reset.

Never brought back: what evidence, a block, a withdrawn permission or an erasure ended. Rows that changed since are left
alone and listed.
"""

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from msgspec import structs

from schools.locks import alone, lock_school
from schools.models import AuditEntry
from sync.engine import roster, told_to_others
from sync.engine.apply import apply
from sync.facts.errors import Moved
from sync.facts.kinds import KINDS, LINKS
from sync.facts.rows import with_values
from sync.models import Change, SyncRun, SyncSettings
from sync.plans.holding import nothing
from sync.plans.plan import Plan
from sync.plans.verdict import Judgement, Removal
from sync.rules.reasons import REASONS

BROUGHT_BACK = {Change.Cause.ABSENCE, Change.Cause.APPROVED}
FOLLOWED = Change.Cause.FOLLOWS
FOLLOWERS = {*LINKS, "contacts"}


def can_undo_all(run):
    """Whether everything of `run` can be undone: it is the latest applied run of its school. Removals always can."""
    return SyncRun.objects.applied().filter(school=run.school_id).first() == run


def turned_by(run):
    """The settings of its school, where the year in use is the one that `run` let in; else nothing."""
    return SyncSettings.objects.filter(school=run.school_id, rolled_at__range=(run.started_at, run.ended_at))


def undo(run, by, reason, everything=False):
    """Undo the removals of `run`, or everything it did, as a run of its own; the school pauses until a person resumes.

    Returns the undoing run; its notes say how many rows had changed since and were left alone.
    Raises Moved where a sync is under way, or where `everything` is asked of a run that is not the latest.
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
            turned = _Turned(run, ours, everything, year.exists())
            made.counts = apply(turned.judgement, ours, made, now)
            made.status, made.ended_at, made.sizes = SyncRun.Status.APPLIED, timezone.now(), _sizes(school, now)
            if turned.left_alone:
                made.notes = [f"{turned.left_alone} rows have changed since or cannot come back; they were left alone."]
            made.save()
            told_to_others.write(made)
            SyncSettings.objects.filter(school=school).update(paused_at=now, paused_by=by)
            year.update(rolled_year=F("rolled_year") - 1, rolled_at=None)
            AuditEntry.objects.note(by, "undid", run, school, reason)
    return made


class _Turned:
    """The plan that undoes a run, parents before what hangs from them. year: the new year is asked for again."""

    def __init__(self, run, ours, everything, year):
        self.ours, self.left_alone = ours, 0
        self.returns, self.updates, self.moves, self.removals = nothing(), nothing(), nothing(), nothing()
        later = Change.objects.filter(school=run.school_id, run__started_at__gt=run.started_at)
        self.touched = set(later.values_list("kind", "row_id"))
        changes = list(run.changes.order_by("pk"))
        for kind in KINDS.values():
            of_kind = [change for change in changes if change.kind == kind.name]
            if kind.name in LINKS:
                self._links(kind, of_kind, everything)
            else:
                for change in of_kind:
                    self._row(kind, change, everything)
        for kind in LINKS.values():
            self._keep_what_is_needed(kind)
        self._leave_contacts_of_nobody()
        if year:
            self._classes_wait_again()

    @property
    def judgement(self):
        plans = {k: Plan(k, returns=self.returns[k], updates=self.updates[k], moves=self.moves[k]) for k in KINDS}
        return Judgement(plans, self.removals, nothing())

    def _row(self, kind, change, everything):
        pk = change.row_id
        now, former = self.ours.rows[kind.name].get(pk), self.ours.former[kind.name].get(pk)
        if change.verb == Change.Verb.REMOVE:
            if self._may_return(change) and former is not None:
                self.returns[kind.name][pk] = (former, former)
            else:
                self.left_alone += 1
        elif not everything:
            return
        elif (kind.name, pk) in self.touched or now is None or _put_out(change, now):
            self.left_alone += 1
        elif change.verb == Change.Verb.UPDATE:
            before = {name: old for name, (old, new) in change.values.items() if getattr(now, name) == new}
            self.updates[kind.name][pk] = (now, with_values(now, before))
        else:
            self.removals[kind.name][pk] = Removal("undone")

    def _may_return(self, change):
        """A person or class that absence removed; a link, if both its ends are here again, and a contact with it, also
        where they only followed."""
        untouched = (change.kind, change.row_id) not in self.touched
        return untouched and (change.cause in BROUGHT_BACK or (change.kind in FOLLOWERS and change.cause == FOLLOWED))

    def _links(self, kind, changes, everything):
        returns, stays = self.returns[kind.name], self.ours.stays[kind.name]
        closed = self._closed(kind, [change.row_id for change in changes if change.verb == Change.Verb.REMOVE])
        open_by_pk = {pk: key for key, pk in stays.items()}
        for change in changes:
            key = open_by_pk.get(change.row_id)
            if change.verb == Change.Verb.REMOVE:
                row = closed.get(change.row_id)
                key = row and kind.key_of(row)
                here = row is not None and self._has_its_ends(kind, row) and not self._is_blocked(kind, row)
                if here and self._may_return(change) and key not in stays and key not in returns:
                    returns[key], stays[key] = (row, row), change.row_id
                else:
                    self.left_alone += 1
            elif not everything:
                continue
            elif key is None or (kind.name, change.row_id) in self.touched:
                self.left_alone += 1
            elif change.verb in {Change.Verb.MOVE, Change.Verb.UPDATE}:
                now = self.ours.rows[kind.name][key]
                before = structs.replace(now, **{name: old for name, (old, _) in change.values.items()})
                if self._has_its_ends(kind, before):
                    changed = self.moves if change.verb == Change.Verb.MOVE else self.updates
                    changed[kind.name][key] = (now, before)
                else:
                    self.left_alone += 1
            else:
                self.removals[kind.name][key] = Removal("undone")

    def _has_its_ends(self, kind, row):
        return all(self._is_here(parent, getattr(row, column)) for column, parent in kind.parents.items())

    def _is_here(self, kind, pk):
        """Whether a place may point at it once all is undone: it is here and, of a class, in."""
        row = self._afterwards(kind, pk)
        return row is not None and pk not in self.removals[kind] and getattr(row, "status", "in") == "in"

    def _afterwards(self, kind, pk):
        """The row as it stands once all is undone, or None where nothing brings it back."""
        row = self.ours.rows[kind].get(pk)
        for changed in (self.returns[kind], self.updates[kind]):
            row = changed[pk][1] if pk in changed else row
        return row

    def _is_blocked(self, kind, link):
        """Whether a person says that this contact is not to be kept for this student, as the contact is now or then."""
        if kind.name != "guardianships" or not self.ours.blocks.rows:
            return False
        student = self._afterwards("students", link.student)
        contacts = {self.ours.rows["contacts"].get(link.contact), self._afterwards("contacts", link.contact)}
        return any(self.ours.blocks.cover(link.student, student, contact) for contact in contacts - {None})

    def _keep_what_is_needed(self, kind):
        """A new class stays while somebody in it cannot go back to where they were."""
        removals = self.removals
        for key, row in self.ours.rows[kind.name].items():
            if key in removals[kind.name] or key in self.moves[kind.name]:
                continue
            for column, parent in kind.parents.items():
                if removals[parent].pop(getattr(row, column), None):
                    self.left_alone += 1

    def _leave_contacts_of_nobody(self):
        """A contact comes back with a link to a student, or not at all."""
        links, returns = self.returns["guardianships"], self.returns["contacts"]
        for contact in returns.keys() - {link.contact for link, _ in links.values()}:
            del returns[contact]
            self.left_alone += 1

    def _classes_wait_again(self):
        """A class is as it was when it comes back, and these were in: they come in with the year, not on resuming."""
        waits = {"status": "out", "reason": "awaits_rollover"}
        for pk in self.removals["classes"]:
            now = self.ours.rows["classes"][pk]
            if now.status == "in":
                self.updates["classes"][pk] = (now, with_values(now, waits))

    def _closed(self, kind, pks):
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {', '.join(kind.stored)} FROM {kind.table} WHERE id = ANY(%s) AND left_at IS NOT NULL",
                [pks],
            )
            return {pk: kind.row(*values) for pk, *values in cursor}


def _put_out(change, now):
    """Whether the change ended a class because the MIS or a person said so."""
    return "reason" in (change.values or {}) and now.reason in REASONS and REASONS[now.reason].evidence


def _sizes(school, now):
    ours = roster.read(school, now)
    return {kind: len(ours.here(kind)) for kind in ours.rows}
