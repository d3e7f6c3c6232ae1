"""The table of pairs at the pure core: a row in each state, each thing that may come, one test a pair.

What must come of it stands in `tests/sync/oracle/pairs.py`; here is how a school comes into each state, and what Wonde
says in each night. It all happens to one student, their parent, one teacher and one class; of the school around them
just enough goes wrong to bring them into the state.
"""

import json
from dataclasses import dataclass, field

import msgspec
import pytest
from msgspec import structs

from sync.facts.decisions import Decisions
from sync.facts.snapshot import Deleted
from sync.plans.decide import decide
from tests.sync.build import ENGLISH, a_class, a_student, after, an_employee, ids, key_of, policy, read
from tests.sync.families import contact
from tests.sync.oracle import pairs
from tests.tools.identifiers import upi_of

STUDENT, PARENT, TEACHER, CLASS, OTHER_CLASS = "S001", "P001", "E001", "C001", "C002"
FIRST, SECOND, STAFF = ids("S", 12), ids("S", 12, 13), ids("E", 12)
SIBLING = SECOND[0]
MANY_STUDENTS, MANY_STAFF = FIRST[:7], STAFF[:6]  # more than the limits allow


@dataclass
class Night:
    """What Wonde says of a school, and what the school has settled; a state and then an event change it."""

    members: dict = field(default_factory=lambda: {CLASS: list(FIRST), OTHER_CLASS: list(SECOND)})
    taught: dict = field(default_factory=lambda: {CLASS: list(STAFF), OTHER_CLASS: list(STAFF[6:])})
    students: dict = field(default_factory=lambda: {each: {} for each in FIRST + SECOND})
    staff: dict = field(default_factory=lambda: {each: {} for each in STAFF})
    families: dict = field(default_factory=lambda: {each: {f"P{each[1:]}": {}} for each in FIRST + SECOND})
    classes: dict = field(default_factory=lambda: {CLASS: {}, OTHER_CLASS: {}})
    school: dict = field(default_factory=lambda: {"mis": "SIMS"})
    denied: list = field(default_factory=list)
    not_offered: list = field(default_factory=list)
    rules: dict = field(default_factory=dict)
    beyond: dict = field(default_factory=lambda: {"students": 2, "employees": 0, "contacts": 5})
    deleted: list = field(default_factory=list)

    def snapshot(self):
        students = []
        for student, how in self.students.items():
            row = a_student(student, **how)
            told = [contact(each, **says) for each, says in self.families[student].items()]
            row.contacts = msgspec.Raw(json.dumps({"data": told}).encode())
            students.append(row)
        snapshot = read(
            *[a_class(each, self.members[each], self.taught[each], **how) for each, how in self.classes.items()],
            students=students,
            employees=[an_employee(each, **how) for each, how in self.staff.items()],
            denied=self.denied,
            not_offered=self.not_offered,
            families=True,
            beyond=self.beyond,
            deleted=Deleted(frozenset(self.deleted), are_all=True),
        )
        snapshot.school = structs.replace(snapshot.school, **self.school)
        return snapshot

    def without(self, *students):
        """They are not listed any more."""
        for student in students:
            self.students.pop(student, None)
        self.out_of_class(*students)

    def out_of_class(self, *students):
        for listed in self.members.values():
            listed[:] = [each for each in listed if each not in students]

    def without_staff(self, *staff):
        for each in staff:
            self.staff.pop(each, None)
        self.teach_nothing(*staff)

    def teach_nothing(self, *staff):
        for listed in self.taught.values():
            listed[:] = [each for each in listed if each not in staff]

    def listed_again(self):
        """The student and the teacher are listed, with their class, as in the beginning."""
        self.students[STUDENT], self.staff[TEACHER] = {}, {}
        self.classes[CLASS] = {}
        self.out_of_class(STUDENT)
        self.members[CLASS].append(STUDENT)
        self.teach_nothing(TEACHER)
        self.taught[CLASS].append(TEACHER)

    def is_listed(self):
        return STUDENT in self.students


class Blocked:
    """A person said that the parent is not to be kept for the student: as `parents.rules.blocks` answers."""

    rows = (1,)

    def __init__(self, student):
        self.student = student

    def cover(self, key, student, contact):
        return key == self.student and contact.upi == upi_of(PARENT)


