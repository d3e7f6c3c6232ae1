"""The story of one sync, top to bottom."""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from msgspec import Struct, structs, to_builtins
from structlog.contextvars import bind_contextvars

from classes.models import SchoolClass
from schools.locks import alone, lock_school
from schools.models import AuditEntry
from schools.sharing import keys
from sync.engine import deletions, freezing, left_out, permissions, roster, staff_access, told_to_others
from sync.engine.age import as_of
from sync.engine.apply import apply
from sync.engine.members import keep_choices, keep_members
from sync.erasing import unasked
from sync.facts.asked import ours_asked
from sync.facts.errors import AccessRevoked, Moved, SyncError, WondeRefused
from sync.facts.filled import filled
from sync.facts.kinds import PEOPLE
from sync.facts.permissions import granted
from sync.facts.sides import Ours
from sync.facts.snapshot import Snapshot
from sync.models import Approval, ChangeOfMis, Stop, SyncRun, SyncSettings, Wcbs
from sync.models.run import ANNOUNCING
from sync.notices import tell
from sync.plans.decide import Decision, decide, sizes
from sync.plans.waiting import ALARMS
from sync.rules.access_states import CLOSED
from sync.rules.policy import Policy, folded
from sync.wonde.client import Wonde
from sync.wonde.reading import read_school

NOT_SHARED = (
    "The school does not share with us in Wonde yet, so Wonde was not asked. Nothing was changed. Once it does, it is "
    "synced by itself within minutes."
)


class Preview(Struct):
    """What a sync would do now: shown, never applied."""

    decision: Decision
    ours: Ours
    snapshot: Snapshot


def run_sync(school, trigger, task_id="", asked_by=None, expected="", rollover=False):
    """Read, decide and apply one sync of `school`. Returns the ended run, or None where another one is under way.

    expected: the fingerprint of the preview a person saw; if the plan has moved since, nothing is applied. rollover:
    this run turns the school's year, as a person confirmed.
    A refusal (a SyncError) ends in the run, with a message for support; a bug is recorded and raised.
    """
    with alone(school.pk) as free:
        if not free:
            return None
        run = SyncRun.objects.start(school, trigger, task_id, asked_by)
        bind_contextvars(school=school.wonde_id, run=run.pk)  # also for what is logged of an error we do not catch
        try:
            return _sync(school, run, expected, rollover)
        except AccessRevoked as error:
            freezing.revoke(school)
            return run.refused(str(error))
        except SyncError as error:
            return run.refused(str(error))
        except Exception:
            run.failed()
            raise


def preview(school, rollover=False, limit_s=None):
    """What a sync of `school` would do now, without run row or lock. Raises SyncError where it can't be known.

    rollover: as the run that turns the year would. limit_s: how long Wonde may take, for whoever waits at a page.
    """
    snapshot = read_now(school, limit_s=limit_s)
    ours = roster.read(school, timezone.now())
    return Preview(decide(snapshot, ours, roster.policy_of(_settings(school), rollover)), ours, snapshot)


@dataclass(frozen=True)
class _Night:
    """What a sync goes by, read under the school's lock. approval, change_of_mis: a person's word to obey, or None."""

    school: object
    now: datetime
    ours: Ours
    settings: SyncSettings
    policy: Policy
    approval: Approval | None
    change_of_mis: ChangeOfMis | None


def _sync(school, run, expected, rollover):
    clock = _Clock()
    snapshot = read_now(school, run.at)  # HTTP, no transaction open
    clock.lap("read")
    run.at("applying")
    with transaction.atomic():
        lock_school(school.pk, tells="itself")
        Stop.objects.refuse(school)
        night = _night(school, rollover)
        clock.lap("ours")
        decision = decide(snapshot, night.ours, night.policy, night.approval and night.approval.answer)
        if expected and decision.fingerprint != expected:
            raise Moved(
                "Wonde has changed since the preview. Nothing was changed. Look at the new preview and decide again."
            )
        clock.lap("decide")
        if decision.proposal:
            _wait_for_who_is_who(night, run, snapshot, decision)
        elif rollover:
            _turn_the_year(night, run, snapshot, decision)
        else:
            _apply(night, run, snapshot, decision)
        unasked.empty(school, decision.asked, night.now)
        _obeyed(night, run, decision)
        _announced_is_over(night, run, decision)
        Wcbs.objects.read_from(school, snapshot.school.mis)
        clock.lap("apply")
        _record(night, run, snapshot, decision, clock)
    return run


