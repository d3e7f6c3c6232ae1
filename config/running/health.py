"""Whether this process answers, whether it can do its work, whether every part is at work (`config.running.monitors`).

The answer is {"ok": …, "problems": {what: a sentence}}, with a 503 where it is not ok.
"""

from datetime import timedelta
from functools import cache

import redis
from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from config.running import heard
from config.running.figures import feed_lag_s
from parents.checks import keys_are_only_added
from schools.models import OutgoingMail
from schools.web.outages import TRY_AGAIN_S
from sync.models import SyncSettings

Problems = dict[str, str]
PATIENCE_S = 2
BEAT_SILENT_S, WORKER_SILENT_S = 90, 60
LATE, LONG_WRITE = timedelta(minutes=30), timedelta(minutes=10)
AWAY = "PostgreSQL cannot be reached: no page opens. Look at its server, and whether it has a connection left."
READ_ONLY = "PostgreSQL takes no writes: nothing can be changed. Is it a standby, or is its disk full?"


class NotReadyError(Exception):
    """Why this version of the program does not fit the database. args: what, and a sentence."""


def live(request: HttpRequest) -> HttpResponse:
    """Whether this web process answers at all: restart it if it does not."""
    return _answer({})


def ready(request: HttpRequest) -> HttpResponse:
    """Whether this web process can do its work. Without Redis pages open and people sign in: that is said, and ok."""
    problems = here()
    return _answer(problems, ok=not problems.keys() - {"redis"})


def system(request: HttpRequest) -> HttpResponse:
    """Whether every part of the installation is at work."""
    problems = here()
    if "redis" not in problems:
        problems |= _silent()
    if "postgresql" not in problems:
        problems |= _late()
    return _answer(problems)


def _answer(problems: Problems, ok: bool | None = None) -> HttpResponse:
    ok = not problems if ok is None else ok
    told = {"ok": ok, "problems": problems}
    return JsonResponse(told) if ok else JsonResponse(told, status=503, headers={"Retry-After": TRY_AGAIN_S})


def here() -> Problems:
    """What keeps this process from its work: postgresql, redis, migrations, keys."""
    problems = _of_redis()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")  # "on" for a standby too
            if cursor.fetchone() == ("on",):
                problems["postgresql"] = READ_ONLY
        _fits_the_database()
    except Error:
        problems["postgresql"] = AWAY
    except NotReadyError as error:
        what, sentence = error.args
        problems[what] = sentence
    return problems


@cache
def _fits_the_database() -> None:
    """Raises NotReadyError. Once it fits, it is not asked again: only another version would change it."""
    executor = MigrationExecutor(connection)
    missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if missing:
        number = f"{len(missing)} migrations are" if len(missing) > 1 else f"The migration {missing[0][0]} is"
        raise NotReadyError("migrations", f"{number} not applied yet. Run: manage.py migrate")
    lost = keys_are_only_added(None, ["default"])
    if lost:
        raise NotReadyError("keys", f"{lost[0].msg} {lost[0].hint}")


def redis_at(url: str) -> "redis.Redis":
    """A client for a question that nobody waits for longer than `PATIENCE_S`."""
    return redis.Redis.from_url(url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S)


def _of_redis() -> Problems:
    for name, url in (("queue", settings.CELERY_BROKER_URL), ("cache", settings.REDIS_CACHE_URL)):
        try:
            with redis_at(url) as client:
                client.set("health", 1, ex=60)
        except redis.ResponseError:
            return {"redis": f"Redis takes no writes for the {name}. Is its memory or its disk full?"}
        except redis.RedisError:
            return {"redis": f"Redis cannot be reached for the {name}: nothing is queued until it is back."}
    return {}


def _silent() -> Problems:
    """The clock and the workers that have not been heard of."""
    queues = {heard.queue(known.name): known.name for known in settings.CELERY_TASK_QUEUES}
    silent = heard.silent_s([heard.BEAT, *queues])
    problems = {}
    if _too_long(silent.pop(heard.BEAT), BEAT_SILENT_S):
        problems["beat"] = "No clock is at work: nothing that is due is found. Start: celery -A config beat"
    for part, name in queues.items():
        if _too_long(silent[part], WORKER_SILENT_S):
            problems[part] = f"No worker takes from the queue {name}. Start: celery -A config worker --queues {name}"
    return problems


def _too_long(silent: int | None, limit: int) -> bool:
    return silent is None or silent > limit


def _late() -> Problems:
    """What should have been done some time ago, by the database."""
    now, problems = timezone.now(), {}
    due = SyncSettings.objects.due(now).filter(due_at__lt=now - LATE).count()
    if due:
        problems["schools"] = f"Schools that have been due for more than half an hour: {due}. Is a worker at work?"
    mails = OutgoingMail.objects.due(now).filter(due_at__lt=now - LATE).count()
    if mails:
        problems["mail"] = f"Mails that have been due for more than half an hour: {mails}. Does the mail server answer?"
    if feed_lag_s() > LONG_WRITE.total_seconds():
        problems["feed"] = (
            "A transaction has been writing for more than ten minutes: the feed of changes waits for it. "
            "docs/operations.md says how to find it."
        )
    return problems
