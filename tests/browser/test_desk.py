"""Support's desk in a browser: its first page, a school's page and a request, by keyboard too."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from classes.models import ImportRequest
from sync.needs import noting
from tests.factories import ClassOutFactory, ImportRequestFactory
from tests.tools.answering import answer_all
from tests.tools.people import support_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABS = 60  # more presses than any page of the desk has stops


@pytest.fixture
def asked(harbour, settings):
    """A request for a group whose students are all in 9x/Ma1; Wonde does not answer."""
    settings.ASKING_LIMIT_S = 0.1
    ids = list(harbour.school_class.students.order_by("sort_name").values_list("wonde_id", flat=True)[:2])
    group = ClassOutFactory(
        school=harbour.school, name="Ma Intervention", member_ids=ids, reason="intervention_group", subject="Maths"
    )
    asked = ImportRequestFactory(school=harbour.school, classes=[group], note="For the weaker ones.")
    noting.note(harbour.school)
    return asked


@pytest.fixture
def desk(page, live_server, harbour):
    """A tab where support is signed in and has said why it is looking at the school."""
    cookie = support_client(looks_at=[harbour.school]).cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    return page


def address_of(asked):
    return reverse("admin:classes_importrequest_change", args=[asked.pk])


@pytest.mark.slow
def test_the_desks_own_pages_are_well_made(desk, live_server, asked, well_made):
    school = asked.school
    pages = {"desk": reverse("admin:index"), "all lists": reverse("admin:lists")}
    pages |= {name: reverse(f"admin:schools_school_{name}", args=[school.pk]) for name in ("change", "find", "leads")}

    for name, path in pages.items():
        assert desk.goto(live_server.url + path).status == 200, name
        well_made(name)
    desk.goto(live_server.url + address_of(asked))
    answer_all()
    expect(desk.get_by_role("heading", name="If you approve")).to_be_visible()
    well_made("request")

    first = desk.get_by_role("radiogroup").first
    first.get_by_role("radio", name="9x/Ma1").focus()
    desk.keyboard.press("ArrowRight")
    expect(desk.locator("#outcome")).to_contain_text("Ma Intervention gains 1, 9x/Ma1 loses 1; nobody is in two.")
    expect(first.get_by_role("radio", name="Ma Intervention")).to_be_focused()
    expect(desk.get_by_role("status").filter(has_text="If you approve: Ma Intervention gains 1")).to_be_attached()


def test_a_request_is_approved_by_keyboard_alone_from_the_first_page(desk, live_server, asked):
    def tab_to(what):
        """Press Tab until `what` has the focus."""
        for _ in range(TABS):
            desk.keyboard.press("Tab")
            if what.evaluate("one => one === document.activeElement"):
                return
        raise AssertionError(f"{what} is not reached by Tab")

    approve = desk.get_by_role("button", name="Approve: Ma Intervention comes in")
    desk.goto(live_server.url + reverse("admin:index"))
    tab_to(desk.get_by_role("link", name="Bring in Ma Intervention"))
    desk.keyboard.press("Enter")
    expect(desk.get_by_role("heading", name="Asking Wonde")).to_be_visible()
    answer_all()
    expect(desk.get_by_text("Nobody comes into Ma Intervention; nobody is in two.")).to_be_visible()
    expect(approve).to_be_disabled()

    meant = desk.get_by_role("checkbox", name="Ma Intervention is meant to be brought in with nobody in it")
    tab_to(meant)
    desk.keyboard.press("Space")
    expect(approve).to_be_enabled()
    expect(meant).to_be_focused()
    tab_to(approve)
    desk.keyboard.press("Enter")

    expect(desk.get_by_text("Approved. A sync is queued; this page follows it.")).to_be_visible()
    assert ImportRequest.objects.get().state == "approved"
