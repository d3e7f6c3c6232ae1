"""What happened in a class, by day: rules that need no page."""

from datetime import timedelta

import pytest

from classes.models import Enrolment
from classes.roster.changes import WEEK, Event, by_day
from tests.factories import EnrolmentFactory, SchoolClassFactory, TeachingFactory, ago

pytestmark = pytest.mark.django_db


def told(school_class):
    """[(verb, names, unnamed)] of the last week, newest day first."""
    since = ago() - WEEK
    days = by_day(
        school_class,
        list(school_class.enrolments.since(since).select_related("student").order_by("pk")),
        Enrolment.objects.of_movers(school_class, since),
        school_class.teachings.since(since).with_employees(),
        since,
        school_class.school.zone,
    )
    return [(event.verb, [str(one) for one in event.people], event.unnamed) for day in days for event in day.events]


@pytest.mark.parametrize(
    ("unnamed", "names"), [(0, ["Ann", "Bo"]), (1, ["Ann", "Bo", "1 student"]), (2, ["Ann", "Bo", "2 students"])]
)
def test_people_whose_names_are_no_longer_kept_are_a_number_at_the_end_of_the_list(unnamed, names):
    assert Event("left", people=["Ann", "Bo"], unnamed=unnamed).names == names


def test_a_class_that_arrives_whole_is_one_event():
    school_class = SchoolClassFactory(status_since=ago(days=2))
    stays = EnrolmentFactory.create_batch(30, school_class=school_class, joined_at=school_class.status_since)
    TeachingFactory(school_class=school_class, joined_at=school_class.status_since)

    assert told(school_class) == [("came", [str(stay.student) for stay in stays], 0)]


def test_a_student_who_comes_the_day_after_the_class_arrived_has_joined():
    school_class = SchoolClassFactory(status_since=ago(days=2))
    EnrolmentFactory(school_class=school_class, joined_at=school_class.status_since)
    late = EnrolmentFactory(school_class=school_class, joined_at=ago(days=1))

    assert told(school_class)[0] == ("joined", [str(late.student)], 0)


def test_two_who_move_to_one_class_on_one_day_share_a_line():
    here, there = SchoolClassFactory(), SchoolClassFactory()
    moved_at = ago(days=1)
    movers = EnrolmentFactory.create_batch(2, school_class=here, left_at=moved_at)
    for stay in movers:
        EnrolmentFactory(school_class=there, student=stay.student, joined_at=moved_at)

    assert told(here) == [("moved_away", [str(stay.student) for stay in movers], 0)]


def test_a_student_who_leaves_and_joins_another_class_a_week_later_did_not_move():
    here, there = SchoolClassFactory(), SchoolClassFactory()
    stay = EnrolmentFactory(school_class=here, left_at=ago(days=6))
    EnrolmentFactory(school_class=there, student=stay.student, joined_at=ago(days=1))

    assert told(here) == [("left", [str(stay.student)], 0)]
    assert told(there) == [("joined", [str(stay.student)], 0)]


def test_days_are_those_of_the_schools_own_calendar():
    school_class = SchoolClassFactory(school__timezone="Australia/Sydney")
    midnight = ago(days=2).astimezone(school_class.school.zone).replace(hour=0, minute=5)
    EnrolmentFactory(school_class=school_class, joined_at=midnight)
    EnrolmentFactory(school_class=school_class, joined_at=midnight - timedelta(minutes=10))

    assert len(told(school_class)) == 2


def test_teachers_who_start_and_stop_are_listed():
    teaching = TeachingFactory(joined_at=ago(days=1))
    ended = TeachingFactory(school_class=teaching.school_class, left_at=ago(days=1))

    assert sorted(told(teaching.school_class)) == [
        ("stopped", [str(ended.employee)], 0),
        ("teaches", [str(teaching.employee)], 0),
    ]
