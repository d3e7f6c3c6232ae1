"""Whoever vanishes while Wonde goes on counting may have taken back consent: nothing of them leaves us that night."""

from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import get_backends
from django.urls import reverse
from django.utils import timezone

from classes.identity import who
from parents.rules.recipients import verdicts
from schools.models import Employee
from students.models import Student
from sync.engine.undo import undo
from sync.models import Change, Hold, SyncSettings
from sync.people import held
from sync.wonde import deletions
from tests.api.asking import Product
from tests.factories import ApiTokenFactory, LeadRightFactory, UserFactory
from tests.sync.living import living_school
from tests.sync.tables import RUNS, versions
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 20  # more than the limits let pass


@pytest.fixture
def living(settings):
    settings.API_REQUESTS_PER_MINUTE = 100_000
    with time_machine.travel(timezone.now()) as clock, living_school(settings, students=60) as school:
        school.clock = clock
        yield school


@pytest.fixture
def product(living):
    return Product(ApiTokenFactory(schools=[living.school]))


def students(living, count=MANY):
    return list(Student.objects.filter(school=living.school, left_at=None).order_by("wonde_id")[:count])


def hide(living, people, kind="student", **how):
    """They vanish, and a night passes. Returns its run."""
    _, run = living.day(*[{"event": "hide_people", "kind": kind, "id": each.wonde_id} | how for each in people])
    return run


def marked(living):
    return set(Student.objects.exclude(perhaps_hidden_since=None).values_list("pk", flat=True))


def in_api(product, people, **query):
    """Those of `people` whom the product can read, or whose membership of a class."""
    placed = {stay["student_id"] for stay in product.rows("enrolments/", **query)}
    return {each.pk for each in people} & ({*product.ids("students/", **query)} | placed)


def mailed(living):
    return {student for (student, _), why in verdicts(living.school).why.items() if not why}


def told(verb):
    """What the feed says of people who stay: (kind, id)."""
    return set(Change.objects.filter(run=None, verb=verb).values_list("kind", "row_id"))


def test_beyond_the_limits_they_stay_but_nothing_of_them_leaves_us_and_they_come_back_whole(living, product):
    gone = students(living)
    keys = {each.pk for each in gone}
    before = {each.pk: (each.user.username, each.enrolments.get(left_at=None).pk) for each in gone}
    assert keys & mailed(living)

    run = hide(living, gone)

    assert marked(living) == keys
    assert Hold.objects.filter(kind="students", reason="perhaps_hidden").count() == MANY
    assert run.ledger["students"]["perhaps_hidden"] == MANY
    assert not in_api(product, gone) | in_api(product, gone, left=True)
    assert not keys & mailed(living)
    assert told("remove") == {("students", pk) for pk in before} | {("enrolments", stay) for _, stay in before.values()}
    assert who(gone[0].user) is None
    assert Student.objects.current().filter(pk__in=keys).count() == MANY

    written = versions(*RUNS)
    living.read()
    assert versions(*RUNS) == written

    living.clock.shift(timedelta(hours=48))
    assert not Student.objects.current().filter(pk__in=keys).exists()
    assert not any(backend.get_user(gone[0].user.pk) for backend in get_backends())

    living.day({"event": "show_people"})
    assert {
        each.pk: (each.user.username, each.enrolments.get(left_at=None).pk)
        for each in Student.objects.current().filter(pk__in=keys)
    } == before
    assert in_api(product, gone) == keys
    assert told("return") == told("remove")
    assert keys & mailed(living)
    assert not Hold.objects.exists()


def test_within_the_limits_they_are_removed_and_say_why_and_come_back_whole(living, product):
    gone = students(living, 2)

    run = hide(living, gone)

    assert set(run.changes.filter(kind="students", verb="remove").values_list("cause", "reason")) == {
        ("absence", "perhaps_hidden")
    }
    assert not told("remove")
    assert not in_api(product, gone, left=True)
    living.day({"event": "show_people"})
    assert {each.user.username for each in Student.objects.current().filter(pk__in=[each.pk for each in gone])} == {
        each.user.username for each in gone
    }
    assert in_api(product, gone) == {each.pk for each in gone}


def no_longer_counted(living):
    living.sandbox.day(living.school.wonde_id, [{"event": "count_hidden", "counted": False}], new_day=False)


def without_counts(fault):
    return lambda living: living.sandbox.fault(fault, "schools/*/counts")


