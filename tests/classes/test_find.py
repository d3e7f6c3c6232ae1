"""Finding a class or a student by a few letters: only what you may read, however it is written, at a fixed cost."""

import pytest
from django.urls import reverse

from schools.models import School
from tests.factories import (
    EmployeeFactory,
    EnrolmentFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentFactory,
    StudentUserFactory,
    SyncSettingsFactory,
    TeacherFactory,
    TeachingFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import support_client

pytestmark = pytest.mark.django_db

FIND = "/schools/harbour/find/"
TYPING = {"headers": {"HX-Request": "true"}}
UPN = "H801200001001"


@pytest.fixture
def teaching():
    return TeachingFactory(school_class__name="9x/Ma1", school_class__school__code="harbour")


@pytest.fixture
def find(client, teaching):
    """Post letters as the teacher; returns what the page says that this leads to."""
    client.force_login(teaching.employee.user)

    def found(text, **headers):
        return words(client.post(FIND, {"text": text}, follow=True, **headers))

    return found


def enrol(teaching, surname, forename, username="", upn=""):
    user = StudentUserFactory(school=teaching.school, username=username) if username else None
    return EnrolmentFactory(
        school_class=teaching.school_class,
        student__surname=surname,
        student__forename=forename,
        student__user=user,
        student__upn=upn,
    ).student


def test_three_letters_find_a_student_with_the_class(find, teaching):
    enrol(teaching, "Okoro", "Tobi")

    assert "Okoro, Tobi 9x/Ma1" in find("oko")


@pytest.mark.parametrize("text", ["wis", "WIŚ", "lukasz wisn", "wisn luk", "łuk"])
def test_names_are_found_however_they_are_typed(text, find, teaching):
    enrol(teaching, "Wiśniewski", "Łukasz")

    assert "Wiśniewski, Łukasz" in find(text)


@pytest.mark.parametrize("text", ["9x/ma1", "9X", "ma1"])
def test_a_class_is_found_by_its_name(text, find, teaching):
    assert "9x/Ma1" in find(text).partition("Classes")[2]


@pytest.mark.parametrize("text", ["O’Neill", "ONeill", "o neill", "neill", "owen jones o'neill", "jones"])
def test_apostrophes_and_dashes_are_typed_in_any_way_or_not_at_all(text, find, teaching):
    enrol(teaching, "O'Neill", "Owen-Jones")

    assert "O'Neill" in find(text)


def test_an_exact_match_is_shown_however_many_names_begin_the_same_way(find, teaching):
    for number in range(30):
        enrol(teaching, f"Lian{number}", "Ann")
    enrol(teaching, "Zhou", "Li")

    assert "Zhou, Li" in find("li")


@pytest.mark.parametrize("text", ["Okoro", "tobi OKORO", "okoro tobi", "tobi.okoro", "Tobi.Okoro ", UPN])
def test_whoever_is_all_that_is_meant_opens_at_once_and_no_address_names_them(text, client, teaching):
    client.force_login(teaching.employee.user)
    student = enrol(teaching, "Okoro", "Tobi", upn=UPN, username="tobi.okoro")
    enrol(teaching, "Baker", "Sam")

    assert client.post(FIND, {"text": text}).url == reverse("students:detail", args=[student.pk])


def test_where_more_could_be_meant_there_is_a_list_which_the_back_button_finds_again(client, teaching):
    client.force_login(teaching.employee.user)
    enrol(teaching, "Okoro", "Tobi")

    beginning = client.post(FIND, {"text": "okor"})
    enrol(teaching, "Okoro", "Grace")
    two = client.post(FIND, {"text": "Okoro"})

    assert "okor" not in beginning.url + two.url
    assert "Okoro, Tobi" in words(client.get(beginning.url))
    assert "Okoro, Grace" in words(client.get(two.url))
    assert "Okoro, Grace" in words(client.get(two.url))


def test_what_was_searched_for_is_for_whoever_searched(client, teaching):
    client.force_login(teaching.employee.user)
    enrol(teaching, "Okoro", "Tobi")
    url = client.post(FIND, {"text": "okor"}).url
    client.force_login(TeacherFactory(school=teaching.school).user)

    assert "no longer kept" in words(client.get(url))


def test_a_colleague_finds_nobody_by_a_username_they_may_not_see(client, teaching):
    enrol(teaching, "Okoro", "Tobi", username="secretive")
    client.force_login(TeacherFactory(school=teaching.school).user)

    assert "Nobody and no class" in words(client.post(FIND, {"text": "secretive"}, follow=True))


def test_staff_are_found_by_leads_alone(client, teaching):
    EmployeeFactory(school=teaching.school, surname="Amadi", forename="Chidi")
    EmployeeFactory(surname="Amadi")

    client.force_login(teaching.employee.user)
    assert "Amadi" not in words(client.post(FIND, {"text": "amad"}, follow=True))
    client.force_login(LeadRightFactory(school=teaching.school).user)
    assert words(client.post(FIND, {"text": "amad"}, follow=True)).count("Amadi, ") == 1


def test_the_box_is_in_the_head_of_every_page_of_ones_school_and_support_has_its_own(client, teaching):
    client.force_login(teaching.employee.user)
    assert 'class="head-search"' in client.get(reverse("classes:mine", args=["harbour"])).text

    SyncSettingsFactory(school=teaching.school)
    support = support_client(looks_at=[teaching.school])
    theirs = support.get(reverse("sync:held", args=["harbour"])).text
    assert f'action="{FIND}"' not in theirs
    assert f'action="{reverse("admin:schools_school_find", args=[teaching.school.pk])}"' in theirs


def test_letters_from_inside_a_name_find_nobody(find, teaching):
    enrol(teaching, "Okoro", "Tobi")

    assert "Okoro" not in find("kor")


def test_one_letter_is_too_little(find, teaching):
    enrol(teaching, "Okoro", "Tobi")

    assert "Type one more letter." in find("o")


@pytest.mark.parametrize("text", ["%", "__", "'; --", "\\", "zzz", "\x00\x00"])
def test_finding_nothing_is_said_in_a_sentence_whatever_was_typed(text, find):
    assert "Okoro" not in find(text)


def test_leavers_and_students_of_other_schools_are_not_found(find, teaching):
    StudentFactory(school=teaching.school, surname="Okoro", left_at=ago(days=1))
    EnrolmentFactory(student__surname="Okoro")
    SchoolClassFactory(name="9x/Okoro")

    assert "Nobody and no class here is called “okoro”" in find("okoro")


def test_a_teacher_finds_only_their_own_students_if_the_school_says_so(find, teaching):
    School.objects.update(teachers_see_all_classes=False)
    enrol(teaching, "Okoro", "Tobi")
    EnrolmentFactory(school_class__school=teaching.school, student__surname="Okonkwo")

    found = find("oko")

    assert "Okoro" in found
    assert "Okonkwo" not in found


def test_a_name_in_the_url_is_ignored(client, teaching):
    client.force_login(teaching.employee.user)
    enrol(teaching, "Okoro", "Tobi")

    assert "Okoro" not in words(client.get(FIND, {"text": "oko"}))


def test_another_school_cannot_be_searched(client, teaching):
    client.force_login(TeacherFactory().user)

    assert client.post(FIND, {"text": "oko"}).status_code == 404


def test_while_typing_only_the_results_come_back(find, teaching):
    enrol(teaching, "Okoro", "Tobi")

    found = find("oko", **TYPING)

    assert "Okoro" in found
    assert "Account" not in found


def test_searching_in_3000_costs_what_searching_in_one_does(find, teaching, django_assert_max_num_queries):
    enrol(teaching, "Okoro", "Tobi")
    with django_assert_max_num_queries(10) as small:
        find("oko", **TYPING)
    students = StudentFactory.create_batch(3000, school=teaching.school, surname="Okoro")
    EnrolmentFactory._meta.model.objects.bulk_create(
        EnrolmentFactory.build(school_class=teaching.school_class, school=teaching.school, student=student)
        for student in students
    )
    with django_assert_max_num_queries(10) as large:
        said = find("oko", **TYPING)

    assert len(large) == len(small)
    assert said.count("Okoro") == 20
    assert "There are more" in said
