"""The note of an erasure: written with a number that can be read out, and a fingerprint by which it is checked."""

from schools.models import Erasure
from schools.sharing import receipts


def write(school, ids, now, cause, actor, reason):
    """Note that rows were erased. ids: as of `rows.erase`."""
    by = Erasure.By.RULE if actor is None else Erasure.By.SUPPORT if actor.is_staff else Erasure.By.SCHOOL
    note = Erasure(school=school, at=now, actor=actor, cause=cause, by=by, reason=reason, ids=ids)
    note.number = receipts.new_number()
    note.sha256 = fingerprint(note)
    note.save()
    return note


def fingerprint(note):
    """SHA-256 of all that a note says."""
    told = [note.number, note.school_id, note.at.timestamp(), note.cause, note.by, note.reason, note.ids]
    return receipts.digest(told)


def is_unchanged(note):
    """Whether it still says what it said when it was written."""
    return note.sha256 == fingerprint(note)
