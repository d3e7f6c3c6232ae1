"""Which parents and carers are kept, and what a night does to those we have. Pure."""

import pytest

from schools.text.addresses import Marks, marks_of_contact, marks_of_student
from sync.facts.rows import with_values
from sync.plans.plan import Plan
from tests.sync.build import a_class, after, decided, key_of, policy, told, upn_of
from tests.sync.families import contact, night
from tests.tools.identifiers import upi_of


def kept(decision):
    """(contact, student) pairs that are in, by Wonde id."""
    return {tuple(str(part) for part in key) for key in decision.screened.theirs["guardianships"]}


def withheld(decision):
    return {key: n for key, n in decision.screened.ledger["guardianships"].withheld.items() if n}


def test_a_contact_with_responsibility_is_kept_with_the_first_filled_address():
    row = contact("P1", relationship="Mother")
    row["contact_details"] = {
        "data": {"emails": {"email": " ", "primary": None, "home": "M@Home.Example", "work": "w@x.org"}}
    }

    decision = decided(night({"S001": [row]}))

    (person,) = decision.screened.theirs["contacts"].values()
    assert (person.email, person.sort_name) == ("m@home.example", "okoro p0001 mercy")
    (link,) = decision.screened.theirs["guardianships"].values()
    assert (link.relationship, link.priority, link.responsibility) == ("Mother", 1, True)


@pytest.mark.parametrize(
    ("relationship", "reason"),
    [
        ({"parental_responsibility": False}, "no_parental_responsibility"),
        ({"parental_responsibility": None}, "parental_responsibility_unknown"),
        ({"court_order": True}, "court_order"),
        ({"court_order": True, "parental_responsibility": None}, "court_order"),
    ],
)
def test_a_contact_without_proven_responsibility_or_with_a_court_order_is_not_kept(relationship, reason):
    decision = decided(night({"S001": [contact("P1", **relationship), contact("P2", court_order=None)]}))

    assert kept(decision) == {("P2", "S001")}
    assert withheld(decision) == {reason: 1}
    assert decision.screened.ledger["contacts"].withheld == {reason: 1}


def test_a_school_may_trust_its_first_contact_where_the_mis_does_not_say_but_never_against_a_no():
    family = [contact("P1", parental_responsibility=None), contact("P2", parental_responsibility=None, priority=2),
              contact("P3", parental_responsibility=False)]  # fmt: skip

    decision = decided(night({"S001": family}), rules=policy(trusts_first_contact=True))

    assert kept(decision) == {("P1", "S001")}


def test_a_contact_shared_by_siblings_is_one_row_and_two_links():
    decision = decided(night({"S001": [contact("P1")], "S002": [contact("P1", priority=None)]}))

    assert len(decision.screened.theirs["contacts"]) == 1
    assert kept(decision) == {("P1", "S001"), ("P1", "S002")}
    assert decision.screened.ledger["contacts"].read == 1


def test_contacts_of_students_who_are_not_kept_are_counted_and_not_stored():
    classes = [a_class("C001", ["S001"])]

    decision = decided(night({"S001": [contact("P1")], "S002": [contact("P1"), contact("P2")]}, classes))

    assert kept(decision) == {("P1", "S001")}
    assert withheld(decision) == {"no_kept_student": 2}
    assert decision.screened.ledger["contacts"].withheld == {"no_kept_student": 1}


def many(number, **changes):
    """Families of one child and one parent; `changes` are relationships by contact."""
    return {f"S{n:03}": [contact(f"P{n:03}", **changes.get(f"P{n:03}", {}))] for n in range(1, number + 1)}


def removals(decision, kind):
    return {key: (removal.cause, removal.reason) for key, removal in decision.judgement.removals[kind].items()}


