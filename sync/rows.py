"""From one of Wonde's rows to one of ours: the fields we mirror, tidied and nothing more."""

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import structs

from schools.addresses import folded
from schools.names import sort_name
from sync.kinds import COLUMNS, ContactRow, EmployeeRow, GuardianshipRow, Key, Row, StudentRow
from sync.match import Theirs
from sync.policy import year_group
from sync.shapes import Emails, Relationship, RemoteContact, RemoteEmployee, RemoteStudent, one

R = TypeVar("R", bound=Row)


def identity(row: Any) -> Theirs:
    """What identifies one of our rows, or one of theirs once it has our shape."""
    return Theirs(row.wonde_id, getattr(row, "upi", ""), getattr(row, "upn", ""))


def fitted(row: R) -> R:
    """`row` as its table takes it: no NUL, no text longer than its column. One strange value must not cost a whole
    school its night."""
    changed = {}
    for name, column in COLUMNS[type(row)].items():
        value = getattr(row, name)
        if isinstance(value, str) and (len(value) > column.limit or "\0" in value):
            kept = value.replace("\0", "")
            fits = len(kept) <= column.limit
            changed[name] = kept if fits else "" if column.whole else kept[: column.limit]
    return structs.replace(row, **changed) if changed else row


def _text(value: str | None) -> str:
    return (value or "").strip()


def student_year(student: RemoteStudent) -> str:
    """The year group of a student: the national curriculum year, else the year the school put them in."""
    education, year = one(student.education_details), one(student.year)
    return year_group(
        (education.current_nc_year if education else None) or (year.code or year.name if year else None) or ""
    )


def student_row(remote: RemoteStudent) -> StudentRow:
    """A student as we mirror them."""
    education = one(remote.education_details)
    forename, surname = _text(remote.forename), _text(remote.surname)
    row = StudentRow(
        wonde_id=remote.id,
        upi=_text(remote.upi),
        upn=_text(education.upn if education else None),
        forename=forename,
        surname=surname,
        sort_name=sort_name(surname, forename),
        year_group=student_year(remote),
    )
    return fitted(row)


def employee_row(remote: RemoteEmployee) -> EmployeeRow:
    """A member of staff as we mirror them."""
    details = one(remote.contact_details)
    forename, surname = _text(remote.forename), _text(remote.surname)
    row = EmployeeRow(
        wonde_id=remote.id,
        upi=_text(remote.upi),
        title=_text(remote.title),
        forename=forename,
        surname=surname,
        sort_name=sort_name(surname, forename),
        email=work_address(details.emails if details else None),
    )
    return fitted(row)


def work_address(emails: Emails | None) -> str:
    """A member of staff's address, lower-cased: the first filled slot, work first (Wonde API reference, 7.2)."""
    slots = (emails.work, emails.email, emails.primary, emails.home) if emails else ()
    return next((_text(slot).lower() for slot in slots if _text(slot)), "")


def contact_row(remote: RemoteContact) -> ContactRow:
    """A parent or carer as we mirror them."""
    details = one(remote.contact_details)
    forename, surname = _text(remote.forename), _text(remote.surname)
    row = ContactRow(
        wonde_id=remote.id,
        upi=_text(remote.upi),
        title=_text(remote.title),
        forename=forename,
        surname=surname,
        sort_name=sort_name(surname, forename),
        email=own_address(details.emails if details else None),
    )
    return fitted(row)


def guardianship_row(key: tuple[Key, Key], remote: Relationship) -> GuardianshipRow:
    """How a contact stands to a student; key: (contact, student)."""
    priority = remote.priority if remote.priority is None or abs(remote.priority) < 2**31 else None
    row = GuardianshipRow(*key, _text(remote.relationship), priority, remote.parental_responsibility)
    return fitted(row)


def own_address(emails: Emails | None) -> str:
    """A parent's address, lower-cased: the first filled slot, the general one first (Wonde API reference, 7.2)."""
    slots = (emails.email, emails.primary, emails.home, emails.work) if emails else ()
    found = next((_text(slot) for slot in slots if _text(slot)), "")
    return folded(found)


def with_values(row: Row, values: Mapping[str, Any]) -> Row:
    """`row` with other `values`; a folded name follows the names it is made from."""
    changed: Any = structs.replace(row, **values)
    if isinstance(changed, EmployeeRow | StudentRow | ContactRow):
        changed = structs.replace(changed, sort_name=sort_name(changed.surname, changed.forename))
        return fitted(changed)  # type: ignore[no-any-return]
    return changed  # type: ignore[no-any-return]