def _night(school, rollover):
    now = timezone.now()
    ours, change_of_mis = roster.read(school, now), ChangeOfMis.objects.pending(school)
    if change_of_mis:
        ours.pairs = change_of_mis.pairs
    sync_settings = _settings(school)
    policy = roster.policy_of(sync_settings, rollover)
    return _Night(school, now, ours, sync_settings, policy, Approval.objects.pending(school), change_of_mis)


def _wait_for_who_is_who(night, run, snapshot, decision):
    """The school has changed its MIS: only what is certain of rights applies until a person has said who is who."""
    _write(night, run, snapshot, decision)
    was = night.settings.to_confirm  # of the year nothing is said meanwhile: what was noted stays
    _to_confirm(night.settings, was | {"change_of_mis": snapshot.school.mis or ""})


def _turn_the_year(night, run, snapshot, decision):
    """The new school year, as a person confirmed it; of a paused school, or without classes, it does not turn yet."""
    _apply(night, run, snapshot, decision)
    if not night.policy.paused and "classes" not in decision.screened.aside:
        _note_year(night, night.now)
        AuditEntry.objects.note(run.asked_by, "confirmed the new school year", run, night.school)


def _apply(night, run, snapshot, decision):
    """What was decided, and what is kept up beside the mirrored rows."""
    school, screened, policy = night.school, decision.screened, night.policy
    _refresh(school, snapshot.school)
    _write(night, run, snapshot, decision)
    keep_members(screened, night.ours, school, policy.paused)
    keep_choices(screened, night.ours, school)
    left_out.learn(snapshot, screened, night.ours)
    if "employees" not in screened.aside:
        staff_access.stop(school, decision.judgement.stopped, night.now)
    if screened.stated - policy.known:
        night.settings.facts_known = sorted(screened.stated | policy.known)
        night.settings.save(update_fields=["facts_known"])
    _to_confirm(night.settings, {"rollover": policy.academic_year} if policy.turned else {})
    if night.settings.rolled_year is None:  # the first sync: the year it found
        _note_year(night, None)


def _write(night, run, snapshot, decision):
    run.counts = apply(decision.judgement, night.ours, run, night.now)
    deletions.note(run, snapshot.deleted)
    permissions.note(run, snapshot, night.now)
    freezing.freeze_withdrawn(night.settings, snapshot, night.ours, night.now)


def _obeyed(night, run, decision):
    """A person's word was obeyed, or what it was about is no longer so; either way it is not asked again."""
    if night.change_of_mis:
        night.change_of_mis.run = run
        night.change_of_mis.save(update_fields=["run"])
    if night.approval:
        night.approval.run, night.approval.applied = run, decision.judgement.approved
        night.approval.save(update_fields=["run", "applied"])
        if night.approval.applied:
            night.school.holds.all().keep(night.approval.by, night.approval.reason)


def _announced_is_over(night, run, decision):
    """What Wonde announced has been settled by a person, or is done, and the sync found no other MIS."""
    move = getattr(night.settings.school, "announced_move", None)
    if move and (night.change_of_mis or (move.is_over(run.started_at) and not decision.proposal)):
        move.delete()


def _note_year(night, at):
    night.settings.rolled_year, night.settings.rolled_at = night.policy.academic_year, at
    night.settings.save(update_fields=["rolled_year", "rolled_at"])