class OutHere:
    """A person left the student and the teacher out of the product: as `schools.left_out` answers."""

    def __init__(self, ours):
        self.row_id = None
        self.known = {
            "students": {key_of(ours, "students", STUDENT), upi_of(STUDENT)},
            "employees": {key_of(ours, "employees", TEACHER), upi_of(TEACHER)},
        }

    def find(self, kind, key, person, is_here=False):
        return self if {key, person.upi} & self.known[kind] else None


# --- the states: each changes the night and gives our side of it


def settled(night, ours, **by_a_person):
    """Our side once a person settled something and a night passed."""
    ours = after(night.snapshot(), ours=structs.replace(ours, **by_a_person))
    return structs.replace(ours, **by_a_person)


def here(night):
    return after(Night().snapshot())


def held(night):
    """More than half of a class are in no class all at once, and half of the staff teach nothing."""
    night.out_of_class(*MANY_STUDENTS)
    night.teach_nothing(*MANY_STAFF)
    return after(Night().snapshot())


def missing(night):
    """The same, and the MIS does not list them any more."""
    night.without(*MANY_STUDENTS)
    night.without_staff(*MANY_STAFF)
    return after(Night().snapshot())


def kept(night):
    """A person said of those who were missing that they stay, and now only these two are; no limit asks any more."""
    night.without(STUDENT)
    night.without_staff(TEACHER)
    ours = after(Night().snapshot())
    word = {
        "students": {key_of(ours, "students", STUDENT): "kind"},
        "employees": {key_of(ours, "employees", TEACHER): "kind"},
    }
    return structs.replace(ours, kept=word)


def kept_against_the_mis(night):
    """The MIS says that they have left, and a person said that they have not."""
    left_the_mis(night)
    ours = after(Night().snapshot())
    word = {
        "students": {key_of(ours, "students", STUDENT): "evidence"},
        "employees": {key_of(ours, "employees", TEACHER): "evidence"},
    }
    return structs.replace(ours, kept=word)


def paused(night):
    night.rules["paused"] = True
    return after(Night().snapshot())


def undone(night):
    """They are back by a person's word, and the MIS does not list them."""
    night.without(STUDENT)
    night.without_staff(TEACHER)
    return paused(night)


def frozen_classes(night):
    """The school shares no classes any more."""
    night.denied.append("classes")
    return after(Night().snapshot())


def between(night):
    """The year is over and the class has ended."""
    night.rules["between"] = night.rules["awaiting"] = True
    night.out_of_class(STUDENT)
    night.teach_nothing(TEACHER)
    return after(Night().snapshot())


def elsewhere(night):
    """The MIS has the student in two classes, and a person chose the second."""
    night.members[OTHER_CLASS].append(STUDENT)
    ours = after(Night().snapshot())
    decisions = Decisions(chosen={key_of(ours, "students", STUDENT): key_of(ours, "classes", OTHER_CLASS)})
    return settled(night, ours, decisions=decisions)


def blocked(night):
    ours = after(Night().snapshot())
    return settled(night, ours, blocks=Blocked(key_of(ours, "students", STUDENT)))


def left(night):
    night.without(STUDENT)
    night.without_staff(TEACHER)
    return after(Night().snapshot(), night.snapshot())


def left_out_here(night):
    """They went with a person's word, and the MIS goes on listing them."""
    gone = Night()
    gone.without(STUDENT)
    gone.without_staff(TEACHER)
    ours = after(Night().snapshot(), gone.snapshot())
    return structs.replace(ours, left_out=OutHere(ours))


def left_out(night):
    """A person has said that the class stays out."""
    ours = after(Night().snapshot())
    return settled(night, ours, decisions=Decisions(classes={key_of(ours, "classes", CLASS): "out"}))


def new_year(night):
    """A school year has begun and nobody has confirmed it; the class of last year is in the MIS still."""
    night.rules |= {"turned": True, "awaiting": True, "between": True}
    return after(Night().snapshot())


def rollover(night):
    """A person has confirmed the new year: this run turns it."""
    night.rules |= {"rollover": True, "between": True}
    return after(Night().snapshot())


def brought_in(night):
    """A person has said that the class comes in, whatever its subject."""
    ours = after(Night().snapshot())
    return settled(night, ours, decisions=Decisions(classes={key_of(ours, "classes", CLASS): "in"}))


def asks_first(night):
    """A class that the rule would take waits for the school's word: this one came yesterday."""
    night.rules["asks_first"] = True
    before = Night()
    before.classes.pop(CLASS)
    ours = after(before.snapshot())
    return after(night.snapshot(), ours=ours, rules=policy(**night.rules))


