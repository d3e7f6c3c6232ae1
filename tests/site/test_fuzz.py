"""Odd input at every URL in the site map: never a fault of ours (5xx), and no session for a stranger.

It sends ids that are not ids, methods that are not expected, bodies that are not forms and, in every field that our
pages read, a value that is no id, no date and no real text. In CI it does so as the person who may do the most there,
with one of the values at each URL, and as a stranger; `make test-long` sends everything as everybody, one field at a
time. Each request is undone.
"""

import re
from copy import deepcopy

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from schools.models import Session
from tests.factories import ApiTokenFactory
from tests.site.addresses import ADMIN, API, NAMES, everywhere
from tests.site.fields import FIELDS
from tests.site.roles import STRONGEST, TABLE

pytestmark = pytest.mark.django_db

HUGE = "9" * 5000
VALUES = [HUGE, "½", "2026-13-45", "\0"]
MORE_VALUES = ["", "-1", "0", str(2**63), "٣", "[]", "' OR 1=1 --", "\ufffe", "0001-01-01", "a" * 100_000]
IDS = [HUGE, str(2**63), "½"]
BODIES = [
    ("application/x-www-form-urlencoded", b"\xff=%ff&&=&a[]=1"),
    ("multipart/form-data; boundary=x", b"--x\r\nno header"),
    ("application/json", b'{"\\ud800": "\\u0000", "rows": [[], null, {"student_id": "\\ud800", "minutes": 1e400}]}'),
]


def test_the_fields_of_our_pages_are_found():
    assert {"class", "student", "username", "secret", "page", "block", "reason", "from", "t"} <= set(FIELDS)


def requests_for(url, values=VALUES):
    """(method, address, body or query, content type) of what is sent in CI."""
    for value in values:
        yield "get", url, dict.fromkeys(FIELDS, value), None
        yield "post", url, dict.fromkeys(FIELDS, value), None
    for content_type, body in BODIES:
        yield "post", url, body, content_type
    yield "put", url, BODIES[2][1], BODIES[2][0]
    for method in ("post", "patch", "delete", "options", "head"):
        yield method, url, None, None
    for odd in IDS:
        if (elsewhere := re.sub(r"/\d+(?=/)", f"/{odd}", url)) != url:
            yield "get", elsewhere, None, None
            yield "post", elsewhere, None, None


def more_requests_for(url):
    """Every field on its own, with every value."""
    for value in [*VALUES, *MORE_VALUES]:
        for field in FIELDS:
            yield "get", url, {field: value}, None
            yield "post", url, {field: value}, None


def sent(client, requests):
    """What came back as 5xx: [(method, URL, status, what was sent)]; everything is undone."""
    failed, cookies, client.raise_request_exception = [], deepcopy(client.cookies), False
    for method, url, given, content_type in requests:
        with transaction.atomic():
            extra = {"content_type": content_type} if content_type else {}
            status = getattr(client, method)(url, given, **extra).status_code
            transaction.set_rollback(True)
        if status >= 500:
            failed.append((method, url[:80], status, str(given)[:80]))
        client.cookies = deepcopy(cookies)
    cache.clear()  # many tries from one browser do not matter here
    return failed


def strongest(name, world):
    """The browser of the person who may do the most at a URL."""
    if name in API:
        return Client(headers={"authorization": f"Bearer {ApiTokenFactory(every_school=True).secret}"})
    may = next((role for role in STRONGEST if role in TABLE.get(name, ())), "teacher")
    return world.clients["support" if name in ADMIN else may]


PARTS = 6


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("part", range(PARTS))
def test_odd_input_is_never_a_fault_of_ours(part, world):
    failed = []

    for url, name in list(everywhere(world).items())[part::PARTS]:
        failed += sent(strongest(name, world), requests_for(url, VALUES[part % 4 :: 4]))
        failed += sent(Client(), requests_for(url, VALUES[:1]))

    assert failed == []


@pytest.mark.long
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(
    "role", ["teacher", "colleague", "lead", "stranger", "student", "support", "bare support", "nobody"]
)
def test_whatever_anybody_sends_never_causes_a_fault_of_ours(role, world):
    client = world.clients[role]

    failed = [
        one
        for url in everywhere(world)
        for requests in (requests_for(url), more_requests_for(url))
        for one in sent(client, requests)
    ]

    assert failed == []


def test_every_url_in_the_site_map_is_fuzzed(world):
    left_out = {name for name in NAMES if name.startswith("idp:")} | {"admin:login", "admin:logout"}

    assert set(NAMES) - left_out <= set(everywhere(world).values())


@pytest.mark.parametrize("url", ["/s/", "/?q=%00", "/accounts/login/?next=%00", "/%00/"])
def test_a_nul_is_never_accepted_as_text(url):
    client = Client(raise_request_exception=False)

    answers = [client.get(url + ("?a=%00" if "%00" not in url else "")), client.post("/s/", {"school": "a\0b"})]
    client.cookies["sessionid"] = "abcdefgh\0"
    answers.append(client.get("/s/"))  # as if without the cookie, which would otherwise keep the browser out for good

    assert [answer.status_code for answer in answers] == [400, 400, 200]


def test_a_stranger_leaves_no_session(world):
    before, stranger = Session.objects.count(), Client(raise_request_exception=False)
    left = []

    for url in everywhere(world):
        for method in ("get", "post"):
            getattr(stranger, method)(url, {"email": "a@example.org", "login": "a@example.org", "school": "x"})
            if Session.objects.count() > before:
                left.append((method, url))
                Session.objects.order_by("-expire_date").first().delete()
            stranger.cookies.clear()

    assert left == []
