"""A restored backup has brought people back: they are erased again from the lines of the log, and nobody else is."""

import io
import json
import logging
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from classes.models import SchoolClass
from schools.models import Employee, Erasure
from students.models import Student
from sync.erasing import rows
from sync.erasing.lines import AT_ONCE, LinesError, lines_of, read
from tests.factories import EnrolmentFactory, StudentFactory, SyncRunFactory, TeacherFactory

MARK = "erased: "


@pytest.fixture
def backup(db):
    """Two students and a teacher with an address as the backup has them, and the log of what was erased after it."""
    stay = EnrolmentFactory(student__forename="Quillon", student__surname="Marchbanks")
    school = stay.student.school
    other = StudentFactory(school=school, forename="Rosalind")
    teacher = TeacherFactory(school=school, email="pell@example.org")
    after = timezone.now()
    erasures = [
        Erasure(pk=7, school=school, at=after, ids={"students": [stay.student.pk]}),
        Erasure(pk=8, school=school, at=after, ids={"employees.email": [teacher.pk]}),
    ]
    log = [f"2026-11-28 23:10 INFO sync.erasing.lines {MARK}{line}" for one in erasures for line in lines_of(one)]
    return stay.student, other, teacher, "\n".join(["2026-11-28 WARNING something else", *log])


def again(log, tmp_path):
    said = io.StringIO()
    (tmp_path / "log").write_text(log)
    call_command("erase_again", str(tmp_path / "log"), stdout=said)
    return said.getvalue()


def test_who_was_erased_after_the_backup_is_erased_again_and_nobody_else(backup, tmp_path):
    student, other, teacher, log = backup

    said = again(log, tmp_path)

    erased = Student.objects.get(pk=student.pk)
    assert (erased.forename, erased.surname, erased.wonde_id, erased.user) == ("", "", None, None)
    assert Employee.objects.get(pk=teacher.pk).email == ""
    assert Employee.objects.get(pk=teacher.pk).surname == teacher.surname
    assert Student.objects.get(pk=other.pk).forename == "Rosalind"
    assert SchoolClass.objects.exists()
    assert "2 rows at 1 schools erased again" in said
    assert "number 7" in Erasure.objects.get(ids__has_key="students").reason
    once_more = again(log, tmp_path)
    assert "0 rows" in once_more
    assert Erasure.objects.count() == 2


def test_an_erasure_that_the_backup_knows_is_not_made_twice(backup, tmp_path):
    student, _, _, log = backup
    known = json.loads(log.splitlines()[1].partition(MARK)[2])
    Erasure.objects.create(pk=7, school=student.school, at=known["at"], ids=known["ids"])

    again(log, tmp_path)

    assert Student.objects.get(pk=student.pk).forename == "Quillon"  # whoever has the number since is somebody else


def test_once_the_school_was_synced_no_number_is_believed(backup, tmp_path):
    student, _, _, log = backup
    SyncRunFactory(school=student.school, started_at=timezone.now() + timedelta(seconds=1))

    with pytest.raises(CommandError, match="Restore the backup anew"):
        again(log, tmp_path)

    assert Student.objects.get(pk=student.pk).forename == "Quillon"


def test_every_erasure_leaves_lines_without_a_name_that_can_be_read_again(
    backup, caplog, django_capture_on_commit_callbacks
):
    student, *_ = backup
    pks = [student.pk, *range(10_000, 10_000 + AT_ONCE)]

    with caplog.at_level(logging.INFO), django_capture_on_commit_callbacks(execute=True):
        rows.erase(student.school, {"students": pks}, timezone.now(), Erasure.Cause.ASKED, reason="Quillon asked")

    left = [record.getMessage() for record in caplog.records if MARK in record.getMessage()]
    found = read("\n".join(left))
    assert len(left) == 2
    assert "Quillon" not in "".join(left)
    assert [pk for line in found for pk in line.ids["students"]] == pks
    printed = io.StringIO()
    call_command("erasures", timezone.now().date().isoformat(), stdout=printed)
    assert read(printed.getvalue()) == found


KNOWN_BY_NOBODY = {"erasure": 1, "at": "2026-01-01", "school": "A", "ids": {"passwords": [1]}}


@pytest.mark.parametrize(
    "line", ["", f"{MARK}{{", f'{MARK}{{"erasure": 1}}', f"{MARK}[]", f"{MARK}{json.dumps(KNOWN_BY_NOBODY)}"]
)
def test_lines_that_tell_nothing_or_are_cut_short_are_refused_with_the_next_step(line):
    with pytest.raises(LinesError):
        read(line)
