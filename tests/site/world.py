"""A school, and a browser for everybody who might open its pages."""

from types import SimpleNamespace

from django.test import Client
from django.utils import timezone

from schools.models import Invitation, PersonBlock, Proposal
from tests.factories import (
    AcceptanceFactory,
    AccessRequestFactory,
    ApiTokenFactory,
    AuthoriserRightFactory,
    EnrolmentFactory,
    ErasureFactory,
    ImportRequestFactory,
    LeadRightFactory,
    StudentUserFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    TeachingFactory,
)
from tests.site.addresses import OURS
from tests.tools.people import signed_in, support_client


def a_world():
    """One school with a class, and a browser for everybody of ROLES. `by_name`: the number in an address, where it is
    not the class's."""
    school = SyncSettingsFactory(
        school__frozen={"contacts": {"since": "2026-11-01", "erase_on": "2026-11-15"}}, school__code="harbour"
    ).school
    other = SyncSettingsFactory().school
    teaching = TeachingFactory(school_class__school=school)
    colleague = TeachingFactory(school_class__school=school).employee
    student = EnrolmentFactory(
        school_class=teaching.school_class, student__user=StudentUserFactory(school=school)
    ).student
    right = LeadRightFactory(school=school)
    LeadRightFactory(school=school)
    clients = {
        "teacher": signed_in(teaching.employee.user),
        "colleague": signed_in(colleague.user),
        "lead": signed_in(right.user),
        "stranger": signed_in(LeadRightFactory(school=other).user),
        "student": signed_in(student.user),
        "authoriser": signed_in(AuthoriserRightFactory(school=school).user),
        "support": support_client(looks_at=[school]),
        "support elsewhere": support_client(SupportFactory(rights__schools=[other]), looks_at=[school, other]),
        "bare support": signed_in(SupportFactory()),
        "nobody": Client(),
    }
    invitation = Invitation.objects.create(school=school, email="a@example.org", as_lead=True)
    receipt = AcceptanceFactory(school=school)
    asked = ImportRequestFactory(school=school, asked_by=teaching.employee.user)
    exported = Proposal.objects.create(
        act=Proposal.Act.EXPORT, school=school, about={"kind": "employees", "pk": colleague.pk},
        asked_by=clients["support"].user, state=Proposal.State.CONFIRMED, settled_at=timezone.now(),
    )  # fmt: skip
    asked_about = AccessRequestFactory(school=school, kind="employees", row_id=colleague.pk)
    gone = TeacherFactory(school=school, left_at=student.created_at)
    left_out = PersonBlock.objects.create(
        school=school, kind="employees", row_id=gone.pk, key_number=1, newest=gone.pk, made_at=gone.created_at
    )
    by_name = {
        "classes:request": asked.pk,
        "classes:withdraw": asked.pk,
        **{name: student.pk for name in OURS if name.startswith("students:")},
        "sync:why_student": student.pk,
        "sync:run": SyncRunFactory(school=school).pk,
        "sync:erase": gone.pk,
        "sync:staff_member": colleague.pk,
        "sync:leave_out": TeacherFactory(school=school).pk,
        "sync:let_in": left_out.pk,
        "sync:staff_lead": right.pk,
        "sync:take_back": invitation.pk,
        "sync:exported": exported.pk,
        "sync:call_off": exported.pk,
        "sync:copy": asked_about.pk,
        "sync:copy_decide": asked_about.pk,
        "sync:copy_fetch": asked_about.pk,
        "sync:copy_note": colleague.pk,
        "schools:agreement": receipt.agreement_id,
        "schools:agreement_file": receipt.agreement_id,
        "schools:receipt": receipt.pk,
        "sync:erasure": ErasureFactory(school=school).pk,
    }
    by_name["sync:undo"] = by_name["sync:run"]
    return SimpleNamespace(school=school, class_pk=teaching.school_class_id, clients=clients, by_name=by_name)


def browsers(world):
    """{whose: a browser in which no exception reaches the test}, also the learning product's."""
    token = ApiTokenFactory(every_school=True)
    clients = world.clients | {"the product": Client(headers={"authorization": f"Bearer {token.secret}"})}
    for client in clients.values():
        client.raise_request_exception = False
    return clients
