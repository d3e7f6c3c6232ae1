"""Keys for signing in at the product: read as they come, and refused with a sentence before anything starts."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from schools.signing_keys import make_signing_key, read_signing_keys


def pem(key, form=PrivateFormat.PKCS8, lock=None):
    return key.private_bytes(Encoding.PEM, form, lock or NoEncryption()).decode()


def rsa_key(bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def test_no_text_means_no_keys_and_several_keys_follow_one_another():
    one, other = make_signing_key(), pem(rsa_key(), PrivateFormat.TraditionalOpenSSL)

    assert read_signing_keys("") == []
    assert read_signing_keys(f"\n{one}{other}\n") == [one, other]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("secret", "other text"),
        (make_signing_key().replace("END", "FIN"), "other text"),
        (make_signing_key()[:200] + "\n-----END PRIVATE KEY-----", "cannot be read"),
        (pem(rsa_key(), lock=BestAvailableEncryption(b"x")), "without a password"),
        (pem(rsa_key(1024)), "2048 bits"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "no RSA key"),
        (make_signing_key() * 2, "twice"),
    ],
    ids=["words", "no end", "cut", "locked", "short", "another kind", "twice"],
)
def test_a_key_that_could_not_sign_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        read_signing_keys(text)
