"""What an MIS used to say at a school and says no longer. Unknown then lets nobody new or returning in; where it never
said so, unknown counts as here. Pure."""

from collections.abc import Iterable
from typing import Any

from sync.facts.shapes import one

FACTS = {"current": "employees", "dates": "students", "court_orders": "guardianships"}  # -> the kind it is about


def stated(snapshot: Any) -> set[str]:
    """The facts that a reading states of whoever is here, not only of exceptions: then silence is news."""
    days = (days_of(row) for row in snapshot.students.rows.values())
    tells = {
        "current": any(is_current(row) for row in snapshot.employees.rows.values()),
        "dates": _most(first for first, _ in days),
        "court_orders": _most(_court_orders(snapshot)),
    }
    return {fact for fact, is_told in tells.items() if is_told}


def silent(snapshot: Any) -> set[str]:
    """The facts of which a reading says nothing about anybody."""
    tells = {
        "current": any(is_current(row) is not None for row in snapshot.employees.rows.values()),
        "dates": any(any(days_of(row)) for row in snapshot.students.rows.values()),
        "court_orders": any(order is not None for order in _court_orders(snapshot)),
    }
    return {fact for fact, is_told in tells.items() if not is_told}


def _most(values: Iterable[Any]) -> bool:
    """Whether more than half of the values are known."""
    known = [value is not None for value in values]
    return 2 * sum(known) > len(known)


def is_current(employee: Any) -> bool | None:
    """Whether somebody is on the staff now; None where the MIS does not say."""
    employment = one(employee.employment_details)
    return employment.current if employment else None


def days_of(student: Any) -> tuple[Any, Any]:
    """(first day, last day) of a student at the school; None where the MIS does not say."""
    education = one(student.education_details)
    first, last = (education.admission_date, education.leaving_date) if education else (None, None)
    return first and first.day(), last and last.day()


def _court_orders(snapshot: Any) -> Iterable[Any]:
    links = snapshot.contacts.links.values() if snapshot.contacts else ()
    return (says.court_order for contacts in links for _, says in contacts if says)
