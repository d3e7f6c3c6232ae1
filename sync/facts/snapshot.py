"""From bytes to typed rows. What cannot be read is kept as *present but unreadable*: it is never taken for absent."""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping, Set
from enum import Enum
from functools import cache
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Raw, Struct, field

from sync.facts import tolerant
from sync.facts.errors import IncompleteRead
from sync.facts.kinds import ContactRow, DetailsRow, EmployeeRow, Row, StudentRow
from sync.facts.shapes import PLAIN, Member, Permission, Remote, RemoteClass, RemoteSchool

R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
OneRemote = TypeVar("OneRemote", bound=Remote)
Another = TypeVar("Another")

# Why a kind was not read tonight. Only the first two speak of a permission (sync.engine.freezing).
WITHDRAWN = "withdrawn"  # the list of permissions shows it as not approved
REFUSED = "refused"  # Wonde answered 403, or null for everybody, and no list says otherwise
CONTRADICTED = "contradicted"  # the same, although the list shows the permission as approved
NOT_ASKED = "not_asked"  # the school shares it with us for no purpose that is on
NOT_OFFERED = "not_offered"  # 400: Wonde does not offer it, or what we need of it, for this MIS

# Half of a pair of surrogates, as JSON escapes it: no text, and no decoder takes it. A whole pair, or any other escape,
# is matched first and stays.
_ESCAPES = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<lone>\\u[dD][89a-fA-F]..)|\\.", re.DOTALL)
_LONE = rb"\u0000\uffff"  # stands for one; no id may hold it
_BROKEN = (UnicodeDecodeError, RecursionError)  # what msgspec raises beside its own errors: a bad byte, endless depth


class Pagination(Struct):
    next: str | None = None
    more: bool | None = None


class Meta(Struct):
    pagination: Pagination | None = None


class Envelope(Struct, Generic[R]):
    data: R
    meta: Meta | None = None


class Page(Struct, Generic[R]):
    """One page of rows, in Wonde's order."""

    rows: list[R]
    unreadable: list[str]
    anonymous: int
    next: str | None


class Rows(Struct, Generic[R_co], frozen=True):
    """One complete read of one path.

    rows: by Wonde id. unreadable: ids of rows that are there but could not be read. anonymous: rows without a readable
    id; they could be anyone. counted: how many there are, as far as Wonde says.
    """

    rows: Mapping[str, R_co] = field(default_factory=dict)
    unreadable: Set[str] = frozenset()
    anonymous: int = 0
    counted: int | None = None

    @property
    def read(self) -> int:
        return len(self.rows) + len(self.unreadable) + self.anonymous

    @property
    def beyond(self) -> int | None:
        """How many more Wonde counts than it shows, or fewer; None where it does not count."""
        return None if self.counted is None else self.counted - self.read

    @property
    def hidden(self) -> int:
        """How many the school or its MIS does not share, as far as Wonde's count tells."""
        return max(self.beyond or 0, 0)

    def each(self, convert: Callable[[R_co], Another]) -> "Rows[Another]":
        """The same read, every row converted."""
        rows = {wonde_id: convert(row) for wonde_id, row in self.rows.items()}
        return Rows(rows, self.unreadable, self.anonymous, self.counted)


class Unclear(Enum):
    """What stands where a yes or no came in a spelling nobody understands: it is neither."""

    UNREADABLE = "unreadable"


Answer = bool | Unclear | None  # None: not known, which is neither yes nor no


class Relation(Struct, frozen=True, gc=False):
    """How a contact stands to a student, as the MIS says. priority: 1 is the first to be written to."""

    relationship: str | None = None
    priority: int | None = None
    responsibility: Answer = None
    court_order: Answer = None

    @property
    def speaks_against(self) -> bool:
        """Whether the MIS says that the contact may not know of the student."""
        return self.court_order is True or self.responsibility is False

    @property
    def is_clear(self) -> bool:
        """Whether both answers about rights could be read."""
        return Unclear.UNREADABLE not in (self.responsibility, self.court_order)


Links = list[tuple[str, Relation | None]]


class Contacts(Struct, frozen=True):
    """rows: each contact once. links: student's Wonde id -> (contact's Wonde id, how they stand to each other); None
    where a link or the contact could not be read, unless what was read speaks against the contact; "" where it came
    without an id; a student missing here came without a list. keys: how often a key of `relationship` came that no
    source names (names of keys, never values). counted: how many Wonde says there are, whosever parents they are."""

    rows: Rows[ContactRow]
    links: Mapping[str, Links]
    keys: Mapping[str, int]
    counted: int | None = None


class Deleted(Struct, frozen=True):
    """Whom Wonde names among the MIS's deletions, by Wonde id. are_all: whether it named them all."""

    ids: Set[str] = frozenset()
    are_all: bool = False


Days = tuple[datetime.date | None, datetime.date | None]


