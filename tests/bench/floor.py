"""The floor: the least that anybody must do who wants these rows, in one page.

Floor A asks what the product asked (the list is given), decodes the fields we use, and stops. Floor B also copies the
rows the product keeps into bare tables with primary keys. It decides nothing: which classes are in is given too.
"""

from http.client import HTTPConnection
from typing import Generic, TypeVar
from urllib.parse import urlsplit

import msgspec
import psycopg

T = TypeVar("T")
COLUMNS = {
    "employees": ["wonde_id", "upi", "title", "forename", "surname", "email"],
    "classes": ["wonde_id", "name", "subject"],
    "students": ["wonde_id", "upi", "upn", "forename", "surname"],
    "contacts": ["wonde_id", "upi", "title", "forename", "surname", "email"],
    "teachings": ["school_class", "employee", "main"],
    "enrolments": ["student", "school_class"],
    "guardianships": ["contact", "student", "relationship", "priority", "responsibility"],
}
KEYS = {"teachings": 2, "guardianships": 2}  # how many of the first columns are the primary key, where not one
TYPES = {"main": "boolean", "priority": "integer", "responsibility": "boolean"}


class Data(msgspec.Struct, Generic[T], gc=False):
    data: T | None = None


class Emails(msgspec.Struct, gc=False):
    email: str | None = None
    primary: str | None = None
    home: str | None = None
    work: str | None = None


class Details(msgspec.Struct, gc=False):
    emails: Emails | None = None


class Relationship(msgspec.Struct, gc=False):
    relationship: str | None = None
    parental_responsibility: bool | None = None
    priority: int | None = None
    court_order: bool | None = None


class Extra(msgspec.Struct, gc=False):
    upn: str | None = None
    current: bool | None = None


class Role(msgspec.Struct, gc=False):
    is_main_teacher: bool | None = None


class Row(msgspec.Struct, gc=False):
    """Any row of any list, with the fields we use."""

    id: str
    upi: str | None = None
    title: str | None = None
    forename: str | None = None
    surname: str | None = None
    name: str | None = None
    education_details: Data[Extra] | None = None
    employment_details: Data[Extra] | None = None
    contact_details: Data[Details] | None = None
    relationship: Relationship | None = None
    meta: Role | None = None
    subject: "Data[Row] | str | None" = None
    contacts: "Data[list[Row]] | None" = None
    students: "Data[list[Row]] | None" = None
    employees: "Data[list[Row]] | None" = None


LIST = msgspec.json.Decoder(Data[list[Row]])


class Floor:
    """targets: what the product asked for, in order. database: for floor B; chosen: Wonde ids of the classes that are
    in, in the order in which a student's one class is chosen."""

    def __init__(self, sandbox, token, targets, database, chosen=()):
        self.wire = HTTPConnection(urlsplit(sandbox).netloc)
        self.headers = {"Authorization": f"Bearer {token}"}
        self.targets, self.chosen = targets, chosen
        self.database = psycopg.connect(database, autocommit=True)

    def read(self):
        """Floor A: kind -> rows; classes with members stand under "members"."""
        read = {"employees": [], "classes": [], "students": [], "members": []}
        for target in self.targets:
            self.wire.request("GET", target, headers=self.headers)
            body = self.wire.getresponse().read()
            kind = urlsplit(target).path.rpartition("/")[2]
            if kind in read:
                read["members" if "class_subject" in target else kind] += LIST.decode(body).data
            else:
                msgspec.json.decode(body)
        return read

    def night(self):
        """Floor A, for the stop watch: how many rows of each kind there are."""
        return {kind: len(rows) for kind, rows in self.read().items()}

    def land(self):
        """Floor B."""
        rows = kept(self.read(), self.chosen)
        with self.database.transaction(), self.database.cursor() as cursor:
            for kind, columns in COLUMNS.items():
                with cursor.copy(f"COPY bare.{kind} ({', '.join(columns)}) FROM STDIN") as copy:
                    for row in rows[kind]:
                        copy.write_row(row)

    def empty(self):
        """Bare tables with nothing in them."""
        self.database.execute("DROP SCHEMA IF EXISTS bare CASCADE; CREATE SCHEMA bare")
        for kind, columns in COLUMNS.items():
            typed = ", ".join(f"{name} {TYPES.get(name, 'text')}" for name in columns)
            key = ", ".join(columns[: KEYS.get(kind, 1)])
            self.database.execute(f"CREATE TABLE bare.{kind} ({typed}, PRIMARY KEY ({key}))")


def kept(read, chosen):
    """The rows the product keeps, as tuples in the order of COLUMNS."""
    members = {row.id: row for row in read["members"]}
    places = {}
    for school_class in chosen:
        for student in members[school_class].students.data:
            places.setdefault(student.id, school_class)
    current = {row.id for row in read["employees"] if row.employment_details.data.current is not False}
    teachings = {
        (school_class, teacher.id): bool(teacher.meta and teacher.meta.is_main_teacher)
        for school_class in chosen
        for teacher in members[school_class].employees.data
        if teacher.id in current
    }
    teachers = {employee for _, employee in teachings}
    students = [row for row in read["students"] if row.id in places]
    contacts, guardianships = {}, []
    for student in students:
        for contact in student.contacts.data:
            how = contact.relationship
            if how.parental_responsibility and not how.court_order:
                contacts[contact.id] = (*_person(contact), contact.title or "", _email(contact, "email"))
                guardianships.append((contact.id, student.id, how.relationship or "", how.priority, True))
    return {
        "employees": [
            (row.id, row.upi or "", row.title or "", *_names(row), _email(row, "work"))
            for row in read["employees"]
            if row.id in teachers
        ],
        "classes": [(row.id, row.name, _subject(row)) for row in read["classes"]],
        "students": [(row.id, row.upi or "", row.education_details.data.upn or "", *_names(row)) for row in students],
        "contacts": [(key, upi, title, *names, email) for key, (upi, *names, title, email) in contacts.items()],
        "teachings": [(*key, main) for key, main in teachings.items()],
        "enrolments": list(places.items()),
        "guardianships": guardianships,
    }


def _person(row):
    return row.upi or "", *_names(row)


def _names(row):
    return (row.forename or "").strip(), (row.surname or "").strip()


def _subject(row):
    return (row.subject.data.name or "") if isinstance(row.subject, Data) and row.subject.data else ""


def _email(row, first):
    emails = row.contact_details.data.emails if row.contact_details and row.contact_details.data else None
    slots = (getattr(emails, name) for name in (first, "email", "primary", "home", "work")) if emails else ()
    return next((slot.lower() for slot in slots if slot), "")
