"""So many requests a minute, counted in Redis across all web processes. While Redis is down nothing is refused."""

import time
from typing import NamedTuple

from django.core.cache import cache

WINDOW_S = 60


class Pace(NamedTuple):
    """How many more requests this minute lets pass, below 0 after the one that was too many; and seconds to its end."""

    left: int
    reset_s: int


def count(key, limit):
    """Count one more request under `key`, of at most `limit` a minute."""
    now = time.time()
    window = int(now // WINDOW_S)
    counted = f"{key}:{window}"
    cache.add(counted, 0, WINDOW_S * 2)
    return Pace(limit - cache.incr(counted), max(1, int((window + 1) * WINDOW_S - now + 0.999)))
