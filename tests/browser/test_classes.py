"""Each role in turn: asking for a class, answering, importing for the first time, matching what was made by hand."""

import os
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings as django_settings
from django.urls import reverse
from playwright.sync_api import expect

from tests.classes.world import a_read_school
from tests.factories import LeadRightFactory, UserFactory
from tests.tools.people import support_client
from tests.tools.workbooks import xlsx

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def picture(page):
    """Take pictures of the page, wide and narrow, light and dark, into $PICTURES; without it, do nothing."""

    def take(name):
        if not (folder := os.environ.get("PICTURES")):
            return
        for width in (360, 1280):
            for scheme in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                page.screenshot(path=f"{folder}/{name}-{width}-{scheme}.png", full_page=True)

    return take


@pytest.fixture
def school(transactional_db, settings, tasks_run_at_once):
    with a_read_school(settings, read=False) as school:
        school.row.name = "Harbour School"
        school.row.save()
        yield school


def become(page, client, live_server):
    page.context.clear_cookies()
    name = django_settings.SESSION_COOKIE_NAME
    page.context.add_cookies(
        [{"name": name, "value": client.cookies[name].value, "url": live_server.url, "httpOnly": True}]
    )


def test_a_teacher_asks_support_approves_with_four_left_out_and_the_next_night_changes_nothing(
    page, live_server, sign_in, axe, picture, school
):
    school.sync()
    group = school.find("Ma Intervention Y8")
    elsewhere = school.row.students.get(wonde_id=group.member_ids[0])
    others = [*group.member_ids[:4]]
    school.put_members(group, others)
    teacher = UserFactory()
    school.row.employees.filter(pk=school.row.teachings.first().employee_id).update(user=teacher)

    sign_in(teacher)
    page.goto(f"{live_server.url}/schools/{school.row.code}/classes/all/?standing=out&subject=Mathematics")
    page.get_by_label("Choose Ma Intervention Y8").check()
    page.get_by_role("button", name="Ask to bring in the ticked classes").click()
    page.get_by_label("Why?").fill("They have two lessons a week of their own.")
    assert axe() == []
    picture("ask")
    page.get_by_role("button", name="Ask to bring in 1 class").click()
    expect(page.get_by_text("Waiting for an answer")).to_be_visible()
    assert axe() == []
    picture("request")
    asked = page.url

    become(page, support_client(), live_server)
    page.goto(f"{live_server.url}/admin/classes/importrequest/")
    page.get_by_role("link", name="Ma Intervention Y8").click()
    expect(page.get_by_text("4 students would be in two classes")).to_be_visible()
    expect(page.get_by_text("8x/Ma1 is the core class", exact=False).first).to_be_visible()
    expect(page.get_by_role("radio")).to_have_count(8)
    expect(page.get_by_role("rowheader", name=elsewhere.list_name)).to_be_visible()
    found = Axe().run(page, options={"preload": False}).response["violations"]
    assert [one["id"] for one in found if one["impact"] in {"serious", "critical"}] == []
    picture("admin-request")
    page.get_by_label("What the asker is told").fill("These four stay in their own class.")
    page.get_by_label("Ma Intervention Y8 is meant to be brought in with nobody in it").check()
    page.get_by_role("button", name="Approve: Ma Intervention Y8 comes in").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()

    sign_in(teacher)
    page.goto(asked)
    expect(page.get_by_text("These four stay in their own class.").first).to_be_visible()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    page.get_by_role("link", name="Ma Intervention Y8").click()
    expect(page.get_by_role("heading", name="Ma Intervention Y8")).to_be_visible()

    night = school.sync()
    group.refresh_from_db()
    assert group.status == "in"
    assert not any(sum(verbs.values()) for verbs in night.counts.values())
    assert not school.row.students.filter(wonde_id__in=others, enrolments__school_class=group).exists()


