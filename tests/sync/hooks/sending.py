"""Webhooks as Wonde would send them, and what a worker makes of them two minutes later."""

import json

from django.db import transaction
from django.test import Client
from django.utils import timezone

from schools.models import School
from sync import tasks
from sync.models import StandingCheck

SECRET = "0123456789abcdef0123456789abcdef"
TOKEN = "f00df00df00df00df00df00df00df00df00df00d"


def a_body(kind, school_id, **more):
    """JSON as documented: every value a text. A `schoolApproved` brings a token for the one school."""
    said = {"payload_type": kind, "school_id": school_id, "school_name": "Fenbrook Academy", "school_urn": "149901"}
    said |= {"school_token": TOKEN} if kind == "schoolApproved" else {}
    return json.dumps(said | more).encode()


def send(body, secret=SECRET, **how):
    """POST `body` to our door. Returns the response."""
    return Client().post(f"/hooks/wonde/{secret}/", body, content_type="application/json", **how)


def told(kind, school, **more):
    response = send(a_body(kind, school.wonde_id, **more))
    assert (response.status_code, response.content) == (204, b"")


def minutes_later():
    """What a worker does once the checks that are due have been queued."""
    with transaction.atomic():
        due = StandingCheck.objects.take_due(timezone.now(), 100)
    for pk in due:
        tasks.check_standing(pk)


def as_it_is(school):
    return School.objects.select_related("sync_settings").get(pk=school.pk)
