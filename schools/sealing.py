"""What we must read again but a stolen table must not tell, sealed (Fernet) under keys of the installation.

Keys are only added: the one with the highest number seals, and each opens what it has sealed.
"""

import base64
import hashlib
import hmac
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from schools.text.addresses import read_keys


class SealError(Exception):
    """Something sealed cannot be opened: its key is gone, or it was changed. Never a reason to hand it out as it is."""


def seal(value: bytes) -> bytes:
    """`value` as only `unseal` can read it, about a third longer."""
    return box(settings.SEALING_KEYS, b"sealed").encrypt(value)


def unseal(sealed: bytes) -> bytes:
    """What was sealed. Raises SealError."""
    try:
        return box(settings.SEALING_KEYS, b"sealed").decrypt(bytes(sealed))
    except InvalidToken as error:
        raise SealError("It cannot be opened: SEALING_KEYS lacks the key that sealed it.") from error


@lru_cache(maxsize=8)
def box(keys: str, used_for: bytes) -> MultiFernet:
    """Writes with the newest of `keys`, as the settings spell them, and reads with every one. used_for: keeps what one
    use of a key has sealed from being read by another."""
    known = sorted(read_keys(keys).items(), reverse=True)
    secrets = [hmac.digest(secret, used_for, hashlib.sha256) for _, secret in known]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(secret)) for secret in secrets])
