"""What the product may write: weekly progress, and a request for a sync. Nothing else."""

import json

import pytest
from django.db import connection

from schools.locks import RUNNING
from students.models import WeeklyProgress
from sync.models import SyncRun
from sync.tasks import sync_school
from tests.api.asking import Product, fields, refusal
from tests.factories import (
    ApiTokenFactory,
    SchoolFactory,
    StudentFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    WeeklyProgressFactory,
)
from tests.sync.living import living_school
from tests.tools.broker import queued

pytestmark = pytest.mark.django_db


def week(student, **values):
    return {"student_id": student.pk, "week": "2026-W41", "tasks_set": 6, "tasks_done": 5, "minutes": 42} | values


# --- Progress ----------------------------------------------------------------------------------------------------


def test_a_week_is_saved_and_sending_it_again_writes_nothing(product, school):
    rows = [week(StudentFactory(school=school)), week(StudentFactory(school=school), points=7, note="Nearly there")]

    first = product.put("progress/", {"school_id": school.pk, "rows": rows})
    again = product.put("progress/", {"school_id": school.pk, "rows": rows})

    assert first.json() == {"written": 2, "unchanged": 0, "errors": []}
    assert again.json() == {"written": 0, "unchanged": 2, "errors": []}
    assert list(WeeklyProgress.objects.order_by("pk").values_list("tasks_done", "points", "note")) == [
        (5, 0, ""),
        (5, 7, "Nearly there"),
    ]


def test_five_thousand_rows_go_in_one_request_and_one_more_is_refused(product, school, django_assert_max_num_queries):
    student = StudentFactory(school=school)
    rows = [week(student, week=f"20{year:02}-W{number:02}") for year in range(1, 97) for number in range(1, 53)]
    rows = (rows * 2)[:5000]

    with django_assert_max_num_queries(8):
        taken = product.put("progress/", {"school_id": school.pk, "rows": rows})
    refused = product.put("progress/", {"school_id": school.pk, "rows": [*rows, rows[0]]})

    assert taken.json()["written"] == 96 * 52
    assert {error["row"] for error in taken.json()["errors"]} == set(range(96 * 52 + 1, 5001))
    assert (refused.status_code, fields(refused)) == (400, {"rows"})


def test_a_whole_number_may_be_written_in_any_way_json_allows(product, school):
    content = f'{{"school_id": {school.pk}.0, "rows": [{{"student_id": {StudentFactory(school=school).pk}, '
    content += '"week": "2026-W41", "minutes": 4.2e1}]}'

    assert product.client.put("/api/v1/progress/", content, content_type="application/json").json()["written"] == 1
    assert WeeklyProgress.objects.get().minutes == 42


def test_a_row_that_cannot_be_saved_is_named_and_the_others_are_saved(product, school):
    theirs, mine = StudentFactory(), StudentFactory(school=school)
    both = week(mine) | {"wonde_id": mine.wonde_id}
    rows = [
        week(theirs),
        week(mine),
        both,
        week(mine),
        week(mine, week="2026-W54"),
        week(mine, week="2026-W42", tasks_done=9),
    ]

    answer = product.put("progress/", {"school_id": school.pk, "rows": rows}).json()

    assert answer["written"] == 1
    assert [error["row"] for error in answer["errors"]] == [1, 3, 4, 5, 6]
    assert all(error["message"].endswith(".") for error in answer["errors"])


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"minutes": "42"}, "rows.1.minutes"),
        ({"minutes": -1}, "rows.1.minutes"),
        ({"minutes": 42.5}, "rows.1.minutes"),
        ({"minutes": True}, "rows.1.minutes"),
        ({"tasks_done": 40_000}, "rows.1.tasks_done"),
        ({"week": "41"}, "rows.1.week"),
        ({"week": None}, "rows.1.week"),
        ({"note": "x" * 201}, "rows.1.note"),
        ({"note": 5}, "rows.1.note"),
        ({"note": "a\x00b"}, "rows.1.note"),
        ({"week": "2026-W41\n"}, "rows.1.week"),
        ({"colour": "red"}, "rows.1.colour"),
        ({"student_id": "1"}, "rows.1.student_id"),
    ],
)
def test_a_row_of_the_wrong_shape_is_refused_by_name_and_nothing_is_saved(product, school, row, field):
    good, bad = (week(StudentFactory(school=school)) for _ in range(2))

    response = product.put("progress/", {"school_id": school.pk, "rows": [good, bad | row]})

    assert (response.status_code, refusal(response), fields(response)) == (400, "bad-input", {field})
    assert not WeeklyProgress.objects.exists()


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "school_id"),
        ([], "body"),
        ({"school_id": 1, "rows": {}}, "rows"),
        ({"school_id": 1, "rows": [7]}, "rows.0"),
    ],
)
def test_a_body_of_the_wrong_shape_is_refused_by_name(product, body, field):
    response = product.put("progress/", body)

    assert response.status_code == 400
    assert field in fields(response)


