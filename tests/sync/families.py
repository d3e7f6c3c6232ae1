"""Students' contacts, and a night in which Wonde tells of them; pure, as tests/sync/build.py is."""

import json

import msgspec

from tests.sync.build import a_class, a_student, read
from tests.tools.identifiers import upi_of

YES = {"parental_responsibility": True, "priority": 1, "relationship": "Mother"}


def contact(wonde_id, address=None, upi=None, **relationship):
    """A contact as Wonde nests it, with responsibility unless told otherwise."""
    return {
        "id": wonde_id,
        "upi": upi or upi_of(wonde_id),
        "forename": "Mercy",
        "surname": f"Okoro {wonde_id}",
        "contact_details": {"data": {"emails": {"email": address or f"{wonde_id}@Example.org"}}},
        "relationship": YES | relationship,
    }


def night(families, classes=None, **fields):
    """What Wonde says: students of one class, each with their contacts (None: the list is null)."""
    students = []
    for student, contacts in families.items():
        row = a_student(student) if isinstance(student, str) else student
        body = None if contacts is None else {"data": contacts}
        row.contacts = msgspec.Raw(json.dumps(body).encode())
        students.append(row)
    members = [row.id for row in students]
    return read(*(classes or [a_class("C001", members)]), students=students, families=True, **fields)