@pytest.mark.parametrize(
    ("relationship", "reason"),
    [({"parental_responsibility": False}, "no_parental_responsibility"), ({"court_order": True}, "court_order")],
)
def test_what_the_mis_says_ends_every_contact_tonight_whatever_the_limit(relationship, reason):
    ours = after(night(many(20)))

    decision = decided(night(many(20, **{f"P{n:03}": relationship for n in range(1, 21)})), ours)

    assert set(removals(decision, "contacts").values()) == {("evidence", reason)}
    assert len(removals(decision, "contacts")) == len(removals(decision, "guardianships")) == 20
    assert decision.judgement.held["contacts"] == {}


def test_responsibility_that_is_suddenly_unknown_is_an_absence_and_a_held_row_says_unknown_tonight():
    ours = after(night(many(20)))
    unknown = {"parental_responsibility": None}

    one = decided(night(many(20, P001=unknown)), ours)
    all_of_them = decided(night(many(20, **{f"P{n:03}": unknown for n in range(1, 21)})), ours)

    assert list(removals(one, "contacts").values()) == [("absence", "parental_responsibility_unknown")]
    assert removals(all_of_them, "contacts") == removals(all_of_them, "guardianships") == {}
    assert len(all_of_them.judgement.held["contacts"]) == len(all_of_them.judgement.held["guardianships"]) == 20
    said = [after.responsibility for _, after in all_of_them.judgement.plans["guardianships"].updates.values()]
    assert said == [None] * 20
    assert one.judgement.plans["guardianships"].updates == {}


def test_contacts_that_go_with_their_students_are_not_counted_and_do_not_hold_them():
    ours = after(night(many(20)))

    decision = decided(night(many(15)), ours)

    assert len(removals(decision, "students")) == 5
    assert [cause for cause, _ in removals(decision, "contacts").values()] == ["follows"] * 5
    assert len(removals(decision, "guardianships")) == 5
    assert not any(decision.judgement.held.values())


def test_a_held_student_keeps_contacts_and_links():
    ours = after(night(many(20)))

    decision = decided(night(many(8)), ours)

    held = decision.judgement.held
    assert len(held["students"]) == len(held["contacts"]) == len(held["guardianships"]) == 12
    assert removals(decision, "contacts") == removals(decision, "guardianships") == {}


def test_too_many_missing_contacts_wait_while_a_leaving_student_still_takes_theirs_along():
    ours = after(night(many(20)))
    families = many(19) | {f"S{n:03}": [] for n in range(1, 11)}

    decision = decided(night(families), ours)

    assert len(decision.judgement.held["contacts"]) == 10
    assert len(removals(decision, "students")) == 1
    assert list(removals(decision, "contacts").values()) == [("follows", "")]
    assert not decision.judgement.held["students"]


def test_a_held_contact_does_not_keep_a_link_to_a_student_who_leaves():
    families = {"S001": [contact("P001")], "S002": [contact("P001")]} | {
        f"S{n:03}": [contact(f"P{n:03}")] for n in range(3, 21)
    }
    ours = after(night(families))
    tonight = {student: [] if student < "S012" else contacts for student, contacts in families.items()}
    del tonight["S001"]

    decision = decided(night(tonight), ours)

    assert len(removals(decision, "students")) == 1
    assert len(removals(decision, "guardianships")) == 1
    assert len(decision.judgement.held["contacts"]) == 10


def test_a_student_without_a_readable_list_keeps_contacts_and_one_with_an_empty_list_does_not():
    ours = after(night({"S001": [contact("P1")], "S002": [contact("P2")], "S003": [contact("P3")]}))

    decision = decided(night({"S001": None, "S002": [], "S003": [contact("P3")]}), ours)

    assert len(removals(decision, "contacts")) == 1


def test_an_unreadable_contact_stays_and_its_student_is_unharmed():
    ours = after(night({"S001": [contact("P1")], "S002": [contact("P2")]}))
    garbled = contact("P1") | {"relationship": "not one"}

    decision = decided(night({"S001": [garbled], "S002": [contact("P2")]}), ours)

    assert removals(decision, "contacts") == removals(decision, "guardianships") == removals(decision, "students") == {}
    assert decision.screened.ledger["contacts"].unreadable == 1
    assert decision.screened.ledger["guardianships"].unreadable == 1


