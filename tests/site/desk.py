"""A school with a row of everything that support's desk shows, and the address of every page of the desk."""

from datetime import timedelta

from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from parents.models import Block, MailHold
from schools.desk.filters import SchoolFilter
from schools.models import AuditEntry, Invitation, OutgoingMail, Proposal, SchoolGroup, User
from sync.models import Change
from tests.factories import (
    AcceptanceFactory,
    ApiReadFactory,
    ApiTokenFactory,
    ChangeFactory,
    ClassOutFactory,
    EnrolmentFactory,
    ErasureFactory,
    GuardianshipFactory,
    HoldFactory,
    HookFactory,
    ImportRequestFactory,
    LeadRightFactory,
    MailSettingsFactory,
    StudentFactory,
    StudentUserFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeachingFactory,
    WeeklyProgressFactory,
    ago,
)
from tests.parents.world import due

LONG = "Featherstonehaugh-Cholmondeley-Abernathy-Smythe-Jones"


def a_full_desk():
    """A school of which every list of the desk has rows, and every page something to say."""
    school = SyncSettingsFactory(school__name="Harbour Road High School").school
    by = SupportFactory()
    MailSettingsFactory(school=school)
    lead = LeadRightFactory(school=school)
    stay = EnrolmentFactory(
        school_class__school=school,
        school_class__name="8Y/Ma1",
        student__surname=LONG,
        student__user=StudentUserFactory(school=school),
    )
    student, school_class = stay.student, stay.school_class
    TeachingFactory(school_class=school_class)
    out = ClassOutFactory(school=school, subject="Drama", reason="other_subject")
    link = GuardianshipFactory(student=student)
    WeeklyProgressFactory(student=student)
    mails = {"due": {}, "failed": {"refusal": "no_mailbox"}, "suppressed": {"reason": "lower_priority"}}
    for week, (state, fields) in enumerate(mails.items(), start=41):
        due([link], state=state, iso_week=week, **fields)
    Block.objects.create(school=school, student=student, key_number=1, cause="court_order", made_by=by)
    Block.objects.create(school=school, key_number=1, cause="other", ended_at=ago(days=2))
    now = timezone.now()
    hold = {"cause": "ours", "detail": "smtp_554", "since": now, "refused_at": now, "until": now + timedelta(hours=1)}
    MailHold.objects.create(school=school, **hold)
    MailHold.objects.create(school=school, **hold | {"ended_at": now, "ended_by": by, "end_reason": "it is right now"})
    Invitation.objects.create(school=school, email="data.manager@harbour.example", as_lead=True, invited_by=lead.user)
    Invitation.objects.create(school=school, email="teacher@harbour.example", sent_at=now, expires_at=now)
    for letter, state in (("notice", "waiting"), ("new-password", "given_up")):
        OutgoingMail.objects.create(letter=letter, school=school, state=state, due_at=now, until=now, answer="smtp_451")
    run = SyncRunFactory(
        school=school,
        counts={"students": {"create": 1}, "enrolments": {"move": 1}},
        ledger={"classes": {"read": 214, "imported": 41, "withheld": {"other_subject": 160, "intervention_group": 13}}},
        waiting=[{"kind": "students", "code": "class", "limit": "class:1", "count": 7, "of": 29, "name": "8Y/Ma1"}],
        notes=["This MIS does not say which staff are current."],
    )
    SyncRunFactory(school=school, status="refused", message="Wonde did not answer for 15 minutes.", trigger="person")
    ChangeFactory(run=run, row_id=student.pk, verb="update", values={"forename": ["Joanna", "Jo"]})
    ChangeFactory(run=run, kind="enrolments", row_id=stay.pk)
    ChangeFactory(run=run, kind="classes", row_id=out.pk, verb="remove", cause="evidence", reason="other_subject")
    ChangeFactory(run=run, row_id=999_999, verb="erase")
    for kind in ("schoolApproved", "schoolMigration", "schoolUpdated", ""):
        HookFactory(school=school if kind else None, wonde_id=school.wonde_id if kind else "", type=kind)
    for limit in ("kind", f"class:{school_class.pk}", "identity"):
        HoldFactory(run=run, row_id=StudentFactory(school=school).pk, limit=limit)
    for verb, row in (
        ("opened", student),
        ("asked for a sync of", school),
        ("approved", ImportRequestFactory(school=school)),
    ):
        AuditEntry.objects.note(by, verb, row, school, "ticket 4711")
    ApiReadFactory(
        school=school, token=ApiTokenFactory(schools=[school], made_by=by, expires_at=now + timedelta(days=3))
    )
    AcceptanceFactory(school=school)
    ErasureFactory(school=school)
    SchoolGroup.objects.create(name="Harbour trust").schools.add(school)
    Proposal.objects.create(
        act="give_lead",
        school=school,
        about={"employee": None, "email": "a@b.example"},
        asked_by=by,
        reason="they rang",
    )
    assert Change.objects.filter(school=school).exists()
    return school


def pages_of(school):
    """Every page of the desk that needs nothing but `school`, by name."""
    asked = f"?school={school.pk}"
    found = {
        "index": reverse("admin:index"),
        "all lists": reverse("admin:lists"),
        "add a school": reverse("admin:schools_school_add"),
        "invite": reverse("admin:schools_invitation_add") + asked,
        "make a token": reverse("admin:schools_apitoken_add"),
        "add a group": reverse("admin:schools_schoolgroup_add"),
        "import progress": reverse("admin:students_weeklyprogress_import") + asked,
    }
    for model, desk in admin.site._registry.items():
        name = f"{model._meta.app_label}_{model._meta.model_name}"
        found[f"list of {name}"] = reverse(f"admin:{name}_changelist") + (
            asked if SchoolFilter in desk.list_filter else ""
        )
        rows = {Change: Change.objects.of_runs, User: User.objects.staff}.get(model, model.objects.all)()
        found |= {
            f"{name} {row.pk}": reverse(f"admin:{name}_change", args=[row.pk]) for row in rows.order_by("pk")[:40]
        }
    for name in ("settings", "leads", "find", "access"):
        found[f"school, {name}"] = reverse(f"admin:schools_school_{name}", args=[school.pk])
    contact, group = school.contacts.first(), SchoolGroup.objects.first()
    for name in ("mail", "reveal", "switch", "block"):
        found[f"contact, {name}"] = reverse(f"admin:parents_contact_{name}", args=[contact.pk])
    found["end a hold"] = reverse("admin:parents_mailhold_end", args=[MailHold.objects.get(ended_at=None).pk])
    found["delete a group"] = reverse("admin:schools_schoolgroup_delete", args=[group.pk])
    return found
