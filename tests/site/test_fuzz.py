"""Odd input at every URL in the site map: never a fault of ours (5xx), and no session for a stranger.

It sends ids that are not ids, methods that are not expected, bodies that are not forms and, in every field that our
pages read, a value that is no id, no date and no real text. In CI it does so as the person who may do the most there,
with one of the values and ids at each URL, and as a stranger, as far as either is let in; `make test-long` sends
everything as everybody, one field at a time. Each request is undone.
"""

import re
from copy import deepcopy
from http import HTTPStatus

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from schools.models import Session
from tests.factories import ApiTokenFactory
from tests.site.addresses import ADMIN, API, NAMES, everywhere
from tests.site.fields import FIELDS
from tests.site.roles import STRONGEST, TABLE

pytestmark = pytest.mark.django_db

HUGE = "9" * 5000
VALUES = [HUGE, "½", "2026-13-45", "\0"]
MORE_VALUES = ["", "-1", "0", str(2**63), "٣", "[]", "' OR 1=1 --", "\ufffe", "0001-01-01", "a" * 100_000]
TURNED_AWAY = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED}
SIGN_IN = reverse("account_login")
IDS = [HUGE, str(2**63), "½"]
BODIES = [
    ("application/x-www-form-urlencoded", b"\xff=%ff&&=&a[]=1"),
    ("multipart/form-data; boundary=x", b"--x\r\nno header"),
    ("application/json", b'{"\\ud800": "\\u0000", "rows": [[], null, {"student_id": "\\ud800", "minutes": 1e400}]}'),
]


def test_the_fields_of_our_pages_are_found():
    assert {"class", "student", "username", "secret", "page", "block", "reason", "from", "t"} <= set(FIELDS)


def bare(url):
    """(method, address, body or query, content type) of the two requests that say whether anybody is let in."""
    return [("get", url, None, None), ("post", url, None, None)]


def with_odd_ids(url, ids=IDS):
    """The two, with an odd id in the place of each in the address."""
    elsewhere = dict.fromkeys(re.sub(r"/\d+(?=/)", f"/{odd}", url) for odd in ids)
    return [request for other in elsewhere if other != url for request in bare(other)]


def requests_for(url, values=VALUES):
    """What is sent in CI to whoever lets it in."""
    for value in values:
        yield "get", url, dict.fromkeys(FIELDS, value), None
        yield "post", url, dict.fromkeys(FIELDS, value), None
    for content_type, body in BODIES:
        yield "post", url, body, content_type
    yield "put", url, BODIES[2][1], BODIES[2][0]
    for method in ("patch", "delete", "options", "head"):
        yield method, url, None, None


def more_requests_for(url):
    """Every field on its own, with every value."""
    for value in [*VALUES, *MORE_VALUES]:
        for field in FIELDS:
            yield "get", url, {field: value}, None
            yield "post", url, {field: value}, None


def answers(client, requests):
    """What comes back, as (method, URL, what was sent, answer); everything is undone."""
    cookies, client.raise_request_exception = deepcopy(client.cookies), False
    for method, url, given, content_type in requests:
        with transaction.atomic():
            extra = {"content_type": content_type} if content_type else {}
            answer = getattr(client, method)(url, given, **extra)
            transaction.set_rollback(True)
        client.cookies = deepcopy(cookies)
        yield method, url, given, answer
    cache.clear()  # many tries from one browser do not matter here


def faults(came):
    """What came back as 5xx: [(method, URL, status, what was sent)]."""
    return [
        (method, url[:80], answer.status_code, str(given)[:80])
        for method, url, given, answer in came
        if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    ]


def let_in(answer):
    """Whether somebody's request was looked at, and not turned away for its method or for who they are."""
    return answer.status_code not in TURNED_AWAY and not answer.headers.get("location", "").startswith(SIGN_IN)


def faults_at(client, url, values, ids):
    """What is a fault of ours where `client` is let in; where one method is not, nothing more is sent with it."""
    came = list(answers(client, bare(url)))
    shut = {method for method, _, _, answer in came if not let_in(answer)}
    rest = requests_for(url, values) if shut < {"get", "post"} else []
    rest = [request for request in rest if request[0] not in shut]
    return faults([*came, *answers(client, [*rest, *with_odd_ids(url, ids)])])


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
        failed += faults_at(strongest(name, world), url, VALUES[part % 4 :: 4], IDS[part % 3 :: 3])
        failed += faults_at(Client(), url, VALUES[:1], [])

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
        for requests in (bare(url), requests_for(url), with_odd_ids(url), more_requests_for(url))
        for one in faults(answers(client, requests))
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
