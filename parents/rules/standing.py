"""Who may know about a child: one rule for the mail, the links in old mails, and anything else a parent may read. Pure.

Parents are treated alike: priority decides who gets the weekly mail, not who may know.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Link:
    """One contact of one student. blocked: by a person; responsibility, priority: None if not known. doubt: why the
    last sync did not confirm the link (a code of WHY_NOT), "" if it did."""

    student: int
    contact: int
    address: str
    responsibility: bool | None = True
    priority: int | None = None
    blocked: bool = False
    doubt: str = ""


# Code -> a sentence that follows the contact's name.
WHY_NOT = {
    "blocked": "is blocked for this student",
    "no_responsibility": "has no parental responsibility in the MIS",
    "responsibility_unknown": "may have parental responsibility or not: the MIS does not say",
    "perhaps_hidden": "is no longer shared with us, or the student is not: consent in the MIS, or a block in Wonde",
    "student_missing": "is there for a student who is missing in the MIS, so nothing is known of their contacts",
    "identity": "is there for a student whose name and UPN changed under the same id, which waits for a person",
    "not_listed": "is no longer listed for this student in the MIS",
    "unreadable": "is listed for this student with details that cannot be read",
}


def why_not(link: Link, trusts_first_contact: bool) -> str:
    """Why the contact may not know about the student: a code of WHY_NOT, or "" if they may."""
    if link.blocked:
        return "blocked"
    if link.doubt:
        return link.doubt
    if link.responsibility is False:
        return "no_responsibility"
    if link.responsibility is None and not (trusts_first_contact and link.priority == 1):
        return "responsibility_unknown"
    return ""
