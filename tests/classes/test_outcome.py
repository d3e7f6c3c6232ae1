"""What an answer about classes comes to, in sentences."""

import pytest

from classes import outcome
from classes.membership import ClassInCheck, check
from classes.models import Choice
from tests.factories import (
    ClassOutFactory,
    EnrolmentFactory,
    ImportRequestFactory,
    LeadRightFactory,
    SchoolClassFactory,
    TeachingFactory,
    ago,
)


def group(key, members, asked=False, name=None, known=True):
    name = name or f"9x/Ma{key}"
    return ClassInCheck(key, name, name, frozenset(members), None, asked, known)


CORE, BOOSTER = group(1, "abcd"), group(2, "abx", asked=True, name="Booster")


@pytest.mark.parametrize(
    ("left_out", "leaving", "headline", "sentences"),
    [
        (
            {("a", 2), ("b", 2)}, set(), "Booster gains 1; nobody is in two.",
            ["Booster comes in with 1 of its 3 students: 2 are in 9x/Ma1."],
        ),
        (
            {("a", 1), ("b", 2)}, set(), "Booster gains 2, 9x/Ma1 loses 1; nobody is in two.",
            ["Booster comes in with 2 of its 3 students: 1 is in 9x/Ma1; 1 comes from 9x/Ma1.",
             "9x/Ma1 loses 1 of its 4 students.",
             "2 students would be in two classes: 1 stays in 9x/Ma1 and 1 goes into Booster."],
        ),
        (
            {("b", 2)}, set(), "Booster gains 2; 1 student would be in two.",
            ["Booster comes in with 2 of its 3 students: 1 is in 9x/Ma1.",
             "2 students would be in two classes, and 1 still is."],
        ),
        (
            set(), {1}, "Booster gains 3, 9x/Ma1 leaves; nobody is in two.",
            ["Booster comes in with its 3 students; 2 come from 9x/Ma1.",
             "9x/Ma1 leaves. 2 of its 4 students are in no class then, unless the MIS has them in another that is in.",
             "2 students would be in two classes: 2 go into Booster."],
        ),
    ],
    ids=["all stay", "one goes", "undecided", "swap"],
)  # fmt: skip
def test_the_outcome_says_what_each_class_gains_and_loses_and_who_is_in_two(left_out, leaving, headline, sentences):
    found = outcome.of(check([CORE, BOOSTER]), left_out, leaving)

    assert found.headline == headline
    assert found.sentences == sentences


def test_classes_nobody_would_be_in_are_named_whoever_loses_them():
    shared = check([group(1, "ab"), group(2, "ab", asked=True, name="Booster")])

    comes = outcome.of(shared, shared.as_it_comes)
    gone = outcome.of(shared, {("a", 1), ("b", 1)})

    assert (comes.nobody_in, gone.nobody_in) == ("Booster", "9x/Ma1")
    assert comes.sentences[0] == "Booster comes in with nobody in it: 2 are in 9x/Ma1."
    assert "9x/Ma1 loses its 2 students: nobody is left in it." in gone.sentences


def test_many_classes_are_counted_in_the_headline_and_one_that_is_not_known_is_named():
    many = [group(key, [f"s{key}", f"t{key}"], asked=True) for key in range(6)]
    found = outcome.of(check([*many, group(9, "", asked=True, name="Chess", known=False)]))

    assert found.headline == "6 classes gain 12; nobody is in two; who is in Chess is not known."
    assert [one.called for one in found.unknown] == ["Chess"]
    assert outcome.of(check([group(9, "", True, "Chess", False)])).headline == "Who is in Chess is not known."


@pytest.fixture
def asked(db):
    """A request for a group of two, one of whom is in 9x/Ma1."""
    core = SchoolClassFactory(name="9x/Ma1")
    student = EnrolmentFactory(school_class=core).student
    booster = ClassOutFactory(school=core.school, name="Booster", member_ids=[student.wonde_id, "X1"])
    return ImportRequestFactory(school=core.school, classes=[booster])


def test_whoever_asked_reads_what_would_happen_and_only_of_classes_they_may_read(asked, django_assert_num_queries):
    lead, core = LeadRightFactory(school=asked.school).user, asked.school.classes.get(name="9x/Ma1")

    with django_assert_num_queries(5):
        whole = outcome.foreseen(asked, lead).sentences
    asked.school.teachers_see_all_classes = False
    asked.school.save()
    TeachingFactory(school_class=asked.items.get().school_class, employee=asked.asked_by.employees.get())
    own = outcome.foreseen(asked, asked.asked_by).sentences

    assert whole == ["Booster comes in with 1 of its 2 students: 1 is in 9x/Ma1."]
    assert own == [sentence.replace(core.name, "another class") for sentence in whole]


def test_a_class_that_is_to_go_out_leaves_with_its_students(db):
    stay = EnrolmentFactory(school_class__name="9x/Ma1")
    request = ImportRequestFactory(school=stay.school, classes=[stay.school_class], wish="out")

    (sentence,) = outcome.foreseen(request, LeadRightFactory(school=stay.school).user).sentences

    assert sentence.startswith("9x/Ma1 leaves. Its 1 student is in no class then")


def test_of_classes_that_have_all_ended_nothing_comes(asked):
    asked.school.classes.filter(name="Booster").update(left_at=ago(days=1))

    found = outcome.foreseen(asked, LeadRightFactory(school=asked.school).user)

    assert (found.headline[:15], found.sentences) == ("Nothing changes", [])


def test_a_student_who_was_left_out_before_plays_no_part(asked):
    (student,) = asked.school.students.all()
    booster = asked.items.get().school_class
    Choice.objects.create(school=asked.school, school_class=booster, student=student, verdict="left_out")

    found = outcome.foreseen(asked, LeadRightFactory(school=asked.school).user)

    assert found.sentences == ["Booster comes in with its 1 student."]
