"""The teacher's and the lead's pages in a real browser: axe, phone, keyboard, print, and without JavaScript."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from sync.engine import previews
from tests.factories import ChangeFactory, EnrolmentFactory, SyncRunFactory, TeachingFactory, ago

pytestmark = pytest.mark.browser

PHONE = 360


@pytest.mark.slow
@pytest.mark.parametrize("role", ["teacher", "lead"])
def test_every_page_of_a_role_is_well_made_and_shows_keyboard_focus(
    role, harbour, page, pages, sign_in, live_server, well_made
):
    reader = getattr(harbour, role)
    sign_in(reader)
    for name, (user, address) in pages.items():
        if user == reader:
            page.goto(live_server.url + address)
            well_made(name)
            shows_what_the_keyboard_is_at(page, name)


def shows_what_the_keyboard_is_at(page, name):
    page.keyboard.press("Tab")
    assert page.locator(":focus").inner_text() == "Skip to the page", name
    stops = page.locator("a[href]:visible, button:visible, summary:visible, select:visible, input:visible").count()
    for _ in range(min(stops, 25)):
        page.keyboard.press("Tab")
        outline = page.evaluate("document.activeElement && getComputedStyle(document.activeElement).outlineWidth")
        inside = page.evaluate("document.activeElement !== document.body")
        assert not inside or outline == "3px", (name, page.evaluate("document.activeElement.outerHTML"))


def test_sign_in_is_clean_and_says_what_was_wrong(page, live_server, axe, harbour):
    page.goto(live_server.url + reverse("account_login"))
    page.fill("[name=login]", "pell@example.org")
    page.fill("[name=password]", "not this")
    page.get_by_role("button", name="Sign in").click()

    page.get_by_role("heading", name="There is a problem").wait_for()
    assert "The email address or the password is not right." in page.locator("main").inner_text()
    assert axe() == []


def test_a_teacher_signs_in_and_opens_a_class(page, live_server, harbour):
    page.goto(live_server.url)
    page.fill("[name=login]", "pell@example.org")
    page.fill("[name=password]", "correct horse battery staple")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="9x/Ma1").click()

    page.get_by_role("heading", name="9x/Ma1").wait_for()
    expect(page.get_by_role("rowheader").first).to_have_text("Adeyemi, Jo")
    assert "Sam Whitlock joined" in page.locator("main").inner_text()
    assert "Ada Quist moved to 9x/Ma2" in page.locator("main").inner_text()


def test_sorting_swaps_only_the_list_and_keeps_the_focus(page, pages, sign_in, live_server):
    user, address = pages["class"]
    sign_in(user)
    page.goto(live_server.url + address)
    page.evaluate("window.still = true")

    page.get_by_role("link", name="Student", exact=True).press("Enter")

    page.get_by_role("columnheader", name="Student").and_(page.locator("[aria-sort=descending]")).wait_for()
    expect(page.get_by_role("rowheader").first).to_have_text("Wiśniewski, Ethan")
    assert page.evaluate("window.still")
    assert page.evaluate("document.activeElement.id") == "sort-name"


def test_a_filter_applies_as_soon_as_it_changes(page, pages, sign_in, live_server):
    user, address = pages["all classes"]
    sign_in(user)
    page.goto(live_server.url + address)

    page.get_by_label("Show", exact=True).first.select_option("out")

    page.get_by_role("status").filter(has_text="1 class").wait_for()
    expect(page.get_by_role("rowheader")).to_have_text(["9i/Ma boost"])
    assert "standing=out" in page.url


def test_filters_and_sorting_work_without_javascript(browser, harbour, client, live_server):
    client.force_login(harbour.lead, backend="schools.auth.StaffBackend")
    context = browser.new_context(java_script_enabled=False)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    plain = context.new_page()
    plain.goto(live_server.url + reverse("classes:all", args=[harbour.school.code]))

    plain.select_option("#standing", "out")
    plain.get_by_role("button", name="Show").click()
    expect(plain.get_by_role("rowheader")).to_have_text(["9i/Ma boost"])
    plain.select_option("#standing", "in")
    plain.get_by_role("button", name="Show").click()
    expect(plain.get_by_role("rowheader")).to_have_text(["9x/Ma1", "9x/Ma2"])
    plain.get_by_role("link", name="Class", exact=True).click()
    expect(plain.get_by_role("rowheader")).to_have_text(["9x/Ma2", "9x/Ma1"])
    plain.get_by_role("searchbox", name="Find").fill("okor")
    plain.keyboard.press("Enter")
    expect(plain.get_by_role("link", name="Okoro, Grace")).to_be_visible()
    assert "okor" not in plain.url
    plain.get_by_role("link", name="Okoro, Grace").click()
    plain.go_back()

    expect(plain.get_by_role("link", name="Okoro, Grace")).to_be_visible()
    context.close()


def test_a_lead_finds_a_student_from_any_page_by_keyboard_alone(page, pages, sign_in, live_server):
    user, address = pages["school"]
    sign_in(user)
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(live_server.url + address)

    page.get_by_role("searchbox", name="Find").fill("grace okoro")
    page.keyboard.press("Enter")

    page.get_by_role("heading", name="Grace Okoro").wait_for()
    assert "okoro" not in page.url


def test_a_lead_prints_cards_for_two_students_of_the_list(page, pages, sign_in, live_server):
    user, address = pages["students"]
    sign_in(user)
    page.goto(live_server.url + address)

    page.get_by_label("Show", exact=True).select_option("never")
    page.get_by_role("checkbox").first.wait_for()
    for box in page.get_by_role("checkbox").all()[2:]:
        box.uncheck()
    page.get_by_role("button", name="Print cards for those ticked").click()

    page.get_by_role("heading", name="2 login cards").wait_for()
    page.get_by_role("link", name="Students").click()
    expect(page.get_by_label("Show", exact=True)).to_have_value("never")


def test_typing_three_letters_on_a_phone_finds_a_student(page, pages, sign_in, live_server, axe):
    user, address = pages["find"]
    sign_in(user)
    page.set_viewport_size({"width": PHONE, "height": 740})
    page.goto(live_server.url + address)

    page.get_by_label("Find a class or a student").press_sequentially("wis")
    found = page.get_by_role("link", name="Wiśniewski, Ethan")
    found.wait_for()

    assert axe() == []
    assert "wis" not in page.url
    found.click()
    page.get_by_role("heading", name="Ethan Wiśniewski").wait_for()


def test_a_teacher_answers_what_a_student_page_asks_using_only_the_keyboard(page, pages, sign_in, live_server, axe):
    user, address = pages["student"]
    sign_in(user)
    page.set_viewport_size({"width": PHONE, "height": 740})
    page.goto(live_server.url + address)

    page.get_by_role("link", name="Yes, suggest a new one").press("Enter")
    expect(page.get_by_label("Username")).to_have_value("joa")
    page.get_by_label("Username").fill("jo a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Only letters from a to z")
    assert axe() == []
    page.get_by_label("Username").fill("jo.a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The username is now jo.a.")
    page.get_by_role("button", name="Yes, make a new code").press("Enter")

    expect(page.get_by_role("heading", name="New code for Jo Adeyemi")).to_be_visible()
    expect(page.locator(".login-words")).to_have_text(re.compile(r"^\w+ \w+ \w+$"))
    assert axe() == []
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE


def test_the_account_menu_closes_on_escape_and_returns_the_focus(page, pages, sign_in, live_server):
    user, address = pages["my classes"]
    sign_in(user)
    page.goto(live_server.url + address)

    page.locator("summary").click()
    page.get_by_role("link", name="Change password").focus()
    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Change password")).to_be_hidden()
    assert page.locator("summary").evaluate("one => one === document.activeElement")


def test_a_printed_class_is_the_list_without_buttons(page, pages, sign_in, live_server):
    user, address = pages["class"]
    sign_in(user)
    page.goto(live_server.url + address)
    page.emulate_media(media="print", color_scheme="dark")

    expect(page.get_by_role("table")).to_be_visible()
    expect(page.get_by_role("navigation").first).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") in {"rgb(255, 255, 255)", "white"}


def test_a_class_of_a_thousand_students_still_opens(page, harbour, sign_in, live_server):
    teaching = TeachingFactory(school_class__school=harbour.school, employee=harbour.teacher.employees.get())
    EnrolmentFactory.create_batch(1000, school_class=teaching.school_class)
    sign_in(harbour.teacher)

    page.goto(live_server.url + reverse("classes:detail", args=[teaching.school_class_id]))

    expect(page.get_by_role("rowheader")).to_have_count(1000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_pages_store_no_names_in_the_browser(page, pages, sign_in, live_server):
    user, address = pages["class"]
    sign_in(user)
    page.goto(live_server.url + address)
    page.get_by_role("link", name="Student", exact=True).click()
    page.locator("[aria-sort=descending]").wait_for()

    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")

    assert "Adeyemi" not in kept


def test_a_lead_finds_a_teacher_by_typing_and_invites_them_at_an_address(page, pages, sign_in, live_server):
    user, address = pages["staff"]
    sign_in(user)
    page.set_viewport_size({"width": PHONE, "height": 740})
    page.goto(live_server.url + address)

    page.get_by_label("Find by name").press_sequentially("ama")
    expect(page.get_by_role("link", name="Pell, Ruth")).to_be_hidden()
    page.get_by_role("link", name="Amadi, Chidi").click()
    page.get_by_label("Email address of Mr C Amadi").fill("chidi@example.org")
    page.get_by_role("button", name="Invite", exact=True).click()

    expect(page.get_by_role("status").first).to_contain_text("Mr C Amadi is invited")
    expect(page.get_by_text("Address entered here")).to_be_visible()


@pytest.mark.parametrize("typed", ["ámadi", "a'madi", "chidi amadi", "ama-di"])
def test_a_list_narrows_by_names_however_they_are_typed(typed, page, pages, sign_in, live_server):
    user, address = pages["staff"]
    sign_in(user)
    page.goto(live_server.url + address)

    page.get_by_label("Find by name").press_sequentially(typed)

    expect(page.get_by_role("link", name="Amadi, Chidi")).to_be_visible()
    expect(page.get_by_role("link", name="Pell, Ruth")).to_be_hidden()


def test_syncing_again_goes_on_by_itself_and_ends_in_words(page, pages, sign_in, live_server, harbour):
    user, address = pages["read again"]
    run = SyncRunFactory(
        school=harbour.school, status="running", ended_at=None, started_at=ago(seconds=3), step="staff"
    )
    sign_in(user)
    page.goto(live_server.url + address)
    expect(page.get_by_text("Staff: now")).to_be_visible()

    stay = EnrolmentFactory(school_class=harbour.school.classes.filter(status="in").first())
    ChangeFactory(run=run, kind="students", verb="create", row_id=stay.student_id)
    run.status, run.ended_at, run.counts = "applied", ago(seconds=0), {"students": {"create": 1}}
    run.save()

    expect(page.get_by_text(f"{stay.student} joined")).to_be_visible()
    expect(page.get_by_text("A school can be synced every 10 minutes")).to_be_visible()


def test_a_page_that_refreshes_itself_becomes_the_sign_in_once_its_reader_is_signed_out(
    page, live_server, sign_in, client, harbour
):
    previews.begin(harbour.school.pk)
    sign_in(harbour.lead)
    page.goto(live_server.url + reverse("sync:preview", args=[harbour.school.code]))
    expect(page.get_by_text("Asking Wonde now")).to_be_visible()

    client.session.flush()

    expect(page.get_by_label("Email")).to_be_visible()
    expect(page.get_by_role("banner")).to_have_count(1)
    expect(page).to_have_url(re.compile("login"))


def test_a_page_that_refreshes_itself_says_so_when_its_reader_may_no_longer_see_it(
    page, live_server, sign_in, harbour, browser_errors
):
    previews.begin(harbour.school.pk)
    sign_in(harbour.lead)
    page.goto(live_server.url + reverse("sync:preview", args=[harbour.school.code]))

    harbour.right.delete()

    expect(page.get_by_role("heading", name="Page not found")).to_be_visible()
    assert {error.partition(":")[0] for error in browser_errors} >= {"Failed to load resource"}
    browser_errors.clear()
