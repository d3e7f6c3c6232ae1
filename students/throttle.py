"""Tries at one student's sign-in: five at any speed, then slower and slower, never locked.

Counted by school and username as typed, whether or not such a student exists, so that the answers tell nobody who does.
A whole school signs in behind one IP address at nine o'clock: that is limited only far above a school's size.
"""

import hashlib
import math
import time

from django.core.cache import cache

FREE_TRIES = 5
FIRST_WAIT_S = 5
LONGEST_WAIT_S = 5 * 60
FORGOTTEN_AFTER_S = 60 * 60
FAILURES_PER_ADDRESS = 3000  # an hour


def _key(kind, *parts):
    return f"signin:{kind}:" + hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


def wait(school_id, username, ip):
    """Seconds until another try counts; 0: try now, and this try is counted. Ask once for each try, before looking."""
    gate, tries = _key("gate", school_id, username.lower()), _key("tries", school_id, username.lower())
    left = (cache.get(gate) or 0) - time.time()
    if left > 0:
        return math.ceil(left)
    if (cache.get(_key("address", ip)) or 0) >= FAILURES_PER_ADDRESS:
        return LONGEST_WAIT_S
    number = _count(tries)
    if number < FREE_TRIES:
        return 0
    pause = min(FIRST_WAIT_S * 2 ** (number - FREE_TRIES), LONGEST_WAIT_S)
    # Of many tries at one moment only the one that sets the gate goes through.
    return 0 if cache.add(gate, time.time() + pause, pause) else pause


def failed(ip):
    _count(_key("address", ip))


def succeeded(school_id, username):
    cache.delete_many([_key(kind, school_id, username.lower()) for kind in ("gate", "tries")])


def _count(key):
    cache.add(key, 0, FORGOTTEN_AFTER_S)
    return cache.incr(key)
