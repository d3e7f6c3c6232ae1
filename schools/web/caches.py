"""The cache for what somebody is waiting for or will come back to: if Redis is down it raises, so nobody is told
something was kept when it was not. Django's own `cache` is for what merely helps, and then acts as if empty
(`config.caching`)."""

from django.core.cache import caches
from django.utils.connection import ConnectionProxy

awaited = ConnectionProxy(caches, "awaited")


def redis_itself():
    """The connection to Redis behind `cache`, for what Django's cache has no words for. It raises if Redis is down."""
    return caches["default"]._cache.get_client(write=True)
