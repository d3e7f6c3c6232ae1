"""Which parents and carers are kept: those of kept students who have responsibility and whom nothing speaks against.

What speaks against a link of ours ends it, whatever state the student is in. A link of ours that tonight's sync did not
confirm is in doubt until one does: it may stay, but the contact gets no mail about the student.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Set

from msgspec import Struct, structs

from sync.facts.kinds import CONTACTS, GUARDIANSHIPS, STUDENTS, ContactRow, GuardianshipRow, Key, Row, StudentRow
from sync.facts.rows import guardianship_row
from sync.facts.sides import Ledger, Ours, Part
from sync.facts.snapshot import Contacts, Relation
from sync.rules.known import Known
from sync.rules.reasons import REASONS

NOT_KEPT = "no_kept_student"

Link = tuple[Key, Key]  # contact, student


class Judged(Struct, frozen=True):
    """Every link that was listed. theirs, withheld, ended, ledger: as in `Part`. unreadable: links that are there and
    could not be read. reasons: contact's Wonde id -> why not, for each of their links; "" is yes."""

    theirs: Mapping[Key, GuardianshipRow]
    withheld: Mapping[Key, str]
    ended: Mapping[Key, str]
    unreadable: Set[Key]
    reasons: Mapping[str, list[str]]
    ledger: Ledger


def screen_contacts(
    known: Known, contacts: Contacts, students: Mapping[Key, Row]
) -> tuple[Part[ContactRow], Part[GuardianshipRow]]:
    """Decide every contact and every link to a student. students: those that are kept.

    What could not be read is present: a link under a student without a list, a contact without a readable row.
    """
    judged = _judged(known, contacts, students)
    ended = {**judged.ended, **_blocked(known.ours, judged.theirs)}
    unknown = _unknown(known, contacts, judged, ended)
    present = (judged.unreadable | unknown) - ended.keys()
    links = Part(
        judged.theirs,
        judged.withheld,
        present,
        ended,
        _said(known, contacts, judged.theirs, present, ended),
        judged.ledger,
    )
    ours = GUARDIANSHIPS.of(known.ours.rows)
    holding = {ours[key].contact for key in unknown}
    return _contacts(known, contacts, judged.reasons, ended, holding), links


def why_not(says: Relation, trusts_first_contact: bool) -> str:
    """Why, by what the MIS says, a contact must not be kept for a student, or ""."""
    if says.court_order is True:
        return "court_order"
    if says.responsibility is False:
        return "no_parental_responsibility"
    if says.responsibility is None and not (says.priority == 1 and trusts_first_contact):
        return "parental_responsibility_unknown"
    return ""


def _judged(known: Known, contacts: Contacts, students: Mapping[Key, Row]) -> Judged:
    who, whom = contacts.rows.rows, known.snapshot.students.rows
    contact_keys, student_keys, why = known.keys("contacts"), known.keys("students"), known.why["contacts"]
    theirs: dict[Key, GuardianshipRow] = {}
    withheld: dict[Key, str] = {}
    unreadable: set[Key] = set()
    reasons: dict[str, list[str]] = {contact: [] for contact in who}
    counted, lost = Counter[str](), 0
    for student_id, links in contacts.links.items():
        student = student_keys[student_id]
        is_kept = student in students
        for wonde_id, says in links:
            if says is None:
                lost += 1
                if wonde_id:
                    unreadable.add((contact_keys[wonde_id], student))
                continue
            key = (contact_keys[wonde_id], student)
            reason = _against(known, key, whom[student_id], who.get(wonde_id), says, is_kept) or why.get(wonde_id, "")
            if wonde_id in reasons:
                reasons[wonde_id].append(reason)
            if reason:
                counted[reason] += 1
                withheld[key] = reason
            else:
                theirs[key] = guardianship_row(key, says)
    read = lost + len(theirs) + counted.total()
    ended = {key: reason for key, reason in withheld.items() if REASONS[reason].evidence}
    ledger = Ledger(read, len(theirs), counted, lost, keys=dict(contacts.keys))
    return Judged(theirs, withheld, ended, unreadable, reasons, ledger)


def _against(known: Known, key: Link, whom: StudentRow, who: ContactRow | None, says: Relation, is_kept: bool) -> str:
    """Why a link is not kept, or "". For a student who is not kept, only what ends a link of ours counts."""
    ours, policy = known.ours, known.policy
    is_new = key not in ours.rows["guardianships"]
    if not is_kept and is_new:
        return NOT_KEPT
    if who and ours.blocks and ours.blocks.cover(key[1], whom, who):
        return "blocked"
    reason = why_not(says, policy.trusts_first_contact)
    if not reason and is_new and "court_orders" in policy.known & known.silent:
        reason = "court_order_unknown"
    return reason if is_kept or (reason and REASONS[reason].evidence) else NOT_KEPT


