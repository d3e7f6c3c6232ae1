"""The pages of the guide for PASS and 3sys: who acts, what is typed in every odd way, and what is shown again."""

import pytest
from django.urls import reverse

from schools.models import Task
from sync.guide import typed
from sync.guide.steps import STEPS
from sync.models import Wcbs
from sync.pages.wcbs.forms import SchoolIdForm, ValuesForm
from sync.sandbox.testing import running_wcbs
from sync.sandbox.wcbs.certificates import authority_path
from sync.sandbox.wcbs.faults import host_of
from sync.tasks import check_wcbs
from tests.factories import (
    AuthoriserRightFactory,
    LeadRightFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    ago,
)
from tests.tools.people import signed_in, support_client

SECRET = "Pl4nted-Secret-of-WCBS"
VALUES = {"address": "https://pass.school.example/Wcbs.API", "client_id": "wonde-7", "client_secret": SECRET}


@pytest.fixture
def school(db):
    return SyncSettingsFactory(school__mis="WCBS").school


@pytest.fixture
def wcbs(tmp_path, settings):
    """The stand-in of a WCBS with three schools, which this installation may call."""
    with running_wcbs(tmp_path) as running:
        settings.OUTSIDE_ALLOW_HOSTS = [f"{host_of('several')}:{running.port}"]
        settings.OUTSIDE_ALLOW_CA = str(authority_path(tmp_path))
        yield running


def at(school, key):
    return reverse("sync:wcbs_step", args=[school.code, key])


def test_a_school_walks_through_eight_steps_and_sees_its_secret_once(school, wcbs):
    values = {"address": f"{host_of('several')}:{wcbs.port}", "client_id": wcbs.client_id, "do": "check"}
    browser = signed_in(LeadRightFactory(school=school).user)
    begun = browser.get(reverse("sync:wcbs", args=[school.code]))
    assert [step.state for step in begun.context["steps"]] == ["next", *["open"] * 5, "info", "open"]

    third_party = browser.get(at(school, "third-party")).text
    for number, value in enumerate(["WONDEAPI", "Wonde Ltd", "Technical Support Team", "integrate@wonde.com"], 1):
        assert f'id="copied-{number}">{value}<' in third_party
        assert f'data-copies="copied-{number}"' in third_party

    browser.post(at(school, "four-values"), values | {"client_secret": "another"})
    check_wcbs(Wcbs.objects.get().pk)
    assert "does not know this client ID" in browser.get(at(school, "four-values")).text
    browser.post(at(school, "four-values"), values | {"client_secret": wcbs.client_secret})
    asking = browser.get(at(school, "four-values"))
    assert "Asking WCBS" in asking.text
    look = {"headers": {"HX-Request": "true"}}
    assert browser.get(at(school, "four-values") + "?seen=waiting", **look).status_code == 204

    check_wcbs(Wcbs.objects.get().pk)
    assert "lists 3 schools" in browser.get(at(school, "four-values")).text
    assert "St Aldhelm&#x27;s Preparatory School" in browser.get(at(school, "school-id")).text
    browser.post(at(school, "school-id"), {"do": "choose", "school_id": "2"})
    text = browser.get(at(school, "hand-over")).text
    assert "School ID: 2" in text
    assert f"Client ID: {wcbs.client_id}" in text
    shown, again = [browser.post(at(school, "hand-over"), {"do": "show"}, follow=True) for _ in range(2)]
    browser.post(at(school, "hand-over"), {"do": "handed"})

    pages = {key: browser.get(at(school, key)).text for key in STEPS}
    assert wcbs.client_secret in shown.text
    assert "no-store" in shown.headers["Cache-Control"]
    assert "not shown a second time" in again.text
    assert wcbs.client_secret not in "".join([asking.text, text, again.text, *pages.values()])
    states = [step.state for step in browser.get(reverse("sync:wcbs", args=[school.code])).context["steps"]]
    assert states == [*["done"] * 6, "info", "next"]


