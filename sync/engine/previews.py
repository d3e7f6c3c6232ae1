"""Where what a page waits for lies for an hour: in the cache, in no table. It names people.

It is in one of four states: None, nobody asked or it is forgotten; {"making": …} while a worker makes it; {"refused": a
sentence} or {"failed": True} where that ended without it; or what was made, with "at". What was made has words of its
own, so no state may share a word with it: "waiting" is what waits for a person in `sync.wording.report.as_data`.
"""

from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone
from redis import RedisError

from schools.web.caches import awaited

KEPT_S = 3600
LONGEST = timedelta(seconds=settings.FOLLOWED_FOR_S)
PREVIEW, ROLLOVER = "preview", "rollover"
IMPORT_MATCH, IMPORT_PREVIEW = "import-match", "import-preview"
AWAY = "What was prepared cannot be looked up just now. Nothing was changed. Open this page again in a minute."
STEPS = (PREVIEW, ROLLOVER, IMPORT_MATCH, IMPORT_PREVIEW)


def keep(school_id, data, step=PREVIEW):
    """Keep what was made for one of STEPS."""
    awaited.set(_key(school_id, step), data, KEPT_S)


def begin(school_id, step=PREVIEW):
    """It is being made from now on."""
    keep(school_id, {"making": timezone.now()}, step)


def last(school_id, step=PREVIEW):
    """What there is for `step`. What has been in the making for too long has failed: its worker may be gone, and nobody
    waits for ever."""
    try:
        made = awaited.get(_key(school_id, step))
    except RedisError:
        return {"refused": AWAY}
    if made and "making" in made and timezone.now() - made["making"] > LONGEST:
        return {"failed": True}
    return made


def forget(school_id):
    """Somebody they may name was erased, or they are no longer what would happen. While Redis is away they stay, until
    their hour is over: what was decided stands all the same."""
    cache.delete_many([_key(school_id, step) for step in STEPS])


def _key(school_id, step):
    return f"{step}:{school_id}"
