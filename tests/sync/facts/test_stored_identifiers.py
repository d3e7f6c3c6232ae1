"""Identifiers that were stored before they were looked at, and marks of blocks that were made of one."""

from importlib import import_module

import pytest
from django.apps import apps

from parents.models import Contact
from parents.rules.blocks import Blocks
from schools.text.addresses import Marks, marks_of_contact, marks_of_student
from students.models import Student
from tests.factories import ContactFactory, StudentFactory
from tests.tools.identifiers import upi_of, upn_of

MARKS = Marks({1: b"s" * 32})


@pytest.mark.django_db
def test_the_migration_empties_placeholders_and_folds_what_is_a_upn():
    """Nothing else ever would: a UPN is never overwritten by nothing."""
    placeholder = StudentFactory(upn="N/A", upi="0")
    lower = StudentFactory(upn=upn_of("a").lower(), upi=upi_of("a"))
    contact = ContactFactory(upi="unknown")

    import_module("sync.migrations.0009_recognitions").only_identifiers(apps, None)

    assert Student.objects.filter(pk=placeholder.pk, upn="", upi="").exists()
    assert Student.objects.filter(pk=lower.pk, upn=upn_of("a"), upi=upi_of("a")).exists()
    assert Contact.objects.get(pk=contact.pk).upi == ""


def test_no_mark_is_made_of_a_placeholder():
    assert marks_of_contact(MARKS, 1, "", "N/A", "") == marks_of_student(MARKS, 1, "", "N/A", "TBC") == set()


def test_a_block_that_was_made_of_a_placeholder_covers_nobody_by_it():
    stored = MARKS.make("contact upi", 1, "N/A"), MARKS.make("student upn", 1, "N/A")
    blocks = Blocks(1, MARKS, [(7, frozenset(stored[1:]), frozenset(stored[:1]))])

    assert not blocks.cover(8, Student(upn="N/A"), Contact(upi="N/A"))
