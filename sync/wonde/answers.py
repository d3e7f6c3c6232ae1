"""How Wonde has answered, counted in Redis for whoever watches the installation. It says nothing of any school."""

from contextlib import suppress

import redis
from django.core.cache import cache

from schools.web.caches import redis_itself

KEY = cache.make_key("answers of wonde")
TOO_MANY = 429
NONE = "none"
SORTS = ("2xx", "3xx", "4xx", "429", "5xx", NONE)


def sort_of(status):
    """What an answer is counted as. status: None where there was none."""
    if status is None:
        return NONE
    return str(TOO_MANY) if status == TOO_MANY else f"{status // 100}xx"


def note(counts):
    """Add those of one conversation, {sort: number}. Without Redis they are not counted."""
    with suppress(redis.RedisError), redis_itself().pipeline(transaction=False) as pipe:
        for sort, number in counts.items():
            pipe.hincrby(KEY, sort, number)
        pipe.execute()


def counted():
    """{each of SORTS: how many since Redis was last emptied}. Raises RedisError."""
    said = redis_itself().hgetall(KEY)
    return {sort: int(said.get(sort.encode(), 0)) for sort in SORTS}
