"""The kinds: each mirrored table declared once.

From a declaration the engine reads, matches, compares, applies, records, shows (fields by purpose) and erases. A row is
what one line of the mirrored table says; its annotated fields are the mirrored columns. Where a row points at another,
it holds that row's key: our primary key if we have it, else its Wonde id.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar, cast, get_type_hints

from msgspec import Struct

from schools.text import identifiers

Key = int | str | tuple[int | str, ...]  # of a link whose key has several columns, a tuple


class Column(Struct, frozen=True):
    """One mirrored field: what people call it and why we hold it (empty: it only ties rows together)."""

    label: str
    purpose: str = ""
    never_emptied: bool = False  # a null from Wonde never overwrites it
    derived: bool = False  # made from the others: a change of it alone is nobody's news
    decided: bool = False  # ours to say: empty is an answer, not a value that vanished
    shown: bool = True  # on pages, cards, CSV and API
    stamp: str = ""  # our column that remembers when this one last changed
    parent: str = ""  # the kind this column points at
    db: str = "text"  # its PostgreSQL type
    limit: int = 200  # characters of a text
    whole: bool = False  # what is longer is not kept at all: half an address is somebody else's
    identifier: Callable[[str], str] | None = None  # gives it as it is kept and compared, "" for what is none


def _identifier(label: str, purpose: str, identifier: Callable[[str], str], limit: int) -> Column:
    return Column(label, purpose, never_emptied=True, shown=False, limit=limit, identifier=identifier)


def _folded(limit: int) -> Column:
    return Column("name, folded", "to sort and search by name", shown=False, derived=True, limit=limit)


class Row(Struct, frozen=True, gc=False):
    """A line of a mirrored table."""


OwnRow = TypeVar("OwnRow", bound=Row)


class EmployeeRow(Row, frozen=True):
    wonde_id: Annotated[str, Column("Wonde id", "to find the same person again", shown=False, limit=32)]
    upi: Annotated[str, _identifier("UPI", "to find a person who left and came back", identifiers.upi, limit=64)] = ""
    title: Annotated[str, Column("title", "to name the teacher of a class", limit=40)] = ""
    forename: Annotated[str, Column("first name", "to name the teacher of a class")] = ""
    surname: Annotated[str, Column("surname", "to name the teacher of a class")] = ""
    sort_name: Annotated[str, _folded(400)] = ""
    email: Annotated[
        str, Column("email address", "to invite the teacher and let them sign in", limit=254, whole=True)
    ] = ""


class ClassRow(Row, frozen=True):
    wonde_id: Annotated[str, Column("Wonde id", "to find the same class again", shown=False, limit=32)]
    form: Annotated[str, Column("class or registration group", "to say what the school calls it", limit=12)] = "class"
    name: Annotated[str, Column("name", "to show the class as the school knows it")] = ""
    sort_name: Annotated[str, _folded(220)] = ""
    subject: Annotated[str, Column("subject", "to decide whether the class uses the product")] = ""
    year_group: Annotated[str, Column("year group", "to decide whether the class uses the product", limit=20)] = ""
    academic_year: Annotated[str, Column("academic year", "to end the class when its year is over", limit=40)] = ""
    status: Annotated[
        str, Column("status", "to show what is imported", decided=True, stamp="status_since", limit=3)
    ] = "out"
    reason: Annotated[str, Column("why it is out", "to show why a class is not imported", decided=True, limit=40)] = ""


class StudentRow(Row, frozen=True):
    wonde_id: Annotated[str, Column("Wonde id", "to find the same student again", shown=False, limit=32)]
    upi: Annotated[str, _identifier("UPI", "to find a student who left and came back", identifiers.upi, limit=64)] = ""
    upn: Annotated[str, _identifier("UPN", "to find the same student after a new id", identifiers.upn, limit=20)] = ""
    forename: Annotated[str, Column("first name", "to show the class list and greet the student")] = ""
    surname: Annotated[str, Column("surname", "to show the class list")] = ""
    sort_name: Annotated[str, _folded(400)] = ""
    year_group: Annotated[str, Column("year group", "to show the class list and choose classes", limit=20)] = ""


class TeachingRow(Row, frozen=True):
    school_class: Annotated[Key, Column("class", "to show teachers their classes", parent="classes")]
    employee: Annotated[Key, Column("teacher", "to show teachers their classes", parent="employees")]
    main: Annotated[bool, Column("main teacher", "to name the main teacher first", db="bool")] = False


class EnrolmentRow(Row, frozen=True):
    student: Annotated[Key, Column("student", "to show who is in the class", parent="students")]
    school_class: Annotated[Key, Column("class", "to show who is in the class", parent="classes")]


class ContactRow(Row, frozen=True):
    wonde_id: Annotated[str, Column("Wonde id", "to find the same person again", shown=False, limit=32)]
    upi: Annotated[str, _identifier("UPI", "to find a person under a new id", identifiers.upi, limit=64)] = ""
    title: Annotated[str, Column("title", "to address the weekly mail", limit=40)] = ""
    forename: Annotated[str, Column("first name", "to tell parents and carers apart")] = ""
    surname: Annotated[str, Column("surname", "to tell parents and carers apart")] = ""
    sort_name: Annotated[str, _folded(400)] = ""
    email: Annotated[str, Column("email address", "to send the weekly mail", shown=False, limit=254, whole=True)] = ""


class GuardianshipRow(Row, frozen=True):
    """responsibility: None where the MIS does not say; a row that says no is never kept. doubt: why the last sync
    did not confirm the row (a code of `parents.rules.standing`): it stays, and nobody is written to about the
    student."""

    contact: Annotated[Key, Column("parent or carer", "to know whom to write to", parent="contacts")]
    student: Annotated[Key, Column("student", "to know about whom to write", parent="students")]
    relationship: Annotated[str, Column("relationship", "to tell parents and carers apart", limit=100)] = ""
    priority: Annotated[int | None, Column("priority", "to choose who is written to", db="int")] = None
    responsibility: Annotated[
        bool | None, Column("parental responsibility", "to write only to those who have it", db="bool")
    ] = None
    doubt: Annotated[
        str, Column("not confirmed", "to write only to whom the MIS still names", decided=True, limit=20)
    ] = ""


class Source(Struct, frozen=True):
    """Where Wonde keeps the rows of a kind.

    essential: without these includes the kind is not read. optional: left out where the school's MIS has none.
    scope: the permission that covers it, spelled `….read` [inferred].
    """

    path: str
    scope: str
    essential: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    params: tuple[tuple[str, str], ...] = ()


class Nested(Struct, frozen=True):
    """Rows that come inside those of another kind, asked for with `includes`; without them the kind is not read."""

    within: str
    scope: str
    includes: tuple[str, ...]


class Kind(Struct, Generic[OwnRow], frozen=True):
    """One mirrored table.

    table: its name in the database. source: where its rows are read; None for rows that come nested in others.
    nested: how they are asked for, where it is not part of the source of the others.
    match_on: columns that find our row when the Wonde id is new, best first. key: the fields that name a link row.
    member: of a link kind, the column of the person whose place it is: a person without any link leaves.
    is_place: of a link kind, whether it is the person's one place: who is held keeps it, and with it the class.
    link: of a person kind, the link kind that holds them here. root: of a link kind, the column of the person whom the
    link is for and who does not need it: they stay or go without it, and who goes with them is not counted.
    """

    name: str
    label: str
    row: type[OwnRow]
    table: str
    source: Source | None = None
    nested: Nested | None = None
    match_on: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    member: str = ""
    is_place: bool = False
    link: str = ""
    root: str = ""

    def of(self, tables: Mapping[str, Mapping[Key, Row]]) -> Mapping[Key, OwnRow]:
        """The rows of this kind among those of every kind, as what they are."""
        return cast(Mapping[Key, OwnRow], tables[self.name])

    def pairs(self, changed: Mapping[Key, tuple[Row, Row]]) -> Mapping[Key, tuple[OwnRow, OwnRow]]:
        """(before, after) of rows of this kind, as what they are."""
        return cast(Mapping[Key, tuple[OwnRow, OwnRow]], changed)

    @property
    def columns(self) -> Mapping[str, Column]:
        """Mirrored columns by name, in the order of the row."""
        return COLUMNS[self.row]

    @property
    def parents(self) -> Mapping[str, str]:
        """Column -> kind it points at; empty for kinds that stand by themselves."""
        return PARENTS[self.row]

    @property
    def stored(self) -> list[str]:
        """The columns as the table names them, in the order of the row: a parent by its primary key."""
        return [f"{name}_id" if name in self.parents else name for name in self.columns]

    @property
    def derived(self) -> list[str]:
        """The columns made from others of the same row."""
        return [name for name, column in self.columns.items() if column.derived]

    @property
    def key_of(self) -> Callable[[Row], Any]:
        """What gives the key of a link's row: one value, or a tuple where the key has several columns."""
        return attrgetter(*self.key)


