"""A school agrees before its first class comes in; one that has begun goes on, and is asked until somebody does."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from classes.models import ImportDraft
from schools.models import Acceptance, Agreement, Employee, School
from schools.staff import invitations
from sync.engine import roster
from sync.models import Need
from sync.needs import noting, queue
from sync.people import class_requests, first_import
from tests.factories import (
    AcceptanceFactory,
    AgreementFactory,
    AuthoriserRightFactory,
    ClassOutFactory,
    EnrolmentFactory,
    ImportRequestFactory,
    LeadRightFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _required(settings):
    settings.AGREEMENT_REQUIRED = True


def test_no_class_comes_in_by_rule_by_import_or_by_request_before_somebody_has_agreed():
    sync_settings = SyncSettingsFactory(asks_first=False)
    school = sync_settings.school
    lead = LeadRightFactory(school=school).user
    row = ClassOutFactory(school=school, reason="asks_first")
    ImportDraft.objects.create(school=school, begun_at=timezone.now(), choices={str(row.pk): "in"})

    assert roster.policy_of(sync_settings).asks_first
    with pytest.raises(first_import.ImportRefusedError, match="Nobody has agreed"):
        first_import.start(school, lead, asks_first=True, empty_is_meant=True)
    with pytest.raises(class_requests.ApprovalRefusedError, match="Nobody has agreed"):
        class_requests.approve(ImportRequestFactory(school=school), lead, "", class_requests.Settlement(), None)
    assert "Who may agree, and to what" in signed_in(lead).get(reverse("sync:import", args=[school.code])).text

    AcceptanceFactory(school=school)
    assert not roster.policy_of(sync_settings).asks_first
    first_import.start(school, lead, asks_first=True, empty_is_meant=True)

    Acceptance.objects.all().delete()  # as in a school whose classes came in before anybody was asked to agree
    EnrolmentFactory(school_class__school=school)
    assert not roster.policy_of(sync_settings).asks_first


def test_what_is_not_agreed_to_is_asked_for_then_supports_task_and_never_stops_a_sync():
    school = SyncSettingsFactory(school__mis="SIMS").school
    SyncRunFactory(school=school, started_at=ago(hours=3))

    def needs():
        noting.note_all()
        return {each.need.code: each.sentence for each in queue.of_school(school)}

    assert needs() == {}  # no agreement yet, so there is nothing to agree to

    first = AgreementFactory(version="1")
    assert set(needs()) == {"authoriser", "agreement"}
    invited = invitations.invite(school, "office@example.org", by=None, as_authoriser=True)
    assert needs() == {"agreement": "Version 1 of the agreement waits for somebody who may agree for the school."}
    invited.delete()
    right = AuthoriserRightFactory(school=school)
    lead = signed_in(LeadRightFactory(school=school).user)
    assert "Version 1 of the agreement waits" in words(lead.get(reverse("sync:school", args=[school.code])))

    School.objects.update(added_at=ago(days=90))
    Agreement.objects.update(added_at=ago(days=59))
    assert set(needs()) == {"agreement"}
    Agreement.objects.update(added_at=ago(days=61))
    assert set(needs()) == {"agreement_due"}
    AcceptanceFactory(school=school, agreement=first)
    assert needs() == {}

    coming = timezone.localdate() + timedelta(days=100)
    second = AgreementFactory(version="2", replaces=first, effective_on=coming)
    Agreement.objects.filter(pk=second.pk).update(added_at=ago(days=50))
    assert set(needs()) == {"agreement"}
    Agreement.objects.filter(pk=second.pk).update(added_at=ago(days=61))
    assert set(needs()) == {"agreement"}  # what was agreed before counts until the new version is in force
    Agreement.objects.filter(pk=second.pk).update(effective_on=date(2026, 2, 1))
    assert set(needs()) == {"agreement_due"}
    AcceptanceFactory(school=school, agreement=second)

    TeacherFactory(school=school, user=right.user)
    assert needs() == {}
    Employee.objects.update(left_at=timezone.now())
    assert needs() == {"authoriser": "Nobody may agree for the school to what is shared. What was agreed stays agreed."}
    School.objects.update(revoked_at=timezone.now())
    assert needs() == {}
    assert not Need.objects.exists()
