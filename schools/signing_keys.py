"""The keys that sign what we tell the learning product about who signed in. Pure."""

import re

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

LEAST_BITS = 2048
MAKE = f"openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:{LEAST_BITS}"
_BLOCK = re.compile(r"-----BEGIN ([A-Z ]*PRIVATE KEY)-----.+?-----END \1-----", re.DOTALL)


def make_signing_key() -> str:
    """A new key, as a PEM block."""
    key = generate_private_key(public_exponent=65537, key_size=LEAST_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def read_signing_keys(text: str) -> list[str]:
    """The private keys in `text`, one PEM block after another; none if it is empty. Raises ValueError with a
    sentence."""
    keys = [block[0] + "\n" for block in _BLOCK.finditer(text)]
    if _BLOCK.sub("", text).strip():
        raise ValueError(f"Beside PEM blocks there is other text. Make one with: {MAKE}")
    for number, key in enumerate(keys, 1):
        try:
            private = load_pem_private_key(key.encode(), password=None)
        except (TypeError, ValueError) as error:
            raise ValueError(f"Key {number} cannot be read without a password. Make one with: {MAKE}") from error
        if not isinstance(private, RSAPrivateKey) or private.key_size < LEAST_BITS:
            raise ValueError(f"Key {number} is no RSA key of {LEAST_BITS} bits or more. Make one with: {MAKE}")
    if len(set(keys)) < len(keys):
        raise ValueError("A key is given twice. Take one of them away.")
    return keys
