"""The list of a school's students: for its leads and support, by class, year and state, at a fixed cost."""

import csv
import io

import pytest
from django.urls import reverse

from schools.models import AuditEntry, Task
from students.cards import codes
from students.models import SignInCode
from tests.factories import (
    EnrolmentFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentFactory,
    StudentUserFactory,
    SupportFactory,
    SyncSettingsFactory,
    TeacherFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db

UPN = "H801200001001"


@pytest.fixture
def school():
    return SyncSettingsFactory(school__name="Harbour School", school__code="harbour").school


@pytest.fixture
def lead(school):
    return signed_in(LeadRightFactory(school=school).user)


def enrol(school, surname, name="9x/Ma1", login=True, last_login=None, **student):
    """A student of the class `name` of `school`."""
    school_class = school.classes.filter(name=name).first() or SchoolClassFactory(school=school, name=name)
    user = StudentUserFactory(school=school, last_login=last_login) if login else None
    given = {f"student__{field}": value for field, value in student.items()}
    return EnrolmentFactory(school_class=school_class, student__surname=surname, student__user=user, **given).student


def address(**asked):
    return reverse("students:list", args=["harbour"], query=asked)


def names(response):
    return [student.surname for student in response.context["page"]]


def numbers(response):
    return {label: number for _, label, number in response.context["choices"]["states"]}


def test_the_list_is_not_there_for_a_teacher_nor_for_a_lead_of_another_school(school):
    for stranger in (TeacherFactory(school=school).user, LeadRightFactory().user):
        assert signed_in(stranger).get(address()).status_code == 404


def test_support_with_the_right_sees_it_once_it_has_said_why_and_prints_no_cards(school):
    student = enrol(school, "Okoro")
    looking = {"rights__tasks": [Task.LOOK], "is_superuser": False}

    assert "Why are you looking?" in words(support_client(SupportFactory(**looking)).get(address()))
    client = support_client(SupportFactory(**looking), looks_at=[school])
    assert "Okoro" in words(client.get(address()))
    assert "Print cards" not in words(client.get(address()))
    assert client.post(address(), {"do": "ticked", "student": student.pk}).status_code == 404
    assert not SignInCode.objects.exists()
    assert (
        support_client(SupportFactory(**looking | {"rights__tasks": [Task.REQUESTS]})).get(address()).status_code == 404
    )


def test_each_state_has_its_students_and_says_how_many_there_are(lead, school):
    enrol(school, "Active", last_login=ago(days=1))
    codes.ask(enrol(school, "Asks", last_login=ago(days=1)))
    enrol(school, "Never")
    enrol(school, "Nologin", login=False)
    StudentFactory(school=school, surname="Between")
    enrol(school, "Gone", left_at=ago(days=2))
    EnrolmentFactory()

    found = {state: names(lead.get(address(state=state))) for state in ("", "never", "asks", "between", "left")}

    assert found == {
        "": ["Active", "Asks", "Between", "Never", "Nologin"],
        "never": ["Never"],
        "asks": ["Asks"],
        "between": ["Between"],
        "left": ["Gone"],
    }
    told = {"Everyone here": 5, "Never signed in": 1, "Waiting for a card": 1, "Between classes": 1, "Left": 1}
    assert numbers(lead.get(address(state="never"))) == told


def test_years_and_classes_are_counted_within_what_else_is_chosen(lead, school):
    enrol(school, "Adeyemi", "9x/Ma1")
    enrol(school, "Baker", "9x/Ma1", last_login=ago(days=1))
    enrol(school, "Chen", "8y/Ma2", year_group="8")
    of_nine = school.classes.get(name="9x/Ma1")

    page = lead.get(address(state="never"))

    assert page.context["choices"]["years"] == [("8", 1), ("9", 1)]
    assert [(name, number) for _, name, number in page.context["choices"]["classes"]] == [("8y/Ma2", 1), ("9x/Ma1", 1)]
    assert names(lead.get(address(**{"class": of_nine.pk}))) == ["Adeyemi", "Baker"]
    assert names(lead.get(address(year="8"))) == ["Chen"]
    assert numbers(lead.get(address(year="8")))["Everyone here"] == 1


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("name", ["Adeyemi", "Baker", "Chen"]),
        ("-name", ["Chen", "Baker", "Adeyemi"]),
        ("year", ["Chen", "Adeyemi", "Baker"]),
        ("class", ["Chen", "Baker", "Adeyemi"]),
        ("-signin", ["Baker", "Adeyemi", "Chen"]),
    ],
)
def test_the_list_sorts_by_what_it_shows(sort, order, lead, school):
    enrol(school, "Adeyemi", "9x/Ma2", last_login=ago(days=2))
    enrol(school, "Baker", "9x/Ma1", last_login=ago(days=1))
    enrol(school, "Chen", "8y/Ma1", year_group="8")

    assert names(lead.get(address(sort=sort))) == order


