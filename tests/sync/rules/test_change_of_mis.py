"""A change of MIS: when it is taken for one, whom it matches, and what is left to a person. Pure."""

import pytest
from msgspec import structs

from sync.rules.change_of_mis import Matched, matched, propose
from tests.sync.build import a_class, a_student, after, decided, ids, key_of, names, nobody, policy, read
from tests.sync.families import contact, night
from tests.tools.identifiers import upn_of


def renumbered(many, of=20, come=None):
    """A school of one class before and after: `many` of its students have new ids, `come` of those came."""
    before = read(a_class("C001", ids("S", of)))
    new = [a_student(each, upi=None, upn=None) for each in ids("S", many if come is None else come, 900)]
    staying = ids("S", of)[many:]
    return after(before), read(a_class("C001", [*staying, *(row.id for row in new)]), students=new)


@pytest.mark.parametrize(("many", "of", "taken"), [(5, 8, False), (6, 8, True), (10, 20, False), (11, 20, True)])
def test_more_than_half_and_more_than_five_new_ids_are_a_change_of_mis(many, of, taken):
    ours, tonight = renumbered(many, of)

    assert (decided(tonight, ours).proposal is not None) is taken


@pytest.mark.parametrize(("come", "taken"), [(7, False), (8, True)])
def test_ids_that_went_without_as_many_half_of_them_new_are_no_change_of_mis(come, taken):
    ours, tonight = renumbered(14, 20, come)

    assert (decided(tonight, ours).proposal is not None) is taken


def test_another_name_of_the_mis_is_a_change_and_nothing_is_planned():
    ours = structs.replace(after(read(a_class("C001", ids("S", 3)))), mis="SIMS")
    tonight = read(a_class("C001", ids("S", 3)))
    tonight.school.mis = "Arbor"

    decision = decided(tonight, ours)

    assert decision.proposal.how["students"] == {"id": 3}
    assert not any(plan.creates or plan.absent for plan in decision.judgement.plans.values())


def test_the_same_mis_spelled_otherwise_is_no_change_of_mis():
    ours = structs.replace(after(read(a_class("C001", ids("S", 3)))), mis="Bromcom")
    tonight = read(a_class("C001", ids("S", 3)))
    tonight.school.mis = "BROMCOM"

    assert decided(tonight, ours).proposal is None


def test_a_first_import_is_no_change_of_mis():
    assert decided(read(a_class("C001", ids("S", 20))), nobody()).proposal is None


def test_students_are_matched_by_upn_then_by_name_and_year_where_both_sides_have_one():
    ours = after(
        read(a_class("C001", ids("S", 3)), students=[a_student("S003", upn=None, forename="Bo", surname="Li")])
    )
    new = [
        a_student("N1", upi=None, upn=upn_of("S001")),
        a_student("N3", upi=None, upn=None, forename="Bo", surname="Li"),
    ]

    found = propose(read(a_class("D001", ["N1", "N3"]), students=new), ours)

    assert found.how["students"] == {"UPN": 1, "name and year group": 1}
    assert names(ours, "students", found.ours["students"]) == {"S002"}
    assert found.pairs["students"]["N3"] == key_of(ours, "students", "S003")


# --- parents and carers


def families_after_a_change(*new):
    """Our side of one child with Ada and Bea, and what the new MIS lists for the child instead."""
    ours = after(night({"S1": [contact("A", "ada@x.org"), contact("B", "bea@x.org")], "S2": [contact("C")]}))
    return ours, propose(night({"S1": list(new), "S2": []}), ours)


def test_a_contact_is_found_by_child_and_address_and_nobody_is_left_to_settle():
    ours, found = families_after_a_change(contact("N1", "ADA@x.org"), contact("N2", "bea@x.org"))

    assert found.pairs["contacts"] == {"N1": key_of(ours, "contacts", "A"), "N2": key_of(ours, "contacts", "B")}
    assert found.ours["contacts"] == {}
    assert matched(found)[-1] == Matched("contacts", {"address": 2}, 0, 1)


def test_a_contact_nobody_could_be_found_for_is_offered_the_new_ones_of_the_same_child_each_with_child_and_address():
    ours, found = families_after_a_change(contact("N1", "ada@x.org"), contact("N2", "other@x.org"))

    bea = key_of(ours, "contacts", "B")
    assert found.offered["contacts"] == {bea: ["N2"]}
    assert found.ours["contacts"] == {bea: "Okoro B, Mercy (Mother: Ann S1 Okoro S1; b…a@x….org)"}
    assert found.theirs["contacts"] == {"N2": "Okoro N2, Mercy (Mother: Ann S1 Okoro S1; o…r@x….org)"}
    assert matched(found)[-1] == Matched("contacts", {"address": 1}, 1, 1)


def test_whoever_has_no_first_name_is_called_by_the_other_alone():
    nameless = contact("N2", "other@x.org") | {"forename": None, "surname": "Kaur"}
    _, found = families_after_a_change(contact("N1", "ada@x.org"), nameless)

    assert found.theirs["contacts"] == {"N2": "Kaur (Mother: Ann S1 Okoro S1; o…r@x….org)"}


def test_a_school_that_never_shared_contacts_is_told_nothing_of_them():
    ours = after(read(a_class("C001", ids("S", 3))))

    assert "contacts" not in [line.kind for line in matched(propose(read(a_class("C001", ids("S", 3))), ours))]


def test_a_upn_that_comes_with_another_name_and_year_group_is_left_to_the_person():
    ours = after(read(a_class("C001", ids("S", 3))))
    listed = [a_student("N1", upi=None, upn=upn_of("S001"), forename="Bo", surname="Li", year="7"), a_student("S002")]

    proposal = propose(read(a_class("C001", [row.id for row in listed]), students=listed), ours)

    assert "N1" not in proposal.pairs["students"]
    assert proposal.theirs["students"] == {"N1": "Li, Bo (year 7)"}


# --- while a change is announced


@pytest.mark.parametrize(
    ("gone", "come", "moving", "taken"),
    [
        ("S001", "N001", True, True), ("E001", "F001", True, True), ("S001", None, True, False),
        (None, "N001", True, False), (None, None, True, False), ("C002", "D002", True, False),
        ("S001", "N001", False, False), ("E001", "F001", False, False),
    ],
)  # fmt: skip
def test_while_a_change_is_announced_one_person_gone_and_one_come_is_one(gone, come, moving, taken):
    def listed(*without):
        students, staff, classes = ids("S", 20), ids("E", 4), ["C002"]
        for kind in (students, staff, classes):
            if without[0] in kind:
                kind.remove(without[0])
            if without[1] and without[1][0] in {"S": "N", "E": "F", "C": "D"}[(kind or "C")[0][0]]:
                kind.append(without[1])
        new = [a_student(each, upi=None, upn=None) for each in students if each.startswith("N")]
        return read(a_class("C001", students, staff), *(a_class(each) for each in classes), students=new)

    decision = decided(listed(gone, come), after(listed(None, None)), policy(moving=moving))

    assert (decision.proposal is not None) is taken
