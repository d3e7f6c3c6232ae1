"""The feed of changes: what is in it, whose, in which order, and how long a cursor is good for."""

import random
import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone
from rest_framework.serializers import DateTimeField

from classes.models import SchoolClass
from schools.keeping import THIRTEEN_MONTHS
from schools.models import ApiToken
from students.models import Student
from sync.leaving import erasure
from sync.leaving.retention import purge
from sync.models import Change
from sync.models.feed import Cursor, horizon
from tests.api.asking import Product, fields, refusal
from tests.factories import (
    ApiTokenFactory,
    ChangeFactory,
    ClassOutFactory,
    ContactFactory,
    EnrolmentFactory,
    SchoolClassFactory,
    SchoolFactory,
    StudentFactory,
    SyncSettingsFactory,
    TeachingFactory,
    ago,
)

pytestmark = pytest.mark.django_db(transaction=True)


def latest(product):
    return product.get("changes/", after="latest").json()["cursor"]


def told(product, after, **query):
    """(kind, verb, row) of everything after a cursor."""
    page = product.get("changes/", after=after, limit=1000, **query).json()
    assert page["more"] is False
    return [(change["kind"], change["verb"], change["row_id"]) for change in page["results"]]


# --- What is in it -----------------------------------------------------------------------------------------------


def test_a_change_is_reported_as_ids_and_a_verb_without_values(product, school):
    after, student = latest(product), StudentFactory(school=school)
    change = ChangeFactory(
        run__school=school, row_id=student.pk, verb="update", values={"forename": ["Ola", "Ada"]}, at=timezone.now()
    )

    page = product.get("changes/", after=after)

    assert page.json()["results"][-1] == {
        "kind": "students",
        "row_id": student.pk,
        "verb": "update",
        "school_id": school.pk,
        "at": DateTimeField().to_representation(change.at),
        "replaces_id": None,
    }
    assert b"Ola" not in page.content


def test_what_people_do_outside_a_sync_is_in_the_feed_too(product, school):
    after = latest(product)
    teaching = TeachingFactory(school_class__school=school)
    enrolment = EnrolmentFactory(school_class=teaching.school_class)
    student = enrolment.student
    student.forename = "Renamed"
    student.save()
    student.save()
    enrolment.left_at = student.left_at = timezone.now()
    enrolment.save()
    student.save()
    student.left_at = None
    student.save()
    Student.objects.filter(pk=student.pk).delete()

    assert told(product, after) == [
        ("classes", "create", teaching.school_class_id),
        ("employees", "create", teaching.employee_id),
        ("teachings", "create", teaching.pk),
        ("students", "create", student.pk),
        ("enrolments", "create", enrolment.pk),
        ("students", "update", student.pk),
        ("enrolments", "remove", enrolment.pk),
        ("students", "remove", student.pk),
        ("students", "return", student.pk),
        ("enrolments", "erase", enrolment.pk),
        ("students", "erase", student.pk),
    ]


def test_changes_to_what_the_api_does_not_show_are_not_in_the_feed(product, school):
    student, out = StudentFactory(school=school), ClassOutFactory(school=school)
    after = latest(product)
    ContactFactory(school=school)
    ChangeFactory(run__school=school, kind="contacts", row_id=1)
    Student.objects.filter(pk=student.pk).update(upn="H801200001001")
    SchoolClass.objects.filter(pk=out.pk).update(member_ids=["S1"], name="Renamed")
    school.teachers_see_all_classes = False
    school.save()

    assert told(product, after) == []


def test_a_class_that_comes_in_or_goes_out_is_in_the_feed_and_one_that_stays_out_is_not(product, school):
    after, stays_out = latest(product), ClassOutFactory(school=school)
    goes_out, comes_in = SchoolClassFactory(school=school), ClassOutFactory(school=school)
    SchoolClass.objects.filter(pk=goes_out.pk).update(status="out")
    SchoolClass.objects.filter(pk=comes_in.pk).update(status="in")

    changes = told(product, after)

    assert ("classes", "update", goes_out.pk) in changes
    assert ("classes", "update", comes_in.pk) in changes
    assert stays_out.pk not in [pk for _, _, pk in changes]


def test_a_move_names_the_stay_it_ended(product, school):
    now, old = timezone.now(), EnrolmentFactory(school_class__school=school)
    after = latest(product)
    old.left_at = now
    old.save()
    new = EnrolmentFactory(student=old.student, school_class=SchoolClassFactory(school=school), joined_at=now)
    ChangeFactory(run__school=school, kind="enrolments", row_id=new.pk, verb="move")

    moves = [each for each in product.get("changes/", after=after).json()["results"] if each["verb"] == "move"]

    assert [(each["row_id"], each["replaces_id"]) for each in moves] == [(new.pk, old.pk)]


