"""Celery's clock. Two may run, on two machines, so that one may be lost: one of them acts."""

from celery.beat import Scheduler

from config.running import heard
from schools.locks import is_the_one_that_beats

LOOKS_AGAIN_S = 10


class OneOfAll(Scheduler):
    """The schedule in memory (there is no file, so no disk can stop it), acted upon by whoever holds the lock.

    Whoever waits takes over within `LOOKS_AGAIN_S` of the holder's end; everything is due then, which does no harm:
    each task only asks what is due by rows. While PostgreSQL is away nobody acts, since nothing due could be found.
    """

    def tick(self, *args, **kwargs):
        """Send what is due. Returns after how many seconds to look again."""
        if not is_the_one_that_beats():
            return LOOKS_AGAIN_S
        heard.note(heard.BEAT)
        return super().tick(*args, **kwargs)
