"""Why, left, erase, frozen, stopped, revoked, history with its chart: axe, phone, no style refused by the policy."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from schools.models import School
from sync.models import Stop, SyncRun
from sync.people.leaving_out import leave_out
from tests.factories import ClassOutFactory, LeadRightFactory, StudentFactory, SyncRunFactory, ago
from tests.sync.living import living_school
from tests.tools.answering import answer_all

pytestmark = pytest.mark.browser


@pytest.fixture
def living(settings, transactional_db):
    with living_school(settings) as school:
        school.lead = LeadRightFactory(school=school.school, user__email="siddiqui@example.org").user
        for days in range(1, 40):
            SyncRunFactory(
                school=school.school,
                started_at=ago(days=days),
                counts={"students": {"update": days * 7 % 31}},
                status=SyncRun.Status.REFUSED if days % 13 == 0 else SyncRun.Status.APPLIED,
                timings={"read": 1200, "ours": 30, "decide": 9, "apply": 44},
            )
        for days in (3, 40, 88):
            StudentFactory(school=school.school, left_at=ago(days=days))
        ClassOutFactory(school=school.school)
        yield school


def at(live_server, name, *args):
    return live_server.url + reverse(f"sync:{name}", args=args)


def test_why_answers_in_place_with_a_reply_to_pass_on(living, page, sign_in, live_server, well_made):
    student = living.student()
    sign_in(living.lead)
    page.goto(at(live_server, "why", living.school.code))
    well_made("why")

    page.get_by_label("Whom or what are you looking for?").fill(f"{student.surname} {student.forename}")
    page.get_by_role("button", name="Look it up").click()
    expect(page.get_by_role("heading", name="Asking Wonde")).to_be_visible()
    expect(page.locator("#asked-told")).to_have_text("Asking Wonde.")
    well_made("why-asking")
    answer_all()

    expect(page.get_by_label("To pass on").first).to_have_value(re.compile(re.escape(f"{student} is here, in ")))
    expect(page.locator("#asked-told")).to_have_text(re.compile("1 match"))
    assert student.surname not in page.url
    well_made("why-answered")

    page.get_by_role("link", name=f"What happened to {student}").click()
    expect(page.get_by_role("heading", name=re.compile(f"{student} is here, in "))).to_be_visible()
    well_made("why-student")

    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status").filter(has_text="Copied.")).to_be_visible()
    assert f"{student} is here, in " in page.evaluate("navigator.clipboard.readText()")

    page.goto(at(live_server, "why_student", living.school.code, student.pk))
    page.get_by_role("button", name="Ask Wonde now").click()
    expect(page.get_by_role("heading", name="Asking Wonde")).to_be_visible()
    answer_all()
    expect(page.get_by_text("has it in Wonde now")).to_be_visible()


def test_left_erase_history_and_run(living, page, sign_in, live_server, well_made):
    sign_in(living.lead)
    code, leaver = living.school.code, living.school.students.exclude(left_at=None).first()
    run = SyncRun.objects.filter(school=living.school, changes__isnull=False).first()
    leave_out(living.school, "students", leaver.pk, living.lead, "other", "not in this product")
    of_leavers = (("left",), ("erase", "students", leaver.pk), ("left_out",))

    for name, *args in (*of_leavers, ("leave_out", "students", living.student().pk), ("history",), ("run", run.pk)):
        page.goto(at(live_server, name, code, *args))
        well_made(name)

    page.goto(at(live_server, "history", code))
    expect(page.get_by_role("group", name="Night by night")).to_be_visible()
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("cell", name="no", exact=True).nth(1)).to_be_visible()


def test_frozen_stopped_and_revoked(living, page, sign_in, live_server, well_made):
    sign_in(living.lead)
    entry = {"since": ago(days=2).isoformat(), "erase_on": timezone.localdate().isoformat()}
    School.objects.filter(pk=living.school.pk).update(frozen={"students": entry})
    for name, *args in (("school",), ("erase_kind", "students")):
        page.goto(at(live_server, name, living.school.code, *args))
        well_made(f"frozen-{name}")

    page.goto(at(live_server, "stop", living.school.code))
    page.get_by_label("Why?").fill("we have moved on")
    page.get_by_role("button", name="Stop sharing").click()
    well_made("stop")
    page.get_by_label("The school’s name").fill(living.school.name)
    page.get_by_role("button", name="Stop sharing").click()
    well_made("stopped")

    Stop.objects.all().delete()
    School.objects.filter(pk=living.school.pk).update(revoked_at=ago(days=2), erase_on=timezone.localdate())
    page.goto(live_server.url)
    well_made("revoked")
    page.get_by_label("Why?").fill("we have moved on")
    page.get_by_role("button", name="Erase everybody").click()

    expect(page.get_by_text("is erased. Only a note")).to_be_visible()
