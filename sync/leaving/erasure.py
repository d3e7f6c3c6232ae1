"""Erases people for good: every mirrored column, the login, and what belongs to them; counts and ids stay.

What is erased follows from the kinds' declarations, so a new kind or column is erased without being named here.
"""

from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from classes.models import UploadedList
from parents.models import WeeklyMail
from schools.erasing import blank, let_go, model_of
from schools.locks import lock_school
from schools.models import AuditEntry, AuthoriserRight, Erasure, Invitation, LeadRight, School, User
from sync.engine import previews
from sync.facts.kinds import KINDS, LINKS, PEOPLE, STUDENTS
from sync.leaving.forgetting import forget_ids
from sync.models import Change, Hold, Question, Recognition, SyncSettings, feed

KEEP = frozenset(kind.table for kind in KINDS.values())  # mirrored rows stay, but say nothing about anybody


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
        gone = model._base_manager.filter(_something_held(kind, model), left_at__isnull=False)
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
    audit and its receipts stay."""
    now = now or timezone.now()
    with _deciding(school):
        if school.revoked_at is None:
            raise NotErasedError(f"{school.name} has not ended our access. Nothing was erased.")
        ids = {kind: _all(school, kind) for kind in KINDS if kind not in LINKS}
        done = _erase(school, ids, now, Erasure.Cause.REVOKED, actor, reason)
        users = []
        for right in (LeadRight, AuthoriserRight):
            users += right.objects.filter(school=school).values_list("user_id", flat=True)
            right.objects.filter(school=school).delete()
        Invitation.objects.filter(school=school).delete()
        _delete_logins(users)
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
        model._base_manager.filter(_something_held(kind, model), school=sync_settings.school_id, left_at__lt=before)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def _all(school, kind):
    model = model_of(KINDS[kind].table)
    rows = model._base_manager.filter(_something_held(kind, model), school=school)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def _something_held(kind, model):
    """Rows not erased yet, including those made by hand, which have no Wonde id."""
    held = Q(wonde_id__isnull=False)
    for name in KINDS[kind].columns:
        if blank(model._meta.get_field(name)) == "":
            held |= ~Q(**{name: ""})
    return held


def _erase(school, ids, now, cause, actor=None, reason=""):
    """Erase rows, {kind: [pk]}, and people who are here only because of them. Returns the note about it, None if nobody
    was erased."""
    ids = {kind: pks for kind, pks in ids.items() if pks}
    if not ids:
        return None
    for kind, pks in _here_for_them(ids).items():
        if pks:
            ids[kind] = sorted({*ids.get(kind, ()), *pks})
    known = []
    for kind, pks in ids.items():
        known += _erase_kind_rows(school, KINDS[kind], pks, now)
    forget_ids(school, known)
    for naming in (UploadedList, Question):
        naming.objects.filter(school=school).delete()  # it may name them
    transaction.on_commit(partial(previews.forget, school.pk))
    note = Erasure.objects.create(school=school, at=now, actor=actor, cause=cause, reason=reason, ids=ids)
    counts = ", ".join(f"{number} {KINDS[kind].label}" for kind, number in note.counts.items())
    AuditEntry.objects.note(actor, "erased", note, school, f"{counts}: {note.get_cause_display()}. {reason}".strip())
    return note


def _here_for_them(ids):
    """People kept only because of those being erased: contacts of the students, with no other child here."""
    found = {}
    for link in LINKS.values():
        member = link.parents[link.member]
        for column, parent in link.parents.items():
            if parent not in ids or parent == member or not {parent, member} <= PEOPLE.keys():
                continue
            model = model_of(link.table)
            stay = {f"{column}__wonde_id__isnull": False}
            others = model._base_manager.filter(**stay).exclude(**{f"{column}__in": ids[parent]})
            going = model._base_manager.filter(**{f"{column}__in": ids[parent]})
            found[member] = set(
                going.exclude(**{f"{link.member}__in": others.values(link.member)}).values_list(link.member, flat=True)
            )
    return found


def _erase_kind_rows(school, kind, pks, now):
    """Erase rows of one kind. Returns the Wonde ids they had."""
    model = model_of(kind.table)
    rows = model._base_manager.filter(school=school, pk__in=pks)
    known = [wonde_id for wonde_id in rows.values_list("wonde_id", flat=True) if wonde_id]
    if hasattr(model, "user"):
        users = [user for user in rows.values_list("user_id", flat=True) if user]
        left = rows.filter(left_at__isnull=False).values("user")  # once the row names nobody, nothing else would say so
        AuthoriserRight.objects.filter(school=school, user__in=left).delete()
        if "email" in kind.columns:
            emails = [email for email in rows.values_list("email", flat=True) if email]
            Invitation.objects.filter(school=school, email__in=emails, as_lead=False, as_authoriser=False).delete()
        rows.update(user=None)
        _delete_logins(users)
    let_go(model, pks, keep=KEEP)
    if kind is STUDENTS:
        WeeklyMail.objects.forget_students(school.pk, set(pks))
    for link in LINKS.values():
        for column, parent in link.parents.items():
            if parent == kind.name:
                _end_links(school, link, column, pks, now)
    _forget_changes(school, kind.name, pks)
    emptied = {name: blank(model._meta.get_field(name)) for name in kind.columns}
    rows.update(**emptied, left_at=Coalesce(F("left_at"), now))
    return known


def _end_links(school, link, column, pks, now):
    """End the memberships of people being erased; what they say about the person is removed."""
    model = model_of(link.table)
    rows = model._base_manager.filter(school=school, **{f"{column}__in": pks})
    own = {name: blank(model._meta.get_field(name)) for name in link.columns if name not in link.parents}
    pks = list(rows.values_list("pk", flat=True))
    _forget_changes(school, link.name, pks)
    if link.name in feed.KINDS:
        Change.objects.erased(school, link.name, pks)
    rows.update(**own, left_at=Coalesce(F("left_at"), now))


def _forget_changes(school, kind, pks):
    Change.objects.filter(school=school, kind=kind, row_id__in=pks).filter(values__isnull=False).update(values=None)
    for said in (Hold, Recognition):
        said.objects.filter(school=school, kind=kind, row_id__in=pks).delete()


def _delete_logins(pks):
    """Delete logins no longer needed: those of students, and of staff who lead nothing, agree for no school, work
    nowhere else and are not support."""
    left = User.objects.filter(pk__in=pks, is_staff=False, lead_rights=None, authoriser_rights=None, employees=None)
    left.delete()


def erase_on(left_at, sync_settings):
    """The day somebody who left at `left_at` is erased, under their school's settings."""
    moment = left_at + timedelta(days=sync_settings.retention_days)
    return timezone.localdate(moment, sync_settings.school.zone)