def test_a_lead_chooses_matches_previews_and_imports(page, live_server, sign_in, axe, picture, school):
    school.row.sync_settings.asks_first = True
    school.row.sync_settings.save()
    school.sync()
    mis = school.find("8x/Ma1")
    root = f"schools/{school.wonde_id}/students/"
    remote = [
        school.sandbox.get(root + who, include="education_details")["data"] for who in sorted(school.members(mis))
    ]
    lines = [
        f"Year 8 top,8,{row['forename']},{row['surname']},,{row['education_details']['data']['upn'] or ''}"
        for row in remote[:8]
    ]
    content = "class,year group,first name,surname,username,UPN\n" + "\n".join(lines) + "\nYear 8 top,8,,Nobody,,\n"
    sign_in(LeadRightFactory(school=school.row).user)

    page.goto(f"{live_server.url}/schools/{school.row.code}/import/")
    page.get_by_label("Find a class").fill("year 8")
    expect(page.get_by_role("checkbox", name="7x/Ma1")).to_be_hidden()
    expect(page.get_by_role("checkbox", name="8x/Ma1")).to_be_checked()
    assert axe() == []
    picture("choose")
    page.get_by_role("button", name="Go on with the ticked classes").click()

    page.get_by_label("Your list").set_input_files(
        {"name": "classes.csv", "mimeType": "text/csv", "buffer": content.encode()}
    )
    page.get_by_role("button", name="Look at the file").click()
    expect(page.get_by_text("The first name is missing.")).to_be_visible()
    assert axe() == []
    picture("upload")
    page.get_by_role("button", name="Add 8 students and leave out 1 line").click()

    expect(page.get_by_text("8 students were found")).to_be_visible()
    expect(page.get_by_role("combobox", name="8x/Ma1 is here")).to_have_value(re.compile(r"\d+"))
    assert axe() == []
    usernames = set(school.row.students.values_list("user__username", flat=True))
    picture("match")
    page.get_by_role("button", name="Go on to the preview").click()

    expect(page.get_by_role("heading", name="Bring in classes")).to_be_visible()
    button = page.get_by_role("button", name=re.compile("Bring in 10 classes"))
    expect(button).to_be_visible()
    assert axe() == []
    assert not school.row.classes.filter(decision="in").exists()
    picture("preview")
    button.click()

    expect(page.get_by_role("heading", name="Imported")).to_be_visible()
    assert axe() == []
    picture("imported")
    page.get_by_role("link", name="See the classes").click()
    expect(page.get_by_role("link", name="8x/Ma1")).to_be_visible()
    kept = school.row.students.filter(user__username__in=usernames, enrolments__left_at=None)
    assert {row.wonde_id for row in kept} == {row["id"] for row in remote[:8]}


STRANGE = [["Class list 9A"], [], ["Klasse", "Vorname", "Name", "Straße", "Ort"]] + [
    ["9A", f"Tobi{number}", "Featherstonehaugh-Cholmondeley", "12 Long Street by the Harbour", "Bristol"]
    for number in range(12)
]
ASKED = "Class,Year,Forename,Surname\n" + "".join(
    f"Set {number},{year},{name},Okoro\n" for number in (1, 2) for year in (7, 8) for name in ("Hélène", "René", "Tobi")
)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("columns", xlsx(STRANGE, STRANGE), "Which column is which?"),
        ("letters", (ASKED + "9A,9,,Nobody\n").encode("cp1252"), "How are these names spelt?"),
    ],
)
def test_what_a_list_leaves_open_is_asked_on_any_size_of_screen(
    page, live_server, sign_in, axe, picture, harbour, name, content, told
):
    sign_in(harbour.lead)
    page.goto(live_server.url + reverse("sync:import_match", args=[harbour.school.code]))
    page.get_by_label("Your list").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Look at the file").click()

    expect(page.get_by_role("heading", name=told)).to_be_visible()
    picture(name)
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert axe() == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
