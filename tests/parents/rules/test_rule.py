"""Who may be mailed about whom: the rule on plain data, by example and by property. No database."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parents.rules.rule import WHY, Family, Link, Rules, decide

MUM, DAD = "mum@home.example", "dad@home.example"


def said(about=None):
    """Stops by address: {address: [(student or None, cause)]}."""
    return lambda address: (about or {}).get(address, ())


def mails(*links, rules=Rules(), stops=None):  # noqa: B008 (frozen)
    return {m.address: (m.contacts, m.students) for m in decide(links, rules, said(stops)).mails.values()}


def why(*links, rules=Rules(), stops=None):  # noqa: B008 (frozen)
    return decide(links, rules, said(stops)).why


def test_the_highest_priority_present_is_mailed_including_ties():
    mum, dad, gran = Link(1, 10, MUM, priority=1), Link(1, 11, DAD, priority=1), Link(1, 12, "g@x.org", priority=2)

    assert mails(mum, dad, gran).keys() == {MUM, DAD}
    assert why(mum, dad, gran)[1, 12] == "lower_priority"


def test_no_priority_ranks_below_every_number_and_alone_it_is_enough():
    assert mails(Link(1, 10, MUM), Link(1, 11, DAD, priority=9)).keys() == {DAD}
    assert mails(Link(1, 10, MUM), Link(1, 11, DAD)).keys() == {MUM, DAD}


@pytest.mark.parametrize("cause", ["parent", "bounce", "complaint", "staff", "not_mine"])
def test_a_no_or_a_bounce_stops_that_address_and_nobody_takes_its_place(cause):
    links = Link(1, 10, MUM, priority=1), Link(1, 11, DAD, priority=2)

    assert mails(*links, stops={MUM: [(None, cause)]}) == {}
    assert why(*links, stops={MUM: [(None, cause)]}) == {(1, 10): cause, (1, 11): "lower_priority"}


@pytest.mark.parametrize(
    ("first", "reason"),
    [
        (Link(1, 10, "", priority=1), "no_address"),
        (Link(1, 10, "n/a", priority=1), "bad_address"),
        (Link(1, 10, "office@school.example", priority=1), "school_address"),
        (Link(1, 10, "head@staff.example", priority=1), "school_address"),
        (Link(1, 10, MUM, priority=1, blocked=True), "blocked"),
        (Link(1, 10, MUM, priority=1, doubt="student_missing"), "student_missing"),
        (Link(1, 10, MUM, responsibility=None, priority=1), "responsibility_unknown"),
        (Link(1, 10, MUM, responsibility=False, priority=1), "no_responsibility"),
    ],
)
def test_a_contact_who_cannot_or_must_not_be_mailed_gives_way_to_the_next(first, reason):
    rules = Rules(own=frozenset({"office@school.example"}), staff_domains=frozenset({"staff.example"}))
    second = Link(1, 11, DAD, priority=2)

    assert mails(first, second, rules=rules).keys() == {DAD}
    assert why(first, second, rules=rules)[1, 10] == reason


def test_a_teacher_may_be_a_parent_under_their_own_work_address():
    rules = Rules(staff_domains=frozenset({"staff.example"}))

    assert mails(Link(1, 10, "r.pell@staff.example"), rules=rules)


def test_a_school_may_trust_its_first_contact_but_never_against_a_no():
    rules = Rules(trusts_first_contact=True)

    assert mails(Link(1, 10, MUM, responsibility=None, priority=1), rules=rules)
    assert not mails(Link(1, 10, MUM, responsibility=None, priority=2), rules=rules)
    assert not mails(Link(1, 10, MUM, responsibility=False, priority=1), rules=rules)


def test_siblings_share_one_mail():
    assert mails(Link(1, 10, MUM), Link(2, 10, MUM)) == {MUM: ((10,), (1, 2))}


def test_parents_with_one_address_share_a_mail_if_they_share_a_child():
    assert mails(Link(1, 10, MUM), Link(1, 11, MUM), Link(2, 11, MUM)) == {MUM: ((10, 11), (1, 2))}


def test_two_families_with_one_address_are_not_mailed():
    links = Link(1, 10, MUM), Link(2, 11, MUM)

    assert mails(*links) == {}
    assert set(why(*links).values()) == {"shared_address"}


def test_a_blocked_contact_does_not_spoil_the_address_of_the_others():
    assert mails(Link(1, 10, MUM), Link(2, 11, MUM, blocked=True)).keys() == {MUM}


def test_one_child_may_be_left_out_of_a_familys_mail_by_choice():
    links = Link(1, 10, MUM), Link(2, 10, MUM)

    assert mails(*links, stops={MUM: [(2, "parent")]}) == {MUM: ((10,), (1,))}
    assert why(*links, stops={MUM: [(2, "parent")]})[2, 10] == "parent_child"


ADDRESSES = ["a@x.org", "b@x.org", "c@x.org", "", "broken"]
LINKS = st.lists(
    st.builds(
        Link,
        student=st.integers(1, 4),
        contact=st.integers(1, 5),
        address=st.sampled_from(ADDRESSES),
        responsibility=st.sampled_from([True, True, None, False]),
        priority=st.sampled_from([None, 1, 2, 3]),
        blocked=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda link: (link.student, link.contact),
).map(lambda links: [Link(k.student, k.contact, ADDRESSES[k.contact % 5] if k.contact != 5 else k.address,
                          k.responsibility, k.priority, k.blocked) for k in links])  # fmt: skip
SAID = st.dictionaries(
    st.sampled_from(ADDRESSES[:3]),
    st.lists(
        st.tuples(st.sampled_from([None, 1, 2, 3, 4]), st.sampled_from(["parent", "bounce", "staff"])), max_size=3
    ),
)
RULES = st.builds(Rules, trusts_first_contact=st.booleans())


def pairs(verdicts):
    return {(family.address, student) for family in verdicts.mails.values() for student in family.students}


@given(LINKS, RULES, SAID, SAID)
def test_another_no_never_starts_mail_to_anybody(links, rules, before, more):
    after = {address: [*before.get(address, ()), *more.get(address, ())] for address in {*before, *more}}

    assert pairs(decide(links, rules, said(after))) <= pairs(decide(links, rules, said(before)))


@given(LINKS, RULES, SAID)
def test_an_address_that_said_no_gets_no_mail_whatever_else_is_true(links, rules, stops):
    mailed = pairs(decide(links, rules, said(stops)))

    for address, entries in stops.items():
        for about, _ in entries:
            assert not {(a, s) for a, s in mailed if a == address and about in (None, s)}


@given(LINKS, RULES, SAID)
def test_every_link_has_a_reason_and_mail_goes_only_over_links_that_allow_it(links, rules, stops):
    verdicts = decide(links, rules, said(stops))

    assert verdicts.why.keys() == {(link.student, link.contact) for link in links}
    assert set(verdicts.why.values()) <= WHY.keys()
    by_pair = {(link.student, link.contact): link for link in links}
    for family in verdicts.mails.values():
        assert isinstance(family, Family)
        for student in family.students:
            allowed = [by_pair[student, contact] for contact in family.contacts if (student, contact) in by_pair]
            assert any(
                link.address == family.address
                and not link.blocked
                and (link.responsibility or (link.responsibility is None and rules.trusts_first_contact))
                for link in allowed
            )


@given(LINKS, RULES)
def test_the_order_links_are_read_in_does_not_matter(links, rules):
    assert decide(links, rules, said()).mails == decide(links[::-1], rules, said()).mails