def test_progress_for_another_tokens_school_is_a_404(school):
    other = Product(ApiTokenFactory(schools=[SchoolFactory()]))

    response = other.put("progress/", {"school_id": school.pk, "rows": [week(StudentFactory(school=school))]})

    assert refusal(response) == "not-found"
    assert not WeeklyProgress.objects.exists()


def test_progress_is_written_and_never_read(product, school):
    WeeklyProgressFactory(student__school=school)

    assert (product.get("progress/").status_code, refusal(product.get("progress/"))) == (405, "method")


# --- A sync on demand --------------------------------------------------------------------------------------------


def test_a_sync_is_queued_and_followed_to_its_end(settings, django_capture_on_commit_callbacks):
    with living_school(settings, students=30, read=False) as living:
        product = Product(ApiTokenFactory(schools=[living.school]))
        with django_capture_on_commit_callbacks(execute=True):
            asked = product.post(f"schools/{living.school.pk}/sync/")
        waiting = product.client.get(asked["Location"]).json()
        ((task_id, _, args, kwargs),) = queued()
        sync_school.apply(args, kwargs, task_id=task_id)
        over = product.client.get(asked["Location"]).json()

    assert asked.status_code == 202
    assert waiting["status"] == asked.json()["status"] == "queued"
    assert over["status"] == "applied"
    assert over["counts"]["students"]["create"] > 0
    assert "contacts" not in over["counts"]
    assert over["id"] == waiting["id"] == task_id
    assert SyncRun.objects.get().trigger == SyncRun.Trigger.API


def test_asking_again_before_the_sync_has_ended_gets_the_same_answer(
    product, school, django_capture_on_commit_callbacks
):
    SyncSettingsFactory(school=school)
    with django_capture_on_commit_callbacks(execute=True):
        first, second = (product.post(f"schools/{school.pk}/sync/").json() for _ in range(2))
        SyncRunFactory(school=school, task_id=first["id"], status=SyncRun.Status.APPLIED)
        third = product.post(f"schools/{school.pk}/sync/").json()

    assert first["id"] == second["id"] != third["id"]
    assert [task for task, *_ in queued()] == [first["id"], third["id"]]


def test_a_run_already_under_way_is_the_one_to_follow(product, school):
    SyncSettingsFactory(school=school)
    run = SyncRunFactory(school=school, status=SyncRun.Status.RUNNING, step="applying", ended_at=None)

    asked = product.post(f"schools/{school.pk}/sync/")
    run.refused("Wonde did not answer.")
    over = product.client.get(asked["Location"]).json()

    assert (asked.json()["status"], asked.json()["step"]) == ("running", "applying")
    assert (over["status"], over["message"]) == ("refused", "Wonde did not answer.")
    assert queued() == []


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_finds_the_school_busy_says_which_run_came_instead(product, school):
    SyncSettingsFactory(school=school)
    asked = product.post(f"schools/{school.pk}/sync/")
    ((task_id, _, args, kwargs),) = queued()
    run = SyncRunFactory(school=school, status=SyncRun.Status.RUNNING, ended_at=None)
    other = connection.copy()
    other.cursor().execute("SELECT pg_advisory_lock(%s, %s)", [RUNNING, school.pk])
    sync_school.apply(args, kwargs, task_id=task_id)
    other.close()
    run.refused("Wonde did not answer.")

    assert product.client.get(asked["Location"]).json()["status"] == "refused"


def test_a_school_whose_sync_is_switched_off_is_not_synced(product, school):
    SyncSettingsFactory(school=school, enabled=False)

    response = product.post(f"schools/{school.pk}/sync/")

    assert (response.status_code, refusal(response)) == (409, "conflict")


