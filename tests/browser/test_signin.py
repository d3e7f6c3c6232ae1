"""Students sign in, and teachers print cards, in a real browser: a tablet, a keyboard, no JavaScript, paper."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

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


def test_a_student_can_sign_in_without_javascript(browser, live_server, asha):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(live_server.url + DOOR)
    assert not page.is_visible("#show")

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


def test_eight_cards_fit_on_a_page_of_paper(page, live_server, teaching, sign_in, tmp_path):
    school = teaching.school
    for number in range(17):
        student = StudentFactory(
            school=school,
            forename="Anastasia-Wilhelmina",
            surname="Featherstonehaugh-Cholmondeley",
            user=StudentUserFactory(school=school, username=f"anastasiawilhel{number}"),
        )
        EnrolmentFactory(school_class=teaching.school_class, student=student)
    sign_in(teaching.employee.user)
    page.goto(live_server.url + reverse("classes:signin", args=[teaching.school_class.pk]))
    page.get_by_role("button", name="For everyone").click()
    page.wait_for_selector(".login-card")
    page.wait_for_load_state("load")

    page.emulate_media(media="print")
    page.set_viewport_size({"width": 733, "height": 1062})  # A4 without margins
    too_long = page.locator(".login-card").evaluate_all("all => all.filter(one => one.scrollHeight > one.clientHeight)")
    pdf = page.pdf(prefer_css_page_size=True)

    assert too_long == []
    assert pdf.count(b"/Type /Page\n") + pdf.count(b"/Type /Page/") == 3
