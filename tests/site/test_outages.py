"""PostgreSQL or Redis down, or taking no writes: words and a 503 at every URL, never a 500, and recovery by itself.

Servers really stopped and started: tests/drill/.
"""

import json
import socket
import time
from datetime import timedelta

import pytest
import redis
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.embedded import free_port
from schools.web.caches import awaited
from schools.web.outages import is_of_redis, is_outage
from sync.models import AskedSync
from sync.tasks import queue_sync
from tests.factories import SupportFactory, TeacherFactory
from tests.running.outages import another_session, connected, postgresql_away
from tests.site.addresses import API, everywhere
from tests.site.roles import ROLES, STRONGEST, TABLE
from tests.site.world import browsers
from tests.tools.broker import queue_at
from tests.tools.pages import words
from tests.tools.people import student_with_a_card

pytestmark = pytest.mark.django_db(transaction=True)


def met(clients, addresses, *methods):
    """What each of `clients` gets everywhere: {status: {(whose, name, method)}}, and which 503s do not say when to try
    again."""
    found, bare = {}, []
    for url, name in addresses.items():
        for whose, client in clients.items():
            for method in methods:
                answer = getattr(client, method)(url)
                found.setdefault(answer.status_code, set()).add((whose, name, method))
                if answer.status_code == 503 and "Retry-After" not in answer:
                    bare.append((whose, name, method))
    return found, bare


PARTS = 5
IN_PARTS = pytest.mark.parametrize("part", range(PARTS))


def strongest(world, part):
    """[(browsers of those who may do the most there, URLs)] for a part of the site."""
    clients, by_whom = browsers(world), {}
    for url, name in list(everywhere(world).items())[part::PARTS]:
        may = next((role for role in STRONGEST if role in TABLE.get(name, STRONGEST)), "teacher")
        whose = "the product" if name in API else may
        by_whom.setdefault(whose, {})[url] = name
    return [({whose: clients[whose]}, addresses) for whose, addresses in by_whom.items()]


@IN_PARTS
def test_without_postgresql_every_url_says_so_in_words(part, world):
    for clients, addresses in strongest(world, part):
        with postgresql_away():
            found, bare = met(clients, addresses, "get")

        assert [status for status in found if status >= 500] == [503]
        assert bare == []


@pytest.mark.parametrize(
    ("role", "share"),
    [
        *(pytest.param(role, len(ROLES), marks=pytest.mark.slow) for role in ROLES),
        *(pytest.param(role, 1, marks=pytest.mark.long) for role in ROLES),
    ],
)
def test_without_postgresql_every_url_says_so_in_words_to_everybody(role, share, world):
    """In CI each URL to one of them, in turn; `make test-long` asks all as each."""
    clients, addresses = browsers(world), list(everywhere(world).items())[ROLES.index(role) % share :: share]

    with postgresql_away():
        found, bare = met({role: clients[role]}, dict(addresses), "get", "post")

    assert [status for status in found if status >= 500] == [503]
    assert bare == []


def test_without_postgresql_a_page_says_what_to_do(world):
    client = world.clients["teacher"]
    client.raise_request_exception = False

    with postgresql_away():
        page = client.get(reverse("classes:mine", args=["harbour"]))
    after = client.get(reverse("classes:mine", args=["harbour"]))

    assert (page.status_code, page["Retry-After"], page["Cache-Control"]) == (503, "30", "no-store")
    assert "does not answer just now" in words(page)
    assert "look whether it is there before you send it again" in words(page)
    assert "sessionid" not in page.cookies
    assert after.status_code == 200


def test_without_postgresql_the_api_answers_with_a_problem(world):
    client = browsers(world)["the product"]

    with postgresql_away():
        answer = client.get(reverse("api:school-list"))

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content)["type"].endswith("/away/")


def test_without_a_free_connection_a_page_says_so_in_words(world):
    client = world.clients["teacher"]
    client.raise_request_exception = False
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE crowd LOGIN CONNECTION LIMIT 0 PASSWORD 'crowd'")

    try:
        with connected(USER="crowd", PASSWORD="crowd"):
            page = client.get("/")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP ROLE crowd")

    assert page.status_code == 503


def test_a_statement_that_took_too_long_is_not_our_fault(world):
    client = world.clients["teacher"]
    client.raise_request_exception = False
    with another_session() as other:
        other.execute("LOCK TABLE classes_schoolclass")
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = '100ms'")

        page = client.get(reverse("classes:mine", args=["harbour"]))

    connection.close()
    assert page.status_code == 503


@pytest.fixture
def read_only():
    """PostgreSQL as a standby: it can be read but not written to."""
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    yield
    connection.close()


def test_with_a_read_only_postgresql_pages_open_and_writes_say_so_in_words(world, read_only):
    client = world.clients["lead"]
    client.raise_request_exception = False

    page = client.get(reverse("classes:mine", args=["harbour"]))
    written = client.post(reverse("sync:resume", args=["harbour"]), {"reason": "all is well"})

    assert (page.status_code, written.status_code) == (200, 503)
    assert "takes no writes" in Client().get("/health/ready").json()["problems"]["postgresql"]


def test_a_dropped_connection_is_reopened_before_it_is_used(world):
    client = world.clients["teacher"]
    connection.ensure_connection()
    gone = connection.connection.info.backend_pid
    with another_session() as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [gone])
    connection.close_if_unusable_or_obsolete()  # as at the start of every web request and task

    page = client.get(reverse("classes:mine", args=["harbour"]))

    assert page.status_code == 200


def test_a_bug_of_ours_is_still_a_500():
    assert not is_outage(None)
    assert not is_outage(ValueError())
    assert not is_outage(redis.ResponseError("WRONGTYPE Operation against a key"))
    assert is_of_redis(redis.ResponseError("MISCONF Redis is configured to save RDB snapshots"))


