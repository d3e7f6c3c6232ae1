"""Which parents and carers are kept, and for which student."""

from collections import defaultdict

from tests.sync.oracle.rows.people import row_of
from tests.sync.oracle.words import BY_PERSON, ends_of, said_of


def contacts(night, found):
    """Whoever has responsibility for a kept student, unless something speaks against it. No word is no "no"."""
    listed, reasons, says_now = set(), defaultdict(set), {}
    lasting = {ends_of("guardianships", stay): stay for stay in night.ours.lasting("guardianships").values()}
    for wonde_id, links in night.wonde.links.items():
        student = found.keys["students"][wonde_id]
        listed.add(student)
        for contact_id, says in links.items():
            contact = found.keys["contacts"][contact_id]
            row = {
                "relationship": says["relationship"] or "",
                "priority": says["priority"],
                "responsibility": says["parental_responsibility"],
                "doubt": "",
            }
            reason = _against(night, found, student, contact_id, says, (student, contact) in lasting)
            reasons[contact].add(reason)
            says_now[student, contact] = row
            if not reason:
                found.wanted["guardianships"][student, contact] = row
            else:
                found.why["guardianships"][student, contact] = reason
    here = set(found.keys["students"].values())
    for pk, stay in night.ours.lasting("guardianships").items():
        ends = ends_of("guardianships", stay)
        if ends not in found.wanted["guardianships"] and _is_blocked(night, *_as_we_know(night, *ends)):
            found.why["guardianships"][ends] = "blocked"
        if found.why["guardianships"].get(ends) in BY_PERSON:
            continue
        if stay["student"] in (here - listed) | found.safe["students"]:
            found.safe["guardianships"].add(pk)
            found.safe["contacts"].add(stay["contact"])
        found.still[ends] = _while_it_stays(ends, stay, says_now.get(ends), here, listed)
    for contact_id, raw in night.wonde.rows["contacts"].items():
        contact = found.keys["contacts"][contact_id]
        if "" in reasons[contact]:
            found.kept["contacts"][contact] = row_of("contacts", raw)
            continue
        weak = reasons[contact] - BY_PERSON - {"no_kept_student"}
        strong = reasons[contact] & BY_PERSON
        if any(contact == ends[1] and found.why["guardianships"].get(ends) not in BY_PERSON for ends in lasting):
            strong = set()  # a "no" about one child is none about another
        found.why["contacts"][contact] = min(weak or strong or {"no_kept_student"})


def without_strangers(night, found, students):
    """Nothing is concluded of the parents of students who may be other children now, and nobody comes in for them."""
    for pk, stay in night.ours.lasting("guardianships").items():
        ends = ends_of("guardianships", stay)
        if stay["student"] in students and found.why["guardianships"].get(ends) not in BY_PERSON:
            found.safe["guardianships"].add(pk)
            found.safe["contacts"].add(stay["contact"])
            found.wanted["guardianships"].pop(ends, None)
            if not night.rules["paused_at"]:
                found.still[ends] = said_of("guardianships", stay) | {"doubt": "identity"}
    wanted = found.wanted["guardianships"]
    for ends in [ends for ends in wanted if ends[0] in students]:
        del wanted[ends]
    linked, here = {contact for _, contact in wanted}, night.ours.here("contacts")
    for key in [key for key in found.kept["contacts"] if key not in here and key not in linked]:
        del found.kept["contacts"][key]


def in_doubt(night, found):
    """What links say while another MIS waits for a person: those whose ends kept their ids; the others are in doubt."""
    still = {}
    for stay in night.ours.lasting("guardianships").values():
        ends, known = ends_of("guardianships", stay), []
        for kind, key in zip(("students", "contacts"), ends, strict=True):
            wonde_id = night.ours.rows[kind][key]["wonde_id"]
            known.append(wonde_id in night.wonde.rows[kind] or wonde_id in night.wonde.unreadable[kind])
        if not all(known):
            still[ends] = said_of("guardianships", stay) | {"doubt": stay["doubt"] or "not_listed"}
            found.why["guardianships"].pop(ends, None)
        elif ends in found.still:
            still[ends] = found.still[ends]
    return still


def _while_it_stays(ends, stay, says, here, listed):
    """What a link of ours says as long as it stays: more than that it is in doubt only where rights are unknown."""
    if says is None:
        missing = ends[0] not in here
        doubt = "student_missing" if missing else "not_listed" if ends[0] in listed else "unreadable"
        return said_of("guardianships", stay) | {"doubt": doubt}
    if says["responsibility"]:
        return said_of("guardianships", stay) | {"doubt": ""}
    return says


def _against(night, found, student, contact_id, says, is_ours):
    """What speaks against the link, or "". Of a student who is not kept only what ends a link of ours counts."""
    kept = student in found.kept["students"]
    if not kept and not is_ours:
        return "no_kept_student"
    contact = row_of("contacts", night.wonde.rows["contacts"][contact_id])
    (wonde_id,) = [each for each, key in found.keys["students"].items() if key == student]
    if _is_blocked(night, student, row_of("students", night.wonde.rows["students"][wonde_id]), contact):
        return "blocked"
    if says["court_order"]:
        return "court_order"
    if says["parental_responsibility"] is False:
        return "no_parental_responsibility"
    if not kept:
        return "no_kept_student"
    if not says["parental_responsibility"]:
        return "responsibility_unknown"
    every = [each["court_order"] for links in night.wonde.links.values() for each in links.values()]
    was_known = "court_orders" in night.rules["facts_known"] and not any(each is not None for each in every)
    if was_known and not is_ours:
        return "court_order_unknown"
    return found.why["contacts"].get(contact_id, "")  # they wait for a person to say who they are


def _as_we_know(night, student, contact):
    return student, night.ours.rows["students"][student], night.ours.rows["contacts"][contact]


def _is_blocked(night, key, student, contact):
    own = {key} | {student[name] for name in ("wonde_id", "upi", "upn")}
    their = {contact["wonde_id"], contact["upi"], contact["email"]} - {""}
    return any(own & set(about) and their & set(whom) for about, whom in night.blocks)
