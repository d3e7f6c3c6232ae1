"""Which parents and carers are kept, and for which student."""

from collections import defaultdict

from tests.sync.oracle.people import row_of
from tests.sync.oracle.words import BY_PERSON


def contacts(night, found):
    """Whoever has responsibility for a kept student, unless something speaks against it. No word is no "no"."""
    listed, reasons = set(), defaultdict(set)
    for wonde_id, links in night.wonde.links.items():
        student = found.keys["students"][wonde_id]
        listed.add(student)
        for contact_id, says in links.items():
            contact = found.keys["contacts"][contact_id]
            row = {
                "relationship": says["relationship"] or "",
                "priority": says["priority"],
                "responsibility": says["parental_responsibility"],
            }
            reason = _against(night, found, student, contact_id, says)
            reasons[contact].add(reason)
            if not reason:
                found.wanted["guardianships"][student, contact] = row
                continue
            found.why["guardianships"][student, contact] = reason
            if reason == "responsibility_unknown":
                found.still[student, contact] = row
    silent = {key for key in found.keys["students"].values() if key not in listed}
    for pk, stay in night.ours.lasting("guardianships").items():
        if stay["student"] in silent | found.safe["students"]:
            found.safe["guardianships"].add(pk)
            found.safe["contacts"].add(stay["contact"])
    for contact_id, raw in night.wonde.rows["contacts"].items():
        contact = found.keys["contacts"][contact_id]
        if "" in reasons[contact]:
            found.kept["contacts"][contact] = row_of("contacts", raw)
        else:
            weak = reasons[contact] - BY_PERSON - {"no_kept_student"}
            strong = reasons[contact] & BY_PERSON
            found.why["contacts"][contact] = min(weak or strong or {"no_kept_student"})


def _against(night, found, student, contact_id, says):
    """What speaks against the link, or ""."""
    if student not in found.kept["students"]:
        return "no_kept_student"
    own = {student} | {
        value for name, value in found.kept["students"][student].items() if name in ("wonde_id", "upi", "upn")
    }
    contact = row_of("contacts", night.wonde.rows["contacts"][contact_id])
    their = {contact["wonde_id"], contact["upi"], contact["email"]} - {""}
    if any(own & set(about) and their & set(whom) for about, whom in night.blocks):
        return "blocked"
    if says["court_order"]:
        return "court_order"
    if says["parental_responsibility"] is False:
        return "no_parental_responsibility"
    return "" if says["parental_responsibility"] else "responsibility_unknown"
