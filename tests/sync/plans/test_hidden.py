"""Who is perhaps no longer shared: whoever is missing while Wonde counts more beyond those it lists than before."""

import hypothesis.strategies as st
from hypothesis import given, settings
from msgspec import structs

from sync.facts.snapshot import Deleted
from tests.sync.build import a_class, after, decided, ids, key_of, names, policy, read

EVERYBODY = ids("S", 30)


def night(students=EVERYBODY, beyond=0, deleted=(), counts=True, **fields):
    """Wonde lists these students, in one class, and counts so many more."""
    named = Deleted(frozenset(deleted), are_all=True)
    counted = {"beyond": {"students": beyond}} if counts else {}
    return read(a_class("C001", students), deleted=named, **counted, **fields)


def without(*gone):
    return [each for each in EVERYBODY if each not in gone]


def marked(ours):
    return names(ours, "students", ours.hidden["students"])


def test_everybody_who_is_missing_and_not_deleted_may_be_the_one_who_is_hidden():
    ours = after(night(), night(without("S001", "S002", "S003"), beyond=1, deleted=["S003"]))

    assert marked(ours) == {"S001", "S002"}


def test_where_wonde_counts_as_many_fewer_or_does_not_count_nobody_is_hidden():
    assert not marked(after(night(beyond=4), night(without("S001"), beyond=4)))
    assert not marked(after(night(), night(without("S001"), counts=False)))
    assert not marked(after(night(counts=False), night(without("S001"), beyond=1)))


def test_a_night_without_counts_is_made_up_for_by_the_next():
    many = EVERYBODY[:10]
    ours = after(night(), night(without(*many), counts=False), night(without(*many), beyond=10))

    assert marked(ours) == {*many}


def test_whoever_is_back_makes_room_for_another_who_is_hidden():
    ours = after(night(), night(without("S001"), beyond=1), night(without("S002"), beyond=1))

    assert marked(ours) == {"S002"}


def test_a_mark_stays_whatever_wonde_counts_until_they_are_listed():
    gone = night(without("S001"), beyond=1)
    ours = after(night(), gone, night(without("S001"), beyond=0, deleted=["S001"]))
    assert marked(ours) == {"S001"}
    assert not marked(after(night(), ours=ours))


def test_of_a_list_that_is_empty_nothing_is_concluded():
    decision = decided(night([], beyond=30), after(night()))

    assert not decision.judgement.hidden.all("students")
    assert not decision.judgement.removals["students"]


def test_nobody_is_hidden_where_a_row_could_be_anyone_or_the_list_was_refused():
    ours = after(night())

    assert not decided(night(without("S001"), beyond=1, anonymous=["students"]), ours).judgement.hidden.all("students")
    assert not decided(night(without("S001"), beyond=1, denied=["students"]), ours).judgement.hidden.all("students")


def test_somebody_a_person_keeps_is_no_news_when_another_is_hidden():
    ours = after(night())
    ours = structs.replace(ours, kept={"students": {key_of(ours, "students", "S001"): "kind"}})

    found = decided(night(without("S001", "S002"), beyond=1), ours).judgement.hidden.all("students")

    assert names(ours, "students", found) == {"S002"}


@settings(deadline=None, max_examples=60)
@given(
    nights=st.lists(
        st.fixed_dictionaries(
            {"hide": st.sets(st.sampled_from(EVERYBODY), max_size=12), "show": st.booleans()}
            | {"leave": st.sets(st.sampled_from(EVERYBODY), max_size=3), "named": st.booleans()}
        ),
        min_size=1,
        max_size=6,
    ),
    free=st.sampled_from([0, 5, 30]),
    paused=st.booleans(),
)
def test_whoever_is_hidden_is_marked_after_the_next_read_whatever_the_limits(nights, free, paused):
    rules = policy(kind_free=free, class_free=free, paused=paused)
    ours, here, hidden = after(night()), set(EVERYBODY), set()
    for each in nights:
        left = (each["leave"] & here) - hidden  # who leaves while hidden makes room for another whom nobody can tell
        hidden = (set() if each["show"] else hidden) | ((each["hide"] & here) - left)
        here -= left
        listed = sorted(here - hidden)
        told = night(listed, beyond=len(hidden), deleted=left if each["named"] else ())
        ours = after(told, ours=ours, rules=rules)
        assert marked(ours) >= hidden
        assert not marked(ours) & {*listed}