def test_a_sync_of_another_tokens_school_is_neither_started_nor_followed(product, school):
    SyncSettingsFactory(school=school)
    asked, other = product.post(f"schools/{school.pk}/sync/"), Product(ApiTokenFactory(schools=[SchoolFactory()]))

    assert refusal(other.post(f"schools/{school.pk}/sync/")) == "not-found"
    assert refusal(other.client.get(asked["Location"])) == "not-found"


# --- Whatever else is sent ---------------------------------------------------------------------------------------


def test_a_body_is_accepted_up_to_four_mib_and_refused_by_name_beyond(product, school):
    row = week(StudentFactory(school=school))
    content = json.dumps({"school_id": school.pk, "rows": [row]}).encode()
    most, more = (content + b" " * (length - len(content)) for length in (4 * 1024**2, 4 * 1024**2 + 1))

    taken, refused = (product.client.put("/api/v1/progress/", each, "application/json") for each in (most, more))

    assert taken.json()["written"] == 1
    assert (refused.status_code, fields(refused)) == (413, {"body"})


@pytest.mark.parametrize(
    ("content", "kind", "problem"),
    [
        (b"{", "application/json", "not-json"),
        (b"\xff\xfe", "application/json", "not-json"),
        (b'{"school_id": NaN}', "application/json", "not-json"),
        (b"[" * 200_000, "application/json", "not-json"),
        (b"a=1", "application/x-www-form-urlencoded", "media-type"),
        (b"<a/>", "text/xml", "media-type"),
        (json.dumps({"school_id": 1, "rows": [], "x": "x" * 5_000_000}).encode(), "application/json", "too-large"),
    ],
    ids=["cut", "no UTF-8", "NaN", "200,000 deep", "form", "XML", "5 MB"],
)
def test_a_body_that_is_not_json_or_too_large_is_a_problem_not_a_crash(product, content, kind, problem):
    assert refusal(product.client.put("/api/v1/progress/", content, content_type=kind)) == problem


@pytest.mark.parametrize("path", ["students/", "students/1/", "changes/", "schools/"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_lists_accept_no_other_method(product, path, method):
    response = product.client.generic(method, f"/api/v1/{path}", b"{}", content_type="application/json")

    assert (response.status_code, refusal(response)) == (405, "method")
    assert "GET" in response["Allow"]


@pytest.mark.parametrize("path", ["/api/", "/api/v2/students/", "/api/v1/", "/api/v1/students", "/api/v1/students/x/"])
def test_an_unknown_url_is_a_problem_for_anybody(client, path):
    response = client.get(path)

    assert (response.status_code, refusal(response)) == (404, "not-found")


def test_html_is_not_served_even_on_request(product):
    assert refusal(product.get("students/", headers={"accept": "text/html"})) == "not-acceptable"


def test_a_bug_of_ours_is_a_problem_without_a_trace(product, school, settings):
    product.client.raise_request_exception = False
    settings.API_REQUESTS_PER_MINUTE = "a mistake"

    response = product.get("students/")

    assert (response.status_code, refusal(response)) == (500, "our-fault")
    assert b"Traceback" not in response.content
    assert b"mistake" not in response.content


def test_an_unknown_host_is_refused_as_a_problem(product):
    assert refusal(product.client.get("/api/v1/students/", headers={"host": "elsewhere.example"})) == "bad-input"


def test_the_type_of_a_problem_is_a_url_that_says_what_to_do(client, product, settings):
    kind = product.get("students/", colour="red").json()["type"]

    assert kind.startswith(settings.SITE_URL)
    assert client.get(kind.removeprefix(settings.SITE_URL)).json()["what_to_do"]
    assert refusal(client.get("/api/v1/problems/none/")) == "not-found"


@pytest.mark.parametrize("half", ["\\ud83d", "\\uDE00", "a\\ud83db"])
def test_half_a_character_is_not_text(product, half):
    answer = product.client.put("/api/v1/progress/", f'{{"rows": "{half}"}}'.encode(), content_type="application/json")

    assert refusal(answer) == "not-json"


def test_a_character_that_json_writes_in_two_halves_is_text(product):
    answer = product.client.put("/api/v1/progress/", b'{"rows": "\\ud83d\\ude00"}', content_type="application/json")

    assert refusal(answer) == "bad-input"
