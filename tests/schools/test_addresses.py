import pytest

from schools.addresses import Marks, is_usable, masked, read_keys

OLD, NEW = b"o" * 32, b"n" * 32


@pytest.mark.parametrize(
    "address", ["m.okoro@example.org", "m+school@mail.example.co.uk", "o'neill@example.org", "élodie@example.org"]
)
def test_an_ordinary_address_is_usable(address):
    assert is_usable(address)


@pytest.mark.parametrize(
    "address",
    [
        "", "none", "a@b", "a b@example.org", "a@example.org, b@example.org", "a@example.org\n", "a@@example.org",
        "Mercy <m@example.org>", "a@.example.org", ".a@example.org", "a..b@example.org", "a@example.1",
        "mailto:a@example.org",
        "a@example.org\r\nBcc: x@example.org", "x" * 65 + "@example.org", "a@" + "x" * 250 + ".org",
    ],
)  # fmt: skip
def test_what_is_no_single_address_is_not_usable(address):
    assert not is_usable(address)


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
