"""The cache for what somebody waits for or comes back to: where Redis is away it raises, and nobody is told that it is
kept. Django's own `cache` is for what only helps, and is then as if empty (`config.caching`)."""

from django.core.cache import caches
from django.utils.connection import ConnectionProxy

awaited = ConnectionProxy(caches, "awaited")
