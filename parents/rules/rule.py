"""Who may be mailed about whom, and why not: the rule alone, on plain data. Pure.

Of the contacts confirmed by the last sync, with responsibility, no block and a usable address, those with the highest
priority are chosen, including ties; no priority ranks below every number. Then anyone who said no, bounced or was
switched off is left out, and nobody takes their place.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from parents.rules.standing import WHY_NOT, Link, why_not
from schools.text.addresses import is_usable

# Mailboxes of an office, not a person; at one of the staff's domains they are the school's own.
OFFICE = frozenset(
    {
        "admin", "admissions", "attendance", "contact", "data", "enquiries", "finance", "head", "headteacher", "hello",
        "info", "mail", "noreply", "no-reply", "office", "parents", "postmaster", "principal", "reception",
        "schooloffice", "secretary", "support",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Rules:
    """What a school has decided. own: its own addresses; staff_domains: the domains of its staff's addresses."""

    trusts_first_contact: bool = False
    own: frozenset[str] = frozenset()
    staff_domains: frozenset[str] = frozenset()

    def is_own(self, address: str) -> bool:
        """Whether `address` is the school's own, and so not a parent's."""
        local, _, domain = address.partition("@")
        return address in self.own or (domain in self.staff_domains and local in OFFICE)


@dataclass(frozen=True)
class Family:
    """One mail: everybody it is to, and the students it is about, in order of id."""

    address: str
    contacts: tuple[int, ...]
    students: tuple[int, ...]


@dataclass
class Verdicts:
    """mails: one for each address. why: (student, contact) -> code of WHY, "" if they are mailed."""

    mails: dict[str, Family] = field(default_factory=dict)
    why: dict[tuple[int, int], str] = field(default_factory=dict)


# Code -> a sentence that follows the contact's name.
WHY = {
    "": "gets the weekly mail about this student",
    **WHY_NOT,
    "no_address": "has no email address in the MIS",
    "bad_address": "has an address in the MIS that cannot be written to",
    "school_address": "has the school's own address in the MIS",
    "shared_address": "shares an address with a contact of another family, so nobody is written to there",
    "lower_priority": "comes after another contact in the MIS",
    "parent": "has unsubscribed from all mail of the school",
    "parent_child": "has unsubscribed from mail about this student",
    "complaint": "has reported a mail as spam",
    "bounce": "has an address that does not accept mail",
    "not_mine": "answered “This is not my child”",
    "staff": "was switched off by staff",
}
TO_CORRECT = ("unreadable", "no_address", "bad_address", "school_address", "shared_address", "bounce", "not_mine")

Stops = Callable[[str], Collection[tuple[int | None, str]]]


def decide(links: Iterable[Link], rules: Rules, stops: Stops) -> Verdicts:
    """Decide every link. stops: address -> (student, or None for all; cause) for each choice about it."""
    links = list(links)
    shared = _shared_by_strangers(links)
    out = Verdicts()
    of_student: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        problem = _problem(link, rules, shared)
        if problem:
            out.why[link.student, link.contact] = problem
        else:
            of_student[link.student].append(link)
    chosen: dict[str, list[Link]] = defaultdict(list)
    for candidates in of_student.values():
        best = min(map(_rank, candidates))
        for link in candidates:
            out.why[link.student, link.contact] = "" if _rank(link) == best else "lower_priority"
            if _rank(link) == best:
                chosen[link.address].append(link)
    for address, taken in chosen.items():
        said = stops(address)
        for link in taken:
            out.why[link.student, link.contact] = _stop(said, link.student)
        mailed = [link for link in taken if not out.why[link.student, link.contact]]
        if mailed:
            contacts, students = {link.contact for link in mailed}, {link.student for link in mailed}
            out.mails[address] = Family(address, tuple(sorted(contacts)), tuple(sorted(students)))
    return out


def _problem(link: Link, rules: Rules, shared: Collection[str]) -> str:
    if reason := why_not(link, rules.trusts_first_contact):
        return reason
    if not link.address:
        return "no_address"
    if not is_usable(link.address):
        return "bad_address"
    if rules.is_own(link.address):
        return "school_address"
    return "shared_address" if link.address in shared else ""


def _rank(link: Link) -> tuple[bool, int]:
    """Sort key for contacts: highest priority first, and no priority after every number."""
    return (link.priority is None, link.priority or 0)


def _stop(said: Collection[tuple[int | None, str]], student: int) -> str:
    """The code of what stops mail about `student`, or ""; what concerns all children comes first."""
    for about, cause in sorted(said, key=lambda entry: (entry[0] is not None, entry[1])):
        if about is None:
            return cause
        if about == student:
            return "parent_child" if cause == "parent" else cause
    return ""


def _shared_by_strangers(links: Collection[Link]) -> set[str]:
    """Addresses whose contacts are not linked by shared children: a slip in the MIS, so nobody is written to."""
    children: dict[str, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for link in links:
        if link.address and not link.blocked:
            children[link.address][link.contact].add(link.student)
    return {address for address, contacts in children.items() if not _joined(contacts)}


def _joined(contacts: Mapping[int, set[int]]) -> bool:
    """Whether shared children link all the contacts, directly or through one another."""
    if len(contacts) == 1:
        return True
    apart = list(contacts.values())
    family = set(apart.pop())
    while apart:
        near = [students for students in apart if students & family]
        if not near:
            return False
        family.update(*near)
        apart = [students for students in apart if not students & family]
    return True
