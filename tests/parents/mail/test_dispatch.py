"""When mail is due, and the rows made for it."""

from datetime import date, timedelta

import pytest

from parents.mail import dispatch
from parents.mail.letter import Week
from parents.models import MailSettings, WeeklyMail
from tests.factories import ContactFactory, GuardianshipFactory, MailSettingsFactory, StudentFactory, ago
from tests.last_read import runs_were
from tests.parents.world import FRIDAY, a_family, a_school, said_no

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return FRIDAY


@pytest.fixture
def school():
    school = a_school()
    runs_were(school, ended_at=FRIDAY - timedelta(hours=12), as_of=FRIDAY - timedelta(hours=12))
    return school


def rows(school):
    return list(WeeklyMail.objects.filter(school=school).order_by("pk"))


@pytest.mark.parametrize(
    ("day", "hour", "now", "moment", "week"),
    [
        (5, 16, FRIDAY, FRIDAY.replace(minute=0), Week(2026, 41)),
        (5, 17, FRIDAY, FRIDAY.replace(hour=17, minute=0) - timedelta(days=7), Week(2026, 40)),
        (1, 7, FRIDAY, FRIDAY.replace(day=5, hour=7, minute=0), Week(2026, 40)),
        (7, 9, FRIDAY, FRIDAY.replace(day=4, hour=9, minute=0), Week(2026, 40)),
    ],
)
def test_friday_to_sunday_report_the_week_ending_and_monday_to_thursday_the_one_before(day, hour, now, moment, week):
    settings = MailSettingsFactory.build(day=day, hour=hour)

    assert dispatch.moment_and_week(settings, now) == (moment, week)


def test_the_hour_is_the_schools_own_across_a_change_of_clocks():
    settings = MailSettingsFactory.build(day=7, hour=9, school__timezone="Europe/London")

    moment, _ = dispatch.moment_and_week(settings, FRIDAY.replace(day=25, hour=12))

    assert moment.hour == 9
    assert moment.utcoffset() == timedelta(0)


def test_a_school_is_due_from_its_hour_for_a_day_and_once_a_week(school, now):
    a_family(school)

    assert dispatch.due_schools(now - timedelta(minutes=6)) == []
    assert dispatch.due_schools(now) == [school.pk]
    assert dispatch.due_schools(now + timedelta(hours=24)) == []
    assert dispatch.make_mails(school.pk, now) == 1
    assert dispatch.due_schools(now) == []
    assert dispatch.make_mails(school.pk, now) == 0


@pytest.mark.parametrize("change", [{"enabled": False}, {"paused_at": FRIDAY}])
def test_a_school_that_is_off_or_paused_is_not_due(school, now, change):
    MailSettings.objects.update(**change)

    assert dispatch.due_schools(now) == []


def test_one_row_for_a_family_holds_ids_of_people_and_nothing_else(school, now):
    links = a_family(school, children=2)

    dispatch.make_mails(school.pk, now)

    (row,) = rows(school)
    assert row.state == WeeklyMail.State.DUE
    assert set(row.students) == {link.student_id for link in links}
    assert row.contacts == [links[0].contact_id]
    assert (row.iso_year, row.iso_week, row.until) == (2026, 41, FRIDAY.replace(minute=0) + timedelta(hours=24))


def test_an_address_is_one_row_whatever_its_case_and_however_many_contacts_have_it(school, now):
    (link,) = a_family(school, "m@home.example")
    other = ContactFactory(school=school, email="M@Home.Example")
    GuardianshipFactory(student=link.student, contact=other)

    dispatch.make_mails(school.pk, now)

    (row,) = rows(school)
    assert set(row.contacts) == {link.contact_id, other.pk}


def test_a_new_key_does_not_make_a_second_mail_in_the_same_week(school, now, settings):
    a_family(school)
    dispatch.make_mails(school.pk, now)
    MailSettings.objects.update(week_done="")
    settings.ADDRESS_KEYS += ",2:another-key-0123456789abcdef0123456789"

    assert dispatch.make_mails(school.pk, now) == 0


def test_somebody_who_unsubscribed_gets_no_row(school, now):
    (link,) = a_family(school)
    said_no(school, link.contact.email)

    assert dispatch.make_mails(school.pk, now) == 0


@pytest.mark.parametrize(("says", "number"), [(False, 0), (True, 1)])
def test_a_week_with_nothing_to_report_is_skipped_or_mailed_as_the_school_likes(school, now, says, number):
    MailSettings.objects.update(says_nothing_to_report=says)
    GuardianshipFactory(student=StudentFactory(school=school))

    assert dispatch.make_mails(school.pk, now) == number


def test_no_mail_about_the_holidays_is_sent_then_or_afterwards(school, now):
    a_family(school)
    MailSettings.objects.update(holidays=[date(2026, 10, 9)])

    assert dispatch.make_mails(school.pk, now) == 0
    assert dispatch.due_schools(now + timedelta(hours=10)) == []
    assert "holidays" in MailSettings.objects.get().note


def test_old_data_makes_no_rows_until_a_fresh_sync(school, now):
    a_family(school)
    runs_were(school, ended_at=now - timedelta(hours=49), as_of=now - timedelta(hours=49))
    assert dispatch.make_mails(school.pk, now) == 0
    assert "48 hours" in MailSettings.objects.get().note

    runs_were(school, ended_at=now, as_of=now)

    assert dispatch.make_mails(school.pk, now + timedelta(hours=1)) == 1


def test_the_number_of_statements_does_not_grow_with_the_families(school, now, django_assert_max_num_queries):
    for number in range(12):
        a_family(school, f"p{number}@home.example")
    GuardianshipFactory(school=school, student=StudentFactory(school=school, left_at=ago(days=1)))

    with django_assert_max_num_queries(18):
        assert dispatch.make_mails(school.pk, now) == 12
