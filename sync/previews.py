"""Where the last preview of a school lies for an hour: in the cache, in no table. It names people."""

from django.core.cache import cache

KEPT_S = 3600
IMPORT_STEPS = ("import-match", "import-preview")


def keep(school_id, data, rollover=False):
    cache.set(_key(school_id, rollover), data, KEPT_S)


def last(school_id, rollover=False):
    """The last preview of a school (`sync.report.as_data`, with "at"; or "refused"; or "waiting" while it is made), or
    None. rollover: of the run that would turn its year."""
    return cache.get(_key(school_id, rollover))


def forget(school_id):
    """Somebody they may name was erased, or they are no longer what would happen."""
    cache.delete_many([_key(school_id, rollover) for rollover in (False, True)])
    cache.delete_many([f"{step}:{school_id}" for step in IMPORT_STEPS])


def keep_step(school_id, step, data):
    """What a lead's import needs at one of IMPORT_STEPS: who could be whom, and what it would do."""
    cache.set(f"{step}:{school_id}", data, KEPT_S)


def last_step(school_id, step):
    """As kept; {"waiting": …} while it is made, {"refused": …} where it could not be; None."""
    return cache.get(f"{step}:{school_id}")


def _key(school_id, rollover):
    return f"{'rollover' if rollover else 'preview'}:{school_id}"


def take_step(school_id, step):
    """As kept, and kept no longer; None for whoever comes second. Take the school's lock first."""
    data = last_step(school_id, step)
    cache.delete(f"{step}:{school_id}")
    return data