def _columns(row: type[Row]) -> Mapping[str, Column]:
    hints: dict[str, Any] = get_type_hints(row, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


EMPLOYEES = Kind(
    name="employees",
    label="staff",
    row=EmployeeRow,
    table="schools_employee",
    source=Source("employees", "employees.read", optional=("employment_details", "contact_details")),
    match_on=("upi",),
    link="teachings",
)
CLASSES = Kind(
    name="classes",
    label="classes",
    row=ClassRow,
    table="classes_schoolclass",
    source=Source("classes", "classes.read", essential=("subject",)),
)
STUDENTS = Kind(
    name="students",
    label="students",
    row=StudentRow,
    table="students_student",
    source=Source("students", "students.read", optional=("education_details", "year")),
    match_on=("upi", "upn"),
    link="enrolments",
)
TEACHINGS = Kind(
    name="teachings",
    label="teachers of classes",
    row=TeachingRow,
    table="classes_teaching",
    key=("school_class", "employee"),
    member="employee",
)
ENROLMENTS = Kind(
    name="enrolments",
    label="class memberships",
    row=EnrolmentRow,
    table="classes_enrolment",
    key=("student",),
    member="student",
    is_place=True,
)

CONTACTS = Kind(
    name="contacts",
    label="parents and carers",
    row=ContactRow,
    table="parents_contact",
    nested=Nested("students", "contacts.read", ("contacts", "contacts.contact_details")),
    match_on=("upi",),
    link="guardianships",
)
GUARDIANSHIPS = Kind(
    name="guardianships",
    label="parents and carers of students",
    row=GuardianshipRow,
    table="parents_guardianship",
    key=("contact", "student"),
    member="contact",
    root="student",
)

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind for kind in (EMPLOYEES, CLASSES, STUDENTS, CONTACTS, TEACHINGS, ENROLMENTS, GUARDIANSHIPS)
}
COLUMNS = {kind.row: _columns(kind.row) for kind in KINDS.values()}
PARENTS = {
    row: {name: column.parent for name, column in columns.items() if column.parent} for row, columns in COLUMNS.items()
}
PEOPLE = {kind.name: kind for kind in KINDS.values() if kind.link}
LINKS = {kind.name: kind for kind in KINDS.values() if kind.key}
NESTED = {kind.name: kind for kind in KINDS.values() if kind.nested}
