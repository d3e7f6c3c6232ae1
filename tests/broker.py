"""What waits for a worker, looked at in the real broker."""

import base64
import json
from typing import NamedTuple

import redis
from django.conf import settings


class Queued(NamedTuple):
    id: str
    task: str
    args: list
    kwargs: dict


def queued():
    """The tasks that wait, oldest first."""
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        messages = [json.loads(message) for message in reversed(broker.lrange("celery", 0, -1))]
    bodies = [json.loads(base64.b64decode(message["body"])) for message in messages]
    heads = [message["headers"] for message in messages]
    return [Queued(head["id"], head["task"], *body[:2]) for head, body in zip(heads, bodies, strict=True)]
