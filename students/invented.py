"""Made-up weekly progress for the demo: the same students and weeks always get the same numbers."""

import random

from students.models import Student
from students.progress import ROWS_LIMIT, upsert_progress

NOTES = ("Explained a clever way to the class.", "Helped others with fractions.", "Ready for harder questions.")


def fill(school, weeks):
    """Give every current student of `school` progress for `weeks` ((year, number) pairs). Returns rows written."""
    pks = list(Student.objects.current().filter(school=school).order_by("pk").values_list("pk", flat=True))
    rows = [_row(pk, year, number) for year, number in weeks for pk in pks]
    parts = (rows[start : start + ROWS_LIMIT] for start in range(0, len(rows), ROWS_LIMIT))
    return sum(upsert_progress(school, part).written for part in parts)


def _row(pk, year, number):
    chance = random.Random(f"{pk} {year} {number}")  # noqa: S311 (invented numbers)
    tasks = chance.choice((0, 4, 5, 6, 6, 8))
    done = min(tasks, chance.randint(0, tasks + 2))
    row = {"student_id": pk, "week": f"{year}-W{number:02}", "tasks_set": tasks, "tasks_done": done}
    row |= {"minutes": done * chance.randint(4, 11), "points": done * 10}
    return row | ({"note": chance.choice(NOTES)} if done and chance.random() < 0.15 else {})