def _blocked(ours: Ours, theirs: Mapping[Key, GuardianshipRow]) -> dict[Key, str]:
    """Links of ours that a person blocked, going by both ends as we know them."""
    if not ours.blocks:
        return {}
    students, contacts = STUDENTS.of(ours.rows), CONTACTS.of(ours.rows)
    found: dict[Key, str] = {}
    for key, row in GUARDIANSHIPS.of(ours.rows).items():
        if key in theirs:
            continue
        student, contact = students.get(row.student), contacts.get(row.contact)
        if student and contact and ours.blocks.cover(row.student, student, contact):
            found[key] = "blocked"
    return found


def _unknown(known: Known, contacts: Contacts, judged: Judged, ended: Mapping[Key, str]) -> set[Key]:
    """Links of ours about which Wonde said nothing we could read; they keep their contacts too."""
    students = known.keys("students")
    silent = set(students.values()) - {students[student_id] for student_id in contacts.links}
    unsure, unread = silent | known.present["students"], known.present["contacts"]
    return {
        key
        for key, row in GUARDIANSHIPS.of(known.ours.rows).items()
        if key not in ended
        and (
            key in judged.unreadable or row.student in unsure or (row.contact in unread and key not in judged.withheld)
        )
    }


def _said(
    known: Known,
    contacts: Contacts,
    theirs: Mapping[Key, GuardianshipRow],
    present: Set[Key],
    ended: Mapping[Key, str],
) -> dict[Key, GuardianshipRow]:
    """What the links of ours that are not ended say of rights tonight."""
    student_ids = {key: wonde_id for wonde_id, key in known.keys("students").items()}
    contact_ids = {key: wonde_id for wonde_id, key in known.keys("contacts").items()}
    links = {student: dict(found) for student, found in contacts.links.items()}
    said: dict[Key, GuardianshipRow] = {}
    for key, row in GUARDIANSHIPS.of(known.ours.rows).items():
        if key in ended:
            continue
        student = student_ids.get(row.student, "")
        says = links.get(student, {}).get(contact_ids.get(row.contact, ""))
        if says is None:
            doubt = _doubt(bool(student), key in present)
            if doubt != row.doubt:
                said[key] = structs.replace(row, doubt=doubt)
        elif key not in theirs and why_not(says, known.policy.trusts_first_contact):
            said[key] = guardianship_row((row.contact, row.student), says)
        elif row.doubt or key not in theirs:
            said[key] = structs.replace(row, doubt="")
    return said


def _doubt(student_is_listed: bool, is_unreadable: bool) -> str:
    """Why tonight's sync did not confirm a link of ours, as a code of `parents.rules.standing.WHY_NOT`."""
    if not student_is_listed:
        return "student_missing"
    return "unreadable" if is_unreadable else "not_listed"


def _contacts(
    known: Known,
    contacts: Contacts,
    reasons: Mapping[str, list[str]],
    ended_links: Mapping[Key, str],
    holding: Set[Key],
) -> Part[ContactRow]:
    """Every contact that could be read. holding: contacts kept by a link about which nothing is known."""
    keys = known.keys("contacts")
    lasting = {row.contact for key, row in GUARDIANSHIPS.of(known.ours.rows).items() if key not in ended_links}
    theirs: dict[Key, ContactRow] = {}
    withheld: dict[Key, str] = {}
    for wonde_id, row in contacts.rows.rows.items():
        key = keys[wonde_id]
        if "" in reasons[wonde_id]:
            theirs[key] = row
        else:
            withheld[key] = _weakest(reasons[wonde_id], key in lasting)
    return Part(
        theirs,
        withheld,
        known.present["contacts"] | holding,
        ended={key: reason for key, reason in withheld.items() if REASONS[reason].evidence},
        ledger=Ledger.of(contacts.rows, len(theirs), Counter(withheld.values())),
    )


def _weakest(reasons: Iterable[str], lasts: bool) -> str:
    """The weakest reason against a link to a kept student.

    lasts: a link of ours to a student is not ended, so what was said about another ends only that other.
    """
    against = [reason for reason in reasons if reason != NOT_KEPT]
    unproven = [reason for reason in against if not REASONS[reason].evidence]
    return (unproven or ([] if lasts else against) or [NOT_KEPT])[0]
