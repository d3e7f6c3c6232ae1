"""Usernames: what a login card may say."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from students.cards.unprintable import NUMBERS, NUMBERS_ANYWHERE, WORDS
from students.sign_in.spelling import refusal, usernames_for

anything = st.text(max_size=60)
latin = st.text(st.characters(max_codepoint=0x24F, categories=["Lu", "Ll", "Zs", "Pd"]), max_size=30)
pairs = st.lists(st.tuples(anything | latin, anything | latin), max_size=40)


def username(forename, surname, taken=()):
    return usernames_for([(forename, surname)], taken)[0]


@pytest.mark.parametrize(
    ("forename", "surname", "expected"),
    [
        ("Asha", "Patel", "ashap"),
        ("Lowri", "Owen-Jones", "lowrioj"),
        ("Siân", "Llŷr ap Gruffydd", "sianlag"),
        ("Łukasz", "Żółć", "lukaszz"),
        ("Søren", "Ærø", "sorena"),
        ("Þóra", "Ðuric", "thorad"),
        ("Đức", "Nguyễn Thị", "ducnt"),
        ("Ħanna", "Şahın", "hannas"),
        ("Işık", "İnönü", "isiki"),
        ("Groß", "Weiß", "grossw"),
        ("Abd Al-Rahman", "El Sayed", "abdalrahmanes"),
        ("Mohammed Abdullah", "Khan", "mohammedk"),
        ("Mary-Jane", "O’Neill", "maryjaneo"),
        ("Ayşe", "", "ayse"),
        ("", "Ng", "ng"),
        ("محمد", "علي", "student"),
        ("", "", "student"),
        ("  ", "--", "student"),
    ],
)
def test_a_username_is_the_forename_and_the_initials_of_the_surname(forename, surname, expected):
    assert username(forename, surname) == expected


def test_a_taken_username_gets_the_next_number_whatever_its_case():
    assert username("Asha", "Patel", taken={"AshaP", "ashap2"}) == "ashap3"


def test_two_new_students_with_the_same_name_get_different_usernames():
    assert usernames_for([("Asha", "Patel"), ("Asha", "Pym")], ()) == ["ashap", "ashap2"]


def test_students_without_a_usable_name_are_numbered_too():
    assert usernames_for([("李", "娜"), ("王", "芳")], {"student"}) == ["student2", "student3"]


@pytest.mark.parametrize(("forename", "surname"), [("Ana", "Lewis"), ("Tit", "Singh"), ("Shi", "Tan"), ("Coc", "Khan")])
def test_an_ending_never_spells_what_a_school_would_not_print(forename, surname):
    assert username(forename, surname) == forename.lower()


@pytest.mark.parametrize(("forename", "expected"), [("Dick", "dickw"), ("Gaylord", "gaylordw"), ("Willy", "willyw")])
def test_a_real_name_is_never_refused(forename, expected):
    assert username(forename, "Webb") == expected


def test_numbers_with_a_second_meaning_are_left_out():
    made = usernames_for([("Asha", "Patel")] * 1500, ())

    numbers = {name.removeprefix("ashap") for name in made}
    assert not numbers & NUMBERS
    assert not [number for number in numbers if any(part in number for part in NUMBERS_ANYWHERE)]
    assert {"2", "13", "15", "100"} <= numbers


@given(names=pairs, taken=st.sets(anything, max_size=20))
def test_everybody_gets_a_username_of_their_own(names, taken):
    made = usernames_for(names, taken)

    assert len(made) == len(names) == len(set(made))
    assert not set(made) & {name.lower() for name in taken}
    assert all(re.fullmatch(r"[a-z]+[0-9]*", name) and len(name) <= 40 for name in made)


@given(names=pairs, taken=st.sets(anything, max_size=20))
def test_the_same_names_get_the_same_usernames_again(names, taken):
    assert usernames_for(names, taken) == usernames_for(names, taken)


@given(forename=st.from_regex(r"[a-z]{1,8}", fullmatch=True), surname=st.from_regex(r"[a-z]{1,8}", fullmatch=True))
def test_no_listed_word_runs_across_a_seam(forename, surname):
    made = username(forename, surname)

    for word in WORDS:
        for found in re.finditer(f"(?={word})", made):
            assert found.start() >= len(forename) or found.start() + len(word) <= len(forename)


@pytest.mark.speed
def test_1200_students_with_the_same_name_take_milliseconds():
    started = time.process_time()
    usernames_for([("Mohammed", "Ali")] * 1200, {f"mohammeda{n}" for n in range(1200)})

    assert time.process_time() - started < 0.1


# --- A username that a person chooses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("username", "because"),
    [
        ("a", "2 to 40"),
        ("a" * 41, "2 to 40"),
        ("asha patel", "Only letters"),
        ("asha@home", "Only letters"),
        ("siân", "Only letters"),
        ("2asha", "Only letters"),
        ("AshaP", "Somebody at this school"),
        ("shithead", "would not print this username"),
        ("s.h.i.t.head", "would not print this username"),
        ("ass", "would not print this username"),
        ("asha69", "would not print this number"),
        ("asha1488x", "would not print this number"),
    ],
)
def test_a_choice_is_refused_with_its_reason(username, because):
    assert because in refusal(username, taken={"ashap"})


@pytest.mark.parametrize("username", ["ashap2", "Asha.Patel", "a-p", "glass", "asha2016"])
def test_a_good_choice_is_not_refused(username):
    assert refusal(username, taken={"ashap"}) == ""


@pytest.mark.parametrize(("username", "names"), [("dickw", ("Dick", "Webb")), ("scunthorpe", ("Sam", "Scunthorpe"))])
def test_a_real_name_may_always_be_chosen(username, names):
    assert refusal(username, (), names) == ""


@given(names=st.lists(st.tuples(latin, latin), min_size=1, max_size=20))
def test_we_accept_every_username_we_make(names):
    for made, name in zip(usernames_for(names, ()), names, strict=True):
        if len(made) > 1:
            assert "number" not in refusal(made, (), name)
            assert "Only letters" not in refusal(made, (), name)
