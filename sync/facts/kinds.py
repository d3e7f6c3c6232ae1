"""The kinds: each mirrored table declared once.

The engine reads, matches, compares, writes and erases by these declarations; the page "What we hold", Why?, the API and
the triggers of the feed follow them. A row is one line of a mirrored table, and its annotated fields are the mirrored
columns. Where a row points at another it holds that row's key: our primary key if we have one, else the Wonde id.
"""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Annotated, Any, Generic, TypeVar, cast, get_type_hints

from msgspec import Struct

from schools.text import identifiers

Key = int | str | tuple["Key", ...]  # a tuple for a link whose key has several columns


class Column(Struct, frozen=True):
    """One mirrored field: what people call it, and what we hold just this one for ("": it only ties rows together).
    Whom it serves, and which permission gives it, is said once for all that are asked for together
    (`schools.sharing.purposes`)."""

    label: str
    purpose: str = ""
    never_emptied: bool = False  # a null from Wonde never overwrites it
    derived: bool = False  # made from other columns: no news to anybody when it alone changes
    decided: bool = False  # ours to say: empty is an answer, not a value that has vanished
    shown: bool = True  # on pages, cards and in CSV files
    api: bool = False  # in the API; a change of it is in the feed
    feed: bool = False  # not in the API, but a change of it is in the feed
    yearless: bool = False  # a day of any year, as "06-21"
    stamp: str = ""  # our column that remembers when this one last changed
    parent: str = ""  # the kind it points at
    db: str = "text"  # its PostgreSQL type
    limit: int = 200  # the most characters of a text
    whole: bool = False  # anything longer is not kept at all: half an address is somebody else's
    identifier: Callable[[str], str] | None = None  # turns it into what we keep and compare; "" if it is not one


def _identifier(label: str, purpose: str, identifier: Callable[[str], str], limit: int) -> Column:
    return Column(label, purpose, never_emptied=True, shown=False, limit=limit, identifier=identifier)


def _folded(limit: int) -> Column:
    return Column("name, folded", "to sort and search by name", shown=False, derived=True, limit=limit)


class Row(Struct, frozen=True, gc=False):
    """One line of a mirrored table."""


OwnRow = TypeVar("OwnRow", bound=Row)


class EmployeeRow(Row, frozen=True):
    wonde_id: Annotated[str, Column("Wonde id", "to find the same person again", shown=False, limit=32, api=True)]
    upi: Annotated[str, _identifier("UPI", "to find a person who left and came back", identifiers.upi, limit=64)] = ""
    title: Annotated[str, Column("title", "to name the teacher of a class", limit=40, api=True)] = ""
    forename: Annotated[str, Column("first name", "to name the teacher of a class", api=True)] = ""
    surname: Annotated[str, Column("surname", "to name the teacher of a class", api=True)] = ""
    sort_name: Annotated[str, _folded(400)] = ""
    email: Annotated[
        str, Column("email address", "to know whom to invite, and whose sign-in it is", limit=254, whole=True)
    ] = ""


class ClassRow(Row, frozen=True):
    wonde_id: Annotated[str, Column("Wonde id", "to find the same class again", shown=False, limit=32, api=True)]
    form: Annotated[
        str, Column("class or registration group", "to say what the school calls it", limit=12, api=True)
    ] = "class"
    name: Annotated[str, Column("name", "to show the class as the school knows it", api=True)] = ""
    sort_name: Annotated[str, _folded(220)] = ""
    subject: Annotated[str, Column("subject", "to decide whether the class uses the product", api=True)] = ""
    year_group: Annotated[
        str, Column("year group", "to decide whether the class uses the product", limit=20, api=True)
    ] = ""
    academic_year: Annotated[
        str, Column("academic year", "to end the class when its year is over", limit=40, api=True)
    ] = ""
    status: Annotated[
        str, Column("status", "to show what is imported", decided=True, stamp="status_since", limit=3, feed=True)
    ] = "out"
    reason: Annotated[str, Column("why it is out", "to show why a class is not imported", decided=True, limit=40)] = ""


class StudentRow(Row, frozen=True):
    wonde_id: Annotated[str, Column("Wonde id", "to find the same student again", shown=False, limit=32, api=True)]
    upi: Annotated[str, _identifier("UPI", "to find a student who left and came back", identifiers.upi, limit=64)] = ""
    upn: Annotated[str, _identifier("UPN", "to find the same student after a new id", identifiers.upn, limit=20)] = ""
    forename: Annotated[str, Column("first name", "to show the class list and greet the student", api=True)] = ""
    surname: Annotated[str, Column("surname", "to show the class list", api=True)] = ""
    sort_name: Annotated[str, _folded(400)] = ""
    year_group: Annotated[
        str, Column("year group", "to show the class list and choose classes", limit=20, api=True)
    ] = ""


def _marker(label: str, purpose: str, limit: int, yearless: bool = False) -> Column:
    return Column(label, purpose, shown=False, api=True, limit=limit, yearless=yearless)


