"""Who is left out of the product at a school, recognised by marks (`schools.text.addresses`).

Nothing of the person need be kept to know them again, under a new Wonde id or after they were erased.
"""

from django.utils import timezone

from schools.marks import marks
from schools.models import PersonBlock
from schools.text.addresses import marks_of_employee, marks_of_student

IDENTIFIERS = {"students": ("upi", "upn"), "employees": ("upi",)}  # what outlives a Wonde id


class LeftOut:
    """The standing blocks of one school."""

    def __init__(self, school_id, blocks):
        self.school_id, self.by_kind = school_id, {}
        for block in blocks:
            self.by_kind.setdefault(block.kind, []).append((block, frozenset(block.marks)))

    def find(self, kind, key, person, is_here=False):
        """The block that covers a person, or None. key: our primary key for them, if there is one; person: a row with
        what identifies them; is_here: whether we have them as current.

        A UPI or UPN does not recognise somebody who was here beside the person who was left out: the MIS gives one
        number to two people now, and they are two.
        """
        if kind not in self.by_kind:
            return None
        by_id = marks_of(kind, self.school_id, person.wonde_id)
        by_number = marks_of(kind, self.school_id, "", numbers_of(kind, person))
        for block, known in self.by_kind[kind]:
            beside = is_here and key <= block.newest
            if key == block.row_id or known & by_id or (known & by_number and not beside):
                return block
        return None


def standing(school):
    """The blocks that stand at `school` today, by its own calendar, each with who made it."""
    today = timezone.localdate(timezone=school.zone)
    return PersonBlock.objects.standing(today).filter(school=school).select_related("made_by")


def of(school):
    """Who is left out at `school` today, in one query."""
    return LeftOut(school.pk, list(standing(school).order_by("pk")))


def block_of(school, kind, pk):
    """The block by which our row is left out today, or None."""
    return standing(school).filter(kind=kind, row_id=pk).first()


def numbers_of(kind, person, others=()):
    """What identifies a person beside the Wonde id: {"upi": …, "upn": …}, without what one of `others` has too, for
    that identifies nobody."""
    found = {name: getattr(person, name) for name in IDENTIFIERS[kind]}
    shared = {(name, getattr(other, name)) for other in others for name in found}
    return {name: value for name, value in found.items() if value and (name, value) not in shared}


def marks_of(kind, school_id, wonde_id, numbers=None):
    """Every mark of a Wonde id and of the `numbers` of a person."""
    numbers = numbers or {}
    if kind == "students":
        own = numbers.get("upi", ""), numbers.get("upn", "")
        return marks_of_student(marks(), school_id, wonde_id or "", *own)
    return marks_of_employee(marks(), school_id, wonde_id or "", numbers.get("upi", ""))
