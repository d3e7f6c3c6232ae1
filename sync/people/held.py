"""What a person decides about a school's sync: yes or no to what waits, undo, resume. Each takes the school's lock."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from schools.locks import lock_school
from schools.models import AuditEntry
from sync.engine import staff_access
from sync.facts.errors import Moved
from sync.models import Approval, ChangeOfMis, Hold, SyncRun, SyncSettings
from sync.people.read_again import LONGEST


@transaction.atomic
def approve(school, by, reason, asked, kept=()):
    """Let exactly what is held pass at the next run, but for `kept`: (kind, id) of what is listed and stays. `asked`
    names what the person saw.

    Raises Moved if something else is held by now.
    """
    _still_the_same(school, asked)
    listed = set(Hold.objects.listed().filter(school=school).values_list("kind", "row_id"))
    stays = listed.intersection(kept)
    approval = Approval.objects.create(
        school=school, asked=asked, let_go=sorted(listed - stays), kept=sorted(stays), by=by, reason=reason
    )
    AuditEntry.objects.note(by, "approved held removals", approval, school, reason)
    return approval


@transaction.atomic
def keep(school, by, reason, asked):
    """Keep what is held, and stop asking about it. As before, the hold ends when Wonde lists the rows again.

    Raises Moved if something else is held by now.
    """
    run = _still_the_same(school, asked)
    Hold.objects.filter(school=school).keep(by, reason)
    staff_access.give_back(school)
    run.waiting = [entry for entry in run.waiting if "limit" not in entry]
    run.save(update_fields=["waiting"])
    AuditEntry.objects.note(by, "kept what was held", run, school, reason)


@transaction.atomic
def confirm_change_of_mis(school, by, reason, pairs, rates):
    """Settle a change of MIS: `pairs` ({kind: {Wonde id: our id}}) is who is who. The next run obeys it once."""
    lock_school(school.pk)
    ChangeOfMis.objects.filter(school=school, run=None).delete()
    change = ChangeOfMis.objects.create(school=school, pairs=pairs, rates=rates, confirmed_by=by, reason=reason)
    AuditEntry.objects.note(by, "confirmed a change of MIS", change, school, reason)
    return change


@transaction.atomic
def resume(school, by, reason=""):
    """End a pause: the next run applies everything again."""
    lock_school(school.pk)
    sync_settings = SyncSettings.objects.get(school=school)
    sync_settings.paused_at, sync_settings.paused_by, sync_settings.due_at = None, None, timezone.now()
    sync_settings.save(update_fields=["paused_at", "paused_by", "due_at"])
    AuditEntry.objects.note(by, "resumed", school, school, reason)


@dataclass(frozen=True)
class Outcome:
    """How far the last answer of a school is. run: the sync that obeyed it, is about to, or could not. state: "waiting"
    for a worker, "late" where that takes long, "going on", "not finished", "moved" where something else waited by then,
    "done"."""

    approval: Approval
    run: SyncRun | None
    state: str

    @property
    def is_going_on(self):
        return self.state in {"waiting", "going on"}


def outcome(school, now=None):
    """The `Outcome` of the last yes somebody gave; None where nobody ever did."""
    approval = Approval.objects.filter(school=school).select_related("by", "run").order_by("-at").first()
    if approval is None:
        return None
    if approval.run:
        return Outcome(approval, approval.run, "done" if approval.applied else "moved")
    run = SyncRun.objects.of_everybody().filter(school=school, started_at__gte=approval.at - LONGEST).first()
    if run and run.status == SyncRun.Status.RUNNING:
        return Outcome(approval, run, "going on")
    if run and run.started_at > approval.at:
        return Outcome(approval, run, "not finished")
    is_late = approval.at + LONGEST < (now or timezone.now())
    return Outcome(approval, None, "late" if is_late else "waiting")


def _still_the_same(school, asked):
    """The last complete sync, if what it held is what the person saw. If an earlier approval has not been obeyed yet,
    this newer decision replaces it."""
    lock_school(school.pk)
    run = SyncRun.objects.complete().filter(school=school).first()
    if not asked or run is None or run.asked != asked:
        raise Moved("Something else waits by now. Nothing was changed. Look at the list again and decide about that.")
    Approval.objects.filter(school=school, run=None).delete()
    return run