class DetailsRow(Row, frozen=True):
    """What a school may share of a student beside the class lists, each for a purpose of its own; "" where it does not,
    or where the MIS does not say. birthday: month and day as "06-21"; the year is kept nowhere. eal, pupil_premium:
    "yes" or "no". sen: "none", "support" or "plan"."""

    student: Annotated[Key, Column("student", decided=True, shown=False, parent="students", api=True)]
    gender: Annotated[str, _marker("gender", "for what the product makes of it", limit=20)] = ""
    birthday: Annotated[str, _marker("birthday", "to wish a happy birthday: day and month", limit=5, yearless=True)] = (
        ""
    )
    eal: Annotated[str, _marker("English as an additional language", "for reports on progress", limit=3)] = ""
    pupil_premium: Annotated[str, _marker("Pupil Premium", "for reports on progress", limit=3)] = ""
    sen: Annotated[str, _marker("special educational needs", "for reports on progress", limit=7)] = ""


class TeachingRow(Row, frozen=True):
    school_class: Annotated[Key, Column("class", "to show teachers their classes", parent="classes", api=True)]
    employee: Annotated[Key, Column("teacher", "to show teachers their classes", parent="employees", api=True)]
    main: Annotated[bool, Column("main teacher", "to name the main teacher first", db="bool", api=True)] = False


class EnrolmentRow(Row, frozen=True):
    student: Annotated[Key, Column("student", "to show who is in the class", parent="students", api=True)]
    school_class: Annotated[Key, Column("class", "to show who is in the class", parent="classes", api=True)]


class ContactRow(Row, frozen=True):
    wonde_id: Annotated[str, Column("Wonde id", "to find the same person again", shown=False, limit=32)]
    upi: Annotated[str, _identifier("UPI", "to find a person under a new id", identifiers.upi, limit=64)] = ""
    title: Annotated[str, Column("title", "to address them", limit=40)] = ""
    forename: Annotated[str, Column("first name", "to tell parents and carers apart")] = ""
    surname: Annotated[str, Column("surname", "to tell parents and carers apart")] = ""
    sort_name: Annotated[str, _folded(400)] = ""
    email: Annotated[str, Column("email address", "to know where to write", shown=False, limit=254, whole=True)] = ""


class GuardianshipRow(Row, frozen=True):
    """responsibility: None where the MIS does not say; a row that says no is never kept. doubt: why the last sync
    did not confirm the row (a code of `parents.rules.standing`); the row stays, but nobody is written to about the
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

    essential: includes without which the kind is not read. optional: includes to leave out where the school's MIS does
    not offer them. only_for: include -> the fields it brings and nothing else; it is asked for only with one of them.
    scope: the permission that covers it, spelled `….read` [inferred].
    """

    path: str
    scope: str
    essential: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    only_for: Mapping[str, tuple[str, ...]] = {}
    params: tuple[tuple[str, str], ...] = ()


class Nested(Struct, frozen=True):
    """Rows that come inside those of another kind. Without its `includes` the kind is not read. only_for: as of a
    `Source`."""

    within: str
    scope: str
    includes: tuple[str, ...]
    only_for: Mapping[str, tuple[str, ...]] = {}


class Kind(Struct, Generic[OwnRow], frozen=True):
    """One mirrored table.

    label, one: what people call its rows, and one of them. table: its name in the database. optional: whether a
    school may do without it: where it never shared any, nobody is told.
    source: where its rows are read; None if they come inside those of another kind. nested: how to ask for them, where
    the other kind's source does not already.
    match_on: the columns that find our row when its Wonde id is new, best first. link: for people, the kind of link
    that keeps them here.
    For links, key: the columns that name a row. member: the column of the person whose link it is; without any link
    they leave. is_place: whether it is that person's one place, which they keep while they are held, and their class
    with it. root: the column of the person the link is for, who does not need it: they stay or go without it, and
    whoever goes with them is not counted. attached: whether its rows only say more of the row that they hang from: they
    come with it, stay and go with it, and nothing misses, counts or holds them.
    """

    name: str
    label: str
    one: str
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
    attached: bool = False
    optional: bool = False

    def of(self, tables: Mapping[str, Mapping[Key, Row]]) -> Mapping[Key, OwnRow]:
        """The rows of this kind out of those of every kind, with their own type."""
        return cast(Mapping[Key, OwnRow], tables[self.name])

    def pairs(self, changed: Mapping[Key, tuple[Row, Row]]) -> Mapping[Key, tuple[OwnRow, OwnRow]]:
        """(before, after) of rows of this kind, with their own type."""
        return cast(Mapping[Key, tuple[OwnRow, OwnRow]], changed)

    @property
    def columns(self) -> Mapping[str, Column]:
        """The mirrored columns by name, in the order of the row."""
        return COLUMNS[self.row]

    @property
    def parents(self) -> Mapping[str, str]:
        """Column -> the kind it points at; empty for kinds that stand by themselves."""
        return PARENTS[self.row]

    @property
    def stored(self) -> list[str]:
        """The columns as the table names them, in the order of the row."""
        return [self.stored_as(name) for name in self.columns]

    def stored_as(self, name: str) -> str:
        """What the table calls a column: a parent is stored by its primary key."""
        return f"{name}_id" if name in self.parents else name

    @property
    def scope(self) -> str:
        """The permission that covers it; "" for a link, which comes with what it ties."""
        read = self.source or self.nested
        return read.scope if read else ""

    @property
    def given(self) -> list[str]:
        """The columns that Wonde gives: the others are made from them, or ours to say."""
        return [name for name, column in self.columns.items() if not column.derived and not column.decided]

    @property
    def in_api(self) -> list[str]:
        """The columns that the API shows."""
        return [name for name, column in self.columns.items() if column.api]

    @property
    def in_feed(self) -> list[str]:
        """The columns of its table of which the feed tells every change; a link's also say from when to when it is."""
        told = [self.stored_as(name) for name, column in self.columns.items() if column.api or column.feed]
        return [*told, "joined_at", "left_at"] if told and self.key else told

    @property
    def derived(self) -> list[str]:
        """The columns made from other columns of the same row."""
        return [name for name, column in self.columns.items() if column.derived]

    @property
    def key_of(self) -> Callable[[Row], Any]:
        """A function from a link's row to its key: one value, or a tuple if the key has several columns."""
        return attrgetter(*self.key)


