"""Marks of blocks made from a placeholder: no more are made, and an existing one covers nobody."""

from parents.models import Contact
from parents.rules.blocks import Blocks
from schools.text.addresses import Marks, marks_of_contact, marks_of_student
from students.models import Student

MARKS = Marks({1: b"s" * 32})


def test_no_mark_is_made_from_a_placeholder():
    assert marks_of_contact(MARKS, 1, "", "N/A", "") == marks_of_student(MARKS, 1, "", "N/A", "TBC") == set()


def test_a_block_made_from_a_placeholder_covers_nobody_through_it():
    stored = MARKS.make("contact upi", 1, "N/A"), MARKS.make("student upn", 1, "N/A")
    blocks = Blocks(1, MARKS, [(7, frozenset(stored[1:]), frozenset(stored[:1]))])

    assert not blocks.cover(8, Student(upn="N/A"), Contact(upi="N/A"))