class Snapshot(Struct):
    """Everything Wonde says about one school in one complete read, people as we keep them.

    members: per class, the same row with the members it was asked for; a class missing here was not asked for, or its
    members could not be read. denied: kinds that were not read, and why: WITHDRAWN, REFUSED, CONTRADICTED, NOT_OFFERED
    or NOT_ASKED. notes: includes left out, in words. contacts: of all students, kept or not; None where nobody asked.
    newest: the latest `updated_at` seen, UTC text, "" if none. offline: Wonde says the link to the MIS is down.
    details: of each student, by Wonde id; none where nothing of them was asked for. days: Wonde id of each student ->
    first and last day at the school, None where the MIS does not say. current: Wonde id of a member of staff with
    details of employment -> whether they work there now, None where these do not say. deleted: asked where somebody has
    vanished; None where nobody has. permissions: Wonde's list; None where it could not be read. rights: those that mail
    to parents needs -> whether they are granted (`sync.facts.permissions`). refused: fields of which Wonde says that it
    may not tell us, and does not.
    """

    school: RemoteSchool
    employees: Rows[EmployeeRow]
    classes: Rows[RemoteClass]
    students: Rows[StudentRow]
    members: dict[str, RemoteClass]
    form: str = "class"
    denied: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    newest: str = ""
    offline: bool = False
    contacts: Contacts | None = None
    details: Mapping[str, DetailsRow] = field(default_factory=dict)
    days: Mapping[str, Days] = field(default_factory=dict)
    current: Mapping[str, bool | None] = field(default_factory=dict)
    deleted: Deleted | None = None
    permissions: list[Permission] | None = None
    rights: Mapping[str, bool | None] = field(default_factory=dict)
    refused: Set[str] = frozenset()

    def people(self, kind: str) -> "Rows[EmployeeRow | StudentRow | ContactRow]":
        """The people of a kind, whether read by themselves or inside others."""
        if kind == "contacts":
            return self.contacts.rows if self.contacts else Rows()
        return self.students if kind == "students" else self.employees

    def beyond(self, kind: str) -> int | None:
        """How many more people of a kind Wonde counts than it shows, or fewer; None where it does not say."""
        if kind in self.denied:
            return None
        if kind == "contacts":
            counted = self.contacts.counted if self.contacts else None
            return None if counted is None else counted - self.people(kind).read
        return self.people(kind).beyond

    def source(self, kind: str) -> "Rows[Row | RemoteClass]":
        """The rows of a kind."""
        return self.classes if kind == "classes" else self.people(kind)


@cache
def _decoder(shape: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(shape)


def decode_one(body: bytes, shape: type[R]) -> R:
    """The object inside `{"data": …}`. Raises IncompleteRead where the body is cut, not JSON or of another shape."""
    try:
        envelope = _decoder(Envelope[shape]).decode(body)  # type: ignore[valid-type]
        data: R = envelope.data
    except msgspec.ValidationError:
        return _tolerant_one(body, shape)
    except (msgspec.DecodeError, *_BROKEN) as error:
        raise IncompleteRead(f"Wonde's answer could not be read ({_why(error)}).") from error
    return data


def _tolerant_one(body: bytes, shape: type[R]) -> R:
    try:
        data: R = tolerant.decode(_decoder(Envelope[Raw]).decode(body).data, _decoder(shape))  # type: ignore[arg-type]
        return data
    except (msgspec.DecodeError, *_BROKEN) as error:
        raise IncompleteRead(f"Wonde's answer could not be read ({_why(error)}).") from error


def decode_page(body: bytes, shape: type[OneRemote]) -> Page[OneRemote]:
    """One page of a list. A field of the wrong shape is taken for empty; a row without what is essential, or with half
    a surrogate, becomes unreadable, and the others stay.

    Raises IncompleteRead where the body is cut, is not JSON or is no list of Wonde's.
    """
    try:
        envelope = _decoder(Envelope[list[PLAIN.get(shape, shape)]]).decode(body)  # type: ignore[misc]
        return Page(envelope.data, [], 0, _next(envelope.meta))
    except msgspec.ValidationError:
        return _row_by_row(body, shape)
    except msgspec.DecodeError as error:
        marked = _ESCAPES.sub(lambda found: _LONE if found["lone"] else found[0], body)
        if marked != body:
            return _row_by_row(marked, shape)
        raise IncompleteRead(f"a page was cut short or is not JSON ({error}).") from error
    except _BROKEN as error:
        raise IncompleteRead(f"a page is not JSON ({_why(error)}).") from error


def _row_by_row(body: bytes, shape: type[OneRemote]) -> Page[OneRemote]:
    try:
        body.decode()  # what stays raw is not looked at below
        envelope = _decoder(Envelope[list[Raw]]).decode(body)
    except (msgspec.DecodeError, *_BROKEN) as error:
        raise IncompleteRead(f"a page is not a list of Wonde's ({_why(error)}).") from error
    page: Page[OneRemote] = Page([], [], 0, _next(envelope.meta))
    for raw in envelope.data:
        try:
            if _LONE in bytes(raw):
                raise msgspec.DecodeError
            page.rows.append(tolerant.decode(raw, _decoder(shape)))
        except msgspec.DecodeError:
            try:
                page.unreadable.append(_decoder(Member).decode(raw).id)
            except msgspec.DecodeError:
                page.anonymous += 1
    return page


def _why(error: Exception) -> str:
    """In words, without a byte of what was read."""
    if isinstance(error, UnicodeDecodeError):
        return f"byte {error.start} is no UTF-8"
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)


def _next(meta: Meta | None) -> str | None:
    pagination = meta.pagination if meta else None
    if pagination is None:
        return None
    if pagination.more and not pagination.next:
        raise IncompleteRead("Wonde says there are more pages but not where.")
    return pagination.next


def rows_of(pages: Iterable[Page[OneRemote]]) -> Rows[OneRemote]:
    """All rows of `pages`. Raises IncompleteRead where an id comes a second time: the pages moved while we read, and as
    rows repeat others may be missing."""
    rows: dict[str, OneRemote] = {}
    unreadable: set[str] = set()
    anonymous = 0
    for page in pages:
        anonymous += page.anonymous
        for row in page.rows:
            if row.id in rows or row.id in unreadable:
                raise IncompleteRead(f"row {row.id} came twice.")
            rows[row.id] = row
        for row_id in page.unreadable:
            if row_id in rows or row_id in unreadable:
                raise IncompleteRead(f"row {row_id} came twice.")
            unreadable.add(row_id)
    return Rows(rows, unreadable, anonymous)
