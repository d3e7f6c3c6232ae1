"""Adding a school, over real HTTP to the sandbox: in the admin, by the command, and what Wonde may answer."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from schools.models import AuditEntry, Invitation, School
from sync.models import SyncSettings, default_subjects
from sync.people import adding_schools
from sync.people.adding_schools import SchoolRefusedError
from sync.sandbox.testing import running_sandbox
from sync.wonde.client import Wonde
from tests.factories import SchoolFactory
from tests.tools.answering import asked
from tests.tools.pages import words
from tests.tools.people import support_client


@pytest.fixture
def wonde(settings):
    """A sandbox with two approved schools, which the settings point to."""
    with running_sandbox(schools=2) as sandbox:
        settings.WONDE_BASE_URL, settings.WONDE_TOKEN = sandbox.url, sandbox.token
        yield sandbox


ADD = "/admin/schools/school/add/"


def entered(wonde_id, **kwargs):
    return {
        "step": "add",
        "wonde_id": wonde_id,
        "subjects": "Ma\nMaths",
        "year_groups": "",
        "lead_email": "lead@example.org",
    } | kwargs


def looked_up(client, wonde_id):
    """The page with what Wonde says about a school."""
    return asked(client, ADD, {"step": "choose", "wonde_id": wonde_id})


# --- In the admin ------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_support_adds_a_school_and_its_lead_is_invited(wonde, tasks_run_at_once, django_capture_on_commit_callbacks):
    client, wonde_id = support_client(), wonde.school_ids[0]
    here = looked_up(client, wonde_id).context["here"]

    with django_capture_on_commit_callbacks(execute=True):
        response = client.post(here, entered(wonde_id, year_groups="7\r\n8\r\n"))

    school = School.objects.get()
    theirs = wonde.get(f"schools/{wonde_id}")["data"]
    sync_settings = school.sync_settings
    assert response.url == reverse("admin:schools_school_change", args=[school.pk])
    assert (school.wonde_id, school.name, school.mis) == (wonde_id, theirs["name"], theirs["mis"])
    assert school.domain == theirs["region"]["domain"]
    assert (sync_settings.subjects, sync_settings.year_groups) == (["Ma", "Maths"], ["7", "8"])
    assert sync_settings.enabled
    assert timezone.now() - sync_settings.due_at < timedelta(minutes=1)
    assert Invitation.objects.get().as_lead
    assert [message.to for message in mail.outbox] == [["lead@example.org"]]
    assert AuditEntry.objects.filter(school=school, verb="added", actor=client.user).exists()


@pytest.mark.django_db
def test_a_school_is_found_by_part_of_its_name_and_looked_at_before_it_is_added(wonde):
    theirs = wonde.get(f"schools/{wonde.school_ids[0]}")["data"]
    client = support_client()

    found = asked(client, ADD, {"step": "search", "search": theirs["name"].split()[0].lower()})
    looked = looked_up(client, theirs["id"])

    assert theirs["id"] in [school.wonde_id for school in found.context["results"]]
    assert theirs["name"] in looked.text
    assert default_subjects()[-1] in looked.text
    assert not School.objects.exists()


@pytest.mark.django_db
def test_an_unknown_id_gets_a_sentence_and_adds_nothing(wonde):
    response = looked_up(support_client(), "A9999999999")

    assert "Wonde shows us no school with the id A9999999999" in response.text
    assert not School.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("wonde_id", ["../meta", "A1 23", "A1?x=1", ""])
def test_an_invalid_id_never_becomes_part_of_a_url(wonde, wonde_id):
    wonde.clear_requests()

    response = looked_up(support_client(), wonde_id)

    assert "is not a Wonde id" in response.text or response.context["id_form"].errors
    assert wonde.requests() == []


@pytest.mark.django_db
def test_a_school_is_added_once(wonde):
    client, wonde_id = support_client(), wonde.school_ids[0]
    here = looked_up(client, wonde_id).context["here"]
    SchoolFactory(wonde_id=wonde_id)

    assert "is here already" in client.post(here, entered(wonde_id)).text
    assert "is here already" in looked_up(client, wonde_id).text
    assert School.objects.count() == 1


@pytest.mark.django_db
def test_nothing_is_added_without_a_usable_address_for_the_lead(wonde):
    client, wonde_id = support_client(), wonde.school_ids[0]
    here = looked_up(client, wonde_id).context["here"]

    response = client.post(here, entered(wonde_id, lead_email="nobody"))

    assert response.context["add_form"].errors["lead_email"]
    assert not School.objects.exists()


@pytest.mark.django_db
def test_a_school_that_was_not_looked_up_just_now_is_not_added(wonde):
    client, (wonde_id, other) = support_client(), wonde.school_ids
    here = looked_up(client, other).context["here"]

    for address in (ADD, here, f"{ADD}?q=nothing"):
        assert "Nothing was added" in client.post(address, entered(wonde_id)).context["refused"]
    assert not School.objects.exists()


@pytest.mark.django_db
def test_a_token_that_wonde_refuses_gets_a_sentence(wonde, settings):
    settings.WONDE_TOKEN = "0" * 40

    response = looked_up(support_client(), wonde.school_ids[0])

    assert "Nothing was added" in response.context["refused"]
    assert not School.objects.exists()


@pytest.mark.django_db
def test_a_school_that_has_not_approved_us_is_added_from_the_search_and_asked_next(wonde):
    client, pending = support_client(), wonde.get("schools/pending")["data"][0]
    page = asked(client, ADD, {"step": "search", "search": str(pending["urn"])})
    here = page.context["here"]

    chosen = client.post(here, {"step": "choose", "wonde_id": pending["id"]})
    added = client.post(here, entered(pending["id"]))

    assert "It has not approved us." in words(chosen)
    school = School.objects.get(wonde_id=pending["id"])
    assert added.url == reverse("admin:schools_school_access", args=[school.pk])
    assert (school.access.state, school.sync_settings.due_at) == ("not_asked", None)
    assert Invitation.objects.get().school == school


# --- Searching ---------------------------------------------------------------------------------------------------


def test_by_postcode_the_schools_that_have_not_approved_us_are_shown_as_such(wonde):
    everyone = wonde.every("schools/all")
    stranger = next(school for school in everyone if school["id"] not in wonde.school_ids)

    found = adding_schools.search(Wonde(), stranger["address"]["address_postcode"].split()[0].lower())

    assert {school.wonde_id: school.approved for school in found}[stranger["id"]] is False


def test_by_urn_a_school_is_found_once(wonde):
    theirs = wonde.get(f"schools/{wonde.school_ids[0]}")["data"]

    found = adding_schools.search(Wonde(), str(theirs["urn"]))

    assert [school.wonde_id for school in found if school.approved] == [theirs["id"]]
    assert [school.wonde_id for school in found].count(theirs["id"]) == 1
    assert {school.urn for school in found} == {str(theirs["urn"])}


@pytest.mark.parametrize("text", ["", " ", "a"])
def test_a_search_for_next_to_nothing_is_refused(wonde, text):
    with pytest.raises(SchoolRefusedError, match="at least two letters"):
        adding_schools.search(Wonde(), text)


# --- On the command line -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_command_adds_the_same_school(wonde):
    said = StringIO()

    call_command("add_school", wonde.school_ids[1], "--subjects", "Ma", "--years", "7", "8", stdout=said)

    sync_settings = SyncSettings.objects.get()
    assert sync_settings.school.wonde_id == wonde.school_ids[1]
    assert (sync_settings.subjects, sync_settings.year_groups) == (["Ma"], ["7", "8"])
    assert sync_settings.school.name in said.getvalue()
    assert not Invitation.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["A9999999999"], "Wonde shows us no school with the id A9999999999"),
        (["known", "--lead", "nobody"], "is not an email address"),
    ],
)
def test_the_command_refuses_with_the_same_sentences(wonde, arguments, sentence):
    arguments = [wonde.school_ids[0] if word == "known" else word for word in arguments]

    with pytest.raises(CommandError, match=sentence):
        call_command("add_school", *arguments)

    assert not School.objects.exists()


@pytest.mark.django_db
def test_wonde_out_of_reach_is_a_sentence(settings):
    settings.WONDE_BASE_URL = "http://127.0.0.1:9"

    with pytest.raises(CommandError, match="Nothing was added"):
        call_command("add_school", "A1930499544")


# --- The academic year and the short code ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "postcode", "expected"),
    [
        ("GBR", "CB25 9ZZ", "09-01"),
        ("GBR", "BT7 1NN", "09-01"),
        ("GBR", "CF10 3AT", "09-01"),
        ("GBR", "EH1 1YZ", "08-15"),
        ("GBR", "G12 8QQ", "08-15"),
        ("GBR", "GL50 1AA", "09-01"),
        ("GBR", "TD6 9JJ", "08-15"),
        ("GBR", "TD15 1BX", "09-01"),
        ("", "KW15 1AA", "08-15"),
        ("AUS", "3000", "01-28"),
        ("", "", "09-01"),
        ("XXX", "", "09-01"),
    ],
)
def test_the_academic_year_begins_as_in_the_schools_country(country, postcode, expected):
    assert adding_schools.year_starts(country, postcode) == expected


@pytest.mark.django_db
def test_short_codes_are_short_and_never_shared():
    codes = []
    for _ in range(4):
        codes.append(adding_schools.free_code("Fenbrook Academy"))
        SchoolFactory(code=codes[-1])

    assert codes == ["fenbrook", "fenbrook-academy", "fenbrook-academy-2", "fenbrook-academy-3"]


@pytest.mark.django_db
@given(name=st.text(max_size=300))
def test_any_name_gives_a_code_for_a_url(name):
    code = adding_schools.free_code(name)

    assert code
    assert len(code) <= 40
    assert all(sign in "abcdefghijklmnopqrstuvwxyz0123456789-" for sign in code)
