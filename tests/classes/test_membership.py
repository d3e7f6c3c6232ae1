"""Who would be in two classes: the pure check, its queries, and its speed."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from classes import membership
from classes.membership import ClassInCheck, check
from classes.models import Choice, Enrolment, SchoolClass
from students.models import Student
from sync.wonde.rolls import Roll, read_rolls
from tests.factories import ClassOutFactory, EnrolmentFactory, SchoolClassFactory, SchoolFactory, StudentFactory, ago


def group(key, members, asked=False, lessons=None, name=None):
    name = name or f"9x/Ma{key}"
    return ClassInCheck(key, name, name, frozenset(members), lessons, asked)


def test_students_of_an_asked_class_who_are_in_another_would_be_in_two():
    found = check([group(1, "abcdefgh"), group(2, "ijkl"), group(3, "ahz", asked=True)])

    assert [(double.student, double.classes) for double in found.doubles] == [("a", (1, 3)), ("h", (1, 3))]


def test_two_asked_classes_are_checked_against_each_other():
    found = check([group(1, "abc", asked=True), group(2, "cd", asked=True)])

    assert [double.student for double in found.doubles] == ["c"]


def test_students_shared_by_classes_already_in_are_not_this_checks_business():
    assert check([group(1, "ab"), group(2, "bc"), group(3, "z", asked=True)]).doubles == []


def test_the_matrix_has_a_row_per_asked_class_and_only_columns_that_share_somebody():
    found = check([group(1, "abcd"), group(2, "xyz"), group(3, "ab", asked=True)])

    columns, rows = found.matrix()

    assert [column.key for column in columns] == [3, 1]
    assert [(row.key, [shared for _, shared in cells], elsewhere) for row, cells, elsewhere in rows] == [
        (3, [None, 2], 2)
    ]


@pytest.mark.parametrize(
    ("core", "other", "grounds"),
    [
        (group(1, "abcd"), group(2, "ab", asked=True), "it has 4 students, 9x/Ma2 has 2"),
        (group(1, "ab", lessons=4), group(2, "ab", asked=True, lessons=1), "4 lessons a week, not 1"),
        (group(1, "ab", name="9x/Ma1"), group(2, "ab", asked=True, name="9x/Ma2"), "its name comes first"),
    ],
    ids=["size", "lessons", "name"],
)
def test_the_core_class_is_suggested_by_size_then_lessons_then_name(core, other, grounds):
    suggestion = check([core, other]).suggestions[0]

    assert suggestion.core.key == core.key
    assert grounds in suggestion.grounds


def test_a_class_with_most_students_elsewhere_is_called_an_intervention_group():
    suggestion = check([group(1, "abcdef"), group(2, "abz", asked=True)]).suggestions[0]

    assert "looks like an intervention group: 2 of its 3 students" in suggestion.grounds


@pytest.mark.parametrize(
    ("members", "other", "empty"),
    [("ab", "abc", True), ("abd", "abc", False), ("", "abc", True)],
    ids=["everybody is elsewhere", "one is in no other", "nobody is in it"],
)
def test_a_class_whose_students_all_stay_elsewhere_would_be_empty(members, other, empty):
    found = check([group(1, other), group(2, members, asked=True)])

    assert (found.groups[2] in found.emptied(found.as_it_comes)) is empty
    assert found.groups[1] not in found.emptied(found.as_it_comes)


def test_the_class_that_gives_all_its_students_away_would_be_empty():
    found = check([group(1, "ab"), group(2, "abc", asked=True)])

    assert found.emptied({("a", 1), ("b", 1)}) == [found.groups[1]]


def test_of_two_asked_classes_with_the_same_students_the_second_would_be_empty():
    found = check([group(1, "ab", asked=True), group(2, "ab", asked=True)])

    assert found.emptied(found.as_it_comes) == [found.groups[2]]


def test_a_class_without_overlap_gets_no_suggestion():
    assert check([group(1, "ab"), group(2, "cd", asked=True)]).suggestions == []


def test_the_fingerprint_changes_with_who_would_be_in_two_and_not_with_who_else_is_there():
    before = check([group(1, "abc"), group(2, "ax", asked=True)])
    grown = check([group(1, "abcd"), group(2, "axy", asked=True)])
    worse = check([group(1, "abc"), group(2, "abx", asked=True)])

    assert before.fingerprint == grown.fingerprint
    assert before.fingerprint != worse.fingerprint


@pytest.fixture
def core_and_group(db):
    """A class of five that is in, and a group that is out, with two of its ids known."""
    core = SchoolClassFactory(name="9x/Ma1")
    students = [EnrolmentFactory(school_class=core).student for _ in range(5)]
    ids = [student.wonde_id for student in students[:2]] + ["ELSEWHERE"]
    out = ClassOutFactory(school=core.school, name="Ma Intervention", reason="intervention_group", member_ids=ids)
    return core, out, students


def test_members_of_a_class_that_is_out_come_from_the_last_sync(core_and_group):
    core, out, students = core_and_group

    found = membership.of_school(core.school, {out.pk})

    assert {double.student for double in found.doubles} == {student.wonde_id for student in students[:2]}
    assert membership.names(core.school, [double.student for double in found.doubles]) == {
        student.wonde_id: student.list_name for student in students[:2]
    }


def test_what_wonde_says_now_takes_precedence_over_the_last_sync(core_and_group):
    core, out, students = core_and_group
    rolls = {out.wonde_id: Roll({students[4].wonde_id: "Okoro, Tobi"}, 3)}

    found = membership.of_school(core.school, {out.pk}, rolls=rolls)

    assert [double.student for double in found.doubles] == [students[4].wonde_id]
    assert found.asked[0].lessons == 3


def test_a_student_left_out_before_would_not_be_in_two(core_and_group):
    core, out, students = core_and_group
    Choice.objects.create(school=core.school, school_class=out, student=students[0], verdict="left_out")

    found = membership.of_school(core.school, {out.pk})

    assert [double.student for double in found.doubles] == [students[1].wonde_id]


def test_a_class_that_goes_out_at_the_same_time_is_no_conflict(core_and_group):
    core, out, _ = core_and_group

    assert membership.of_school(core.school, {out.pk}, leaving={core.pk}).doubles == []


def test_a_class_decided_a_moment_ago_counts_before_the_sync_has_brought_it_in(core_and_group):
    core, out, _ = core_and_group
    other = ClassOutFactory(school=core.school, decision="in", member_ids=["ELSEWHERE"])

    found = membership.of_school(core.school, {out.pk})

    assert [double.classes for double in found.doubles if double.student == "ELSEWHERE"] == [(out.pk, other.pk)]


def test_students_who_left_a_class_no_longer_count(core_and_group):
    core, out, students = core_and_group
    students[0].enrolments.update(left_at=ago(days=1))

    found = membership.of_school(core.school, {out.pk})

    assert [double.student for double in found.doubles] == [students[1].wonde_id]


def test_another_schools_classes_play_no_part(core_and_group):
    core, out, _ = core_and_group
    elsewhere = SchoolClassFactory()
    EnrolmentFactory(school_class=elsewhere, student=StudentFactory(school=elsewhere.school, wonde_id="ELSEWHERE"))

    found = membership.of_school(core.school, {out.pk, elsewhere.pk})

    assert elsewhere.pk not in found.groups


def test_names_of_students_not_here_yet_are_read_live_with_the_lessons(read_school):
    club = read_school.find("Chess Club")

    rolls = read_rolls(read_school.row, [club])

    roll = rolls[club.wonde_id]
    assert roll.students.keys() == read_school.members(club)
    assert all(", " in name for name in roll.students.values())
    assert roll.lessons is not None


def test_a_class_gone_from_wonde_has_no_roll(read_school):
    club = read_school.find("Chess Club")
    read_school.day({"event": "end_class", "class": club.wonde_id})

    assert read_rolls(read_school.row, [club]) == {}


def make_large(classes, each):
    """A school with `classes` classes that are in, each with its own students, and as many that are out, with the same
    students."""
    school = SchoolFactory()
    core = SchoolClassFactory.build_batch(classes, school=school)
    SchoolClass.objects.bulk_create(core)
    students = StudentFactory.build_batch(classes * each, school=school)
    Student.objects.bulk_create(students)
    stays = [
        Enrolment(school=school, school_class=core[n // each], student=student, joined_at=ago(days=9))
        for n, student in enumerate(students)
    ]
    Enrolment.objects.bulk_create(stays)
    ids = [student.wonde_id for student in students]
    out = [
        ClassOutFactory.build(school=school, member_ids=ids[n * each : (n + 1) * each + each]) for n in range(classes)
    ]
    SchoolClass.objects.bulk_create(out)
    return school, {row.pk for row in out}


@pytest.mark.speed
def test_the_check_of_400_classes_and_3000_students_takes_few_queries_and_under_300_ms(db):
    small, few = make_large(2, 3)
    large, many = make_large(200, 15)
    with CaptureQueriesContext(
        connection,
    ) as of_small:
        membership.of_school(small, few)

    def look():
        started = time.process_time()  # not the wall clock: other processes on this machine must not count
        found = membership.of_school(large, many)
        names = membership.names(large, [double.student for double in found.doubles])
        found.matrix()
        return time.process_time() - started, found, names

    with CaptureQueriesContext(connection) as of_large:
        _, found, names = look()

    assert len(of_large) == len(of_small) + 1 == 4
    assert len(found.doubles) == len(names) == 3000
    assert min(look()[0] for _ in range(3)) < 0.3
