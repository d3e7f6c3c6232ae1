"""The admin in a real browser: nothing blocked by the Content-Security-Policy, nothing serious for axe."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from tests.factories import EnrolmentFactory, LeadRightFactory, SyncRunFactory, SyncSettingsFactory, TeachingFactory
from tests.tools.people import support_client

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def school():
    school = SyncSettingsFactory().school
    LeadRightFactory(school=school)
    stay = EnrolmentFactory(school_class__school=school)
    TeachingFactory(school_class=stay.school_class)
    SyncRunFactory(school=school, ledger={"students": {"read": 1, "imported": 1, "withheld": {}}})
    return school


@pytest.fixture
def support(page, live_server, school):
    """A tab where support is signed in and has said why it is looking at `school`."""
    cookie = support_client(looks_at=[school]).cookies["sessionid"]
    page.context.add_cookies([{"name": "sessionid", "value": cookie.value, "url": live_server.url}])
    return page


def pages(school):
    student = school.students.get()
    return {
        "index": reverse("admin:index"),
        "schools": reverse("admin:schools_school_changelist"),
        "school": reverse("admin:schools_school_change", args=[school.pk]),
        "add a school": reverse("admin:schools_school_add"),
        "students": reverse("admin:students_student_changelist") + f"?school={school.pk}",
        "no school": reverse("admin:students_student_changelist"),
        "student": reverse("admin:students_student_change", args=[student.pk]),
        "class": reverse("admin:classes_schoolclass_change", args=[school.classes.get().pk]),
        "run": reverse("admin:sync_syncrun_change", args=[school.runs.get().pk]),
        "users": reverse("admin:schools_user_changelist"),
        "invite": reverse("admin:schools_invitation_add") + f"?school={school.pk}",
    }


def test_admin_pages_have_no_serious_barrier_and_no_blocked_style(support, shown_in, live_server, school):
    found = {}

    for name, path in pages(school).items():
        assert support.goto(live_server.url + path).status == 200, name
        shown_in("light")
        serious = barriers(support, {"preload": False})
        shown_in("dark")
        serious += barriers(support, {"preload": False, "runOnly": {"type": "rule", "values": ["color-contrast"]}})
        if serious:
            found[name] = serious

    assert not found, "\n".join(f"{name}: {'; '.join(rules)}" for name, rules in found.items())


def barriers(page, options):
    """What axe calls serious or critical on the page as it is."""
    return [
        f"{rule['id']}: {rule['nodes'][0]['html'][:160]}"
        for rule in Axe().run(page, options=options).response["violations"]
        if rule["impact"] in {"serious", "critical"}
    ]


def test_support_finds_a_student_by_name_and_the_url_does_not_show_it(support, live_server, school):
    student = school.students.get()
    support.goto(live_server.url + pages(school)["students"])

    support.fill("#searchbar", student.surname)
    support.press("#searchbar", "Enter")
    support.wait_for_url("**q=*")

    assert student.surname not in support.url
    expect(support.get_by_role("link", name=student.list_name)).to_be_visible()
