import pytest

from schools.text.addresses import FOLDINGS, Marks, cleaned, folded, is_usable, mailbox, masked, read_keys, spellings

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.mark.parametrize(
    "address",
    ["m.okoro@example.org", "m+school@mail.example.co.uk", "o'neill@example.org", "m@bücher.example",
     "m@xn--bcher-kva.example", "M@Example.ORG"],
)  # fmt: skip
def test_an_ordinary_address_is_usable(address):
    assert is_usable(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "none", "a@b", "a b@example.org", "a@example.org, b@example.org", "a@example.org\n", "a@@example.org",
        "Mercy <m@example.org>", "a@.example.org", ".a@example.org", "a..b@example.org", "a@example.1",
        "mailto:a@example.org", "élodie@example.org", "o’neill@example.org", "a\u200b@example.org",
        "a@exa\u00admple.org",
        "a@example.org\ufeff", "a@example.org.", "a@example.org?subject=x", "a@-example.org", "a@example-.org",
        f"a@{'x' * 64}.org", "a\u00a0b@example.org",
        "a@example.org\r\nBcc: x@example.org", "x" * 65 + "@example.org", "a@" + "x" * 250 + ".org",
    ],
)  # fmt: skip
def test_anything_but_a_single_address_is_not_usable(address):
    assert not is_usable(address)


@pytest.mark.parametrize(
    "written",
    [
        " M.Okoro@Example.org ", "\ufeffm.okoro@example.org", "m.okoro@example.org\u200b", "\u00adm.okoro@example.org",
        "\u202am.okoro@example.org\u202c", "\u00a0m.okoro@example.org\u00a0", "mailto:m.okoro@example.org",
        "<MAILTO:m.okoro@example.org>", "<m.okoro@example.org>", "“m.okoro@example.org”", "’m.okoro@example.org’",
        "m.okoro@example.org.", "m.okoro@example.org,", "m.okoro@example.org; ", "(m.okoro@example.org)",
        "\tm.okoro@example.org\r\n", "\0m.okoro@example.org",
    ],
)  # fmt: skip
def test_what_clings_to_an_address_is_cleaned_away(written):
    assert cleaned(written) == mailbox(written) == "m.okoro@example.org"
    assert cleaned(cleaned(written)) == cleaned(written)


@pytest.mark.parametrize(
    "written",
    [
        "a@example.org; b@example.org", "a@example.org b@example.org", "a @example.org", "a@example", "example.org",
        "a.b\u200bc@example.org", "Mercy Okoro <m.okoro@example.org>", "m.okoro@example.org (Mum)", "no email", "@",
    ],
)  # fmt: skip
def test_mistakes_inside_an_address_are_not_guessed_at(written):
    assert not is_usable(cleaned(written))
    assert mailbox(written) == cleaned(written)


def test_invisible_characters_alone_are_not_an_address():
    assert cleaned(" \u200b\ufeff<>, ") == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("m.okoro@gmail.com", "M.Okoro@GOOGLEMAIL.com"),
        ("m@bücher.example", "m@xn--bcher-kva.example"),
        ("m@BÜCHER.example", "m@bu\u0308cher.example"),
        ("m.okoro@example.org", "m.ok\u200boro@exam\u00adple.org"),
        ("m.okoro@example.org", "m.okoro @example.org"),
    ],
)
def test_spellings_of_one_mailbox_fold_to_one(one, other):
    assert folded(one) == folded(other) == folded(folded(other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("m.okoro@gmail.com", "mokoro@gmail.com"), ("m+school@example.org", "m@example.org"),
     ("m@example.org", "m@example.com")],
)  # fmt: skip
def test_dots_plus_tags_and_domains_distinguish_mailboxes(one, other):
    assert folded(one) != folded(other)


def test_the_spellings_of_a_mailbox_are_those_the_mis_may_have():
    assert spellings("M@Gmail.com") >= {"M@Gmail.com", "m@gmail.com", "m@googlemail.com"}
    assert spellings("m@bücher.example") == {"m@bücher.example", "m@xn--bcher-kva.example"}
    assert spellings("m@example.org") == {"m@example.org"}


def test_no_folding_ever_changes():
    """Marks cannot be remade: if one of these has to change, add a folding instead."""
    written = [" M.Okoro@GoogleMail.com\u00a0", "<m@Bücher.example>,", "m\u200b@example.org"]

    assert [[fold(text) for text in written] for fold in FOLDINGS] == [
        ["m.okoro@googlemail.com", "<m@bücher.example>,", "m\u200b@example.org"],
        ["m.okoro@gmail.com", "m@xn--bcher-kva.example", "m@example.org"],
    ]
    assert Marks({1: OLD}).address(1, "m.okoro@gmail.com") == "b6325d7c89126469d52e8e2fb56c79de"


@pytest.mark.parametrize("spelling", ["m.okoro@gmail.com", "M.Okoro@googlemail.com", "\ufeffm.okoro@googlemail.com>"])
def test_a_mark_with_any_key_and_folding_is_found_under_every_spelling(spelling):
    keys = {1: OLD, 2: NEW}
    made = {
        Marks({number: key}).make("address", 1, fold(written))
        for number, key in keys.items()
        for fold in FOLDINGS
        for written in ("m.okoro@gmail.com", "m.okoro@googlemail.com")
    }

    assert made <= Marks(keys).addresses(1, spelling)
    assert not made & Marks(keys).addresses(2, spelling)


def test_a_mark_ignores_case_and_spaces_and_differs_by_school():
    marks = Marks({1: OLD})

    assert marks.address(1, " M.Okoro@Example.org ") == marks.address(1, "m.okoro@example.org")
    assert marks.address(1, "m.okoro@example.org") != marks.address(2, "m.okoro@example.org")
    assert "okoro" not in marks.address(1, "m.okoro@example.org")


def test_a_mark_made_with_an_old_key_is_still_found_after_a_new_one_was_added():
    before, after = Marks({1: OLD}), Marks({1: OLD, 2: NEW})

    assert before.address(1, "m@example.org") in after.addresses(1, "m@example.org")
    assert after.address(1, "m@example.org") != before.address(1, "m@example.org")
    assert after.addresses(1, "") == set()


def test_keys_are_refused_in_a_sentence():
    assert read_keys(f"1:{'a' * 32}, 2:{'b:' * 16}") == {1: b"a" * 32, 2: b"b:" * 16}
    for text in ("", "secret", f"1:{'a' * 32},1:{'b' * 32}", "1:short"):
        with pytest.raises(ValueError, match=r"key|Key"):
            read_keys(text)


def test_a_masked_address_can_be_found_but_not_written_to():
    assert masked("m.okoro@example.org") == "m…o@e….org"
    assert masked("mo@example.org") == "m…@e….org"
    assert masked("nothing") == "…"
