"""What the cache keeps: plain values as MessagePack. Pickle would run anything somebody writes into Redis.

Numbers, texts, dates and times, lists and dicts come back as they were; a tuple or set comes back as a list. Anything
else is refused when written.

Redis may be down. For what merely helps (counters of limits, what is already queued) the cache then acts as if empty
and keeps nothing: nobody is kept out of a page because of it. What somebody is waiting for goes into the cache
"awaited", which raises if it cannot be kept.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

import msgspec
from django.core.cache.backends.redis import RedisCache, RedisCacheClient

from schools.web.outages import is_of_redis

log = logging.getLogger(__name__)


class Serializer:
    """For Django's RedisCache (`OPTIONS["serializer"]`). Integers stay as they are: Redis counts with them."""

    def dumps(self, value: Any) -> int | bytes:
        return value if type(value) is int else msgspec.msgpack.encode(value)

    def loads(self, stored: bytes) -> Any:
        try:
            return int(stored)
        except ValueError:
            return msgspec.msgpack.decode(stored)


def _or(otherwise: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """What a client method answers instead, given the same arguments, while Redis is down."""

    def decorate(method: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(method)
        def inner(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                return method(self, *args, **kwargs)
            except Exception as error:
                if not is_of_redis(error):
                    raise
                log.warning("the cache is away (%s): as if it were empty", type(error).__name__)
                return otherwise(*args, **kwargs)

        return inner

    return decorate


class ForgivingClient(RedisCacheClient):
    add = _or(lambda key, value, timeout: True)(RedisCacheClient.add)
    get = _or(lambda key, default: default)(RedisCacheClient.get)
    get_many = _or(lambda keys: {})(RedisCacheClient.get_many)
    set = _or(lambda key, value, timeout: None)(RedisCacheClient.set)
    set_many = _or(lambda data, timeout: None)(RedisCacheClient.set_many)
    delete = _or(lambda key: False)(RedisCacheClient.delete)
    delete_many = _or(lambda keys: None)(RedisCacheClient.delete_many)

    @_or(lambda key, delta: delta)
    def incr(self, key: str, delta: int) -> int:
        """Count from nothing if the key has gone: Redis may have come back, or been emptied, since it was added."""
        try:
            return super().incr(key, delta)
        except ValueError:
            return delta


class Forgiving(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = ForgivingClient
