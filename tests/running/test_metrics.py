"""What Prometheus is told, of the whole installation and of nobody in it."""

import json
import re
from pathlib import Path

import promql_parser
import pytest
import time_machine
import yaml
from django.conf import settings as known
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from config.embedded import free_port
from config.running import counted, heard
from config.running.figures import OUTCOMES, RED
from config.running.metrics import PRIORITIES, PROBLEMS, TOLD
from parents.models import WeeklyMail
from schools.models import OutgoingMail
from sync.models import Hook, Need, SyncRun
from sync.needs.states import STATES
from sync.tasks import answer_question, sync_school
from sync.wonde import answers
from sync.wording.syncs.history import STEPS
from tests.factories import (
    ContactFactory,
    EnrolmentFactory,
    HookFactory,
    SchoolFactory,
    StudentFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    ago,
)
from tests.running.outages import another_session, postgresql_away

TOKEN = "0123456789abcdef0123456789abcdef"
MONITORING = Path(__file__).parents[2] / "docs/monitoring"
RULES = yaml.safe_load((MONITORING / "rules.yml").read_text())["groups"][0]["rules"]
PANELS = json.loads((MONITORING / "dashboard.json").read_text())["panels"]
PLANTED = ("zebedee", "quillfeather", "a823406714020", "upi-quillfeather", "only-zebedees-token")


@pytest.fixture
def prometheus(settings):
    """Ask as Prometheus does: the exposition as text."""
    settings.METRICS_TOKEN = TOKEN
    counted.REQUESTS.clear()
    counted.SECONDS.clear()

    def ask():
        answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}", "Host": "10.0.0.7"})
        assert (answer.status_code, answer["Cache-Control"], len(answer.cookies)) == (200, "no-store", 0)
        return answer.content.decode()

    return ask


