"""Wonde's permissions for court orders, responsibility and priority: read, noted where they change, and asked for."""

from datetime import timedelta

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from parents.models import MailSettings
from parents.rules.recipients import why_not_now
from parents.rules.rights import NEEDED
from schools.models import LastRead
from schools.sharing import purposes
from students.models import Student
from sync.facts.filled import of_field
from sync.facts.permissions import RIGHTS, granted_rights
from sync.facts.shapes import Permission
from sync.facts.snapshot import Contacts, Relation, Rows
from sync.models import PermissionChange, PermissionState
from tests.factories import LeadRightFactory, MailSettingsFactory
from tests.sync.living import living_school
from tests.sync.tables import RUNS, versions
from tests.tools.pages import words
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
COURT_ORDER = "contacts.court_order.read"


@pytest.fixture
def living(settings):
    with time_machine.travel(timezone.now()) as clock, living_school(settings, students=30) as school:
        school.clock = clock
        yield school


def read_of(living):
    return LastRead.objects.get(school=living.school)


def page(living, lead):
    return words(signed_in(lead).get(reverse("parents:overview", args=[living.school.code])))


def test_only_what_changes_is_written_and_each_change_once(living):
    assert PermissionState.objects.get(identity=COURT_ORDER).approved
    written = versions(*RUNS)
    living.read()
    assert versions(*RUNS) == written

    _, run = living.day({"event": "withdraw_permission", "scope": COURT_ORDER})

    changes = PermissionChange.objects.filter(run=run).order_by("answer")
    assert list(changes.values_list("identity", "answer", "before", "after")) == [
        (COURT_ORDER, "approved", True, False), (COURT_ORDER, "audited", True, False),
        (COURT_ORDER, "declined", False, True),
    ]  # fmt: skip
    assert not PermissionState.objects.get(identity=COURT_ORDER).approved
    assert run.rights == {"court_order": False, "parental_responsibility": True, "priority": True}
    assert run.granted == dict.fromkeys(purposes.permissions(), True) | {COURT_ORDER: False}


def test_a_reading_counts_how_many_rows_have_each_field_and_a_no_that_they_contradict_says_nothing(living):
    upn = "students.upn.read"
    _, run = living.day({"event": "permission_list", "scope": upn, "approved": False})

    here = Student.objects.filter(school=living.school, left_at=None)
    assert of_field(run.filled, "students.upn") == (here.exclude(upn="").count(), here.count())
    assert of_field(run.filled, "students.wonde_id") == (here.count(), here.count())
    assert run.granted[upn] is None

    _, run = living.day({"event": "permission_list"}, {"event": "withdraw_permission", "scope": upn})
    assert of_field(run.filled, "students.upn") == (0, here.count())
    assert run.granted[upn] is False

    _, run = living.day({"event": "withdraw_permission", "scope": "employees.read"})
    assert of_field(run.filled, "employees.email") is None
    assert not run.granted["employees.read"]


@pytest.mark.parametrize("fault", ["missing", "null", "other_spelling", "not_json"])
def test_a_list_that_cannot_be_read_says_that_we_cannot_tell_and_changes_nothing(living, fault):
    lead = LeadRightFactory(school=living.school).user
    living.day({"event": "withdraw_permission", "scope": COURT_ORDER})
    before, states = read_of(living), list(PermissionState.objects.values())
    living.sandbox.fault(fault, "meta/schools/*/permissions")

    living.read()

    assert read_of(living).rights == dict.fromkeys(RIGHTS)
    assert read_of(living).rights_missing_since == before.rights_missing_since
    assert list(PermissionState.objects.values()) == states
    assert page(living, lead).count("We cannot tell") == 3


def test_mail_needs_all_three_has_thirty_days_and_goes_on_once_they_are_granted(living):
    lead = LeadRightFactory(school=living.school).user
    settings = MailSettingsFactory(school=living.school)
    now = timezone.now()
    assert "We cannot know whether there is a court order" not in page(living, lead)

    living.day({"event": "withdraw_permission", "scope": COURT_ORDER})

    said = page(living, lead)
    assert "We cannot know whether there is a court order." in said
    assert "If it stays so, the weekly mail stops on" in said
    assert why_not_now(living.school, settings, now) == ""
    with pytest.raises(ValidationError, match="needs the permissions for court orders"):
        MailSettings(school=living.school, enabled=True, reply_to="office@example.org").clean()
    settings.clean()  # it was on before

    living.clock.shift(timedelta(days=30))
    living.read()
    assert why_not_now(living.school, settings, timezone.now()) == "no_rights"

    living.day({"event": "grant_permission", "scope": COURT_ORDER})
    assert read_of(living).rights_missing_since is None
    assert why_not_now(living.school, settings, timezone.now()) == "stale"  # the school's clock has stood still


def test_permissions_are_found_by_identity_or_name_and_a_no_that_values_contradict_says_nothing():
    listed = [
        Permission("x.1", approved=True, name="Contacts  Court Order"),
        Permission("contacts.priority.read", approved="No"),
        Permission("x.2", approved="perhaps", name="contacts parental responsibility"),
    ]
    says = Contacts(Rows(), {"S1": [("P1", Relation(priority=1))]}, {})

    assert granted_rights(listed, None) == {"court_order": True, "parental_responsibility": None, "priority": False}
    assert granted_rights(listed, says) == {"court_order": True, "parental_responsibility": None, "priority": None}
    assert granted_rights(None, None) == dict.fromkeys(RIGHTS)
    assert NEEDED.keys() == RIGHTS.keys()