def _columns(row: type[Row]) -> Mapping[str, Column]:
    hints: dict[str, Any] = get_type_hints(row, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items()}


EMPLOYEES = Kind(
    name="employees",
    label="staff",
    one="member of staff",
    row=EmployeeRow,
    table="schools_employee",
    source=Source(
        "employees",
        "employees.read",
        optional=("employment_details", "contact_details"),
        only_for={"contact_details": ("employees.email",)},
    ),
    match_on=("upi",),
    link="teachings",
    optional=True,
)
CLASSES = Kind(
    name="classes",
    label="classes",
    one="class",
    row=ClassRow,
    table="classes_schoolclass",
    source=Source("classes", "classes.read", essential=("subject",)),
)
STUDENTS = Kind(
    name="students",
    label="students",
    one="student",
    row=StudentRow,
    table="students_student",
    source=Source(
        "students",
        "students.read",
        optional=("education_details", "year", "extended_details"),
        only_for={
            "year": ("students.year_group",),
            "extended_details": ("details.eal", "details.pupil_premium", "details.sen"),
        },
    ),
    match_on=("upi", "upn"),
    link="enrolments",
)
DETAILS = Kind(
    name="details",
    label="details of students",
    one="details of a student",
    row=DetailsRow,
    table="students_details",
    key=("student",),
    member="student",
    attached=True,
    optional=True,
)
TEACHINGS = Kind(
    name="teachings",
    label="teachers of classes",
    one="teacher of a class",
    row=TeachingRow,
    table="classes_teaching",
    key=("school_class", "employee"),
    member="employee",
)
ENROLMENTS = Kind(
    name="enrolments",
    label="class memberships",
    one="class membership",
    row=EnrolmentRow,
    table="classes_enrolment",
    key=("student",),
    member="student",
    is_place=True,
)

CONTACTS = Kind(
    name="contacts",
    label="parents and carers",
    one="parent or carer",
    row=ContactRow,
    table="parents_contact",
    nested=Nested(
        "students",
        "contacts.read",
        ("contacts", "contacts.contact_details"),
        only_for={"contacts.contact_details": ("contacts.email",)},
    ),
    match_on=("upi",),
    link="guardianships",
    optional=True,
)
GUARDIANSHIPS = Kind(
    name="guardianships",
    label="parents and carers of students",
    one="parent or carer of a student",
    row=GuardianshipRow,
    table="parents_guardianship",
    key=("contact", "student"),
    member="contact",
    root="student",
)

# As people read them: students first, and every link after what it ties together.
KINDS: dict[str, Kind[Any]] = {
    kind.name: kind for kind in (STUDENTS, CLASSES, EMPLOYEES, CONTACTS, DETAILS, ENROLMENTS, TEACHINGS, GUARDIANSHIPS)
}
COLUMNS = {kind.row: _columns(kind.row) for kind in KINDS.values()}
PARENTS = {
    row: {name: column.parent for name, column in columns.items() if column.parent} for row, columns in COLUMNS.items()
}
PEOPLE = {kind.name: kind for kind in KINDS.values() if kind.link}
LINKS = {kind.name: kind for kind in KINDS.values() if kind.key}
ATTACHED = {kind.name: kind for kind in KINDS.values() if kind.attached}
BY_THEMSELVES = {kind.name: kind for kind in KINDS.values() if not kind.key}
READ = {kind.name: kind for kind in KINDS.values() if kind.source}
NESTED = {kind.name: kind for kind in KINDS.values() if kind.nested}
IN_API = {kind.name: kind for kind in KINDS.values() if kind.in_api}
