"""Blocks: a person said that a contact must not be kept or written to about a student."""

from django.utils import timezone

from parents.models import Block
from schools.marks import marks
from schools.text.addresses import marks_of_contact, marks_of_student


class Blocks:
    """The standing blocks of one school, checked for one student and one contact at a time."""

    def __init__(self, school_id, marker, rows):
        self.school_id, self.marks, self.rows = school_id, marker, rows

    def cover(self, key, student, contact):
        """Whether `contact` is blocked for `student`; both have the identifying columns, and `key` is the student's."""
        if not self.rows:
            return False
        theirs = marks_of_contact(self.marks, self.school_id, contact.wonde_id or "", contact.upi, contact.email)
        near = [row for row in self.rows if row[2] & theirs]
        if not near:
            return False
        own = marks_of_student(self.marks, self.school_id, student.wonde_id or "", student.upi, student.upn)
        return any(blocked == key or about & own for blocked, about, _ in near)


def of(school):
    """The standing blocks of `school`, in one query."""
    rows = Block.objects.standing().filter(school=school).values_list("student_id", "student_marks", "contact_marks")
    return Blocks(school.pk, marks(), [(pk, frozenset(own), frozenset(theirs)) for pk, own, theirs in rows])


def block(student, contact, cause, by=None):
    """Block `contact` for `student`; any id or address either has now will recognise them for good. Blocking twice
    changes nothing.

    Take the school's lock first, so that no sync decides meanwhile.
    """
    if of(student.school).cover(student.pk, student, contact):
        return
    marker, school = marks(), student.school_id
    Block.objects.create(
        school_id=school,
        student=student,
        student_marks=sorted(marks_of_student(marker, school, student.wonde_id or "", student.upi, student.upn)),
        contact_marks=sorted(marks_of_contact(marker, school, contact.wonde_id or "", contact.upi, contact.email)),
        key_number=marker.newest,
        cause=cause,
        made_by=by,
    )


def lift(block, now=None):
    """Lift a block; the next sync may bring the contact back."""
    block.ended_at = now or timezone.now()
    block.save(update_fields=["ended_at"])
