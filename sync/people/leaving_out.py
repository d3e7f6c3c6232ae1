"""Leaving one student or member of staff out of the product, and letting them back in.

Whoever is left out is gone from lists, sign-in, mail and the API with this transaction. Their row is kept as a
leaver's; the word against them (`PersonBlock`) outlives it.
"""

from dataclasses import dataclass
from functools import partial

from django.db import transaction
from django.utils import timezone

from classes.models import Enrolment, Teaching, UploadedList
from parents.models import Contact, Guardianship
from schools import left_out
from schools.auth import sign_out_everywhere
from schools.erasing import model_of
from schools.locks import lock_school
from schools.marks import marks
from schools.models import AuditEntry, AuthoriserRight, Invitation, LeadRight, PersonBlock
from schools.staff import authorisers, overview
from students.models import Details
from sync.engine import apply, previews
from sync.facts.kinds import KINDS
from sync.models import AccessCopy, Hold, Question, SyncRun, SyncSettings
from sync.models.copies import LEFT_OUT as COPY_LEFT_OUT
from sync.plans.verdict import Removal
from sync.rules.known import LEFT_OUT
from sync.wording import sentences


class NotLeftOutError(Exception):
    """Why somebody cannot be left out, in a sentence for the person who tried."""


@dataclass(frozen=True)
class Standing:
    """Somebody left out now. kind: "student". name: "" once they are erased, or while they are not shared."""

    block: PersonBlock
    kind: str
    name: str


def of_school(school):
    """Everybody left out of the product now, those who were last left out first."""
    blocks = list(left_out.standing(school).order_by("-made_at", "-pk"))
    names = sentences.names((block.kind, block.row_id) for block in blocks)
    nobody = sentences.Named("")
    return [
        Standing(block, sentences.ONE[block.kind], names.get((block.kind, block.row_id), nobody).text)
        for block in blocks
    ]


def recognised_by(kind, row):
    """What would recognise a person under another Wonde id: those of "UPI" and "UPN" that the MIS gives them."""
    return [name.upper() for name in left_out.numbers_of(kind, row)]


@transaction.atomic
def leave_out(school, kind, pk, by, cause, words, until=None):
    """Leave a student or member of staff of ours out from now on, to the end of the day `until` if there is one.

    Returns the `PersonBlock`. Raises NotLeftOutError, or StaffRefusedError for the school's last lead.
    """
    lock_school(school.pk, tells="itself")
    now, model = timezone.now(), model_of(KINDS[kind].table)
    row = model.objects.kept().filter(school=school, pk=pk).select_related("user").first()
    if row is None:
        raise NotLeftOutError("Nothing is held about them any more. Nothing was changed.")
    if left_out.block_of(school, kind, pk):
        raise NotLeftOutError(f"{row} is left out already. Nothing was changed.")
    if row.user and row.user == by:
        raise NotLeftOutError("You would shut yourself out. Ask another school lead to do it.")
    if kind == "employees":
        _end_access(school, row, by)
    PersonBlock.objects.filter(school=school, kind=kind, row_id=pk, ended_at=None).update(ended_at=now)  # it ran out
    block = _note(school, kind, row, model, now, made_by=by, cause=cause, words=words, until=until)
    if row.left_at is None:
        _remove(school, kind, row, by, now)
    if row.user:
        sign_out_everywhere(row.user)
    AuditEntry.objects.note(by, "left out", row, school, block.why)
    for naming in (UploadedList, Question):
        naming.objects.filter(school=school).delete()  # it may name them
    AccessCopy.objects.naming(school, {kind: [pk]}).let_go(COPY_LEFT_OUT)
    transaction.on_commit(partial(previews.forget, school.pk))
    return block


@transaction.atomic
def lift(block, by):
    """Let somebody back in. The next sync brings them if the MIS lists them; queue it in the same transaction."""
    lock_school(block.school_id)
    if PersonBlock.objects.filter(pk=block.pk, ended_at=None).update(ended_at=timezone.now(), ended_by=by):
        AuditEntry.objects.create(
            school_id=block.school_id, actor=by, verb="let back in", kind=block.kind, object_id=block.row_id
        )
        SyncSettings.objects.want(block.school)


def _note(school, kind, row, model, now, **said):
    here = model.objects.filter(school=school, left_at=None).exclude(pk=row.pk)
    others = here.only(*left_out.IDENTIFIERS[kind])
    newest = model.objects.filter(school=school).order_by("-pk").values_list("pk", flat=True)[0]
    known = left_out.marks_of(kind, school.pk, row.wonde_id, left_out.numbers_of(kind, row, others))
    return PersonBlock.objects.create(
        school=school,
        kind=kind,
        row_id=row.pk,
        marks=sorted(known),
        key_number=marks().newest,
        newest=newest,
        made_at=now,
        **said,
    )


def _end_access(school, employee, by):
    """Take back what a member of staff may do at the school. What else their login opens stays."""
    Invitation.objects.waiting().filter(school=school, employee=employee).delete()
    for address in {employee.email, employee.user.email if employee.user else ""} - {""}:
        Invitation.objects.waiting().filter(school=school, email__iexact=address).delete()
    employee.refresh_from_db(fields=["user"])  # whoever accepted one a moment ago has a sign-in by now
    for right in LeadRight.objects.filter(school=school, user=employee.user) if employee.user else ():
        overview.withdraw(right, by)
    for right in AuthoriserRight.objects.filter(school=school, user=employee.user) if employee.user else ():
        authorisers.withdraw(right, by)


def _remove(school, kind, row, by, now):
    """End the row and what hangs from it, as a run of its own. What waited with it waits no more."""
    removals = {kind: {row.pk: Removal("evidence", LEFT_OUT)}} | _with_them(school, kind, row.pk)
    run = SyncRun.objects.create(
        school=school,
        trigger=SyncRun.Trigger.LEFT_OUT,
        status=SyncRun.Status.APPLIED,
        asked_by=by,
        started_at=now,
        ended_at=now,
    )
    run.counts = apply.end(removals, run, now)
    run.save(update_fields=["counts"])
    waited = [
        Hold.objects.filter(school=school, kind=name, row_id__in=pks).delete()[0] for name, pks in removals.items()
    ]
    if any(waited):
        SyncSettings.objects.want(school)  # what else waits is asked again, without them


def _with_them(school, kind, pk):
    """Links, and parents or carers with no other child here: they go as they do with anybody who leaves."""
    if kind == "employees":
        taught = Teaching.objects.current().filter(school=school, employee=pk).values_list("pk", flat=True)
        return {"teachings": dict.fromkeys(taught, Removal("follows"))}
    stays = Enrolment.objects.current().filter(school=school, student=pk).values_list("pk", flat=True)
    links = Guardianship.objects.current().filter(school=school)
    ours = links.filter(student=pk)
    alone = Contact.objects.filter(school=school, left_at=None, pk__in=ours.values("contact"))
    alone = alone.exclude(pk__in=links.exclude(student=pk).values("contact")).values_list("pk", flat=True)
    details = Details.objects.filter(school=school, student=pk, left_at=None).values_list("pk", flat=True)
    return {
        "details": dict.fromkeys(details, Removal("follows")),
        "enrolments": dict.fromkeys(stays, Removal("follows")),
        "guardianships": dict.fromkeys(ours.values_list("pk", flat=True), Removal("follows")),
        "contacts": dict.fromkeys(alone, Removal("follows", "no_kept_student")),
    }
