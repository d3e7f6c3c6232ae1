"""Realistic identifiers made from a name: the same name gives the same identifier."""

import hashlib


def upi_of(name):
    """32 hex characters, as Wonde's UPI."""
    return hashlib.blake2b(str(name).encode(), digest_size=16).hexdigest()


def upn_of(name, last=""):
    """A UPN with its check letter, of a local authority that does not exist; last: a letter for a temporary one."""
    serial = int(upi_of(name), 16) % 10**9
    rest = f"999{serial:09}"
    rest = rest[:11] + (last or rest[11])
    letters = "ABCDEFGHJKLMNPQRTUVWXYZ"
    total = sum(
        (place + 2) * (letters.index(sign) if sign in letters else int(sign)) for place, sign in enumerate(rest)
    )
    return letters[total % 23] + rest
