"""Which parents and carers are kept: those of kept students who have responsibility, and nothing speaks against.

What speaks against a link of ours ends it, whatever state the student is in. A link of ours that tonight's reading did
not confirm is in doubt until one does: it may stay, and nobody writes to the contact about the student.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from msgspec import structs

from sync.facts.kinds import ContactRow, GuardianshipRow, Key
from sync.facts.rows import guardianship_row
from sync.facts.shapes import Relationship
from sync.rules.reasons import REASONS

NOT_KEPT = "no_kept_student"


def screen_contacts(
    contacts: Any, ours: Any, policy: Any, rows: dict[str, dict[str, Any]], why: Mapping[str, str], out: Any
) -> None:
    """Decide every contact and every link to a student; `out` is the screening so far, students included.

    contacts: as they came. rows: people by kind and Wonde id, as we would keep them. why: Wonde id -> why a contact
    waits, whatever the link says.
    What could not be read is present: a link under a student without a list, a contact without a readable row.
    """
    keys, ledger, present = out.keys, out.ledger["guardianships"], out.present["guardianships"]
    verdicts: dict[str, list[str]] = {contact: [] for contact in contacts.rows.rows}  # "" is yes
    listed = set()
    for student_id, links in contacts.links.items():
        student = keys["students"][student_id]
        listed.add(student)
        for wonde_id, relationship in links:
            ledger.read += 1
            if relationship is None:
                ledger.unreadable += 1
                if wonde_id:
                    present.add((keys["contacts"][wonde_id], student))
                continue
            key = (keys["contacts"][wonde_id], student)
            whom, who = rows["students"][student_id], rows["contacts"].get(wonde_id)
            reason = _against(key, whom, who, relationship, ours, policy, out) or why.get(wonde_id, "")
            if wonde_id in verdicts:
                verdicts[wonde_id].append(reason)
            if not reason:
                out.theirs["guardianships"][key] = guardianship_row(key, relationship)
                ledger.imported += 1
                continue
            ledger.withheld[reason] += 1
            out.withheld["guardianships"][key] = reason
            if REASONS[reason].evidence:
                out.ended["guardianships"][key] = reason
    _unknown_links(ours, out, listed)
    _say_what_stays(contacts, ours, policy, out)
    links_of: dict[Key, list[Any]] = defaultdict(list)
    for key in ours.rows["guardianships"]:
        links_of[key[0]].append(key)
    for wonde_id, reasons in verdicts.items():
        contact = keys["contacts"][wonde_id]
        lasts = any(key not in out.ended["guardianships"] for key in links_of[contact])
        _contact(contact, reasons, rows["contacts"][wonde_id], lasts, out)


def why_not(relationship: Relationship, trusts_first_contact: bool) -> str:
    """Why the MIS itself says that a contact must not be kept for a student, or ""."""
    if relationship.court_order is True:
        return "court_order"
    if relationship.parental_responsibility is False:
        return "no_parental_responsibility"
    first = relationship.priority == 1 and trusts_first_contact
    if relationship.parental_responsibility is None and not first:
        return "parental_responsibility_unknown"
    return ""


def _against(
    key: tuple[Key, Key],
    whom: Any,
    who: ContactRow | None,
    relationship: Relationship,
    ours: Any,
    policy: Any,
    out: Any,
) -> str:
    """Why a link is not kept, or "". Of a student who is not kept, only what ends a link of ours is looked for."""
    kept = key[1] in out.theirs["students"]
    if not kept and key not in ours.rows["guardianships"]:
        return NOT_KEPT
    if who and ours.blocks and ours.blocks.cover(key[1], whom, who):
        return "blocked"
    reason = why_not(relationship, policy.trusts_first_contact)
    if not reason and key not in ours.rows["guardianships"] and "court_orders" in policy.known & out.silent:
        reason = "court_order_unknown"
    return reason if kept or (reason and REASONS[reason].evidence) else NOT_KEPT


def _unknown_links(ours: Any, out: Any, listed: set[Key]) -> None:
    """Links of ours of which Wonde said nothing we could read; they hold their contacts too."""
    silent = set(out.keys["students"].values()) - listed
    ended, unknown = out.ended["guardianships"], frozenset(out.present["contacts"])
    for key, row in ours.rows["guardianships"].items():
        if ours.blocks and key not in out.theirs["guardianships"] and _is_blocked(ours, row):
            ended[key] = "blocked"
        if key in ended:
            continue
        if (
            row.student in out.present["students"]
            or row.student in silent
            or (row.contact in unknown and key not in out.withheld["guardianships"])
        ):
            out.present["guardianships"].add(key)
        if key in out.present["guardianships"]:
            out.present["contacts"].add(row.contact)
    out.present["guardianships"] -= ended.keys()


def _is_blocked(ours: Any, row: GuardianshipRow) -> bool:
    """Whether a person's block covers a link, both ends as we know them."""
    student, contact = ours.rows["students"].get(row.student), ours.rows["contacts"].get(row.contact)
    return bool(student and contact and ours.blocks.cover(row.student, student, contact))


def _say_what_stays(contacts: Any, ours: Any, policy: Any, out: Any) -> None:
    """What the links of ours that are not ended say of rights tonight."""
    listed = {key: wonde_id for wonde_id, key in out.keys["students"].items()}
    theirs = {key: wonde_id for wonde_id, key in out.keys["contacts"].items()}
    links = {student: dict(found) for student, found in contacts.links.items()}
    said = out.said["guardianships"]
    for key, row in ours.rows["guardianships"].items():
        if key in out.ended["guardianships"]:
            continue
        student = listed.get(row.student, "")
        relationship = links.get(student, {}).get(theirs.get(row.contact, ""))
        doubt = "" if relationship else _doubt(key, bool(student), out)
        if doubt != row.doubt:
            said[key] = structs.replace(row, doubt=doubt)
        if key not in out.theirs["guardianships"] and relationship:
            unknown = why_not(relationship, policy.trusts_first_contact)
            said[key] = guardianship_row(key, relationship) if unknown else structs.replace(row, doubt="")


def _doubt(key: tuple[Key, Key], student_is_listed: bool, out: Any) -> str:
    """Why tonight's reading did not confirm a link of ours: a code of `parents.rules.standing.WHY_NOT`."""
    if not student_is_listed:
        return "student_missing"
    return "unreadable" if key in out.present["guardianships"] else "not_listed"


def _contact(key: Key, reasons: list[str], row: Any, lasts: bool, out: Any) -> None:
    """A contact stays with any link that does; else it goes for the weakest reason against a kept student's link.

    lasts: a link of ours to a student is not ended, so what was said about another ends only that other.
    """
    ledger = out.ledger["contacts"]
    if "" in reasons:
        out.theirs["contacts"][key] = row
        ledger.imported += 1
        return
    against = [reason for reason in reasons if reason != NOT_KEPT]
    unproven = [reason for reason in against if not REASONS[reason].evidence]
    reason = (unproven or ([] if lasts else against) or [NOT_KEPT])[0]
    ledger.withheld[reason] += 1
    out.withheld["contacts"][key] = reason
    if REASONS[reason].evidence:
        out.ended["contacts"][key] = reason