def test_after_a_contact_without_an_id_nobody_is_absent():
    ours = after(night({"S001": [contact("P1")], "S002": [contact("P2")]}))

    decision = decided(night({"S001": [{"surname": "Okoro"}], "S002": [contact("P2")]}), ours)

    assert removals(decision, "contacts") == removals(decision, "guardianships") == {}


@pytest.mark.parametrize("families", [{"S001": None, "S002": None}, {"S001": [], "S002": []}])
def test_contacts_that_are_not_shared_or_suddenly_none_at_all_stay_frozen(families):
    ours = after(night({"S001": [contact("P1")], "S002": [contact("P2")]}))
    denied = ["contacts"] if families["S001"] is None else []

    decision = decided(night(families, denied=denied), ours)

    assert decision.judgement.plans["contacts"] == Plan("contacts")
    assert decision.judgement.plans["guardianships"] == Plan("guardianships")
    assert decision.screened.ledger["contacts"].aside == ("denied" if denied else "emptied")
    assert any(entry.kind == "contacts" for entry in decision.judgement.waiting)
    assert removals(decision, "students") == {}


def test_when_students_are_not_shared_their_contacts_are_not_said_to_be_refused_too():
    ours = after(night({"S001": [contact("P1")], "S002": [contact("P2")]}))

    decision = decided(night({}, denied=["students"]), ours)

    assert decision.screened.aside["contacts"] == "denied"
    assert [entry.kind for entry in decision.judgement.waiting] == ["students"]


def test_a_school_that_never_shared_contacts_is_not_told_so_every_night():
    decision = decided(night({"S001": None}, denied=["contacts"]))

    assert not any(entry.kind == "contacts" for entry in decision.judgement.waiting)
    assert len(decision.screened.theirs["students"]) == 1


def test_a_contact_is_found_again_by_upi_under_a_new_id():
    ours = after(night({"S001": [contact("P1", upi=upi_of("U1"))]}))

    decision = decided(night({"S001": [contact("P9", upi=upi_of("U1"))]}), ours)

    assert not decision.judgement.plans["contacts"].creates
    assert not removals(decision, "contacts")
    assert len(decision.judgement.plans["contacts"].updates) == 1


@pytest.mark.parametrize(
    ("changed", "of", "waits"), [(6, 30, False), (7, 30, True), (5, 10, False), (6, 10, True), (30, 30, True)]
)
def test_addresses_that_change_for_more_than_a_fifth_and_more_than_five_at_once_wait(changed, of, waits):
    ours = after(night(many(of)))
    other = {f"S{n:03}": [contact(f"P{n:03}", f"new{n}@example.org")] for n in range(1, changed + 1)}

    decision = decided(night(many(of) | other), ours)

    assert list(decision.judgement.unsettled.get("contacts", {}).values()) == ["addresses"] * changed * waits


def test_addresses_that_vanish_for_many_stay_and_the_ledger_says_so():
    ours = after(night(many(20)))
    gone = many(20)
    for (row,) in gone.values():
        row["contact_details"] = None

    decision = decided(night(gone), ours)

    assert decision.screened.ledger["contacts"].kept == ["email"]
    assert decision.judgement.plans["contacts"].updates == {}


def test_unexpected_keys_of_a_relationship_are_counted_by_name_and_their_values_dropped():
    decision = decided(night({"S001": [contact("P1", correspondence="secret"), contact("P2", correspondence=None)]}))

    assert decision.screened.ledger["guardianships"].keys == {"correspondence": 2}
    assert "secret" not in repr(decision.screened)


class Blocked:
    """One block, as `parents.rules.blocks` asks it."""

    def __init__(self, student_marks=(), contact_marks=(), key=None):
        self.student, self.contact, self.key = set(student_marks), set(contact_marks), key

    def cover(self, key, student, contact):
        marks = Marks({1: b"k" * 32})
        own = marks_of_student(marks, 1, student.wonde_id, student.upi, student.upn)
        theirs = marks_of_contact(marks, 1, contact.wonde_id, contact.upi, contact.email)
        return bool((key == self.key or own & self.student) and theirs & self.contact)


