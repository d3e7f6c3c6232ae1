"""What our tables must hold after a sync, worked out a second time: slowly, plainly, and without a line of the engine.

`theirs()` asks Wonde over HTTP, `tables()` reads our database by SQL, `expected()` says what the one must make of the
other, and `differences()` what does not agree. The rules are those of docs/architecture.md in their plainest form;
speed does not matter here. An import contract keeps it from importing anything of the product.
"""

from tests.sync.oracle.comparing import differences
from tests.sync.oracle.night import bulk, hidden, keeping, unknown
from tests.sync.oracle.night.going import going
from tests.sync.oracle.night.keys import PERMISSIONS, with_both_keys
from tests.sync.oracle.night.limits import Judged, judged, old_details, other_children
from tests.sync.oracle.night.night import Found, Night
from tests.sync.oracle.night.pausing import only_what_ended
from tests.sync.oracle.night.vanished import keep_values
from tests.sync.oracle.night.year import year_of
from tests.sync.oracle.ours import tables
from tests.sync.oracle.rows import details, parents, people, places
from tests.sync.oracle.rows.must import unchanged
from tests.sync.oracle.rows.people import identifying
from tests.sync.oracle.rows.selection import classes
from tests.sync.oracle.rows.standing import standing
from tests.sync.oracle.undoing import undone
from tests.sync.oracle.wonde import theirs
from tests.sync.oracle.words import BY_PERSON, DETAILS, LINKS, PURPOSES, ROWS, WEEK, ends_of

__all__ = [
    "DETAILS",
    "LINKS",
    "PERMISSIONS",
    "PURPOSES",
    "ROWS",
    "WEEK",
    "differences",
    "expected",
    "identifying",
    "tables",
    "theirs",
    "unchanged",
    "undone",
    "year_of",
]


def expected(ours, wonde, now, blocks=(), approved=None, pairs=None, rollover=False, said=None, keeps=(), out=()):
    """What must stand in our tables once a run that begins at `now` (aware, UTC) was applied.

    blocks: (student's identifiers, contact's identifiers), any of which recognises them. approved: the `holds` that a
    person said yes to. pairs: kind -> Wonde id -> primary key, as a person settled after a change of MIS.
    rollover: a person has confirmed that this run turns the year. said: kind -> (Wonde id, primary key) -> whether they
    are the same, by a person's word. keeps: of `approved`, what the person said to keep. out: who is left out here:
    (kind, primary key, identifiers, who was here beside them), to which a night adds the identifiers it learns.
    """
    (ours, wonde), year = with_both_keys(ours, wonde), year_of(ours.rules, now, rollover)
    night, found = Night(ours, wonde, now, blocks, approved, set(keeps), pairs or {}, year, said or {}, out), Found()
    unknown.set_aside(night, found)
    for kind in ("students", "employees", "classes"):
        people.who_is_who(night, found, kind)
    people.not_current(night, found)
    people.left_out(night, found)
    classes(night, found)
    places.enrolments(night, found)
    places.teachings(night, found)
    people.with_a_place(night, found, "students")
    people.with_a_place(night, found, "employees")
    details.details(night, found)
    if "contacts" not in found.aside:
        people.who_is_who(night, found, "contacts")
        parents.contacts(night, found)
    if not night.pairs and unknown.is_another_mis(night):
        return _before_a_person_says_who_is_who(night, found)
    people.learn(night, found)
    keep_values(night, found)
    if students := other_children(night, found):
        parents.without_strangers(night, found, students)
        found.details = {key: says for key, says in found.details.items() if key not in students}
    at_once = bulk.too_many(night, found)
    stated = at_once | keeping.against_the_mis(night, found)
    leaving = bulk.still_here(going(night, found), stated)
    kept = keeping.kept(night, found, leaving, at_once, old_details(night, found))
    if ours.rules["paused_at"]:
        must = standing(night, *only_what_ended(night, found, leaving, stated), Judged(kept=kept))
    else:
        verdict = judged(night, found, leaving, at_once, stated, kept)
        must = standing(night, bulk.classes_stay(night, found, stated - verdict.released), leaving, verdict)
    must.hidden = hidden.hidden(night, found)
    return must


def _before_a_person_says_who_is_who(night, found):
    """Nothing moves but what is certain of rights."""
    out = unchanged(night.ours)
    out.holds = set(out.kept)
    if "contacts" in found.aside:
        return out
    still = parents.in_doubt(night, found)
    for pk, stay in night.ours.lasting("guardianships").items():
        ends = ends_of("guardianships", stay)
        if found.why["guardianships"].get(ends) in BY_PERSON:
            out.gone["guardianships", pk] = "evidence"
            del out.links["guardianships"][ends]
        elif ends in still:
            out.links["guardianships"][ends] = still[ends] | {"pk": pk}
    return out