def another_mis(night):
    """The school has another MIS, and nobody has confirmed yet who is who."""
    night.school["mis"] = "Arbor"
    return after(Night().snapshot())


def announced(night):
    """Wonde has told us that a change of MIS is near."""
    night.rules["moving"] = True
    return after(Night().snapshot())


# --- what comes: each changes the night further


def court_order(night):
    night.families[STUDENT][PARENT] = {"court_order": True}


def no_responsibility(night):
    night.families[STUDENT][PARENT] = {"parental_responsibility": False}


def not_known(night):
    night.families[STUDENT][PARENT] = {"parental_responsibility": None}


def no_about_a_sibling(night):
    night.families[SIBLING][PARENT] = {"court_order": True}


def left_the_mis(night):
    night.students[STUDENT] = {"leaves": -1}
    night.staff[TEACHER] = {"current": False}


def most_left(night):
    """The MIS says that most students have left and most staff are not current."""
    for each in MANY_STUDENTS:
        if each in night.students:
            night.students[each] = {"leaves": -1}
    for each in MANY_STAFF:
        if each in night.staff:
            night.staff[each] = {"current": False}


def not_yet(night):
    night.students[STUDENT] = {"starts": 10}


def absent(night):
    night.without(STUDENT)
    night.without_staff(TEACHER)


def returns(night):
    night.listed_again()


def moves(night):
    night.listed_again()
    night.out_of_class(STUDENT)
    night.members[OTHER_CLASS].append(STUDENT)


def new_id(night):
    """Listed under a new id, in the class, with the old UPI."""
    night.listed_again()
    night.without(STUDENT)
    night.students["S901"] = {"upi": upi_of(STUDENT), "upn": None}
    night.families["S901"] = night.families[STUDENT]
    night.members[CLASS].append("S901")
    night.without_staff(TEACHER)
    night.staff["E901"] = {"upi": upi_of(TEACHER)}
    night.taught[CLASS].append("E901")


def parents_new_id(night):
    night.families[STUDENT] = {"P901": {"upi": upi_of(PARENT)}}


def no_upn(night):
    night.students[STUDENT] = {"upn": None}


def contacts_withdrawn(night):
    night.denied += ["contacts"]


def contacts_not_offered(night):
    night.not_offered += ["contacts"]


def change_of_mis(night):
    night.school["mis"] = "Bromcom"


def another_class(night):
    night.listed_again()
    night.teach_nothing(TEACHER)
    night.taught[OTHER_CLASS].append(TEACHER)


def current_is_null(night):
    """Of everybody: what Wonde shows where staff details are not granted any more."""
    night.staff = {each: {"current": None} for each in night.staff}


def staff_withdrawn(night):
    night.denied += ["employees"]


def the_year_is_over(night):
    night.classes[CLASS]["academic_year"] = "2025/2026"


def another_subject(night):
    night.classes[CLASS]["subject"] = ENGLISH


def class_absent(night):
    del night.classes[CLASS]


def class_with_a_new_id(night):
    del night.classes[CLASS]
    night.classes["C901"] = {}
    night.members["C901"], night.taught["C901"] = night.members.pop(CLASS), night.taught.pop(CLASS)


def classes_withdrawn(night):
    night.denied += ["classes"]


def student_hidden(night):
    night.without(STUDENT)
    night.beyond["students"] += 1


def student_deleted(night):
    """And Wonde goes on counting them for a while."""
    student_hidden(night)
    night.deleted.append(STUDENT)


def others_hidden(night):
    night.without(SECOND[5])
    night.beyond["students"] += 1


def teacher_hidden(night):
    night.without_staff(TEACHER)
    night.beyond["employees"] += 1


def parent_hidden(night):
    del night.families[STUDENT][PARENT]
    night.beyond["contacts"] += 1


# --- what becomes of them


def decided(night, ours):
    return decide(night.snapshot(), structs.replace(ours, mis="SIMS"), policy(**night.rules))


def of_person(decision, ours, kind, wonde_id, link):
    key, judgement = key_of(ours, kind, wonde_id), decision.judgement
    plan = judgement.plans[kind]
    if key in ours.former[kind]:
        return "back" if key in plan.returns else "left"
    if key in judgement.removals[kind]:
        return "out"
    if key in judgement.held[kind]:
        return "waits"
    return "moved" if key in judgement.plans[link].moves else "in"