def test_a_block_ends_the_link_to_that_student_only_and_by_any_mark():
    marks = Marks({1: b"k" * 32})
    first = night({"S001": [contact("P1")], "S002": [contact("P1")]})
    ours = after(first)
    for theirs in (("P1", "", ""), ("", upi_of("P1"), ""), ("", "", "p1@example.org")):
        ours.blocks = Blocked(marks_of_student(marks, 1, "", upi_of("S001"), ""), marks_of_contact(marks, 1, *theirs))

        decision = decided(first, ours)

        assert list(removals(decision, "guardianships").values()) == [("evidence", "blocked")]
        assert len(decision.screened.theirs["contacts"]) == 1


def doubts(ours):
    """(contact, student) -> why the link is not confirmed, by Wonde id."""
    rows = ours.rows
    return {
        (rows["contacts"][row.contact].wonde_id, rows["students"][row.student].wonde_id): row.doubt
        for row in rows["guardianships"].values()
    }


NO = {"parental_responsibility": False}
ORDER = {"court_order": True}


def held_child(families):
    """S001 is listed and in no class, as are enough others that all of them wait."""
    return night(families, [a_class("C001", [each for each in families if each > "S012"])])


def lone_child(families):
    """S001 is listed and in no class, and goes."""
    return night(families, [a_class("C001", [each for each in families if each > "S001"])])


@pytest.mark.parametrize(("relationship", "reason"), [(ORDER, "court_order"), (NO, "no_parental_responsibility")])
@pytest.mark.parametrize(
    ("tonight", "rules"),
    [
        (held_child, policy()),
        (held_child, policy(paused=True)),
        (lone_child, policy(paused=True)),
        (lone_child, policy(between=True)),
        (night, policy(paused=True)),
    ],
    ids=["held", "held in a pause", "without a class in a pause", "between classes", "paused"],
)
def test_a_no_ends_the_link_tonight_whatever_state_the_child_is_in(tonight, rules, relationship, reason):
    ours = after(night(many(20)))

    decision = decided(tonight(many(20, P001=relationship)), ours, rules)

    key = key_of(ours, "contacts", "P001"), key_of(ours, "students", "S001")
    assert removals(decision, "guardianships") == {key: ("evidence", reason)}
    assert removals(decision, "contacts") == {key[0]: ("evidence", reason)}


def test_a_no_about_one_child_ends_nothing_of_a_sibling_who_is_missing_or_waits():
    both = {"S001": [contact("P001")], "S002": [contact("P001")]} | {
        f"S{n:03}": [contact(f"P{n:03}")] for n in range(3, 21)
    }
    ours = after(night(both))
    families = both | {"S001": [contact("P001", **ORDER)]}
    missing = {child: contacts for child, contacts in families.items() if not "S001" < child < "S013"}
    without = night(families, [a_class("C001", ["S001", *[each for each in families if each > "S012"]])])

    for tonight in (night(missing), without):
        decision = decided(tonight, ours)

        gone = removals(decision, "guardianships")
        assert gone == {
            (key_of(ours, "contacts", "P001"), key_of(ours, "students", "S001")): ("evidence", "court_order")
        }
        assert key_of(ours, "students", "S002") in decision.judgement.held["students"]
        assert removals(decision, "contacts") == {}


def test_a_block_ends_the_link_to_a_child_who_is_missing_too():
    marks = Marks({1: b"k" * 32})
    ours = after(night(many(20)))
    ours.blocks = Blocked(marks_of_student(marks, 1, "S001", "", ""), marks_of_contact(marks, 1, "P001", "", ""))

    decision = decided(night({child: row for child, row in many(20).items() if child > "S012"}), ours)

    assert list(removals(decision, "guardianships").values()) == [("evidence", "blocked")]


