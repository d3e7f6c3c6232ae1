"""What somebody types into a search box, for ten minutes in the cache under a random key.

The URL of the page carries the key, never a name; a key works only for the person who typed
(docs/decisions/0003-searches-out-of-addresses.md).
"""

import secrets

from schools.web.caches import awaited

KEPT_S = 10 * 60
LONGEST = 200


def remember(user, term):
    """A key that stands for `term`, for `user` only and for ten minutes."""
    key = secrets.token_urlsafe(8)
    awaited.set(f"search:{user.pk}:{key}", term.strip()[:LONGEST], KEPT_S)
    return key


def recall(user, key):
    """What `user` typed under `key`; None if that was too long ago or never happened."""
    return awaited.get(f"search:{user.pk}:{key[:LONGEST]}")
