"""When each part of the installation was last heard of, in Redis: it is of use for a minute, and is no record."""

import time
from collections.abc import Iterable

from django.core.cache import cache

KEPT_S = 24 * 60 * 60
EVERY_S = 15  # a worker says so
BEAT = "beat"


def note(*parts: str) -> None:
    """That these parts are at work. Without Redis nothing is noted."""
    now = int(time.time())
    cache.set_many({_key(part): now for part in parts}, KEPT_S)


def silent_s(parts: Iterable[str]) -> dict[str, int | None]:
    """For how many seconds each part has not been heard of; None: not for a day, or Redis has forgotten."""
    now, known = int(time.time()), {part: _key(part) for part in parts}
    heard = cache.get_many(known.values())
    return {part: max(0, now - heard[key]) if key in heard else None for part, key in known.items()}


def queue(name: str) -> str:
    """What a worker of this queue is called here."""
    return f"queue {name}"


def _key(part: str) -> str:
    return f"heard:{part.replace(' ', ':')}"