def test_while_a_child_is_missing_nothing_is_known_of_its_contacts_until_it_is_listed_again():
    ours = after(night(many(20)))
    some = {child: contacts for child, contacts in many(20).items() if child > "S012"}

    missing = after(night(some), ours=ours)
    again = after(night(many(20)), ours=missing)

    assert set(doubts(ours).values()) == set(doubts(again).values()) == {""}
    assert {link for link, why in doubts(missing).items() if why == "student_missing"} == {
        (f"P{n:03}", f"S{n:03}") for n in range(1, 13)
    }


def test_in_a_pause_too_a_missing_child_puts_its_contacts_in_doubt_and_a_listed_one_clears_that_alone():
    rules = policy(paused=True)
    ours = after(night(many(20)))
    back = many(20, P001={"relationship": "Aunt"})

    missing = after(night({child: row for child, row in many(20).items() if child > "S001"}), ours=ours, rules=rules)
    again = after(night(back), ours=missing, rules=rules)

    assert doubts(missing)["P001", "S001"] == "student_missing"
    assert doubts(again)["P001", "S001"] == ""
    assert {row.relationship for row in again.rows["guardianships"].values()} == {"Mother"}


def test_a_contact_who_is_missing_while_the_child_is_listed_is_in_doubt_as_long_as_it_waits():
    ours = after(night(many(20)))

    waiting = after(night(many(20) | {f"S{n:03}": [] for n in range(1, 11)}), ours=ours)

    assert [why for why in doubts(waiting).values() if why] == ["not_listed"] * 10


def test_where_court_orders_were_known_and_the_mis_is_silent_about_them_no_parent_is_added():
    stated = [contact("P1", court_order=False), contact("P2", **ORDER)]
    ours = after(night({"S001": stated}))
    assert decided(night({"S001": stated})).screened.stated >= {"court_orders"}
    assert "court_orders" not in decided(night({"S001": [contact("P1"), stated[1]]})).screened.stated
    silent = night({"S001": [contact("P1"), contact("P2"), contact("P3")]})
    never = decided(silent, ours)

    known = decided(silent, ours, policy(known=frozenset({"court_orders"})))

    assert len(never.judgement.plans["guardianships"].creates) == 2
    assert not known.judgement.plans["guardianships"].creates
    assert not any(known.judgement.removals.values())
    assert withheld(known) == {"court_order_unknown": 2}
    assert "The MIS no longer says between whom there is a court order." in told(known)


@pytest.mark.parametrize("spelled", ["1", 1, "true", "TRUE", " True ", "Yes", "Y", 1.0])
def test_a_court_order_is_understood_in_every_spelling(spelled):
    decision = decided(night({"S001": [contact("P1", court_order=spelled), contact("P2")]}))

    assert withheld(decision) == {"court_order": 1}


@pytest.mark.parametrize("spelled", ["0", 0, "false", "False ", "No", "n", 0.0])
def test_a_no_to_responsibility_is_understood_in_every_spelling(spelled):
    decision = decided(night({"S001": [contact("P1", parental_responsibility=spelled), contact("P2")]}))

    assert withheld(decision) == {"no_parental_responsibility": 1}


@pytest.mark.parametrize(
    "spelled", [{"parental_responsibility": "Y", "court_order": "N"}, {"court_order": ""}, {"priority": "1"}]
)
def test_a_contact_whose_yes_is_only_spelled_otherwise_is_kept(spelled):
    assert kept(decided(night({"S001": [contact("P1", **spelled)]}))) == {("P1", "S001")}


@pytest.mark.parametrize("spelled", ["perhaps", 2, {"value": True}, [True], "-1"])
@pytest.mark.parametrize("name", ["court_order", "parental_responsibility"])
def test_what_cannot_be_read_is_not_a_yes(name, spelled):
    ours = after(night({"S001": [contact("P1")], "S002": [contact("P1")]}))
    unclear = {"S001": [contact("P1", **{name: spelled})], "S002": [contact("P1")]}

    new, known = decided(night(unclear)), decided(night(unclear), ours)

    assert kept(new) == {("P1", "S002")}
    assert doubts(after(night(unclear), ours=ours)) == {("P1", "S001"): "unreadable", ("P1", "S002"): ""}
    assert not any(removals(known, kind) for kind in ("contacts", "guardianships"))
    assert "Of 1 parent or carer the MIS does not say readably" in told(known)


