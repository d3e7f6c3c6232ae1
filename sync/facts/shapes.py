"""What we read of Wonde's rows, and nothing else: what arrives unasked (legal names, phones) is left out here.

Every field but `id` may be null or absent, and no value is taken from a fixed list (Wonde's documentation and live data
differ in both). Facts marked [inferred] or [unknown] are not stated by any source we know.
"""

import datetime
from collections.abc import Mapping
from contextlib import suppress
from typing import Annotated, Any, Generic, TypeVar

from msgspec import UNSET, Meta, Raw, Struct, UnsetType, field

T = TypeVar("T")
FIRST_YEAR, LAST_YEAR = 1990, 2100  # what lies outside is no date of anybody at a school today
WondeId = Annotated[str, Meta(min_length=1, max_length=32, pattern=r"^[^\x00]*$")]
Json = bool | int | float | str | list[Any] | dict[str, Any] | None  # what may come where no type is promised

SPELLED = dict.fromkeys(("1", "true", "t", "yes", "y"), True) | dict.fromkeys(("0", "false", "f", "no", "n"), False)


def yes_or_no(value: Json) -> bool | None:
    """What the MIS means by a boolean, or by one spelled as a number or a text; None for null and for empty text.

    Raises ValueError for anything else.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str | int | float):
        word = str(int(value) if value in (0, 1) else value).strip().casefold()
        if not word or word in SPELLED:
            return SPELLED.get(word)
    raise ValueError("neither yes nor no")


def yes_or_unknown(value: Json) -> bool | None:
    """The same, but what cannot be read says no more than null."""
    with suppress(ValueError):
        return yes_or_no(value)
    return None


class One(Struct, Generic[T], gc=False):
    """A to-one include. Where nothing is there Wonde may send null, {"data": null} or {"data": []} [unknown which]."""

    data: T | list[Raw] | None = None


class Many(Struct, Generic[T], gc=False):
    """A to-many include."""

    data: list[T]


class Moment(Struct, gc=False):
    """A point in time, or a date at midnight in its own zone: take the date part of `date`, never convert it."""

    date: str

    def day(self) -> datetime.date | None:
        """The calendar day, or None where none is meant: text that is no date, and the zero dates that MISs keep for
        "nothing" ("0000-00-00", "-0001-11-30", "1900-01-01", "1970-01-01", "9999-12-31")."""
        try:
            day = datetime.date.fromisoformat(self.date[:10])
        except ValueError:
            return None
        return day if FIRST_YEAR <= day.year <= LAST_YEAR else None


class RemoteDeletion(Struct):
    """That the MIS has deleted something, and perhaps has it again."""

    id: str
    deleted_at: Moment | None = None
    restored_at: Moment | None = None

    @property
    def lasts(self) -> bool:
        """Whether it is still deleted. Moments of one format and zone sort as text."""
        if self.deleted_at is None:
            return False
        return self.restored_at is None or self.restored_at.date < self.deleted_at.date


def one(wrapped: One[T] | str | None) -> T | None:
    """The row inside a to-one include, or None, in whichever of its spellings it came."""
    inner = wrapped.data if isinstance(wrapped, One) else None
    return None if isinstance(inner, list) else inner


class Remote(Struct, gc=False):
    """A row of Wonde's."""

    id: WondeId


class Group(Struct, gc=False):
    name: str | None = None
    code: str | None = None


class Education(Struct, gc=False):
    upn: str | None = None
    admission_date: Moment | None = None
    leaving_date: Moment | None = None
    current_nc_year: str | None = None


class Extended(Struct, gc=False):
    """What a school shares for purposes of their own. Much else comes in this block, of a kind that nobody here asks
    for: it is not decoded. Types are [unknown]: `sync.facts.details` makes sense of them."""

    english_as_additional_language: Json = None
    english_as_additional_language_status: Json = None
    premium_pupil_indicator: Json = None
    sen_status: Json = None


class Employment(Struct, gc=False):
    current: Json = None  # bool or None, once made

    def __post_init__(self) -> None:
        """A spelling that cannot be read makes the row unreadable, so that ours stays as it is."""
        self.current = yes_or_no(self.current)


class Emails(Struct, gc=False):
    email: str | None = None
    primary: str | None = None
    home: str | None = None
    work: str | None = None


class ContactDetails(Struct, gc=False):
    emails: Emails | None = None


class RemoteStudent(Remote, gc=False):
    """A student. Contacts are taken apart later, one by one: one that cannot be read does not hide the student.

    born: month and day of the date of birth, "06-21"; "" where there is none, or none that a student can have. The year
    is dropped here.
    """

    upi: str | None = None
    forename: str | None = None
    surname: str | None = None
    gender: str | None = None
    born: Moment | str | None = field(default=None, name="date_of_birth")  # text, once made
    updated_at: Moment | None = None
    education_details: One[Education] | None = None
    extended_details: One[Extended] | None = None
    year: One[Group] | None = None
    contacts: Raw = Raw()

    def __post_init__(self) -> None:
        moment = Moment(self.born) if isinstance(self.born, str) else self.born
        day = moment.day() if moment else None
        self.born = f"{day:%m-%d}" if day else ""


class Relationship(Struct, gc=False):
    """How a contact stands to a student, as it came: `sync.facts.contacts.relation` makes sense of it.

    court_order: the spelling, and whether Wonde has it at all, is [unknown]: this is the one place that names it.
    """

    relationship: str | None = None
    parental_responsibility: Json = None
    priority: Json = None
    court_order: Json = None


