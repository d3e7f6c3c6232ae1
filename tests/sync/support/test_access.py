"""Support's page of a school in Wonde: how it stands, looked at again, and asked for access once a day."""

import json
from datetime import timedelta

import pytest
import responses
import time_machine
from django.urls import reverse
from django.utils import timezone

from schools.models import AuditEntry, Task
from sync.models import Access, AccessList
from sync.people import access
from tests.factories import LeadRightFactory, SchoolFactory, SupportFactory, SyncSettingsFactory, ago
from tests.sync.world import a_sandbox
from tests.tools.answering import asked
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db(transaction=True)
CONTACT = {
    "first_name": "Ines", "last_name": "Marsh", "email_address": "office@fenbrook.example",
    "phone_number": "01632 960000", "notes": "School business manager",
}  # fmt: skip


@pytest.fixture
def school(settings):
    with a_sandbox(settings) as sandbox:
        new = next(each["id"] for each in sandbox.control("GET", "schools") if each["access"] == "none")
        made = SyncSettingsFactory(school=SchoolFactory(wonde_id=new, name="Fenbrook Academy", code="fenbrook")).school
        made.sandbox = sandbox
        access.poll()
        yield made


def page_of(school):
    return reverse("admin:schools_school_access", args=[school.pk])


def test_support_asks_once_a_day_and_the_page_says_who_acts_next_and_what_wonde_was_told(school):
    client = support_client()
    assert "Support asks the school for access." in words(client.get(page_of(school)))

    page = asked(client, page_of(school), CONTACT | {"phone_number": ""})

    assert "Wonde answered: “Access request successfully received”" in words(page)
    assert "Somebody at Fenbrook Academy who may approve apps in Wonde." in words(page)
    found = Access.objects.get(school=school)
    assert (found.state, found.asked_by) == ("asked", client.user)
    assert found.told == {key: said for key, said in CONTACT.items() if key != "phone_number"}
    assert AuditEntry.objects.get(verb="asked for access to").school == school
    again = client.post(page_of(school), CONTACT)
    assert "asked within the last day" in words(again)
    with pytest.raises(access.NotAskedError):
        access.ask(school, client.user, CONTACT)  # two of them at the same moment: the second finds it taken
    lead = words(signed_in(LeadRightFactory(school=school).user).get(reverse("sync:school", args=["fenbrook"])))
    assert "open Times Tables Club in the part Pending approval" in lead
    assert "office@fenbrook.example" in lead

    school.sandbox.day(school.wonde_id, [{"event": "access_declined", "reason": "Not this year."}])
    page = asked(client, page_of(school), {"look": "1"})
    assert "The reason given: “Not this year.”" in words(page)
    assert "It can be asked again from" in words(page)
    assert Access.objects.get(school=school).told == {}
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        AccessList.objects.update(read_at=timezone.now())
        assert access.ask(school, client.user, CONTACT).state == "asked"


def test_wonde_is_told_what_was_typed_and_a_request_that_was_refused_counts_for_nothing(school):
    by, address = SupportFactory(), f"{school.sandbox.url}/v1.0/schools/{school.wonde_id}/request-access"
    with responses.RequestsMock() as wonde:
        wonde.post(address, status=403, json={"error": "invalid_permissions"})
        with pytest.raises(access.WondeRefused):
            access.ask(school, by, CONTACT)
        wonde.post(address, json={"success": False, "message": "No such contact"})
        with pytest.raises(access.NotAskedError, match="No such contact"):
            access.ask(school, by, CONTACT)
        assert (Access.objects.get().asked_at, Access.objects.get().told) == (None, {})
        wonde.post(address, status=502)
        with pytest.raises(access.WondeUnavailable, match="may have arrived"):
            access.ask(school, by, CONTACT)
        with pytest.raises(access.NotAskedError):
            access.ask(school, by, CONTACT)  # nobody knows whether it arrived: the day counts
        assert {json.dumps(json.loads(call.request.body)) for call in wonde.calls} == {
            json.dumps({"contacts": [CONTACT]})
        }
        assert len(wonde.calls) == 3
    assert Access.objects.get().state == "not_asked"


def test_the_page_opens_to_any_right_and_each_button_to_its_own_and_none_while_wonde_is_silent(school):
    tasks = (Task.LOOK, Task.SIGN_INS, Task.DECIDE)
    looks, invites, decides = (support_client(SupportFactory(rights__tasks=(task,))) for task in tasks)

    assert "Look in Wonde now" in looks.get(page_of(school)).text
    assert "Ask for access" not in looks.get(page_of(school)).text
    assert looks.post(page_of(school), CONTACT).status_code == 404
    assert "Ask for access" in invites.get(page_of(school)).text
    assert invites.post(page_of(school), {"look": "1"}).status_code == 404
    assert all(act not in decides.get(page_of(school)).text for act in ("Look in Wonde now", "Ask for access"))
    AccessList.objects.update(read_at=ago(hours=2))
    Access.objects.update(seen_at=None)
    silent = support_client().get(page_of(school))
    assert "Wonde has not answered since." in words(silent)
    assert "Look in Wonde now" not in silent.text
    assert "Ask Fenbrook" not in silent.text
    listed = support_client().get(reverse("admin:schools_school_changelist"), {"access": "not_asked"})
    assert "Fenbrook Academy" in words(listed)
    other = support_client().get(reverse("admin:schools_school_changelist"), {"access": "open"})
    assert "Fenbrook Academy" not in words(other)
