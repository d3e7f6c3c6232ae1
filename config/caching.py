"""What the cache keeps: plain values as MessagePack. Pickle would run whatever somebody writes into Redis.

Numbers, texts, dates and times, lists and dicts come back as they were; a tuple or a set comes back as a list. What is
none of these is refused when it is written.
"""

from typing import Any

import msgspec


class Serializer:
    """For Django's RedisCache (`OPTIONS["serializer"]`). Integers stay as they are: Redis counts with them."""

    def dumps(self, value: Any) -> int | bytes:
        return value if type(value) is int else msgspec.msgpack.encode(value)

    def loads(self, stored: bytes) -> Any:
        try:
            return int(stored)
        except ValueError:
            return msgspec.msgpack.decode(stored)
