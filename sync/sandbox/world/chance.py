"""Everything random in the sandbox comes from here, so that the same seed gives the same bytes."""

import hashlib
import random

LOWEST_ID, HIGHEST_ID = 1_000_000, 2**31


def dice(*parts):
    """A random generator that depends only on `parts` (any printable values)."""
    return random.Random("/".join(str(part) for part in parts))  # noqa: S311 - invents names, keeps no secrets


def number(*parts):
    """A stable 64-bit whole number made from `parts`, evenly spread."""
    return int.from_bytes(hashlib.blake2b("/".join(map(str, parts)).encode(), digest_size=8).digest(), "big")


def wonde_id(*parts, letter="A"):
    """An id in Wonde's shape: a letter and 7 to 10 digits below 2^31. The same parts give the same id."""
    return f"{letter}{LOWEST_ID + number(*parts) % (HIGHEST_ID - LOWEST_ID)}"


def upi(school_id, mis, mis_id):
    """32 hex characters made from the MIS id and the school id, as Wonde describes its UPI: a new MIS, a new UPI."""
    return hashlib.blake2b(f"{school_id}/{mis}/{mis_id}".encode(), digest_size=16).hexdigest()
