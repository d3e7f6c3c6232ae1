import pytest

from schools.sealing import SealError, box, seal, unseal


def test_what_is_sealed_is_opened_under_older_keys_too_and_never_handed_out_without_its_key(settings):
    sealed = seal(b"a client secret")
    assert b"client" not in sealed
    assert unseal(sealed) == b"a client secret" == unseal(memoryview(sealed))  # as PostgreSQL gives it

    settings.SEALING_KEYS += ",2:another-key-0123456789abcdef0123456789"
    assert unseal(sealed) == b"a client secret"
    by_the_newest = seal(b"a client secret")

    for keys, box_sealed in [("1:for-tests-only-abcdef0123456789abcdef", by_the_newest), (settings.SEALING_KEYS, b"x")]:
        settings.SEALING_KEYS = keys
        with pytest.raises(SealError):
            unseal(box_sealed)


def test_one_use_of_a_key_never_opens_what_another_has_sealed(settings):
    with pytest.raises(SealError):
        unseal(box(settings.SEALING_KEYS, b"links in mails").encrypt(b"a link"))
