"""What support types into a search box, for ten minutes in the cache under a random key.

The address of the list carries the key, never a name; a key works for the one who typed
(docs/decisions/0003-searches-out-of-addresses.md).
"""

import secrets

from schools.web.caches import awaited

KEPT_S = 10 * 60
LONGEST = 200


def remember(user, term):
    """A key for `term` that means it to `user` only, for ten minutes."""
    key = secrets.token_urlsafe(8)
    awaited.set(f"search:{user.pk}:{key}", term.strip()[:LONGEST], KEPT_S)
    return key


def recall(user, key):
    """What `user` typed under `key`, or None when that is too long ago or was never so."""
    return awaited.get(f"search:{user.pk}:{key[:LONGEST]}")
