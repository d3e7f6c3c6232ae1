"""Who is in which class, and who teaches it."""

from collections import defaultdict

from tests.sync.oracle.words import PLACES, column_of


def enrolments(night, found):
    """One class for each student: the chosen one, else the present one, else the first in order."""
    offered = defaultdict(list)
    for wonde_id, person in _named(night, found, 0, "students"):
        offered[found.keys["students"][person]].append(found.keys["classes"][wonde_id])
    now = {stay["student"]: stay["school_class"] for stay in night.ours.lasting("enrolments").values()}
    choices = {(found.keys["students"].get(who, who), key, verdict) for who, key, verdict in night.ours.choices}
    for student, classes in offered.items():
        chosen = [key for key in classes if (student, key, "chosen") in choices]
        free = [key for key in classes if (student, key, "left_out") not in choices] or classes
        present = now.get(student)
        if present in found.safe["classes"]:
            place = present
        elif chosen:
            place = chosen[0]
        else:
            place = present if present in free else free[0]
        found.wanted["enrolments"][place, student] = {}
    found.choices = choices
    if "enrolments" not in found.aside and not found.safe["classes"]:
        found.choices = {
            (who, key, verdict)
            for who, key, verdict in choices
            if (len(offered.get(who, ())) > 1 and key in offered[who])
            or found.why["students"].get(who) == "left_out_here"
        }


def teachings(night, found):
    for wonde_id, person in _named(night, found, 1, "employees"):
        ends = found.keys["classes"][wonde_id], found.keys["employees"][person]
        found.wanted["teachings"][ends] = {"main": night.wonde.members[wonde_id][1][person]}


def _named(night, found, number, kind):
    """(class, person) of every member of an imported class who is listed and may be kept, as Wonde ids. Places in a
    class, or of a person, that could not be read are safe."""
    members = {each: night.wonde.members.get(each, (None, None))[number] for each in found.imported}
    link, unknown = PLACES[kind], {found.keys["classes"][each] for each in members if members[each] is None}
    for pk, stay in night.ours.lasting(link).items():
        if stay["school_class"] in unknown | found.safe["classes"] or stay[column_of(link, kind)] in found.safe[kind]:
            found.safe[link].add(pk)
    for wonde_id, people in members.items():
        for person in people or ():
            key = found.keys[kind].get(person)
            known = person in night.wonde.unreadable[kind] and key in night.ours.here(kind)
            if (person in night.wonde.rows[kind] or known) and key not in found.why[kind]:
                yield wonde_id, person
