"""What counts as an identifier: a UPN with its check letter, a UPI that is a token; never what is typed instead."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.text.identifiers import LETTERS, check_letter, upi, upn

PLACEHOLDERS = [
    "", " ", "N/A", "n/a", "TBC", "tbc", "0", "-", "--", "unknown", "Unknown", "none", "NULL", "not known", "?", "x",
    "0000000000000", "A000000000000", "1111111111111", "XXXXXXXXXXXXX", "no upn yet 2026", "Awaiting from last school",
]  # fmt: skip

digits = st.text("0123456789", min_size=8, max_size=8)
areas = st.integers(1, 999).map(lambda number: f"{number:03}")
upns = st.builds(
    lambda area, middle, last: check_letter(area + middle + last) + area + middle + last,
    areas,
    digits,
    st.sampled_from("0123456789" + LETTERS),
)


@pytest.mark.parametrize("text", PLACEHOLDERS)
def test_a_placeholder_is_not_an_identifier(text):
    assert (upn(text), upi(text)) == ("", "")


@pytest.mark.parametrize(
    ("text", "letter"),
    [("801200001001", "H"), ("000000000001", "P"), ("100000000000", "C")],  # 53, 13 and 2, modulo 23
)
def test_the_check_letter_is_the_weighted_sum_modulo_23(text, letter):
    assert check_letter(text) == letter


def test_a_letter_at_the_end_counts_as_its_position_among_the_letters_in_use():
    assert check_letter("00000000000A") == "A"
    assert check_letter("00000000000J") == LETTERS[13 * 8 % 23]
    assert check_letter("00000000000Z") == LETTERS[13 * 22 % 23]


@given(upns)
def test_a_upn_is_itself(text):
    assert upn(text) == text


@given(upns, st.sampled_from([" ", "\u00a0", "\u200b", "\ufeff", "\t", "\u00ad", "\x00"]), st.integers(0, 13))
def test_case_spaces_and_invisible_characters_do_not_make_another_upn(text, unseen, place):
    assert upn(text[:place].lower() + unseen + text[place:]) == text


@given(upns, st.sampled_from(LETTERS))
def test_any_other_check_letter_is_wrong(text, letter):
    assert upn(letter + text[1:]) == (text if letter == text[0] else "")


@given(upns, st.integers(1, 11), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(text, place, more):
    wrong = text[:place] + str((int(text[place]) + more) % 10) + text[place + 1 :]

    assert upn(wrong) == ""


@given(upns, st.integers(1, 10))
def test_two_digits_in_the_wrong_order_are_always_noticed(text, place):
    turned = text[:place] + text[place + 1] + text[place] + text[place + 2 :]

    assert upn(turned) == (text if turned == text else "")


@pytest.mark.parametrize("text", ["I800200001001", "O800200001001", "S800200001001", "A80020000100O", "A8002000010011"])
def test_unused_letters_and_other_lengths_do_not_make_a_upn(text):
    assert upn(text) == ""


@pytest.mark.parametrize(
    "text",
    ["3f0c5b1e9a7d42c6b8e1d0f4a2937c55", "3F0C5B1E9A7D42C6B8E1D0F4A2937C55", "0b6cf2ce-6c2e-4a60-9d6f-1c0c6e7f9a11"],
)
def test_a_token_is_a_upi_as_it_stands(text):
    assert upi(f" {text}\u200b") == text


@pytest.mark.parametrize(
    "text", ["12345", "0" * 32, "abcabcabcabcabcabc", "not available 12", "a" * 15 + "1", "9" * 65]
)
def test_words_short_numbers_and_repeated_characters_do_not_make_a_upi(text):
    assert upi(text) == ""
