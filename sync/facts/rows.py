"""From one of Wonde's rows to one of ours: the fields we mirror, tidied and nothing more."""

from collections.abc import Mapping
from typing import Any, TypeVar

from msgspec import structs

from schools.text.addresses import cleaned
from schools.text.names import sort_name, year_group
from schools.text.tidy import tidied
from sync.facts.kinds import COLUMNS, ClassRow, Column, ContactRow, EmployeeRow, GuardianshipRow, Key, Row, StudentRow
from sync.facts.shapes import Emails, RemoteContact, RemoteEmployee, RemoteStudent, one, yes_or_no
from sync.facts.snapshot import Days, Relation, Rows, Unclear

R = TypeVar("R", bound=Row)
_TEXTS = {  # of each row its texts
    row: [(name, column) for name, column in columns.items() if column.db == "text" and not column.parent]
    for row, columns in COLUMNS.items()
}


def fitted(row: R) -> R:
    """`row` as its table takes it: no NUL, no text longer than its column, and no identifier that is none. One strange
    value must not cost a whole school its night, nor make two people one."""
    changed = {}
    for name, column in _TEXTS[type(row)]:
        value = getattr(row, name)
        if value and (kept := _kept(value, column)) != value:
            changed[name] = kept
    return structs.replace(row, **changed) if changed else row


def _kept(value: str, column: Column) -> str:
    if column.identifier:
        return column.identifier(value)
    plain = value.replace("\0", "")
    return plain if len(plain) <= column.limit else "" if column.whole else plain[: column.limit]


def _text(value: str | None) -> str:
    return tidied(value) if value else ""


def student_row(remote: RemoteStudent) -> StudentRow:
    """A student as we mirror them. Their year group is the national curriculum year, else the one the school says."""
    education, year = one(remote.education_details), one(remote.year)
    forename, surname = _text(remote.forename), _text(remote.surname)
    row = StudentRow(
        wonde_id=remote.id,
        upi=_text(remote.upi),
        upn=_text(education.upn if education else None),
        forename=forename,
        surname=surname,
        sort_name=sort_name(surname, forename),
        year_group=year_group(
            (education.current_nc_year if education else None) or (year.code or year.name if year else None)
        ),
    )
    return fitted(row)


def days_of(students: Rows[RemoteStudent]) -> dict[str, Days]:
    """The first and last day of each student at the school, by Wonde id; None where the MIS does not say."""
    return {wonde_id: _days(student) for wonde_id, student in students.rows.items()}


def _days(student: RemoteStudent) -> Days:
    education = one(student.education_details)
    first, last = (education.admission_date, education.leaving_date) if education else (None, None)
    return first.day() if first else None, last.day() if last else None


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


def current_of(employees: Rows[RemoteEmployee]) -> dict[str, bool | None]:
    """Whether each member of staff is on the staff now, by Wonde id; None where the MIS does not say."""
    found = {}
    for wonde_id, employee in employees.rows.items():
        if employment := one(employee.employment_details):
            found[wonde_id] = yes_or_no(employment.current)
    return found


def work_address(emails: Emails | None) -> str:
    """A member of staff's address, cleaned: the first filled slot, work first (Wonde API reference, 7.2)."""
    return _first(emails.work, emails.email, emails.primary, emails.home) if emails else ""


def _first(*slots: str | None) -> str:
    """The first address that is not empty once it is cleaned."""
    for slot in slots:
        if slot and (found := cleaned(slot)):
            return found
    return ""


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


def guardianship_row(key: tuple[Key, Key], says: Relation) -> GuardianshipRow:
    """How a contact stands to a student; key: (contact, student)."""
    priority = says.priority if says.priority is None or abs(says.priority) < 2**31 else None
    responsibility = None if says.responsibility is Unclear.UNREADABLE else says.responsibility
    return fitted(GuardianshipRow(*key, _text(says.relationship), priority, responsibility))


def own_address(emails: Emails | None) -> str:
    """A parent's address, cleaned: the first filled slot, the general one first (Wonde API reference, 7.2)."""
    return _first(emails.email, emails.primary, emails.home, emails.work) if emails else ""


def with_values(row: Row, values: Mapping[str, Any]) -> Row:
    """`row` with other `values`; a folded name follows the names it is made from."""
    changed: Any = structs.replace(row, **values)
    if isinstance(changed, EmployeeRow | StudentRow | ContactRow):
        return fitted(structs.replace(changed, sort_name=sort_name(changed.surname, changed.forename)))
    if isinstance(changed, ClassRow):
        return fitted(structs.replace(changed, sort_name=sort_name(changed.name)))
    return changed  # type: ignore[no-any-return]
