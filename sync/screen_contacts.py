"""Which parents and carers are kept: those of kept students who have responsibility, and nothing speaks against."""

from typing import Any

from sync.kinds import GuardianshipRow, Key
from sync.reasons import REASONS
from sync.rows import guardianship_row
from sync.shapes import Relationship

NOT_KEPT = "no_kept_student"


def screen_contacts(contacts: Any, ours: Any, policy: Any, rows: dict[str, dict[str, Any]], out: Any) -> None:
    """Decide every contact and every link to a student; `out` is the screening so far, students included.

    contacts: as they came. rows: people by kind and Wonde id, as we would keep them.
    What could not be read is present: a link under a student without a list, a contact without a readable row.
    """
    keys, ledger, present = out.keys, out.ledger["guardianships"], out.present["guardianships"]
    verdicts: dict[str, list[str]] = {contact: [] for contact in contacts.rows.rows}  # "" is yes
    listed = set()
    for student_id, links in contacts.links.items():
        student = keys["students"][student_id]
        listed.add(student)
        kept = student in out.theirs["students"]
        for wonde_id, relationship in links:
            ledger.read += 1
            if relationship is None:
                ledger.unreadable += 1
                if wonde_id:
                    present.add((keys["contacts"][wonde_id], student))
                continue
            key = (keys["contacts"][wonde_id], student)
            reason = NOT_KEPT if not kept else why_not(relationship, policy.trusts_first_contact)
            if kept and ours.blocks:
                whom, who = rows["students"][student_id], rows["contacts"][wonde_id]
                reason = "blocked" if ours.blocks.cover(student, whom, who) else reason
            verdicts[wonde_id].append(reason)
            row = guardianship_row(key, relationship)
            if not reason:
                out.theirs["guardianships"][key] = row
                ledger.imported += 1
                continue
            ledger.withheld[reason] += 1
            out.withheld["guardianships"][key] = reason
            if REASONS[reason].evidence:
                out.ended["guardianships"][key] = reason
            elif kept:
                out.said["guardianships"][key] = row
    _unknown_links(ours, out, listed)
    for wonde_id, reasons in verdicts.items():
        _contact(keys["contacts"][wonde_id], reasons, rows["contacts"][wonde_id], out)


def why_not(relationship: Relationship, trusts_first_contact: bool) -> str:
    """Why the MIS itself says that a contact must not be kept for a student, or ""."""
    if relationship.court_order:
        return "court_order"
    if relationship.parental_responsibility is False:
        return "no_parental_responsibility"
    first = relationship.priority == 1 and trusts_first_contact
    if relationship.parental_responsibility is None and not first:
        return "parental_responsibility_unknown"
    return ""


def _unknown_links(ours: Any, out: Any, listed: set[Key]) -> None:
    """Links of ours of which Wonde said nothing we could read; they hold their contacts too."""
    silent = set(out.keys["students"].values()) - listed
    held: dict[Key, GuardianshipRow] = ours.rows["guardianships"]
    for key, row in held.items():
        if (
            row.student in out.present["students"]
            or row.student in silent
            or (row.contact in out.present["contacts"] and key not in out.withheld["guardianships"])
        ):
            out.present["guardianships"].add(key)
        if key in out.present["guardianships"]:
            out.present["contacts"].add(row.contact)


def _contact(key: Key, reasons: list[str], row: Any, out: Any) -> None:
    """A contact stays with any link that does; else it goes for the weakest reason against a kept student's link."""
    ledger = out.ledger["contacts"]
    if "" in reasons:
        out.theirs["contacts"][key] = row
        ledger.imported += 1
        return
    against = [reason for reason in reasons if reason != NOT_KEPT]
    unproven = [reason for reason in against if not REASONS[reason].evidence]
    reason = (unproven or against or [NOT_KEPT])[0]
    ledger.withheld[reason] += 1
    out.withheld["contacts"][key] = reason
    if REASONS[reason].evidence:
        out.ended["contacts"][key] = reason