@pytest.mark.parametrize(
    ("otherwise", "how"),
    [
        (no_longer_counted, {}),
        (without_counts("missing"), {}),
        (without_counts("null"), {}),
        (without_counts("other_spelling"), {}),
        (lambda living: None, {"named": True}),
    ],
    ids=["counts drop", "no counts", "null", "another spelling", "deleted"],
)
def test_where_wonde_counts_fewer_or_not_at_all_or_names_them_as_deleted_they_are_ordinarily_missing(
    living, product, otherwise, how
):
    gone = students(living)
    otherwise(living)

    hide(living, gone, **how)

    assert not marked(living)
    assert set(Hold.objects.filter(kind="students").values_list("reason", flat=True)) == {""}
    assert len(in_api(product, gone)) == MANY


@pytest.mark.parametrize("fault", ["missing", "null", "other_spelling", "late"])
def test_where_wonde_does_not_say_who_was_deleted_nobody_counts_as_deleted(living, monkeypatch, fault):
    monkeypatch.setattr(deletions, "LIMIT_S", 0.2)
    living.sandbox.fault(fault, "schools/*/deletions")

    hide(living, students(living), named=True)

    assert len(marked(living)) == MANY


def test_a_school_of_which_wonde_always_counts_more_is_told_apart_from_one_that_hides_somebody(living):
    hide(living, students(living, 3))
    no_longer_counted(living)
    living.read()
    absent = students(living)
    hide(living, absent)

    assert not marked(living) & {each.pk for each in absent}

    living.sandbox.day(living.school.wonde_id, [{"event": "show_people"}, {"event": "count_hidden", "counted": True}])
    living.read()
    first, second = absent[:10], absent[10:]
    hide(living, first)
    shown = [{"event": "show_people", "id": each.wonde_id} for each in first]
    living.day(*shown, *[{"event": "hide_people", "id": each.wonde_id} for each in second])

    assert marked(living) == {each.pk for each in second}


def test_a_pause_and_a_persons_word_to_keep_them_change_nothing_of_it(living, product):
    gone = students(living)
    run = hide(living, gone)
    lead = LeadRightFactory(school=living.school).user
    held.keep(living.school, lead, "They are on roll.", run.asked)
    living.read()
    assert not in_api(product, gone)
    living.clock.shift(timedelta(hours=48))
    assert not Student.objects.current().filter(pk__in=[each.pk for each in gone]).exists()
    assert Student.objects.whole_to(lead).filter(pk__in=[each.pk for each in gone]).count() == MANY

    living.day({"event": "show_people"})
    SyncSettings.objects.update(paused_at=timezone.now())
    hide(living, gone)
    assert len(marked(living)) == MANY


def test_an_empty_list_tells_of_nobody_and_the_night_after_it_compares_with_the_night_before(living):
    hide(living, Student.objects.filter(school=living.school))
    assert not marked(living)

    living.day({"event": "show_people"})
    gone = students(living, 1)
    hide(living, gone)
    assert marked(living) == {each.pk for each in gone}


def test_an_undo_brings_the_row_back_and_not_the_consent(living, product):
    gone = students(living, 2)
    run = hide(living, gone)

    undo(run, UserFactory(), "a test")

    assert Student.objects.filter(pk__in=[each.pk for each in gone], left_at=None).count() == 2
    assert not in_api(product, gone)
    assert not mailed(living) & {each.pk for each in gone}


def test_a_hidden_parent_of_a_child_who_is_listed_is_not_written_to_and_the_child_stays(living):
    links = verdicts(living.school)
    student, contact = next(pair for pair, why in links.why.items() if not why)
    child = Student.objects.get(pk=student)
    parent = child.guardianships.get(contact=contact).contact

    hide(living, [parent], "contact")

    parent.refresh_from_db()
    assert parent.perhaps_hidden_since
    assert verdicts(living.school).why.get((student, contact)) != ""
    assert not marked(living)


def test_staff_who_are_hidden_lose_the_product_at_once_and_their_classes_after_two_nights_but_no_lead_right(living):
    teacher = Employee.objects.filter(school=living.school, left_at=None).first()
    teacher.user = UserFactory()
    teacher.save()
    page = reverse("classes:detail", args=[teacher.classes.first().pk])

    hide(living, [teacher], "employee")

    teacher.refresh_from_db()
    assert (teacher.left_at, bool(teacher.perhaps_hidden_since)) == (None, True)  # everybody at once: it waits
    assert who(teacher.user) is None
    assert signed_in(teacher.user).get(page).status_code == 200
    living.clock.shift(timedelta(hours=48))
    assert signed_in(teacher.user).get(page).status_code == 302  # to the door

    LeadRightFactory(school=living.school, user=teacher.user)
    assert (who(teacher.user)["role"], who(teacher.user)["class"]) == ("lead", [])
    assert signed_in(teacher.user).get(page).status_code == 200