def read_now(school, step=lambda name: None, limit_s=None, outside=None):
    """Everything Wonde says about the school now, without anything of ours being changed. Raises SyncError.

    outside: Wonde ids of classes whose members are wanted whatever their subject; without it, those that come in.
    """
    Stop.objects.refuse(school)
    ((subjects, access),) = SyncSettings.objects.filter(school=school).values_list("subjects", "school__access__state")
    if access in CLOSED:
        raise WondeRefused(NOT_SHARED)
    known = SchoolClass.objects.to_read().filter(school=school).values_list("wonde_id", "form", "status")
    imported = {(form, status) for wonde_id, form, status in known if wonde_id}
    with Wonde(school.domain, limit_s) as wonde:
        snapshot = read_school(
            wonde,
            school.wonde_id,
            folded(subjects),
            keys.asked_of(school),
            outside=outside or {wonde_id for wonde_id, _, _ in known},
            may_use_groups=(SchoolClass.Form.CLASS, SchoolClass.Status.IN) not in imported,
            step=step,
        )
    return structs.replace(snapshot, deleted=deletions.ask(school, snapshot))


def _settings(school):
    return SyncSettings.objects.select_related("school__mail_settings", "school__announced_move").get(school=school)


def _to_confirm(sync_settings, now):
    """Note what waits for a person's word as a whole; people are told when it begins to, or is another."""
    was = sync_settings.to_confirm
    if now != was:
        sync_settings.to_confirm = now
        sync_settings.save(update_fields=["to_confirm"])
        for about in now.keys() - {about for about in was if was[about] == now.get(about)}:
            tell.to_confirm(sync_settings.school, about)


def _refresh(school, remote):
    """What Wonde says about the school itself."""
    fresh = {
        "name": remote.name or school.name,
        "mis": remote.mis or school.mis,
        "timezone": remote.timezone if _is_zone(remote.timezone) else school.timezone,
        "domain": (remote.region and remote.region.domain) or school.domain,
    }
    changed = [name for name, value in fresh.items() if getattr(school, name) != value]
    if changed:
        for name in changed:
            setattr(school, name, fresh[name])
        school.save(update_fields=changed)


def _is_zone(name):
    try:
        return bool(name) and bool(ZoneInfo(name))
    except (KeyError, ValueError, OSError):  # nights and dates are local: a zone we don't know stops every run
        return False


def _record(night, run, snapshot, decision, clock):
    """The run's own last word, in the same transaction: applied means applied."""
    run.status, run.step, run.ended_at = SyncRun.Status.APPLIED, ANNOUNCING, timezone.now()
    run.ledger = to_builtins(decision.screened.ledger)
    run.sizes = sizes(decision, ours_asked(night.ours, decision.asked))
    told = {kind: snapshot.beyond(kind) for kind in PEOPLE if kind not in decision.screened.aside}
    run.beyond = night.ours.beyond | {kind: beyond for kind, beyond in told.items() if beyond is not None}
    run.waiting = to_builtins(list(decision.judgement.waiting))
    run.alarms = [[entry["kind"], entry["code"]] for entry in run.waiting if entry["code"] in ALARMS]
    run.asked = decision.judgement.asked
    run.notes = snapshot.notes
    run.second_classes = decision.screened.second
    run.unlike = decision.screened.unlike
    run.fingerprint = decision.fingerprint
    run.timings = clock.laps
    run.rights = dict(snapshot.rights)
    run.filled = filled(decision.screened.theirs, decision.screened.aside)
    run.granted = granted(snapshot, run.filled)
    run.wonde_newest = _moment(snapshot.newest)
    run.mis_offline = snapshot.offline
    run.as_of = as_of(night.settings, run.mis_offline, run.wonde_newest, run.ended_at)
    run.save()
    told_to_others.write(run)


def _moment(text):
    """Wonde's UTC text as a moment, or None where it is none: it says how fresh Wonde is and decides nothing."""
    with suppress(ValueError):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    return None


class _Clock:
    """Milliseconds per step."""

    def __init__(self):
        self.laps, self.last = {}, time.perf_counter()

    def lap(self, name):
        now = time.perf_counter()
        self.laps[name], self.last = round((now - self.last) * 1000), now