class KnownRelationship(Relationship, gc=False, forbid_unknown_fields=True):
    """With every key that some source names; others are counted, so that somebody notices what Wonde really sends."""

    lives_with_pupil: Raw = Raw()
    bill_payer: Raw = Raw()
    email_bills: Raw = Raw()
    primary: Raw = Raw()


class RemoteContact(Remote, gc=False):
    upi: str | None = None
    title: str | None = None
    forename: str | None = None
    surname: str | None = None
    relationship: Relationship | None = None
    contact_details: One[ContactDetails] | None = None


class KnownContact(RemoteContact, gc=False):
    """A contact whose relationship has no key that no source names."""

    relationship: KnownRelationship | None = None


class PlainStudent(RemoteStudent, gc=False):
    """A student in whose contacts nothing is strange."""

    contacts: Many[KnownContact] | None = None  # type: ignore[assignment]


# What a page is decoded as at first; where a row is strange, each is decoded by itself.
PLAIN: Mapping[type[Remote], type[Remote]] = {RemoteStudent: PlainStudent}


class RelationshipKeys(Struct, gc=False):
    """The same contact once more, for the names of the keys only."""

    relationship: dict[str, Raw] | None = None


class RemoteEmployee(Remote, gc=False):
    upi: str | None = None
    title: str | None = None
    forename: str | None = None
    surname: str | None = None
    updated_at: Moment | None = None
    employment_details: One[Employment] | None = None
    contact_details: One[ContactDetails] | None = None


class Subject(Remote, gc=False):
    code: str | None = None
    name: str | None = None


class Member(Remote, gc=False):
    """Somebody of whom only the id is asked for."""


class Role(Struct, gc=False):
    is_main_teacher: Json = None  # bool or None, once made

    def __post_init__(self) -> None:
        self.is_main_teacher = yes_or_unknown(self.is_main_teacher)


class Teacher(Remote, gc=False):
    meta: Role | None = None


class RemoteClass(Remote, gc=False):
    """A class, or a registration group where the school has no classes. Members only where they were asked for."""

    name: str | None = None
    subject: One[Subject] | str | None = None
    academic_year: str | None = None
    year_group: str | None = None
    updated_at: Moment | None = None
    students: Many[Member] | UnsetType | None = UNSET
    employees: Many[Teacher] | UnsetType | None = UNSET


class Region(Struct, gc=False):
    domain: str | None = None

    def __post_init__(self) -> None:
        self.domain = _line(self.domain, 100)


class Address(Struct, gc=False):
    class Country(Struct, gc=False):
        code: str | None = None

    address_country: Country | None = None
    address_town: str | None = None
    address_postcode: str | None = None


class RemoteSchool(Remote, gc=False):
    """A school, with its name and its MIS as we keep them: one line, no longer than its column."""

    name: str
    mis: str | None = None
    timezone: str | None = None
    urn: int | str | None = None
    phase_of_education: str | None = None
    region: Region | None = None
    address: Address | None = None

    def __post_init__(self) -> None:
        self.name, self.mis = _line(self.name, 200), _line(self.mis, 60)


def _line(text: str | None, limit: int) -> str:
    return " ".join((text or "").replace("\0", "").split())[:limit]


class ListedSchool(Remote, gc=False):
    """A school in the list of those that declined or revoked, with the reason it gave."""

    revoke_reason: Json = None
    decline_reason: Json = None

    @property
    def reason(self) -> str:
        given = self.revoke_reason or self.decline_reason
        return _line(given, 300) if isinstance(given, str) else ""


class Status(Struct, gc=False):
    """`GET meta/schools/{id}`. Offline: the link to the MIS is down and the data may be stale [inferred]."""

    online: Json = None  # bool or None, once made
    approved: Json = None  # bool or None, once made
    audited: Json = None  # bool or None, once made

    def __post_init__(self) -> None:
        self.online, self.approved = yes_or_unknown(self.online), yes_or_unknown(self.approved)
        self.audited = yes_or_unknown(self.audited)


class AccessAnswer(Struct, gc=False):
    """What Wonde answers to a request for access, or to its end. Not inside `data`, unlike everything else."""

    success: Json = None  # bool or None, once made
    state: Json = None
    message: Json = None

    def __post_init__(self) -> None:
        self.success = yes_or_unknown(self.success)

    @property
    def said(self) -> str:
        given = self.message or self.state
        return _line(given, 300) if isinstance(given, str) else ""


class Permission(Struct, gc=False):
    """One scope and its state. `identity` is spelled like `students.read` [inferred from one 403 seen live]. Sources
    disagree whether `audited` or `declined` exists [unknown]: either may be missing."""

    identity: str
    approved: Json = None  # each bool or None, once made
    optional: Json = None
    declined: Json = None
    audited: Json = None
    name: Json = None  # each one line, once made
    group: Json = None
    active_from: Json = None

    def __post_init__(self) -> None:
        self.approved, self.optional = yes_or_unknown(self.approved), yes_or_unknown(self.optional)
        self.declined, self.audited = yes_or_unknown(self.declined), yes_or_unknown(self.audited)
        self.name = _line(self.name, 100) if isinstance(self.name, str) else ""
        self.group = _line(self.group, 100) if isinstance(self.group, str) else ""

    @property
    def called(self) -> str:
        """Its name, however it is capitalised."""
        return self.name.lower() if isinstance(self.name, str) else ""

    @property
    def granted(self) -> bool | None:
        """Whether the list shows it as approved; None where it says neither, or both."""
        approved = yes_or_unknown(self.approved)
        return None if approved and self.declined else approved

    @property
    def active_on(self) -> datetime.date | None:
        """The day from which Wonde offers it, where it says so."""
        moment = self.active_from.get("date") if isinstance(self.active_from, dict) else None
        return Moment(moment).day() if isinstance(moment, str) else None