def test_only_the_school_acts_and_support_reads_how_far_it_is(school):
    typed.keep(school, None, typed.Typed("https://pass.school.example", "wonde-7", SECRET))
    support = support_client(SupportFactory(rights__tasks=[Task.LOOK]), looks_at=[school])
    others = [signed_in(TeacherFactory(school=school).user), signed_in(LeadRightFactory().user), support]
    acts = [("four-values", "check"), ("four-values", "again"), ("school-id", "choose"), ("hand-over", "show"),
            ("hand-over", "handed"), ("hand-over", "wipe")]  # fmt: skip
    before = Wcbs.objects.values().get()

    for browser in others:
        met = {browser.post(at(school, key), VALUES | {"do": do, "school_id": "1"}).status_code for key, do in acts}
        assert met == {404}
    assert Wcbs.objects.values().get() == before
    page = support.get(at(school, "hand-over"))
    assert "Only the school can see it" in page.text
    assert SECRET not in page.text

    authoriser = signed_in(AuthoriserRightFactory(school=school).user)
    assert SECRET in authoriser.post(at(school, "hand-over"), {"do": "show"}).text


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"address": " \u200bhttps://PASS.school.example/Wcbs.API/\r\nswagger/index.html?x=1 "}, VALUES["address"]),
        ({"address": f"https://id:{SECRET}@pass.school.example/Wcbs.API"}, VALUES["address"]),
        ({"address": f"pass.school.example/Wcbs.API?client_secret={SECRET}#{SECRET}"}, VALUES["address"]),
        ({"client_id": "wonde-\n7\u200b", "client_secret": f"\ufeff{SECRET[:9]}\r\n{SECRET[9:]} "}, VALUES["address"]),
    ],
)
def test_what_was_copied_along_is_cut_off(changed, expected):
    form = ValuesForm(VALUES | changed)

    assert form.is_valid(), form.errors
    assert form.typed == (expected, "wonde-7", SECRET)


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"address": f"https://pass.school.example/{SECRET}/"}, "address"),
        ({"address": SECRET}, "address"),
        ({"address": "https://" + SECRET}, "address"),
        ({"address": "x" * 10_000 + SECRET}, "address"),
        ({"address": "https://10.0.0.1/Wcbs.API"}, "address"),
        ({"address": ""}, "address"),
        ({"client_id": SECRET}, "client_id"),
        ({"client_id": f"wonde-7{SECRET}"}, "client_id"),
        ({"client_id": SECRET * 500}, "client_id"),
        ({"client_secret": ""}, "client_secret"),
        ({"client_secret": SECRET * 500}, "client_secret"),
        ({"client_secret": "\u200b\n"}, "client_secret"),
    ],
)
def test_what_cannot_be_right_is_said_at_its_field_and_never_shows_the_secret_again(changed, field):
    form = ValuesForm(VALUES | changed)

    assert list(form.errors) == [field]
    assert SECRET not in str(form) + str(form.errors)


def test_an_i_for_a_one_is_asked_about():
    said = {
        typed_as: SchoolIdForm({"school_id": typed_as}).errors.get("school_id", [])
        for typed_as in ("I", "l", "1 ", "\u200b12", "a/b")
    }

    assert {typed_as: bool(errors) for typed_as, errors in said.items()} == {
        "I": True, "l": True, "1 ": False, "\u200b12": False, "a/b": True
    }  # fmt: skip
    assert "digit 1" in said["I"][0]


def test_a_school_that_shares_nothing_types_nothing(school):
    authoriser = signed_in(AuthoriserRightFactory(school=school).user)
    school.revoked_at = ago(days=1)
    school.save()

    answered = authoriser.post(at(school, "four-values"), VALUES | {"do": "check"})

    assert answered.url == reverse("sync:revoked", args=[school.code])
    with pytest.raises(typed.NotDoneError):  # it ended while somebody was typing
        typed.keep(school, None, typed.Typed("https://pass.school.example", "wonde-7", SECRET))
    assert not Wcbs.objects.exists()


def test_hidden_people_are_numbers_as_wonde_tells_them_and_nothing_where_it_does_not(school):
    SyncRunFactory(school=school, started_at=ago(days=30), beyond={"students": 40})
    SyncRunFactory(school=school, started_at=ago(days=8), beyond={"students": 17, "employees": -2})
    SyncRunFactory(school=school, beyond={"students": 12, "employees": 3})
    browser = signed_in(LeadRightFactory(school=school).user)

    page = browser.get(at(school, "consent"))

    rows = [(row.label, row.now, row.before) for row in page.context["hidden"]]
    assert rows == [("students", 12, [17, 40]), ("parents and carers", None, [None, None]), ("staff", 3, [0, None])]
    assert "not counted" in page.text
    assert "Consent in WCBS" in page.text  # it stands on its own once Wonde reads the school
