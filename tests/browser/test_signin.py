"""Students sign in, and teachers print cards, in a real browser: a tablet, a keyboard, no JavaScript, paper."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from pypdfium2 import PdfDocument

from students.cards import codes
from tests.factories import (
    EnrolmentFactory,
    StudentFactory,
    StudentUserFactory,
    SyncSettingsFactory,
    TeachingFactory,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DOOR = "/s/fenbrook/"


@pytest.fixture
def teaching():
    school = SyncSettingsFactory(school__code="fenbrook", school__name="Fenbrook Academy").school
    return TeachingFactory(school_class__school=school)


@pytest.fixture
def asha(teaching):
    school = teaching.school
    student = StudentFactory(
        school=school, forename="Asha", surname="Patel", user=StudentUserFactory(school=school, username="ashap")
    )
    EnrolmentFactory(school_class=teaching.school_class, student=student)
    student.words = " ".join(codes.renew(school, [student], by=None)[student.pk])
    return student


def test_from_a_card_to_a_password_to_my_page_using_only_the_keyboard(page, live_server, asha):
    page.goto(live_server.url + DOOR + "#ashap")
    assert page.input_value("#id_username") == "ashap"
    assert page.evaluate("document.activeElement.id") == "id_secret"
    assert page.url.endswith(DOOR)

    page.keyboard.type(asha.words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/password/")
    page.focus("#id_password")
    page.keyboard.type("seven blue herons")
    page.keyboard.press("Tab")
    page.keyboard.type("seven blue herons")
    page.keyboard.press("Enter")
    page.wait_for_url("**/me/")

    expect(page.get_by_role("heading", name="Asha Patel")).to_be_visible()


def test_what_is_typed_can_be_shown(page, live_server, asha):
    page.goto(live_server.url + DOOR)
    assert page.get_attribute("#id_secret", "type") == "password"

    page.check("#show")

    assert page.get_attribute("#id_secret", "type") == "text"
    page.evaluate("document.querySelector('[data-signin]').addEventListener('submit', event => event.preventDefault())")
    page.click("main button[type=submit]")
    assert page.get_attribute("#id_secret", "type") == "password"  # or the browser would keep it for the next child


def test_a_student_can_sign_in_without_javascript(browser, live_server, asha):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + DOOR)
    assert not page.is_visible("#show")

    page.get_by_role("link", name="Show what I type").click()
    assert page.get_attribute("#id_secret", "type") == "text"
    page.fill("#id_username", "ashap")
    page.fill("#id_secret", asha.words)
    page.click("button[type=submit]")
    page.wait_for_url("**/me/password/")
    context.close()


def test_every_page_on_the_way_in_is_well_made(page, live_server, asha, well_made, sign_in, teaching):
    for name, path in {"find a school": "/s/", "door": DOOR, "ask": DOOR + "ask/"}.items():
        page.goto(live_server.url + path)
        well_made(name)
        page.click("main button[type=submit]")
        page.locator("[role=alert], .problem").first.wait_for()
        well_made(f"{name} with an error")
    page.goto(live_server.url + DOOR)
    page.fill("#id_username", "ashap")
    page.fill("#id_secret", asha.words)
    page.click("main button[type=submit]")
    page.wait_for_url("**/me/password/")
    well_made("password")
    asha.user.set_password("seven blue herons")
    asha.user.save()
    page.goto(live_server.url + DOOR)
    page.fill("#id_username", "ashap")
    page.fill("#id_secret", "seven blue herons")
    page.click("main button[type=submit]")
    page.wait_for_url("**/me/")
    well_made("me")
    sign_in(teaching.employee.user)
    page.goto(live_server.url + reverse("classes:signin", args=[teaching.school_class.pk]))
    well_made("sign-in of a class")
    page.get_by_role("button", name="For everyone").click()
    page.wait_for_selector(".login-card")
    well_made("cards")


# Of each card: whether a text leaves it, and how much of its height is empty in one piece.
FIT = """all => all.map(card => {
  const box = card.getBoundingClientRect();
  const all = [...card.querySelectorAll("p, li, strong, svg")].map(one => one.getBoundingClientRect());
  const edges = all.map(one => [one.top, one.bottom]).sort((one, other) => one[0] - other[0]);
  let end = box.top, empty = 0;
  for (const [top, bottom] of [...edges, [box.bottom, box.bottom]]) {
    empty = Math.max(empty, top - end);
    end = Math.max(end, bottom);
  }
  const inside = all.every(one =>
    one.left >= box.left && one.right <= box.right && one.top >= box.top && one.bottom <= box.bottom);
  const fits = card.scrollHeight <= card.clientHeight && card.scrollWidth <= card.clientWidth;
  return { leaves: !(inside && fits), empty: empty / box.height };
})"""
WIDEST = "momentum moonbeam monument"  # of the words a code is made of
OF_ANY_LENGTH = [
    ("Tobi", "Okoro", "tobio"),
    ("Tobi", "W" * 56, "tobiw"),
    ("Anastasia-Wilhelmina", "Featherstonehaugh-Cholmondeley-Abernathy-Smythe-Jones", "m" * 40),
    ("x" * 190, "y" * 190, "xy"),
    ("محمد عبد الرحمن", "الخوارزمي البغدادي", "student"),
    ("小明" * 8, "张" * 20, "student2"),
    ("Александра", "Константинопольская-Преображенская", "n" * 40),
]


@pytest.mark.parametrize("is_long", [False, True])
def test_eight_cards_fit_on_a_sheet_and_no_text_leaves_its_card(
    page, live_server, teaching, sign_in, settings, is_long
):
    school = teaching.school
    if is_long:
        settings.SITE_URL = "https://" + "a-rather-long-host." * 3 + "example"
        school.name, school.code = "Saint Aldhelm's Church of England Voluntary Controlled Primary School", "a" * 40
        school.save()
        teaching.school_class.name = "W" * 40
        teaching.school_class.save()
    plain = [("Tobi", "Okoro", f"tobio{number}") for number in range(3, 20)]
    for forename, surname, username in ([*OF_ANY_LENGTH, *plain] if is_long else plain)[:17]:
        user = StudentUserFactory(school=school, username=username)
        student = StudentFactory(school=school, forename=forename, surname=surname, user=user)
        EnrolmentFactory(school_class=teaching.school_class, student=student)
    sign_in(teaching.employee.user)
    page.goto(live_server.url + reverse("classes:signin", args=[teaching.school_class.pk]))
    page.get_by_role("button", name="For everyone").click()
    page.wait_for_selector(".login-card")
    page.wait_for_load_state("load")
    page.locator(".login-words").evaluate_all("(all, widest) => all.forEach(one => one.textContent = widest)", WIDEST)

    for paper, width in {"A4": 733, "Letter": 755}.items():  # without margins
        page.emulate_media(media="print")
        page.set_viewport_size({"width": width, "height": 1000})
        cards = page.locator(".login-card").evaluate_all(FIT)
        with PdfDocument(page.pdf(format=paper)) as pdf:
            assert (paper, len(pdf)) == (paper, 3)
        assert [card for card in cards if card["leaves"]] == [], paper
        assert max(card["empty"] for card in cards) < 1 / 3, paper


def test_the_keyboard_alone_prints_cards(page, live_server, asha, sign_in, teaching):
    """From the class to the printer with Tab, Space and Enter; Enter on a tick presses the form's first button."""
    page.add_init_script("window.print = () => document.body.setAttribute('data-printed', '')")
    sign_in(teaching.employee.user)
    page.goto(live_server.url + reverse("classes:detail", args=[teaching.school_class.pk]))

    tab_to(page, "Signing in and cards")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Signing in").wait_for()
    tab_to(page, "Card for Asha Patel")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 login card").wait_for()
    tab_to(page, "Print")
    page.keyboard.press("Enter")

    expect(page.locator("body[data-printed] .login-name")).to_have_text("Asha Patel")


def tab_to(page, name):
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.ariaLabel || document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"Tab does not lead to {name}")
