"""Which details of students are kept: those of kept students."""

from collections.abc import Mapping

from msgspec import structs

from sync.facts.kinds import DetailsRow, Key, Row
from sync.facts.sides import Part
from sync.rules.known import Known


def screen_details(known: Known, students: Mapping[Key, Row]) -> Part[DetailsRow]:
    """Decide the details of every student. students: those that are kept.

    Ours of anybody else are present: they stay as they are until their student goes, and go with them.
    """
    keys = known.keys("students")
    theirs = {
        keys[wonde_id]: structs.replace(row, student=keys[wonde_id])
        for wonde_id, row in known.snapshot.details.items()
        if keys[wonde_id] in students
    }
    return Part(theirs, present=known.ours.rows["details"].keys() - theirs.keys())
