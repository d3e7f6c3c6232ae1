"""The Celery app: one queue, one task per school (docs/architecture.md)."""

import gc
import os
import time

from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun, worker_init, worker_ready
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

GC_THRESHOLDS = (50_000, 20, 50)  # rows being read are not garbage; looking costs more than waiting

app = Celery("rollbook")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_):
    """Our logs leave addresses out; Celery would replace the handlers with its own, but not while this signal is
    connected."""


@before_task_publish.connect
def say_since_when(headers, **_):
    """In the queue itself, for how long the oldest task has waited (`config.running.metrics`)."""
    headers["queued_at"] = time.time()


@before_task_publish.connect
def hand_on_the_request(headers, **_):
    """What a task logs belongs to the request that queued it, or the one that queued the task that queued it."""
    if request_id := get_contextvars().get("request_id"):
        headers["request_id"] = request_id


@task_prerun.connect
def name_the_task(task, task_id, **_):
    """Whatever is logged from here on says in which task, until `forget_the_task`."""
    task.request.around = get_contextvars()
    request_id = task.request.get("request_id")
    bind_contextvars(task=task.name, task_id=task_id, **({"request_id": request_id} if request_id else {}))


@task_postrun.connect
def forget_the_task(task, **_):
    clear_contextvars()
    bind_contextvars(**task.request.around)


@worker_init.connect
def settle_in(**_):
    """Once everything is loaded, before the worker forks: what lives as long as the worker is not garbage either, and
    its memory pages stay shared by the processes of the pool."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


@worker_ready.connect
def be_heard(sender, **_):
    """Every few seconds, as long as this worker takes from its queues; after it has lost Redis, from then on again."""
    from config.running import heard

    queues = [heard.queue(queue.name) for queue in sender.task_consumer.queues]
    sender.timer.call_repeatedly(heard.EVERY_S, heard.note, queues)
    heard.note(*queues)
