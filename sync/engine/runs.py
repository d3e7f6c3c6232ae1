"""The story of one sync, top to bottom."""

import time
from contextlib import suppress
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from msgspec import Struct, to_builtins

from classes.models import SchoolClass
from schools.locks import alone, lock_school
from schools.models import AuditEntry
from sync.engine import freezing, roster, staff_access, told_to_others
from sync.engine.age import as_of
from sync.engine.apply import apply
from sync.engine.members import keep_choices, keep_members
from sync.facts.errors import AccessRevoked, Moved, SyncError
from sync.facts.sides import Ours
from sync.facts.snapshot import Snapshot
from sync.models import Approval, ChangeOfMis, Hold, SyncRun, SyncSettings
from sync.models.run import ANNOUNCING
from sync.notices import tell
from sync.plans.decide import Decision, decide, sizes
from sync.plans.waiting import ALARMS
from sync.rules.policy import folded
from sync.wonde.client import Wonde
from sync.wonde.reading import read_school


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


def _sync(school, run, expected, rollover):
    clock = _Clock()
    snapshot = read_now(school, run.at)  # HTTP, no transaction open
    clock.lap("read")
    run.at("applying")
    with transaction.atomic():
        lock_school(school.pk, tells="itself")
        now = timezone.now()
        ours, change_of_mis = roster.read(school, now), ChangeOfMis.objects.pending(school)
        if change_of_mis:
            ours.pairs = change_of_mis.pairs
        clock.lap("ours")
        sync_settings, approval = _settings(school), Approval.objects.pending(school)
        policy = roster.policy_of(sync_settings, rollover)
        decision = decide(snapshot, ours, policy, approval.asked if approval else "")
        if expected and decision.fingerprint != expected:
            raise Moved(
                "Wonde has changed since the preview. Nothing was changed. Look at the new preview and decide again."
            )
        clock.lap("decide")
        if decision.proposal is None:
            _refresh(school, snapshot.school)
        run.counts = apply(decision.judgement, ours, run, now)
        if change_of_mis:
            change_of_mis.run = run
            change_of_mis.save(update_fields=["run"])
        freezing.freeze_withdrawn(sync_settings, snapshot, ours, now)
        if decision.proposal is None:
            keep_members(decision.screened, ours, school, policy.paused)
            keep_choices(decision.screened, ours, school)
            if "employees" not in decision.screened.aside:
                staff_access.stop(school, decision.judgement.stopped, now)
            if decision.screened.stated - policy.known:
                sync_settings.facts_known = sorted(decision.screened.stated | policy.known)
                sync_settings.save(update_fields=["facts_known"])
        if approval:
            approval.run, approval.applied = run, decision.judgement.approved
            approval.save(update_fields=["run", "applied"])
        came_in = not policy.paused and decision.proposal is None and "classes" not in decision.screened.aside
        _to_confirm(sync_settings, snapshot, policy, decision)
        turns = rollover and came_in
        if turns or sync_settings.rolled_year is None:
            sync_settings.rolled_year, sync_settings.rolled_at = policy.academic_year, now if turns else None
            sync_settings.save(update_fields=["rolled_year", "rolled_at"])
        if turns:
            AuditEntry.objects.note(run.asked_by, "confirmed the new school year", run, school)
        clock.lap("apply")
        _applied(run, snapshot, decision, ours, sync_settings, clock)
    return run


def read_now(school, step=lambda name: None, limit_s=None, outside=None):
    """Everything Wonde says about the school now, without anything of ours being changed. Raises SyncError.

    outside: Wonde ids of classes whose members are wanted whatever their subject; without it, those that come in.
    """
    (subjects,) = SyncSettings.objects.filter(school=school).values_list("subjects", flat=True)
    known = SchoolClass.objects.to_read().filter(school=school).values_list("wonde_id", "form", "status")
    imported = {(form, status) for wonde_id, form, status in known if wonde_id}
    with Wonde(school.domain, limit_s) as wonde:
        return read_school(
            wonde,
            school.wonde_id,
            folded(subjects),
            outside=outside or {wonde_id for wonde_id, _, _ in known},
            may_use_groups=(SchoolClass.Form.CLASS, SchoolClass.Status.IN) not in imported,
            step=step,
        )


def _settings(school):
    return SyncSettings.objects.select_related("school__mail_settings").get(school=school)


def _to_confirm(sync_settings, snapshot, policy, decision):
    """Note what waits for a person's word as a whole; people are told when it begins to, or is another. While a change
    of MIS waits nothing is said of the year: what was noted stays."""
    was = sync_settings.to_confirm
    if decision.proposal:
        now = was | {"change_of_mis": snapshot.school.mis or ""}
    else:
        now = {"rollover": policy.academic_year} if policy.turned else {}
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


def _applied(run, snapshot, decision, ours, sync_settings, clock):
    """The run's own last word, in the same transaction: applied means applied."""
    run.status, run.step, run.ended_at = SyncRun.Status.APPLIED, ANNOUNCING, timezone.now()
    run.ledger = to_builtins(decision.screened.ledger)
    run.sizes = sizes(decision, ours)
    run.waiting = to_builtins(_still_asked(run, decision.judgement.waiting))
    run.alarms = [[entry["kind"], entry["code"]] for entry in run.waiting if entry["code"] in ALARMS]
    run.asked = decision.judgement.asked
    run.notes = snapshot.notes
    run.second_classes = decision.screened.second
    run.unlike = decision.screened.unlike
    run.fingerprint = decision.fingerprint
    run.timings = clock.laps
    run.wonde_newest = _moment(snapshot.newest)
    run.mis_offline = snapshot.offline
    run.as_of = as_of(sync_settings, run.mis_offline, run.wonde_newest, run.ended_at)
    run.save()
    told_to_others.write(run)


def _still_asked(run, waiting):
    """What waits, without what a person has said to keep."""
    if not any(entry.limit for entry in waiting):
        return list(waiting)
    open_holds = set(Hold.objects.filter(school=run.school_id, kept_at=None).values_list("kind", "limit"))
    return [entry for entry in waiting if not entry.limit or (entry.kind, entry.limit) in open_holds]


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