def of_link(decision, ours):
    key, judgement = (key_of(ours, "contacts", PARENT), key_of(ours, "students", STUDENT)), decision.judgement
    plan = judgement.plans["guardianships"]
    if key not in ours.rows["guardianships"]:
        return "back" if key in plan.creates or key in plan.returns else "none"
    if key in judgement.removals["guardianships"]:
        return "out"
    now = plan.updates[key][1] if key in plan.updates else ours.rows["guardianships"][key]
    if now.doubt or now.responsibility is None:
        return "silent"
    return "waits" if key in judgement.held["guardianships"] else "in"


def of_class(decision, ours):
    key, judgement = key_of(ours, "classes", CLASS), decision.judgement
    if key in judgement.removals["classes"]:
        return "out"
    before = ours.rows["classes"].get(key)
    _, now = judgement.plans["classes"].updates.get(key, (before, before))
    if before is None or before.status == "out":
        return "none" if now is None or now.status == "out" else "back"
    if key in judgement.held["classes"]:
        return "waits"
    return now.status


STATES = {
    "here": here, "held": held, "missing": missing, "kept": kept, "kept anyway": kept_against_the_mis,
    "paused": paused, "undone": undone,
    "frozen": frozen_classes, "between": between, "elsewhere": elsewhere, "blocked": blocked, "left": left,
    "left out here": left_out_here,
    "left out": left_out, "brought in": brought_in, "asks first": asks_first, "new year": new_year,
    "rollover": rollover, "new MIS": another_mis, "announced": announced,
}  # fmt: skip
COMES = {
    "court order": court_order, "no responsibility": no_responsibility, "not known": not_known,
    "sibling's no": no_about_a_sibling, "left MIS": left_the_mis, "most left": most_left, "not yet": not_yet,
    "absent": absent, "returns": returns, "moves": moves, "new id": new_id,
    "parent's new id": parents_new_id, "no UPN": no_upn,
    "contacts withdrawn": contacts_withdrawn, "not offered": contacts_not_offered,
    "change of MIS": change_of_mis, "other class": another_class, "null": current_is_null,
    "staff withdrawn": staff_withdrawn, "year over": the_year_is_over, "other subject": another_subject,
    "class absent": class_absent, "class's new id": class_with_a_new_id, "classes withdrawn": classes_withdrawn,
}  # fmt: skip

OF_WHOM = {"teacher": ("employees", TEACHER), "parent": ("contacts", PARENT)}
HIDES = {
    "student hidden": student_hidden, "student gone": absent, "student deleted": student_deleted,
    "others hidden": others_hidden, "shown again": returns, "marked, still gone": absent,
    "teacher hidden": teacher_hidden, "parent hidden": parent_hidden,
}  # fmt: skip


def every_pair(text):
    found = pairs.table(text)
    return pytest.mark.parametrize(
        ("in_state", "what", "outcome"),
        [(*pair, outcome) for pair, outcome in found.items()],
        ids=[f"{state}-{what}" for state, what in found],
    )


def meet(in_state, what):
    night = Night()
    ours = STATES[in_state](night)
    COMES[what](night)
    return decided(night, ours), ours


@every_pair(pairs.STUDENTS)
def test_a_student(in_state, what, outcome):
    decision, ours = meet(in_state, what)

    assert of_person(decision, ours, "students", STUDENT, "enrolments") == outcome


@every_pair(pairs.LINKS)
def test_a_parents_link_to_the_student(in_state, what, outcome):
    decision, ours = meet(in_state, what)

    assert of_link(decision, ours) == outcome


@every_pair(pairs.EMPLOYEES)
def test_a_member_of_staff(in_state, what, outcome):
    decision, ours = meet(in_state, what)

    assert of_person(decision, ours, "employees", TEACHER, "teachings") == outcome


@every_pair(pairs.HIDDEN)
def test_whoever_is_perhaps_hidden(in_state, what, outcome):
    night = Night()
    ours = STATES[in_state](night)
    kind, wonde_id = OF_WHOM.get(what.split()[0], ("students", STUDENT))
    key = key_of(ours, kind, wonde_id)
    if what in ("shown again", "marked, still gone"):
        ours = structs.replace(ours, hidden={"students": {key}})
    {**COMES, **HIDES}[what](night)
    after_it = decided(night, ours).judgement.hidden
    marked = (ours.hidden.get(kind, set()) | after_it.new.get(kind, set())) - after_it.back.get(kind, set())

    assert ("marked" if key in marked else "free") == outcome


@every_pair(pairs.CLASSES)
def test_a_class(in_state, what, outcome):
    decision, ours = meet(in_state, what)

    assert of_class(decision, ours) == outcome
