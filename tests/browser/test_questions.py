"""The questions people bring, each answered in a sentence at most two clicks from the first page of whoever asks."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from classes.models import SchoolClass, Teaching
from schools.models import School
from students.models import Student, WrongTries
from sync.models import SyncRun
from sync.needs import noting
from sync.people import held
from sync.tasks import preview_school
from tests.factories import ImportRequestFactory, LeadRightFactory, SyncRunFactory, UserFactory, ago
from tests.sync.living import living_school
from tests.tools.answering import answer_all
from tests.tools.people import support_client

pytestmark = [pytest.mark.browser, pytest.mark.slow]
MOST = 2


@pytest.fixture
def living(settings, transactional_db):
    """A school after an odd night: somebody moved, somebody left, a tenth vanished and a lead let them go, somebody
    starts in three days, somebody tries to sign in in vain."""
    with living_school(settings, students=120) as living:
        living.lead = LeadRightFactory(school=living.school, user__email="siddiqui@example.org").user
        living.moved = living.student(enrolments__school_class__name="7x/Ma1")
        goal = SchoolClass.objects.current().get(name="7x/Ma2")
        living.day({"event": "move_class", "student": living.moved.wonde_id, "to": goal.wonde_id})
        happened, _ = living.day({"event": "join", "class": goal.wonde_id})
        joined = happened[0]["student"]
        starts = (timezone.localdate() + timedelta(days=3)).isoformat()
        living.sandbox.day(living.school.wonde_id, [{"event": "admission_date", "student": joined, "date": starts}])
        living.starter = Student.objects.get(wonde_id=joined)
        living.read()
        gone = Student.objects.filter(school=living.school, left_at=None).exclude(pk=living.moved.pk)
        events = [{"event": "leave", "student": one.wonde_id} for one in gone.order_by("-wonde_id")[:30]]
        _, run = living.day(*events)
        held.approve(living.school, living.lead, "They moved to the new school in town.", run.asked, [])
        living.decided = living.read(SyncRun.Trigger.DECISION)
        living.locked_out = living.student()
        for _ in range(4):
            WrongTries.objects.note(living.school.pk, living.locked_out.pk)
        noting.note(living.school)
        yield living


class Visit:
    """Somebody at their first page, whose clicks are counted."""

    def __init__(self, page, address):
        self.page, self.address = page, address

    def asks(self, answer, *clicks):
        """Go from the first page by `clicks`, each a function of the page; there the answer stands."""
        assert len(clicks) <= MOST
        self.page.goto(self.address)
        for click in clicks:
            click(self.page)
        expect(self.page.locator("body")).to_contain_text(re.compile(answer, re.DOTALL))


def link(name, first=True):
    return lambda page: page.get_by_role("link", name=name).first.click()


def button(name):
    return lambda page: page.get_by_role("button", name=name).first.click()


def find(text):
    """Typed into the search in the head, and Enter."""

    def search(page):
        page.get_by_role("searchbox", name="Find").fill(text)
        page.keyboard.press("Enter")

    return search


def look_up(text):
    """Typed into Why?, and asked."""

    def ask(page):
        page.get_by_label("Whom or what are you looking for?").fill(text)
        page.get_by_role("button", name="Look it up").click()
        expect(page.get_by_role("heading", name="Asking Wonde")).to_be_visible()
        answer_all()

    return ask


def preview_of(school, called="Show what would happen"):
    """Asked for, and made by a worker."""

    def ask(page):
        page.get_by_role("button", name=called).click()
        preview_school(school.pk)

    return ask


def test_a_lead_gets_every_answer_within_two_clicks(living, page, sign_in, live_server):
    sign_in(living.lead)
    lead = Visit(page, live_server.url + reverse("sync:school", args=[living.school.code]))
    syncs = page.get_by_role("region", name="The last syncs")
    last = lambda page: syncs.get_by_role("link").first.click()  # noqa: E731
    moved, starter, tried = (str(one) for one in (living.moved, living.starter, living.locked_out))
    left_out = SchoolClass.objects.filter(school=living.school, reason="other_subject").first()

    lead.asks(r"As of today \d\d:\d\d, from SIMS")  # whose copy is old?
    lead.asks(f"{starter} starts on .+, so", link("Why?"), look_up(starter))  # missing; when does the starter appear?
    lead.asks("4 in 90 days", find(tried))  # why can't she log in?
    lead.asks("moved .* from 7x/Ma1 to 7x/Ma2", find(moved))  # who moved him?
    lead.asks("They moved to the new school in town", last)  # why did thirty leave? who approved it?
    lead.asks(r"students? come back", last, link("Undo the removals"))  # can I have yesterday back?
    lead.asks("No mail about|Mail about|is mailed", find(moved))  # why did this parent get mail, and that one none?
    lead.asks(r"7x/Ma1\s+7x/Ma2", link("Choose a class"))  # which two classes clash?
    lead.asks("is not a class of a subject", find(left_out.name), link(left_out.name))  # why isn't it here?
    lead.asks(
        "Nothing would change|Students|Classes \\d", link("Syncs"), preview_of(living.school)
    )  # what would a sync do now?
    lead.asks("Everything held|What the MIS says", find(moved), button("Everything held"))  # what do you hold of him?
    lead.asks("What we hold, and what for", link("Data"))  # what do we share?
    lead.asks("To correct in SIMS", link("People"), link("Parents"))  # which parents cannot be reached?
    lead.asks("sees that a new school year has begun", link("What happens when the year turns"))
    lead.asks("A new MIS gives nearly everybody a new id", link("What happens when we change MIS"))

    SyncRunFactory(school=living.school, started_at=ago(), status=SyncRun.Status.REFUSED, message="Wonde answered 500.")
    lead.asks("was not finished.*Wonde answered 500")  # why was the sync refused?


def test_a_teacher_sees_what_changed_in_the_class_and_why_a_student_is_where_they_are(
    living, page, sign_in, live_server
):
    teaching = Teaching.objects.filter(left_at=None, school_class__name="7x/Ma2").select_related("employee").first()
    teaching.employee.user = UserFactory(email="teacher@example.org")
    teaching.employee.save()
    sign_in(teaching.employee.user)
    teacher = Visit(page, live_server.url + reverse("classes:mine", args=[living.school.code]))

    teacher.asks(f"{living.moved.forename}.*", link("7x/Ma2"))  # what changed in my class?
    teacher.asks("moved .* from 7x/Ma1 to 7x/Ma2", find(str(living.moved)), link("Why"))  # who moved him?


def request_in(asked):
    """Opened from the first page, and checked by a worker."""

    def check(page):
        page.get_by_role("link", name=f"Bring in {asked.items.get().school_class.name}").click()
        expect(page.get_by_role("heading", name="Asking Wonde")).to_be_visible()
        answer_all()

    return check


def test_support_gets_every_answer_within_two_clicks_of_the_desk(living, page, live_server):
    doubted = {"contacts": {"since": timezone.now().isoformat(), "told": False}}
    School.objects.filter(pk=living.school.pk).update(
        doubted=doubted, name="Harbour School", sort_name="harbour school"
    )
    group = SchoolClass.objects.filter(school=living.school, reason="intervention_group").first()
    asked = ImportRequestFactory(school=living.school, classes=[group])
    noting.note(living.school)
    cookie = support_client(looks_at=[living.school]).cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    desk = Visit(page, live_server.url + reverse("admin:index"))
    moved, tried = str(living.moved), str(living.locked_out)
    school, last = find("harbour"), lambda page: page.get_by_role("table").last.get_by_role("link").first.click()

    desk.asks("Harbour School.*Parents and carers refused by Wonde")  # which school needs a person, and for what?
    desk.asks("Wonde did not let us read parents and carers", link("Parents and carers refused by Wonde"))
    desk.asks(r"As of today \d\d:\d\d, from SIMS", school)  # how old is their data?
    desk.asks("siddiqui@example.org", school)  # who leads the school?
    desk.asks("They moved to the new school in town", school, last)  # why did thirty leave? who approved it?
    desk.asks("4 in 90 days", school, find(tried))  # why can't she log in?
    desk.asks("moved .* from 7x/Ma1 to 7x/Ma2", school, find(moved))  # who moved him?
    desk.asks("No mail about|Mail about|is mailed", school, find(moved))  # why did this parent get mail?
    desk.asks("Academic year starts", school, link("Settings"))  # how is the school read?
    preview = preview_of(living.school, "Preview a sync")
    desk.asks("Nothing would change|Students|Classes \\d", school, preview)  # what would a sync do now?
    desk.asks("would be in two classes.*still|nobody is in two", request_in(asked))  # would anyone be in two classes?

    SyncRunFactory(school=living.school, started_at=ago(), status=SyncRun.Status.REFUSED, message="Wonde answered 500.")
    desk.asks("Not synced.*Wonde answered 500")  # which nights went wrong, and why?
