"""How rows are erased: every mirrored column, the login, and what belongs to a person; or one column of many rows.
Counts and ids stay.

What is erased follows from the kinds' declarations, so a new kind or column is erased without being named here.
"""

from django.db import connection
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from classes.models import UploadedList
from parents.models import WeeklyMail
from schools.erasing import blank, let_go, model_of
from schools.models import AuditEntry, AuthoriserRight, Invitation, User
from sync.erasing import notes
from sync.erasing.forgetting import forget_ids
from sync.erasing.lines import leave_lines
from sync.facts.kinds import KINDS, LINKS, PEOPLE, STUDENTS
from sync.models import AccessCopy, AccessRequest, Change, Hold, Question, Recognition, feed
from sync.models.copies import ERASED
from sync.wording.kinds import all_counted

KEEP = frozenset(kind.table for kind in KINDS.values())  # mirrored rows stay, but say nothing about anybody


def erase(school, ids, now, cause, actor=None, reason=""):
    """Erase rows, {kind: [pk]}, and people who are here only because of them; or one value of rows that stay,
    {"employees.email": [pk]}. Returns the note about it, None if nothing was erased."""
    ids = {kind: pks for kind, pks in ids.items() if pks}
    if not ids:
        return None
    for kind, pks in _here_for_them(ids).items():
        if pks:
            ids[kind] = sorted({*ids.get(kind, ()), *pks})
    known = []
    for name, pks in ids.items():
        kind, _, column = name.partition(".")
        if column:
            _empty(school, KINDS[kind], column, pks)
        elif kind in LINKS:
            _end_links(school, LINKS[kind], pks, now)
        else:
            known += _erase_kind_rows(school, KINDS[kind], pks, now)
    forget_ids(school, known)
    for naming in (UploadedList, Question):
        naming.objects.filter(school=school).delete()  # it may name them
    AccessRequest.objects.erased(school, ids)
    AccessCopy.objects.naming(school, ids).let_go(ERASED)
    note = notes.write(school, ids, now, cause, actor, reason)
    leave_lines(note)
    told = f"{all_counted(note.counts)}: {note.get_cause_display()}. {reason}".strip()
    AuditEntry.objects.note(actor, "erased", note, school, told)
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
        if "email" in kind.columns:
            _forget_invitations(school, rows)
        left = rows.filter(left_at__isnull=False).values("user")  # once the row names nobody, nothing else would say so
        AuthoriserRight.objects.filter(school=school, user__in=left).delete()
        rows.update(user=None)
        delete_logins(users)
    let_go(model, pks, keep=KEEP)
    if kind is STUDENTS:
        WeeklyMail.objects.forget_students(school.pk, set(pks))
    for link in LINKS.values():
        for column, parent in link.parents.items():
            if parent == kind.name:
                hanging = model_of(link.table)._base_manager.filter(school=school, **{f"{column}__in": pks})
                _end_links(school, link, list(hanging.values_list("pk", flat=True)), now)
    _forget_changes(school, kind.name, pks)
    emptied = {name: blank(model._meta.get_field(name)) for name in kind.columns}
    rows.update(**emptied, left_at=Coalesce(F("left_at"), now))
    return known


def _end_links(school, link, pks, now):
    """End memberships; what they say about anybody is removed."""
    model = model_of(link.table)
    own = {name: blank(model._meta.get_field(name)) for name in link.columns if name not in link.parents}
    _forget_changes(school, link.name, pks)
    if link.name in feed.KINDS:
        Change.objects.erased(school, link.name, pks)
    model._base_manager.filter(school=school, pk__in=pks).update(**own, left_at=Coalesce(F("left_at"), now))


def _empty(school, kind, column, pks):
    """Empty one column of rows that stay, and what changes say of it: no undo brings it back."""
    model = model_of(kind.table)
    rows = model._base_manager.filter(school=school, pk__in=pks)
    if column == "email" and hasattr(model, "user"):
        _forget_invitations(school, rows)
    rows.update(**{column: blank(model._meta.get_field(column))})
    with connection.cursor() as cursor:
        cursor.execute(
            'UPDATE sync_change SET "values" = "values" - %s WHERE school_id = %s AND kind = %s AND "values" ? %s',
            [column, school.pk, kind.name, column],
        )


def _forget_invitations(school, rows):
    """Delete the invitations to these members of staff at the addresses that the MIS gave; not those to lead or
    agree, which a person made, nor a login, whose address is its own."""
    emails = [email for email in rows.values_list("email", flat=True) if email]
    Invitation.objects.filter(school=school, email__in=emails, as_lead=False, as_authoriser=False).delete()


def _forget_changes(school, kind, pks):
    Change.objects.filter(school=school, kind=kind, row_id__in=pks).filter(values__isnull=False).update(values=None)
    for said in (Hold, Recognition):
        said.objects.filter(school=school, kind=kind, row_id__in=pks).delete()


def delete_logins(pks):
    """Delete logins no longer needed: those of students, and of staff who lead nothing, agree for no school, work
    nowhere else and are not support."""
    left = User.objects.filter(pk__in=pks, is_staff=False, lead_rights=None, authoriser_rights=None, employees=None)
    left.delete()


def filled_again(note):
    """How many of the rows that a note says are erased hold something: {kind: number}, empty where all is as it should
    be. Single fields are not asked about: the school may share them again."""
    found = {}
    for kind, pks in note.ids.items():
        if kind in KINDS and kind not in LINKS:
            model = model_of(KINDS[kind].table)
            held = model._base_manager.filter(something_held(kind, model), school=note.school_id, pk__in=pks)
            found[kind] = held.count()
    return {kind: number for kind, number in found.items() if number}


def something_held(kind, model):
    """Rows not erased yet, including those made by hand, which have no Wonde id."""
    held = Q(wonde_id__isnull=False)
    for name in KINDS[kind].columns:
        if blank(model._meta.get_field(name)) == "":
            held |= ~Q(**{name: ""})
    return held
