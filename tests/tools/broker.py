"""What is waiting for a worker, looked up in the real broker."""

import base64
import json
from typing import NamedTuple

import redis
from django.conf import settings

from config.celery import app


class Queued(NamedTuple):
    id: str
    task: str
    args: list
    kwargs: dict


def queue_at(url, monkeypatch):
    """For the rest of the test, what this process queues goes to the Redis at `url`."""
    monkeypatch.setattr(app.conf, "broker_url", url)
    for pool_of, name in ((app, "_pool"), (app.amqp, "_producer_pool")):
        monkeypatch.setattr(pool_of, name, None)  # open connections still go to the former one


def queued(queue="celery"):
    """The tasks waiting in a queue, oldest first."""
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        messages = [json.loads(message) for message in reversed(broker.lrange(queue, 0, -1))]
    bodies = [json.loads(base64.b64decode(message["body"])) for message in messages]
    heads = [message["headers"] for message in messages]
    return [Queued(head["id"], head["task"], *body[:2]) for head, body in zip(heads, bodies, strict=True)]