def test_a_contact_whose_name_cannot_be_read_is_ended_by_what_speaks_against_them_and_kept_where_nothing_does():
    ours = after(night(many(5)))
    families = many(5, P001=ORDER, P002={})
    for child in ("S001", "S002"):
        families[child][0]["surname"] = {"not": "text"}

    decision = decided(night(families), ours)

    key = key_of(ours, "contacts", "P001"), key_of(ours, "students", "S001")
    assert removals(decision, "guardianships") == {key: ("evidence", "court_order")}
    assert doubts(after(night(families), ours=ours))["P002", "S002"] == ""


@pytest.mark.parametrize("turn", [1, -1])
def test_of_a_contact_who_is_listed_twice_the_worse_is_believed(turn):
    order = [contact("P1"), contact("P1", court_order="perhaps"), contact("P1", **ORDER)][::turn]
    unclear = [contact("P2"), contact("P2", court_order="perhaps")][::turn]

    decision = decided(night({"S001": [*order, *unclear]}))

    assert withheld(decision) == {"court_order": 1}
    assert kept(decision) == set()


def test_in_a_pause_parents_stay_with_their_child_who_is_missing_or_in_no_class():
    families = many(20) | {"S021": [contact("P001")]}
    ours = after(night(families, [a_class("C001", list(many(20)))]))
    there = {child: row for child, row in families.items() if child > "S001"}

    missing = decided(night(there, [a_class("C001", list(many(20))[1:])]), ours, policy(paused=True))
    placeless = decided(night(families, [a_class("C001", list(many(20))[1:])]), ours, policy(paused=True))

    for decision in (missing, placeless):
        assert not any(decision.judgement.removals.values())


def test_while_other_children_may_stand_under_known_ids_their_contacts_neither_come_nor_go_and_are_not_written_to():
    ours = after(night(many(20)))
    tonight = night(many(20) | {f"S{n:03}": [contact(f"P9{n:02}")] for n in range(1, 7)})
    others = {f"S{n:03}": {"surname": "Marsh", "upn": upn_of(f"OTHER-{n}")} for n in range(1, 7)}
    tonight.students = tonight.students.each(lambda row: with_values(row, others.get(row.wonde_id, {})))

    decision = decided(tonight, ours)
    waiting = after(tonight, ours=ours)

    assert list(decision.judgement.unsettled["students"].values()) == ["identity"] * 6
    assert not any(decision.judgement.removals.values())
    assert not decision.judgement.plans["contacts"].creates
    assert [why for why in doubts(waiting).values() if why] == ["identity"] * 6
    assert not any(decided(tonight, waiting).judgement.plans[kind].updates for kind in ("contacts", "guardianships"))


def test_while_a_change_of_mis_waits_a_no_about_a_known_parent_of_a_known_child_acts():
    ours = after(night(many(20)))
    ours.mis = "Old MIS"
    families = many(20, P001=ORDER, P002={"parental_responsibility": None})
    families["S003"] = [contact("P903", **ORDER)]
    tonight = night(families)
    tonight.school.mis = "New MIS"

    decision = decided(tonight, ours)

    key = key_of(ours, "contacts", "P001"), key_of(ours, "students", "S001")
    assert decision.proposal
    assert removals(decision, "guardianships") == {key: ("evidence", "court_order")}
    assert not any(removals(decision, kind) for kind in ("students", "contacts", "enrolments"))
    updates = decision.judgement.plans["guardianships"].updates
    said = {ours.rows["contacts"][contact].wonde_id: row for (contact, _), (_, row) in updates.items()}
    assert said.keys() == {"P002", "P003"}
    assert said["P002"].responsibility is None
    assert said["P003"].doubt == "not_listed"
