"""The pages on which a person decides, walked as that person, over real HTTP to the sandbox."""

import pytest
from django.urls import reverse
from django.utils import timezone

from students.models import Student
from sync import tasks
from sync.engine import previews
from sync.engine.runs import run_sync
from sync.models import SyncRun, SyncSettings
from tests.factories import EmployeeFactory, LeadRightFactory, UserFactory
from tests.sync.imported import imported_school, sync
from tests.sync.world import a_sandbox
from tests.tools.pages import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def sandbox(settings):
    with a_sandbox(settings, students=120) as running:
        yield running


@pytest.fixture
def school(sandbox):
    return imported_school(sandbox)


@pytest.fixture
def lead(client, school):
    user = LeadRightFactory(school=school).user
    client.force_login(user)
    return client


@pytest.fixture
def teacher(client, school):
    client.force_login(EmployeeFactory(school=school, user=UserFactory()).user)
    return client


def at(name, school, *more):
    return reverse(f"sync:{name}", args=[school.code, *more])


def test_a_preview_names_who_would_come_and_applies_exactly_that(lead, sandbox, school):
    done = sandbox.day(school.wonde_id, [{"event": "join"}])
    assert done
    tasks.preview_school(school.pk)

    page = lead.get(at("preview", school)).text
    expected = previews.last(school.pk)["fingerprint"]

    assert "1 new" in page
    assert expected in page
    assert run_sync(school, SyncRun.Trigger.PERSON, expected=expected).counts["students"]["create"] == 1


def test_a_preview_says_of_a_class_that_it_comes_in_or_goes_out_and_why_in_words(lead, school):
    def row(name, before, after):
        values = {"status": [before[0], after[0]], "reason": [before[1], after[1]]}
        return {"verb": "update", "name": name, "wonde_id": name, "values": values}

    rows = [
        row("9x", ("out", "awaits_rollover"), ("in", "")),
        row("8y", ("in", ""), ("out", "other_academic_year")),
    ]
    kinds = {"classes": {"rows": rows, "counts": {}, "label": "classes"}}
    previews.keep(school.pk, {"kinds": kinds, "waiting": [], "fingerprint": "f"}, previews.ROLLOVER)

    said = words(lead.get(at("new_year", school)))

    assert "Classes 1 would come in" in said
    assert "status from “out: waits for the new school year to be confirmed” to “in”" in said
    assert "Classes 1 would go out" in said
    assert "awaits_rollover" not in said
    assert "other_academic_year" not in said


def test_a_preview_of_nothing_says_so_and_offers_nothing_to_apply(lead, school):
    tasks.preview_school(school.pk)

    page = lead.get(at("preview", school)).text

    assert "Nothing would change" in page
    assert "Apply exactly this" not in page


def test_an_undo_names_who_comes_back_and_the_pause_is_shown_until_resumed(lead, sandbox, school):
    leaver = Student.objects.current().filter(school=school).first()
    sandbox.day(school.wonde_id, [{"event": "leave", "student": leaver.wonde_id}])
    run = sync(school)
    page = words(lead.get(at("undo", school, run.pk)))
    assert page.index("1 student comes back") < page.index(leaver.list_name)

    lead.post(at("undo", school, run.pk), {"reason": "It was a slip in the MIS."})

    assert Student.objects.current().filter(pk=leaver.pk).exists()
    assert "Paused since" in lead.get(at("school", school)).text
    lead.post(at("resume", school))
    assert SyncSettings.objects.get(school=school).paused_at is None


def test_a_paused_school_is_told_to_resume_before_it_starts_a_new_year(lead, school):
    SyncSettings.objects.filter(school=school).update(paused_at=timezone.now())
    classes = {"label": "classes", "rows": [{"verb": "create", "name": "9x/Ma1"}]}
    previews.keep(school.pk, {"kinds": {"classes": classes}, "fingerprint": "f"}, previews.ROLLOVER)

    page = lead.get(at("new_year", school)).text

    assert "a paused school starts no new year" in page
    assert "Confirm: start" not in page


def test_a_change_of_mis_is_settled_and_confirmed_on_one_page(lead, sandbox, school):
    before = dict(Student.objects.values_list("pk", "user__username"))
    sandbox.day(school.wonde_id, [{"event": "change_mis", "mis": "bromcom"}])
    sync(school)
    assert "Settle who is who" in lead.get(at("school", school)).text
    tasks.preview_school(school.pk)
    page = lead.get(at("change_of_mis", school)).text
    assert "by id" in page

    lead.post(at("change_of_mis", school), {"reason": "We moved to Bromcom on Friday."})
    sync(school)

    assert dict(Student.objects.current().values_list("pk", "user__username")) == before


def test_what_was_settled_by_hand_stays_chosen_when_the_reason_is_missing(lead, school):
    left = {"students": {7: "Okoro, Sam"}}
    proposal = {"pairs": {"students": {}}, "ours": left, "theirs": {"students": {"A1": "Okoro, Samuel"}}}
    previews.keep(school.pk, {"change_of_mis": proposal | {"offered": {}, "rates": []}})

    page = lead.post(at("change_of_mis", school), {"students-7": "A1", "reason": ""}).text

    assert '<option value="A1" selected>Okoro, Samuel</option>' in page
    assert "Say why, in one sentence." in page


@pytest.mark.parametrize("name", ["held", "preview", "new_year", "change_of_mis"])
def test_a_teacher_who_does_not_lead_finds_no_such_page(teacher, school, name):
    assert teacher.get(at(name, school)).status_code == 404


@pytest.mark.parametrize("name", ["decide", "preview", "new_year", "change_of_mis", "resume"])
def test_a_teacher_who_does_not_lead_decides_nothing(teacher, school, name):
    assert teacher.post(at(name, school), {"reason": "I want to see it."}).status_code == 404
