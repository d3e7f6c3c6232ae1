import pytest

from students.models import WeeklyProgress
from students.progress import ROWS_LIMIT, ProgressRefusedError, upsert_csv, upsert_progress
from tests.factories import StudentFactory, StudentUserFactory, ago

pytestmark = pytest.mark.django_db


def row(student, **changes):
    return {"wonde_id": student.wonde_id, "week": "2026-W41", "tasks_set": 6, "tasks_done": 5} | changes


def test_a_week_is_saved_once_and_changed_in_place():
    student = StudentFactory()

    first = upsert_progress(student.school, [row(student)])
    again = upsert_progress(student.school, [row(student)])
    changed = upsert_progress(student.school, [row(student, tasks_done=6, note="Well  done")])

    assert (first.written, again.written, again.unchanged, changed.written) == (1, 0, 1, 1)
    saved = WeeklyProgress.objects.get()
    assert (saved.school_id, saved.tasks_set, saved.tasks_done, saved.note) == (student.school_id, 6, 6, "Well done")


def test_a_student_may_be_named_by_our_id_wonde_id_or_username():
    student = StudentFactory(user=StudentUserFactory(username="Tobi.O"))
    named = [{"student_id": student.pk}, {"wonde_id": student.wonde_id}, {"username": "tobi.o"}]

    saved = upsert_progress(student.school, [{**name, "week": f"2026-W4{n}"} for n, name in enumerate(named)])

    assert (saved.written, saved.errors) == (3, [])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"wonde_id": "S-nobody"}, "No current student"),
        ({"wonde_id": ""}, "exactly one of"),
        ({"username": "both"}, "exactly one of"),
        ({"week": "41"}, "2026-W41"),
        ({"week": "2025-W53"}, "no such week"),
        ({"tasks_done": 7}, "More tasks are done"),
        ({"minutes": -1}, "minutes must be"),
        ({"minutes": True}, "minutes must be"),
        ({"points": "many"}, "points must be"),
        ({"note": "n" * 201}, "longer than 200"),
    ],
)
def test_a_row_that_cannot_be_right_is_reported_and_the_others_are_saved(changes, told):
    student, other = StudentFactory(), None
    other = StudentFactory(school=student.school)

    saved = upsert_progress(student.school, [row(student, **changes), row(other)])

    assert saved.written == 1
    assert [number for number, _ in saved.errors] == [1]
    assert told in saved.errors[0][1]


def test_students_of_another_school_and_leavers_get_no_progress():
    student, leaver = StudentFactory(), StudentFactory(left_at=ago(days=1))

    assert upsert_progress(StudentFactory().school, [row(student)]).errors
    assert upsert_progress(leaver.school, [row(leaver)]).errors
    assert not WeeklyProgress.objects.exists()


def test_five_thousand_rows_are_one_statement_and_one_more_is_refused(django_assert_num_queries):
    students = [StudentFactory()]
    students += [StudentFactory(school=students[0].school) for _ in range(9)]
    rows = [
        row(student, week=f"20{year}-W{week:02}")
        for student in students
        for year in range(16, 26)
        for week in range(1, 51)
    ]

    with django_assert_num_queries(2):
        saved = upsert_progress(students[0].school, rows)

    assert (saved.written, len(rows)) == (5_000, ROWS_LIMIT)
    with pytest.raises(ProgressRefusedError, match="5001 rows"):
        upsert_progress(students[0].school, [*rows, rows[0]])


def test_a_csv_file_names_its_columns_in_any_order():
    student = StudentFactory()
    text = f"\ufeffminutes, week,wonde_id\r\n31,2026-W41,{student.wonde_id}\r\n,2026-W42,{student.wonde_id}\r\n"

    assert upsert_csv(student.school, text).written == 2
    assert list(WeeklyProgress.objects.order_by("iso_week").values_list("minutes", flat=True)) == [31, 0]
    with pytest.raises(ProgressRefusedError, match="first line"):
        upsert_csv(student.school, "name,score\r\nTobi,3\r\n")