@pytest.mark.parametrize("typed", ["tobi okoro", "OKORÓ", "ok to", "tobi.okoro", UPN, UPN.lower()])
def test_somebody_is_found_by_name_username_or_upn_and_no_address_has_what_was_typed(typed, lead, school):
    okoro = enrol(school, "Okoro", forename="Tobi", upn=UPN)
    okoro.user.username = "tobi.okoro"
    okoro.user.save()
    enrol(school, "Baker")

    found = lead.post(address(state="never"), {"name": typed})

    assert found.status_code == 302
    assert "oko" not in found.url.lower()
    assert UPN not in found.url
    assert "state=never" in found.url
    assert names(lead.get(found.url)) == ["Okoro"]
    assert numbers(lead.get(found.url))["Never signed in"] == 1


def test_a_search_that_is_somebody_elses_or_too_long_ago_says_so(lead, school):
    enrol(school, "Okoro")
    url = lead.post(address(), {"name": "Okoro"}).url

    others = words(signed_in(LeadRightFactory(school=school).user).get(url))

    assert "no longer kept" in others
    assert "Okoro" not in others
    assert "Nobody here is called “zzz”" in words(lead.post(address(), {"name": "zzz"}, follow=True))


def test_cards_are_printed_for_those_ticked_who_are_of_the_school_and_have_a_username(lead, school):
    one, without, stranger = enrol(school, "Okoro"), enrol(school, "Baker", login=False), EnrolmentFactory().student

    sheet = lead.post(address(), {"do": "ticked", "student": [one.pk, without.pk, stranger.pk]})

    assert [card.username for card in sheet.context["cards"]] == [one.user.username]
    assert set(SignInCode.objects.values_list("student", flat=True)) == {one.pk}
    assert AuditEntry.objects.get().verb == "printed 1 login cards of"


def test_cards_for_all_are_for_all_pages_of_those_who_wait_for_one_alone(lead, school, monkeypatch):
    monkeypatch.setattr("students.pages.school.STUDENTS_A_PAGE", 2)
    for number in range(3):
        enrol(school, f"Never{number}")
    enrol(school, "Active", last_login=ago(days=1))

    assert "For all 3 students of this list" in words(lead.get(address(state="never")))
    assert "For all" not in words(lead.get(address()))
    assert len(lead.post(address(state="never"), {"do": "all"}).context["cards"]) == 3
    assert "Nobody was chosen" in words(lead.post(address(), {"do": "all"}))


def test_the_file_has_what_the_list_shows_and_no_cell_is_a_formula(lead, school):
    student = enrol(school, "=cmd|' /C calc'!A0", forename="Tobi", last_login=ago(days=1))
    enrol(school, "Baker", year_group="8")

    answer = lead.get(reverse("students:csv", args=["harbour"], query={"year": "9"}))

    head, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert answer["Content-Disposition"] == 'attachment; filename="students-harbour.csv"'
    assert head[:5] == ["Surname", "First name", "Year group", "Class", "Username"]
    assert [row[:5] for row in rows] == [["'=cmd|' /C calc'!A0", "Tobi", "Year 9", "9x/Ma1", student.user.username]]


def test_what_is_frozen_is_not_listed(lead, school):
    enrol(school, "Okoro")
    school.frozen = {"students": {"since": "2026-11-01", "erase_on": "2026-12-15"}}
    school.save()

    assert "Okoro" not in words(lead.get(address()))
    assert "Okoro" not in lead.get(reverse("students:csv", args=["harbour"])).text


def test_an_empty_school_says_how_students_come(lead):
    assert "No student is here yet" in words(lead.get(address()))


def test_the_list_costs_the_same_for_a_thousand(lead, school, django_assert_max_num_queries):
    enrol(school, "Okoro")
    with django_assert_max_num_queries(13) as small:
        lead.get(address())
    students = StudentFactory.create_batch(1000, school=school)
    EnrolmentFactory._meta.model.objects.bulk_create(
        EnrolmentFactory.build(school_class=school.classes.get(), school=school, student=student)
        for student in students
    )
    with django_assert_max_num_queries(13) as large:
        page = lead.get(address())

    assert len(large) == len(small)
    assert len(page.context["page"]) == 50
