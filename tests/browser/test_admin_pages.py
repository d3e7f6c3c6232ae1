"""Support's desk in a real browser: nothing is blocked by the Content-Security-Policy, axe finds nothing, nothing is
cut off, and everything can be hit."""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.site.desk import LONG, a_full_desk, pages_of
from tests.tools.people import support_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What is too small to hit, in px: a control 24, a button 40. Links among words are as high as their line.
TOO_SMALL = """() => [...document.querySelectorAll("button, summary, select, input:not([type=hidden]), .button, .sort")]
    .map((one) => [one, one.getBoundingClientRect(), one.matches(".button, summary") ? 40 : 24])
    .filter(([one, box, least]) => box.width && (box.height < least || box.width < 24))
    .map(([one]) => one.outerHTML.slice(0, 160))"""

# At which widths and in which scheme: only the layout and the colours differ, so axe reads the whole page once.
LOOKS = (
    (1280, "light", ()),
    (360, "dark", ({"type": "rule", "values": ["color-contrast", "target-size"]},)),
)


@pytest.fixture
def school():
    return a_full_desk()


@pytest.fixture
def support(page, live_server, school):
    """A tab where support is signed in and has said why it is looking at `school`."""
    cookie = support_client(looks_at=[school]).cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    return page


# One page of each shape; the others are looked at by `make test-long`.
SHAPES = {
    "index", "list of schools_apitoken", "list of students_student", "list of sync_syncrun", "students_student",
    "schools_user", "parents_contact", "parents_mailsettings", "make a token", "contact, mail",
}  # fmt: skip


@pytest.mark.parametrize("is_shape", [True, pytest.param(False, marks=pytest.mark.long)], ids=["shapes", "others"])
def test_every_page_of_the_desk_is_whole_on_a_desk_and_on_a_phone(
    support, axe, shown_in, live_server, school, is_shape
):
    pages = {name.rstrip(" 0123456789"): address for name, address in pages_of(school).items()}
    assert pages.keys() > SHAPES
    found = {}

    for name in [name for name in pages if (name in SHAPES) == is_shape]:
        assert support.goto(live_server.url + pages[name]).status == 200, name
        for width, scheme, rules in LOOKS:
            support.set_viewport_size({"width": width, "height": 800})
            shown_in(scheme)
            wrong = axe(*rules) + support.evaluate(TOO_SMALL)
            if support.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append("cut off at the side")
            if wrong:
                found[name, width] = wrong

    assert not found, "\n".join(f"{where}: {wrong}" for where, wrong in found.items())


def test_support_finds_a_student_by_name_and_the_url_does_not_show_it(support, live_server, school):
    support.goto(live_server.url + reverse("admin:students_student_changelist") + f"?school={school.pk}")

    support.fill("#searchbar", LONG)
    support.press("#searchbar", "Enter")
    support.wait_for_url("**q=*")

    assert LONG not in support.url
    expect(support.get_by_role("link", name=LONG)).to_be_visible()
