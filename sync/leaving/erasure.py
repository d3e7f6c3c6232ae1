"""Who is erased for good, and when (`sync.erasing.rows` says how)."""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.utils import timezone

from schools.erasing import model_of
from schools.locks import lock_school
from schools.models import AuthoriserRight, Erasure, Invitation, LeadRight, School
from sync.engine import previews
from sync.erasing import rows
from sync.facts.kinds import KINDS, LINKS, PEOPLE
from sync.models import Stop, SyncSettings, Wcbs


class NotErasedError(Exception):
    """Why nothing was erased, in a sentence with the next step."""


def erase_due(now=None):
    """Erase everyone whose day has come, school by school. Returns the `Erasure`s."""
    now, done = now or timezone.now(), []
    due = SyncSettings.objects.filter(school__in=_schools_due(now)).select_related("school")
    for sync_settings in due.order_by("school_id"):
        school, today = sync_settings.school, timezone.localdate(now, sync_settings.school.zone)
        if school.erase_on and school.erase_on <= today:
            done.append(erase_school(school, now=now))
        for kind, entry in sorted(school.frozen.items()):
            if entry["erase_on"] <= today.isoformat():
                done.append(erase_kind(school, kind, now=now))
        done.append(erase_leavers(sync_settings, now))
    return [erasure for erasure in done if erasure]


def _schools_due(now):
    """Ids of schools where somebody's day may have come; the others are not even locked."""
    marked = School.objects.filter(~Q(frozen={}) | Q(erase_on__isnull=False))
    due = set(marked.values_list("pk", flat=True))
    kept = ExpressionWrapper(F("school__sync_settings__retention_days") * timedelta(days=1), DurationField())
    for kind in PEOPLE:
        model = model_of(KINDS[kind].table)
        gone = model._base_manager.filter(rows.something_held(kind, model), left_at__isnull=False)
        gone = gone.annotate(kept=kept).filter(left_at__lt=now - F("kept"))
        due |= set(gone.order_by().values_list("school_id", flat=True).distinct())
    return due


def erase_leavers(sync_settings, now):
    """Erase those who left longer ago than the school keeps leavers."""
    with _deciding(sync_settings.school):
        ids = {kind: _due(sync_settings, kind, now) for kind in PEOPLE}
        return _erase(sync_settings.school, ids, now, Erasure.Cause.RETENTION)


def erase_kind(school, kind, now=None, actor=None, reason=""):
    """Erase all of a kind whose permission is withdrawn. Raises NotErasedError if the school shares it again."""
    now = now or timezone.now()
    with _deciding(school):
        if kind not in school.frozen:
            raise NotErasedError(f"{KINDS[kind].label.capitalize()} are not frozen: the school shares them.")
        done = _erase(school, {kind: _all(school, kind)}, now, Erasure.Cause.PERMISSION, actor, reason)
        school.frozen.pop(kind)
        school.save(update_fields=["frozen"])
        return done


def erase_school(school, now=None, actor=None, reason=""):
    """Erase everybody at a school that has ended our access, and the logins of its leads and authorisers. Its name, its
    audit, its receipts and the word that stopped it stay. Raises NotErasedError."""
    now = now or timezone.now()
    with _deciding(school):
        if school.revoked_at is None:
            raise NotErasedError(f"{school.name} has not ended our access. Nothing was erased.")
        ids = {kind: _all(school, kind) for kind in KINDS if kind not in LINKS}
        stopped = Stop.objects.of_freeze().filter(school=school).first()
        cause = Erasure.Cause.STOPPED if stopped else Erasure.Cause.REVOKED
        done = _erase(school, ids, now, cause, actor, reason or (stopped.reason if stopped else ""))
        users = []
        for right in (LeadRight, AuthoriserRight):
            users += right.objects.filter(school=school).values_list("user_id", flat=True)
            right.objects.filter(school=school).delete()
        Invitation.objects.filter(school=school).delete()
        Wcbs.objects.filter(school=school).delete()
        rows.delete_logins(users)
        school.erase_on, school.frozen = None, {}
        school.save(update_fields=["erase_on", "frozen"])
        SyncSettings.objects.filter(school=school).update(enabled=False, due_at=None)
        return done


def erase_person(school, kind, pk, actor, reason, now=None):
    """Erase somebody who has left, at once. Raises NotErasedError if the MIS still lists them."""
    now = now or timezone.now()
    with _deciding(school):
        row = model_of(KINDS[kind].table).objects.filter(school=school, pk=pk).first()
        if row is None or row.wonde_id is None:
            raise NotErasedError("There is nothing left to erase: it was done before.")
        if row.left_at is None:
            raise NotErasedError(
                f"{row} is in {school.mis or 'the MIS'} and would come back with the next sync. Nothing was erased. "
                "Hide the person in Wonde or end their place in the MIS first, and erase them the night after; or "
                "leave them out here first."
            )
        return _erase(school, {kind: [pk]}, now, Erasure.Cause.ASKED, actor, reason)


class _deciding:  # noqa: N801 (reads as a verb: `with _deciding(school):`)
    """A transaction under the school's lock, with the school as it is now."""

    def __init__(self, school):
        self.school, self.atomic = school, transaction.atomic()

    def __enter__(self):
        self.atomic.__enter__()
        lock_school(self.school.pk)
        self.school.refresh_from_db(fields=["frozen", "revoked_at", "erase_on"])

    def __exit__(self, *exc):
        self.atomic.__exit__(*exc)


def _due(sync_settings, kind, now):
    before = now - timedelta(days=sync_settings.retention_days)
    model = model_of(KINDS[kind].table)
    return list(
        model._base_manager.filter(rows.something_held(kind, model), school=sync_settings.school_id, left_at__lt=before)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _all(school, kind):
    model = model_of(KINDS[kind].table)
    held = model._base_manager.filter(rows.something_held(kind, model), school=school)
    return list(held.order_by("pk").values_list("pk", flat=True))


def _erase(school, *what):
    """Erase rows as `rows.erase` does; what pages wait for may name them."""
    transaction.on_commit(partial(previews.forget, school.pk))
    return rows.erase(school, *what)


def erase_on(left_at, sync_settings):
    """The day somebody who left at `left_at` is erased, under their school's settings."""
    moment = left_at + timedelta(days=sync_settings.retention_days)
    return timezone.localdate(moment, sync_settings.school.zone)