def samples(text):
    """{name: {the values of its labels, which are in the order of the alphabet: number}}."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[tuple(sample.labels.values())] = sample.value
    return found


def only(values):
    """Without zeros."""
    return {labels: value for labels, value in values.items() if value}


def test_only_who_has_the_token_sees_it_and_without_one_nobody_does_and_nothing_is_counted(db, settings, caplog):
    counted.REQUESTS.clear()
    assert Client().get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404
    Client().get("/.well-known/security.txt")
    assert not list(counted.REQUESTS.collect()[0].samples)

    settings.METRICS_TOKEN = TOKEN
    for headers in ({}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": TOKEN}):
        assert Client().get("/metrics", headers=headers).status_code == 404
    assert Client().post("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405
    assert not caplog.records


def test_requests_are_counted_by_view_and_never_by_what_was_asked_for(db, prometheus):
    visitor = Client()
    visitor.get("/.well-known/security.txt")
    visitor.get("/s/zebedee-academy/")
    visitor.get("/classes/Zebedee/")
    visitor.generic("ZEBEDEE", "/accounts/login/")
    prometheus()

    told = samples(prometheus())

    assert told["rollbook_requests_total"] == {
        ("GET", "2xx", "security_txt"): 1,
        ("GET", "4xx", "students:sign_in"): 1,
        ("GET", "4xx", "none"): 1,
        ("other", "4xx", "account_login"): 1,
    }  # and /metrics itself is in none
    assert told["rollbook_request_seconds_count"]["security_txt",] == 1


def test_everything_that_happens_is_told_and_nobody_to_whom_it_happens(db, prometheus, django_assert_max_num_queries):
    school = SchoolFactory(name="Zebedee Academy", code="zebedee-academy", wonde_id="AZEBEDEE01")
    SyncSettingsFactory(school=school)
    student = StudentFactory(
        school=school, forename="Zebedee", surname="Quillfeather", upn="A823406714020", upi="upi-quillfeather"
    )
    EnrolmentFactory(student=student, school_class__school=school, school_class__name="Quillfeather 1")
    ContactFactory(school=school, surname="Quillfeather", email="zebedee@quillfeather.example.org")
    lately = {"school": school, "started_at": ago(minutes=10)}
    timings = {"read": 9_000, "ours": 100, "decide": 50, "apply": 400}
    SyncRunFactory(**lately, timings=timings, notes=["only-zebedees-token"])
    SyncRunFactory(**lately, trigger="person", waiting=[{"code": "removals"}], timings=timings | {"read": 1_000})
    SyncRunFactory(**lately, status="failed", message="Zebedee Quillfeather")
    SyncRunFactory(school=school, started_at=ago(hours=3))
    SyncRunFactory(school=school, status="running", ended_at=None)
    Need.objects.create(school=school, code="removals", about="Quillfeather", since=ago(days=1))
    HookFactory(school=school, type="zebedee", outcome="changed")
    mail = {"letter": "invitation", "until": timezone.now(), "address": "zebedee@quillfeather.example.org"}
    OutgoingMail.objects.create(**mail, due_at=ago(minutes=20))
    OutgoingMail.objects.create(**mail, due_at=ago(days=1), state="given_up", ended_at=ago(minutes=1))
    now = timezone.now()
    WeeklyMail.objects.create(
        school=school, address_mark="zebedee", key_number=1, iso_year=2026, iso_week=40, contacts=[1], state="sent",
        students=[student.pk], made_at=now, next_try_at=now, until=now, changed_at=now,
    )  # fmt: skip
    answers.note({"2xx": 40, "429": 2})
    heard.note(heard.BEAT, "queue questions")
    with time_machine.travel(ago(minutes=5), tick=True):
        answer_question.delay("zebedee")
    answer_question.delay("quillfeather")
    sync_school.apply_async(["only-zebedees-token"], priority=known.BULK_PRIORITY)
    with another_session() as other:
        other.execute("SELECT pg_current_xact_id()")
        text = prometheus()
        other.rollback()

    told = samples(text)
    assert [planted for planted in PLANTED if planted in text.lower()] == []
    assert only(told["rollbook_schools_in_state"]) == {("removals",): 1}
    assert told["rollbook_schools"] == {(): 1}
    assert 0.1 < told["rollbook_oldest_read_hours"][()] < 0.3
    assert only(told["rollbook_syncs"]) == {("applied", "night"): 1, ("waits", "person"): 1, ("failed", "night"): 1}
    assert told["rollbook_syncs_under_way"] == {(): 1}
    assert told["rollbook_sync_step_seconds_mean"]["read",] == 5
    assert told["rollbook_sync_step_seconds_longest"]["read",] == 9
    assert only(told["rollbook_mails"]) == {("given_up",): 1}
    assert (told["rollbook_mails_waiting"][()], 1200 <= told["rollbook_mail_wait_seconds"][()] < 1260) == (1, True)
    assert only(told["rollbook_weekly_mails"]) == {("sent",): 1}
    assert only(told["rollbook_webhooks"]) == {("changed",): 1}
    assert told["rollbook_feed_lag_seconds"][()] > 0
    assert only(told["rollbook_wonde_answers_total"]) == {("2xx",): 40, ("429",): 2}
    assert only(told["rollbook_queue_tasks"]) == {("first", "questions"): 2, ("last", "celery"): 1}
    assert 300 <= told["rollbook_queue_wait_seconds"]["first", "questions"] < 360
    assert told["rollbook_silent_seconds"]["queue celery",] == float("inf")
    assert told["rollbook_silent_seconds"]["beat",] < 60
    assert only(told["rollbook_problem"]) == {}
    assert {name.removeprefix("rollbook_") for name in told if "request" not in name} == TOLD.keys()
    with django_assert_max_num_queries(1):  # within a minute only whether PostgreSQL takes writes
        prometheus()


def test_every_label_is_one_of_a_known_few_so_that_no_name_can_become_one(db, prometheus):
    queues = [queue.name for queue in known.CELERY_TASK_QUEUES]
    few = {
        "what": PROBLEMS, "queue": queues, "priority": PRIORITIES, "part": ["beat", *map(heard.queue, queues)],
        "status": answers.SORTS, "state": [*STATES, RED, *OutgoingMail.State.values, *WeeklyMail.State.values],
        "outcome": [*OUTCOMES, *Hook.Outcome.values], "trigger": SyncRun.Trigger.values, "step": STEPS,
    }  # fmt: skip

    labels = {
        pair for family in text_string_to_metric_families(prometheus())
        for sample in family.samples for pair in sample.labels.items()
    }  # fmt: skip

    assert {pair for pair in labels if pair[1] not in few[pair[0]]} == set()
    assert {name for name, _ in labels} == few.keys() - {"step"}  # no sync was applied


@pytest.mark.django_db(transaction=True)
def test_what_is_away_is_named_and_the_rest_is_told(prometheus, settings):
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    settings.CELERY_BROKER_URL = nowhere
    without_redis = samples(prometheus())
    assert only(without_redis["rollbook_problem"]) == {("redis",): 1}
    assert ("rollbook_schools" in without_redis, "rollbook_silent_seconds" in without_redis) == (True, False)

    settings.CELERY_BROKER_URL = known.REDIS_URL
    with postgresql_away():
        without_postgresql = samples(prometheus())
    assert only(without_postgresql["rollbook_problem"]) == {("postgresql",): 1}
    assert ("rollbook_schools" in without_postgresql, "rollbook_queue_tasks" in without_postgresql) == (False, True)


def test_what_another_version_has_kept_is_no_error(db, prometheus):
    cache.set("figures", {"schools": [[[], 3]], "of_tomorrow": [[["new"], 1]]})

    told = samples(prometheus())

    assert (told["rollbook_schools"], "rollbook_of_tomorrow" in told) == ({(): 3}, False)


# --- the files for Prometheus and Grafana


def asked(text):
    """The metrics of ours that a PromQL expression names. Raises ValueError where it cannot be read."""
    promql_parser.parse(text)
    return set(re.findall(r"\brollbook_\w+", text))


def test_every_rule_and_panel_asks_for_metrics_that_there_are():
    there = {f"rollbook_{name}" for name in TOLD} | {"rollbook_requests_total"}
    there |= {f"rollbook_request_seconds_{part}" for part in ("bucket", "count", "sum")}
    panels = [target["expr"] for panel in PANELS for target in panel["targets"]]

    named = set().union(*map(asked, [*panels, *(rule["expr"] for rule in RULES)]))

    assert named - there == set()
    assert there - named == set()  # and none is told for nobody


def test_every_alarm_says_what_is_so_and_what_to_do_next():
    for rule in RULES:
        told = rule["annotations"]
        assert all(re.fullmatch(r"[A-Z].*[.?]", told[each].strip()) for each in ("summary", "next")), rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
