"""What a token reads is counted as it leaves, and written down once a minute: nothing twice, and no answer waits."""

import itertools
import logging
from collections import Counter
from datetime import date
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.db.models import ProtectedError

from config.embedded import free_port
from schools.locks import READS
from schools.models import ApiRead
from schools.rest import reads
from schools.rest.reads import BATCH, COUNTING, WRITING
from schools.web.caches import redis_itself
from sync.tasks import write_down_reads
from tests.api.asking import Product
from tests.factories import (
    ApiTokenFactory,
    EnrolmentFactory,
    SchoolFactory,
    StudentFactory,
    TeachingFactory,
)
from tests.tools.waiting import wait_for

pytestmark = pytest.mark.django_db


def written(*columns):
    write_down_reads()
    return set(ApiRead.objects.values_list(*columns))


@pytest.mark.django_db(transaction=True)
def test_rows_are_counted_at_their_school_under_their_kind_whether_sent_or_confirmed():
    school = SchoolFactory()
    product = Product(ApiTokenFactory(schools=[school]))
    stay = EnrolmentFactory(school_class__school=school)
    TeachingFactory(school_class=stay.school_class)
    other = StudentFactory(school=SchoolFactory())
    product.token.schools.add(other.school)
    stranger = StudentFactory()

    with time_machine.travel("2026-10-05T22:59:00Z", tick=False):
        for kind in ("schools", "classes", "enrolments", "teachings"):
            product.get(f"{kind}/")
        page = product.get("students/", limit=1)
        product.get("students/", limit=1, headers={"if-none-match": page["ETag"]})
    with time_machine.travel("2026-10-05T23:01:00Z", tick=False):
        product.get("students/")
        product.get(f"students/{stay.student_id}/")
        product.client.head(f"/api/v1/students/{other.pk}/")
        product.get("employees/", wonde_id="nobody")
        product.get(f"students/{stranger.pk}/")
        product.get("changes/", after="latest")
        changes = Counter(change["school_id"] for change in product.get("changes/").json()["results"])

    first, second = date(2026, 10, 5), date(2026, 10, 6)
    assert written("school", "kind", "day", "requests", "rows") == {
        (school.pk, "classes", first, 1, 1),
        (school.pk, "enrolments", first, 1, 1),
        (school.pk, "teachings", first, 1, 1),
        (school.pk, "students", first, 2, 2),
        (school.pk, "students", second, 2, 2),
        (other.school_id, "students", second, 2, 2),
        (school.pk, "changes", second, 1, changes[school.pk]),
        (other.school_id, "changes", second, 1, changes[other.school_id]),
    }
    assert {f"{at:%H:%M}" for at in ApiRead.objects.filter(day=second).values_list("last_at", flat=True)} == {"23:01"}
    with pytest.raises(ProtectedError):
        product.token.delete()


def dies_before_it_commits():
    """A worker that has taken what was counted, and no more."""
    if redis_itself().exists(COUNTING) and not redis_itself().exists(WRITING):
        redis_itself().rename(COUNTING, WRITING)


def finds_nothing():
    """What it took has gone from Redis meanwhile, but for the number."""
    if not redis_itself().exists(WRITING):
        redis_itself().hset(WRITING, BATCH, uuid4().hex)


def dies_after_it_commits():
    """A worker that has written all down, and not let go of what it took."""
    dies_before_it_commits()
    if redis_itself().exists(WRITING):
        redis_itself().hsetnx(WRITING, BATCH, uuid4().hex)
        taken = redis_itself().hgetall(WRITING)
        reads.write_down()
        redis_itself().hset(WRITING, mapping=taken)


def test_whatever_happens_to_the_worker_every_read_is_added_once():
    token, student = ApiTokenFactory(), StudentFactory()
    happens = (lambda: reads.count(token, "students", [student] * 7), reads.write_down, dies_before_it_commits,
               dies_after_it_commits, finds_nothing)  # fmt: skip
    count, asked = happens[0], 0

    for story in itertools.product(happens, repeat=3):
        for event in story:
            event()
            asked += event is count
        reads.write_down()
        reads.write_down()
        assert list(ApiRead.objects.values_list("requests", "rows")) == ([(asked, asked * 7)] if asked else [])


@pytest.mark.django_db(transaction=True)
def test_while_one_worker_writes_down_another_leaves_it_alone():
    reads.count(ApiTokenFactory(), "students", [StudentFactory()])
    other = connection.copy()

    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s, 0)", [READS])
        reads.write_down()
        assert not ApiRead.objects.exists()
    other.close()
    wait_for(lambda: written("rows") == {(1,)}, 10, "the lock did not end with its session")


def test_what_was_read_of_a_school_or_by_a_token_that_is_gone_stops_nothing():
    gone, student = ApiTokenFactory(), StudentFactory()
    reads.count(gone, "students", [student])
    reads.count(ApiTokenFactory(), "students", [student, StudentFactory.build(school_id=999_999)])
    gone.delete()

    assert written("school", "rows") == {(student.school_id, 1)}


def test_without_redis_the_answer_goes_out_and_the_log_says_that_it_is_not_counted(settings, caplog):
    product = Product(ApiTokenFactory(schools=[StudentFactory().school]))
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    settings.CACHES = {name: known | {"LOCATION": nowhere} for name, known in settings.CACHES.items()}

    with caplog.at_level(logging.WARNING):
        assert len(product.get("students/").json()["results"]) == 1

    assert f"a read of students by token rb_{product.token.prefix} is not counted" in caplog.text
