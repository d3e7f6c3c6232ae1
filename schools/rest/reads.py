"""What tokens read, counted: in Redis as rows leave, and once a minute in PostgreSQL, as `ApiRead`.

A count never costs an answer: without Redis it is noted in the log. If Redis is lost, so is what it counted since the
last minute; if a worker is, the next one adds what it left, and nothing is added twice.
"""

import logging
from collections import Counter
from uuid import uuid4

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from schools.locks import alone_with_reads
from schools.web.caches import redis_itself
from schools.web.outages import is_of_redis

log = logging.getLogger(__name__)

COUNTING, WRITING = cache.make_key("reads"), cache.make_key("reads being written down")
BATCH = b"batch"

_ADD = """
    INSERT INTO schools_apiread AS had (token_id, school_id, kind, day, requests, rows, last_at, batch)
    SELECT token.id, school.id, new.kind, new.day, new.requests, new.rows, new.last_at, %s
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::date[], %s::integer[], %s::bigint[], %s::timestamptz[])
        AS new (token, school, kind, day, requests, rows, last_at)
    JOIN schools_apitoken token ON token.id = new.token
    JOIN schools_school school ON school.id = new.school
    ON CONFLICT (school_id, kind, token_id, day) DO UPDATE SET
        requests = had.requests + excluded.requests, rows = had.rows + excluded.rows,
        last_at = greatest(had.last_at, excluded.last_at), batch = excluded.batch
    WHERE had.batch <> excluded.batch
"""


def count(token, kind, rows):
    """Count a request of `token` in answer to which `rows` of one kind leave, at each school they belong to."""
    now = timezone.now()
    day = timezone.localdate(now)
    try:
        with redis_itself().pipeline() as pipe:
            for school_id, number in Counter(row.school_id for row in rows).items():
                read = f"{token.pk} {school_id} {kind} {day}"
                pipe.hincrby(COUNTING, f"{read} requests", 1)
                pipe.hincrby(COUNTING, f"{read} rows", number)
                pipe.hset(COUNTING, f"{read} last_at", now.isoformat())
            pipe.execute()
    except Exception as error:
        if not is_of_redis(error):
            raise
        log.warning("a read of %s by token rb_%s is not counted (%s)", kind, token.prefix, type(error).__name__)


def write_down():
    """Add what was counted to PostgreSQL: what a worker that died has left, else what has come since the last minute.

    Its batch has a number of its own, which every row remembers: what was added and not yet forgotten in Redis is not
    added again. Where another worker is at it, this one leaves.
    """
    redis = redis_itself()
    with alone_with_reads() as is_alone:
        if not is_alone:
            return
        if not redis.exists(WRITING):
            if not redis.exists(COUNTING):
                return
            redis.rename(COUNTING, WRITING)
        redis.hsetnx(WRITING, BATCH, uuid4().hex)
        _add(redis.hgetall(WRITING))
        redis.delete(WRITING)


def _add(counted):
    batch = counted.pop(BATCH).decode()
    reads = {}
    for name, value in counted.items():
        *read, what = name.decode().split(" ")
        reads.setdefault(tuple(read), {})[what] = value.decode()
    rows = [(*read, each["requests"], each["rows"], each["last_at"]) for read, each in reads.items()]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [batch, *map(list, zip(*rows, strict=True))])
