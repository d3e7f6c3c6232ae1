"""Students that the MIS has in two imported classes: the list, and a person's choice."""

import pytest
from django.urls import reverse
from django.utils import timezone

from classes.models import Choice
from sync.people import second_class
from tests.factories import (
    EnrolmentFactory,
    LeadRightFactory,
    SchoolClassFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    UserFactory,
)
from tests.tools.pages import words
from tests.tools.people import signed_in


@pytest.fixture
def doubled(db):
    """Tobi Okoro is in 9x/Ma1 and, according to the MIS, in 9x/Ma2 as well."""
    school = SyncSettingsFactory().school
    stay = EnrolmentFactory(
        school_class__school=school, school_class__name="9x/Ma1", student__forename="Tobi", student__surname="Okoro"
    )
    other = SchoolClassFactory(school=school, name="9x/Ma2")
    SyncRunFactory(school=school, second_classes=[[stay.student.pk, other.pk]])
    return stay, other


def page_of(school):
    return reverse("sync:second", args=[school.code])


def test_a_lead_chooses_and_later_syncs_keep_to_it(read_school):
    read_school.sync()
    one = second_class.of_school(read_school.row)[0]
    lead = LeadRightFactory(school=read_school.row).user

    page = signed_in(lead).post(
        page_of(read_school.row), {"student": one.student.pk, "class": one.further[0].pk}, follow=True
    )
    read_school.sync()
    read_school.sync()

    assert f"{one.student} belongs to {one.further[0]}" in words(page)
    assert one.student.enrolments.get(left_at=None).school_class == one.further[0]
    after = next(row for row in second_class.of_school(read_school.row) if row.student == one.student)
    assert (after.choice.verdict, after.choice.by) == ("chosen", lead)


def test_a_run_that_made_the_rows_names_them_by_wonde_id(doubled):
    stay, other = doubled
    SyncRunFactory(school=stay.school, second_classes=[[stay.student.wonde_id, other.wonde_id]])

    (one,) = second_class.of_school(stay.school)

    assert (one.student, one.now, one.further) == (stay.student, stay.school_class, [other])


def test_an_undo_reads_nothing_and_so_settles_no_question(doubled):
    stay, other = doubled
    SyncRunFactory(school=stay.school, trigger="undo", started_at=timezone.now())

    assert [one.student for one in second_class.of_school(stay.school)] == [stay.student]
    assert second_class.elsewhere(other) == 1


def test_a_class_the_student_is_not_in_cannot_be_chosen(doubled):
    stay, _ = doubled
    elsewhere = SchoolClassFactory(school=stay.school)
    lead = LeadRightFactory(school=stay.school).user

    response = signed_in(lead).post(
        page_of(stay.school), {"student": stay.student.pk, "class": elsewhere.pk}, follow=True
    )

    assert "Nothing was changed" in words(response)
    assert not Choice.objects.exists()


def test_a_student_who_left_the_second_class_is_no_longer_on_the_list(doubled):
    stay, _ = doubled
    SyncRunFactory(school=stay.school, second_classes=[])

    assert second_class.of_school(stay.school) == []


@pytest.mark.parametrize("who", ["teacher", "lead of another school", "stranger"])
def test_only_leads_of_the_school_decide(doubled, who):
    stay, other = doubled
    user = {
        "teacher": lambda: TeacherFactory(school=stay.school).user,
        "lead of another school": lambda: LeadRightFactory().user,
        "stranger": UserFactory,
    }[who]()

    response = signed_in(user).post(page_of(stay.school), {"student": stay.student.pk, "class": other.pk})

    assert response.status_code in {302, 404}
    assert not Choice.objects.exists()


def test_the_list_costs_the_same_for_1_and_for_20(doubled, django_assert_num_queries):
    stay, other = doubled
    client = signed_in(LeadRightFactory(school=stay.school).user)
    client.get(page_of(stay.school))
    with django_assert_num_queries(10):
        assert words(client.get(page_of(stay.school))).count("Stays in") == 1
    more = EnrolmentFactory.create_batch(19, school_class=stay.school_class)
    SyncRunFactory(school=stay.school, second_classes=[[row.student.pk, other.pk] for row in [stay, *more]])

    with django_assert_num_queries(10):
        assert words(client.get(page_of(stay.school))).count("Stays in") == 20


@pytest.mark.django_db
def test_the_two_classes_of_many_schools_are_found_in_as_many_queries_as_of_one(django_assert_num_queries):
    def in_two_classes():
        school = SyncSettingsFactory().school
        stay = EnrolmentFactory(school_class__school=school)
        other = SchoolClassFactory(school=school)
        return SyncRunFactory(school=school, second_classes=[[stay.student_id, other.wonde_id]])

    runs = [in_two_classes() for _ in range(10)]

    with django_assert_num_queries(4):
        found = second_class.of_runs(runs)

    assert {second.student.school_id for second in found} == {run.school_id for run in runs}
