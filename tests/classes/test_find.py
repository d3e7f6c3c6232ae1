"""Finding a class or a student by a few letters: only what you may read, however it is written, at a fixed cost."""

import pytest
from django.urls import reverse

from schools.models import School
from tests.factories import (
    EnrolmentFactory,
    SchoolClassFactory,
    StudentFactory,
    TeacherFactory,
    TeachingFactory,
    ago,
)
from tests.tools.pages import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def teaching():
    return TeachingFactory(school_class__name="9x/Ma1", school_class__school__code="harbour")


@pytest.fixture
def find(client, teaching):
    """Post letters as the teacher; returns what the page says below the box."""
    client.force_login(teaching.employee.user)

    def found(text, **headers):
        return words(client.post(reverse("classes:find", args=["harbour"]), {"text": text}, **headers))

    return found


def enrol(teaching, surname, forename):
    return EnrolmentFactory(
        school_class=teaching.school_class, student__surname=surname, student__forename=forename
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

    assert "O'Neill, Owen-Jones" in find(text)


def test_an_exact_match_is_shown_however_many_names_begin_the_same_way(find, teaching):
    for number in range(30):
        enrol(teaching, f"Lian{number}", "Ann")
    enrol(teaching, "Zhou", "Li")

    assert "Zhou, Li" in find("li")


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

    assert "Okoro" not in words(client.get(reverse("classes:find", args=["harbour"]), {"text": "oko"}))


def test_another_school_cannot_be_searched(client, teaching):
    client.force_login(TeacherFactory().user)

    assert client.post(reverse("classes:find", args=["harbour"]), {"text": "oko"}).status_code == 404


def test_while_typing_only_the_results_come_back(find, teaching):
    enrol(teaching, "Okoro", "Tobi")

    found = find("oko", headers={"HX-Request": "true"})

    assert "Okoro" in found
    assert "Account" not in found


def test_searching_in_3000_costs_what_searching_in_one_does(find, teaching, django_assert_max_num_queries):
    enrol(teaching, "Okoro", "Tobi")
    with django_assert_max_num_queries(10) as small:
        find("oko")
    students = StudentFactory.create_batch(3000, school=teaching.school, surname="Okoro")
    EnrolmentFactory._meta.model.objects.bulk_create(
        EnrolmentFactory.build(school_class=teaching.school_class, school=teaching.school, student=student)
        for student in students
    )
    with django_assert_max_num_queries(10) as large:
        said = find("oko")

    assert len(large) == len(small)
    assert said.count("Okoro") == 20
    assert "There are more" in said