# --- Redis -----------------------------------------------------------------------------------------------------


@pytest.fixture
def queue_away(monkeypatch):
    """Nothing listens where the queue was; the cache is still there."""
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    queue_at(nowhere, monkeypatch)
    return nowhere


@pytest.fixture
def redis_away(queue_away, settings):
    """Nothing listens where Redis was, for the cache or for the queue."""
    settings.CACHES = {name: known | {"LOCATION": queue_away} for name, known in settings.CACHES.items()}
    settings.REDIS_CACHE_URL = settings.CELERY_BROKER_URL = queue_away


@IN_PARTS
def test_without_redis_every_page_opens(part, world, redis_away):
    for clients, addresses in strongest(world, part):
        found, _ = met(clients, addresses, "get")

        assert found.pop(503, set()) == set()
        assert [status for status in found if status >= 500] == []


@pytest.mark.parametrize("page", ["sync:preview", "sync:new_year", "sync:change_of_mis"])
def test_without_redis_asking_for_a_preview_is_answered_that_there_is_none(page, world, redis_away):
    page = reverse(page, args=["harbour"])

    told = world.clients["lead"].post(page, follow=True)

    assert told.status_code == 200
    assert "cannot be looked up just now" in words(told)


def test_without_the_queue_no_page_waits_for_a_preview(world, queue_away):
    page = reverse("sync:preview", args=["harbour"])

    told = world.clients["lead"].post(page, follow=True)

    assert "cannot be looked up just now" in words(told)


def test_without_redis_the_clock_carries_out_what_was_decided(world, redis_away):
    school = world.school

    asked = queue_sync(school, SupportFactory())

    assert AskedSync.objects.waiting().get(due_at__lte=timezone.now() + timedelta(minutes=1)) == asked


def test_without_the_queue_applying_a_preview_waits_for_the_clock_with_what_was_seen(world, queue_away):
    lead = browsers(world)["lead"]

    told = lead.post(reverse("sync:preview", args=["harbour"]), {"fingerprint": "abc"})

    assert told.status_code == 302
    assert AskedSync.objects.waiting().get().expected == "abc"


def test_without_the_queue_the_product_asks_once_and_follows_what_the_clock_will_queue(world, queue_away):
    product = browsers(world)["the product"]
    where = reverse("api:sync", args=[world.school.pk])

    first, second = (product.post(where) for _ in range(2))

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["id"] == second.json()["id"] == AskedSync.objects.waiting().get().pk


def test_the_cache_acts_as_if_empty_where_it_only_helps_and_fails_where_somebody_waits(redis_away):
    cache.set("kept", 1)

    assert (cache.add("tries", 1), cache.incr("tries", 3), cache.get("kept", "none")) == (True, 3, "none")
    assert (cache.delete("kept"), cache.delete_many(["kept"])) == (False, None)
    assert (cache.set_many({"kept": 1}), cache.get_many(["kept"])) == ([], {})
    with pytest.raises(redis.ConnectionError):
        awaited.set("kept", 1)


def test_a_counter_lost_meanwhile_starts_again():
    assert cache.incr("never added", 3) == 3


def test_health_says_which_server_is_down_and_without_redis_alone_that_pages_open(world, redis_away):
    without_redis = Client().get("/health/ready")
    with postgresql_away():
        without_both = Client().get("/health/ready")

    assert (without_redis.status_code, without_both.status_code) == (200, 503)
    assert "nothing is queued" in without_redis.json()["problems"]["redis"]
    assert without_both.json()["problems"].keys() == {"postgresql", "redis"}


@pytest.fixture
def redis_silent(settings, monkeypatch):
    """Where Redis was, something listens but never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        silent = f"redis://127.0.0.1:{listening.getsockname()[1]}/0"
        queue_at(silent, monkeypatch)
        settings.CACHES = {name: known | {"LOCATION": silent} for name, known in settings.CACHES.items()}
        yield


def test_no_page_waits_long_for_a_silent_redis(world, redis_silent):
    clients, took = browsers(world), {}

    for whose, method, url in [
        ("the product", "get", reverse("api:school-list")),
        ("lead", "get", reverse("sync:preview", args=["harbour"])),
        ("lead", "post", reverse("sync:resume", args=["harbour"])),
    ]:
        began = time.monotonic()
        assert getattr(clients[whose], method)(url).status_code in {200, 302}
        took[url] = time.monotonic() - began

    assert {url: seconds for url, seconds in took.items() if seconds > 10} == {}


@pytest.fixture
def student():
    return student_with_a_card()


def test_without_redis_a_child_signs_in_with_a_card_and_wrong_tries_are_counted(student, redis_away):
    door, browser = reverse("students:sign_in", args=[student.school.code]), Client()
    wrong = {"username": student.user.username, "secret": "not-these-words"}

    tries = [browser.post(door, wrong) for _ in range(7)]
    let_in = browser.post(door, {"username": student.user.username, "secret": " ".join(student.words)})

    assert "Wait" in words(tries[-1])
    assert let_in.status_code == 302


def test_without_redis_a_teacher_signs_in_and_wrong_tries_are_counted(redis_away):
    teacher = TeacherFactory(user__password=make_password("a long enough one")).user
    door, browser = reverse("account_login"), Client()

    tries = [browser.post(door, {"login": teacher.email, "password": "wrong"}) for _ in range(7)]
    elsewhere = TeacherFactory(user__password=make_password("a long enough one")).user
    let_in = browser.post(door, {"login": elsewhere.email, "password": "a long enough one"})

    assert "Too many tries" in words(tries[-1])
    assert let_in.status_code == 302