def test_an_erasure_reports_the_person_and_what_belonged_to_them(product, school):
    SyncSettingsFactory(school=school)
    stay = EnrolmentFactory(school_class__school=school, left_at=ago(days=20))
    Student.objects.filter(pk=stay.student_id).update(left_at=ago(days=120))
    after = latest(product)

    erasure.erase_due()

    assert set(told(product, after)) == {("students", "erase", stay.student_id), ("enrolments", "erase", stay.pk)}


def test_freezing_renaming_and_ending_access_are_reported_for_the_school(product, school):
    after = latest(product)
    for name, value in (
        ("frozen", {"students": {}}),
        ("name", "Other"),
        ("revoked_at", timezone.now()),
        ("revoked_at", None),
    ):
        setattr(school, name, value)
        school.save()

    assert told(product, after) == [("schools", verb, school.pk) for verb in ("update", "update", "remove", "return")]


# --- Whose -------------------------------------------------------------------------------------------------------


def test_a_token_follows_only_its_own_schools_and_one_that_left_only_up_to_then(product, school):
    other = SchoolFactory()
    all_of_it = Product(ApiTokenFactory(every_school=True))
    after = latest(product)
    mine, theirs = StudentFactory(school=school), StudentFactory(school=other)
    other.revoked_at = timezone.now()
    other.save()

    assert told(product, after) == [("students", "create", mine.pk)]
    assert told(all_of_it, after) == [("students", "create", mine.pk), ("schools", "remove", other.pk)]
    assert theirs.pk not in [pk for kind, _, pk in told(all_of_it, after) if kind == "students"]
    assert told(all_of_it, after, school_id=school.pk) == [("students", "create", mine.pk)]
    assert refusal(product.get("changes/", school_id=other.pk)) == "not-found"


# --- In which order ----------------------------------------------------------------------------------------------


@contextmanager
def other_connection(**options):
    other = connection.copy()
    other.settings_dict |= options
    other.set_autocommit(True)
    try:
        yield other
    finally:
        other.close()


def write(cursor, school, row):
    cursor.execute(
        "INSERT INTO sync_change (school_id, kind, row_id, verb, cause, reason) "
        "VALUES (%s, 'students', %s, 'update', '', '')",
        [school.pk, row],
    )


def test_a_late_commit_is_not_missed_by_a_reader_who_came_in_between(product, school):
    after = latest(product)
    with other_connection() as slow, other_connection() as fast:
        slow.set_autocommit(False)
        write(slow.cursor(), school, 1)
        write(fast.cursor(), school, 2)
        between = product.get("changes/", after=after).json()
        slow.commit()

    afterwards = product.get("changes/", after=between["cursor"]).json()

    rows = [change["row_id"] for page in (between, afterwards) for change in page["results"]]
    assert rows == [1, 2]
    assert between["results"] == []


def test_other_databases_on_the_server_do_not_hold_up_the_feed(product, school):
    after = latest(product)
    with other_connection(NAME="postgres") as elsewhere, other_connection() as here:
        elsewhere.set_autocommit(False)
        elsewhere.cursor().execute("SELECT pg_current_xact_id()")
        student = StudentFactory(school=school)
        at_once = told(product, after)
        here.set_autocommit(False)
        here.cursor().execute("SELECT pg_current_xact_id()")
        later = StudentFactory(school=school)
        waiting = told(product, after)
        here.rollback()
        over = told(product, after)
        elsewhere.rollback()

    assert at_once == waiting == [("students", "create", student.pk)]
    assert over == [*at_once, ("students", "create", later.pk)]


def test_a_cursor_names_a_change_and_not_a_transaction_that_wrote_nothing(product, school):
    """PostgreSQL may forget such a number in a crash and give it out again: what is written under it then must come
    after."""
    StudentFactory(school=school)
    before = latest(product)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
    after = latest(product)

    last = Change.objects.order_by("xid", "pk").last()
    assert [(each.xid, each.pk) for each in map(Cursor.read, (before, after))] == [(last.xid, last.pk)] * 2


def test_parallel_writers_committing_in_any_order_are_each_read_once(product, school, settings):
    """Six writers with transactions of random length, one that comes and goes in another database, and a reader that
    never waits. Numbers alone would lose some changes."""
    settings.API_REQUESTS_PER_MINUTE = 1_000_000
    after, wanted = latest(product), {writer * 1000 + number for writer in range(6) for number in range(60)}
    seen, done = [], threading.Event()

    def writer(which):
        chance = random.Random(which)
        with other_connection() as own:
            own.set_autocommit(False)
            for number in range(60):
                write(own.cursor(), school, which * 1000 + number)
                if chance.random() < 0.3:
                    own.commit()
            own.commit()

    def elsewhere():
        while not done.is_set():
            with other_connection(NAME="postgres") as own:
                own.set_autocommit(False)
                own.cursor().execute("SELECT pg_current_xact_id()")

    def all_written(threads):
        for thread in threads:
            thread.join()
        done.set()

    threads = [threading.Thread(target=writer, args=[which]) for which in range(6)]
    watcher = threading.Thread(target=all_written, args=[threads])
    for thread in [*threads, watcher, threading.Thread(target=elsewhere)]:
        thread.start()
    while True:
        last_round = done.is_set()
        page = product.get("changes/", after=after, limit=7).json()
        seen += [change["row_id"] for change in page["results"]]
        after = page["cursor"]
        if last_round and not page["more"]:
            break

    assert len(seen) == len(wanted)
    assert set(seen) == wanted
    for which in range(6):
        own = [row for row in seen if row // 1000 == which]
        assert own == sorted(own)


def test_a_cursor_moves_on_even_if_nothing_changed_at_the_tokens_schools(product):
    after = latest(product)
    StudentFactory()

    page = product.get("changes/", after=after).json()

    assert page["results"] == []
    assert Cursor.read(page["cursor"]).xid > Cursor.read(after).xid


def test_a_transaction_is_split_into_pages_at_the_limit(product, school):
    after = latest(product)
    with transaction.atomic():
        students = [StudentFactory(school=school) for _ in range(5)]
    seen, more = [], True
    while more:
        page = product.get("changes/", after=after, limit=2).json()
        assert len(page["results"]) <= 2
        seen += [change["row_id"] for change in page["results"] if change["kind"] == "students"]
        after, more = page["cursor"], page["more"]

    assert seen == [student.pk for student in students]


def test_a_page_takes_the_same_few_queries_however_long_it_is(product, school, django_assert_max_num_queries):
    after = latest(product)
    for _ in range(20):
        ChangeFactory(run__school=school, kind="enrolments", row_id=EnrolmentFactory(school_class__school=school).pk)

    with django_assert_max_num_queries(6):
        product.get("changes/", after=after, limit=1000)


# --- How long a cursor is good for -------------------------------------------------------------------------------


def test_without_a_cursor_the_feed_begins_with_the_oldest_change_kept(product, school):
    student = StudentFactory(school=school)

    page = product.get("changes/").json()

    assert [(each["kind"], each["row_id"]) for each in page["results"]] == [
        ("schools", school.pk),
        ("students", student.pk),
    ]


def test_a_cursor_is_good_as_long_as_changes_are_kept_and_then_says_so(product, school):
    now = timezone.now()
    after = latest(product)

    with time_machine.travel(now + THIRTEEN_MONTHS - timedelta(days=1, minutes=1), tick=False):
        ApiToken.objects.update(expires_at=now + THIRTEEN_MONTHS * 2)
        assert product.get("changes/", after=after).status_code == 200
    with time_machine.travel(now + THIRTEEN_MONTHS - timedelta(hours=23), tick=False):
        old = product.get("changes/", after=after)
    assert (old.status_code, refusal(old), fields(old)) == (410, "cursor-too-old", {"after"})


def test_a_cursor_among_old_changes_counts_from_those_not_from_today(product, school):
    for _ in range(3):
        StudentFactory(school=school)
    Change.objects.update(at=timezone.now() - THIRTEEN_MONTHS)

    cursor = product.get("changes/", limit=1).json()["cursor"]

    assert refusal(product.get("changes/", after=cursor)) == "cursor-too-old"


def test_a_cursor_of_another_database_or_of_the_future_is_too_old(product):
    now = horizon()
    at, era = now.cursor.at, now.cursor.era

    for cursor in (Cursor(now.xid, 0, at, "0" * 8), Cursor(now.ahead + 1_000_000, 0, at, era)):
        assert refusal(product.get("changes/", after=str(cursor))) == "cursor-too-old"


def test_changes_made_outside_runs_are_deleted_after_thirteen_months(school):
    old, young = StudentFactory(school=school), StudentFactory(school=school)
    Change.objects.filter(row_id=old.pk).update(at=timezone.now() - THIRTEEN_MONTHS - timedelta(minutes=1))

    purge()

    assert list(Change.objects.filter(kind="students").values_list("row_id", flat=True)) == [young.pk]


@pytest.mark.parametrize("after", ["", "x", "1-2-3", "1-2-3-zzzzzzzz", "-1-2-3-00000000", "1" * 30 + "-1-1-00000000"])
def test_an_invalid_cursor_is_refused_by_name(product, after):
    response = product.get("changes/", after=after)

    assert (response.status_code, fields(response)) == (400, {"after"})
