"""What is printed loses nobody: every row of a list and every card is on the paper, whole, in any number."""

import re
from statistics import median

import pytest
from django.urls import reverse
from django.utils import timezone
from pypdfium2 import PdfDocument

from students.models import Student
from tests.factories import EnrolmentFactory, StudentUserFactory, TeachingFactory

pytestmark = pytest.mark.browser

# pdfium takes a sheet full of narrow columns for vertical writing, and puts a line's end after each of its letters.
NAME = re.compile(r"\s*".join("Pupil") + r"(?:\s*\d){3}")
CONTROLS = "button, .button, input, select, textarea, nav, .menu"
FORMS = {"staff", "settings", "undo", "member of staff"}  # lists, and fields to fill in
WHOLE = 0.85  # of the ink a name has if nothing covers it
# What a browser may not break across sheets, or breaks wrongly: a grid, a flexbox, anything that scrolls.
UNBREAKABLE = """all => all.flatMap(one => {
  const found = [];
  for (let up = one.parentElement; up && up !== document.documentElement; up = up.parentElement) {
    const style = getComputedStyle(up);
    if (!style.display.match(/^(block|list-item|flow-root)$/) || style.overflow !== "visible") found.push(up.className);
  }
  return found;
})"""


@pytest.fixture
def printed(page):
    """The open page on paper: {name: how much of its ink is visible, 1 being normal}, one dict for each sheet."""

    def sheets(paper):
        with PdfDocument(page.pdf(format=paper, print_background=True)) as pdf:
            seen = [_ink(sheet) for sheet in pdf]
        usual = median(ink for sheet in seen for ink in sheet.values())
        return [{name: ink / usual for name, ink in sheet.items()} for sheet in seen]

    return sheets


@pytest.fixture
def text_of(page):
    """The open page on paper, a text without spaces for each sheet."""

    def sheets(paper):
        with PdfDocument(page.pdf(format=paper)) as pdf:
            return ["".join(sheet.get_textpage().get_text_range().split()) for sheet in pdf]

    return sheets


def _ink(sheet):
    """{name: how dark its box is} on one sheet of a PDF, drawn at 144 dpi."""
    words, drawn, height = sheet.get_textpage(), sheet.render(scale=2, grayscale=True), sheet.get_height()
    pixels, width = bytes(drawn.buffer), drawn.stride
    found = {}
    for name in NAME.finditer(words.get_text_range()):
        letters = [at for at, letter in enumerate(name[0], name.start()) if not letter.isspace()]
        boxes = [words.get_charbox(at) for at in letters]
        left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
        top, bottom = height - max(box[3] for box in boxes), height - min(box[1] for box in boxes)
        left, top, right, bottom = (int(edge * 2) for edge in (left, top, right, bottom))
        rows = (pixels[y * width + left : y * width + right] for y in range(top, bottom))
        found["".join(name[0].split())] = sum(255 - shade for row in rows for shade in row)
    return found


def names(sheets):
    return [name for sheet in sheets for name in sheet]


def pupils(school_class, size, after=0):
    for number in range(after, after + size):
        EnrolmentFactory(
            school_class=school_class,
            student__surname=f"Pupil{number:03}",
            student__forename="Tobi",
            student__user=StudentUserFactory(school=school_class.school),
        )
    return [f"Pupil{number:03}" for number in range(size)]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_printed_class_shows_all_its_students_and_each_whole(page, harbour, sign_in, live_server, printed, paper):
    employee = harbour.teacher.employees.get()
    sign_in(harbour.teacher)
    for size in [1, *range(27, 37), 60]:
        school_class = TeachingFactory(school_class__school=harbour.school, employee=employee).school_class
        expected = pupils(school_class, size)
        page.goto(live_server.url + reverse("classes:detail", args=[school_class.pk]))

        sheets = printed(paper)

        assert names(sheets) == expected, size
        assert {name: ink for sheet in sheets for name, ink in sheet.items() if ink < WHOLE} == {}, size


@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_a_class_of_32_is_one_sheet_that_says_what_it_is_and_a_longer_one_repeats_its_head(
    page, harbour, sign_in, live_server, text_of, paper
):
    teaching = TeachingFactory(school_class__school=harbour.school, employee=harbour.teacher.employees.get())
    school_class = teaching.school_class
    today, as_of = (f"{day.day} {day:%B}" for day in (timezone.localdate(), timezone.localdate(harbour.run.started_at)))
    pupils(school_class, 32)
    sign_in(harbour.teacher)
    page.goto(live_server.url + reverse("classes:detail", args=[school_class.pk]))

    (sheet,) = text_of(paper)
    page.get_by_role("link", name="With the usernames").click()
    page.get_by_role("columnheader", name="Username").wait_for()
    (with_usernames,) = text_of(paper)
    pupils(school_class, 15, after=32)
    page.reload()
    longer = text_of(paper)

    head = (school_class.name, "Ms R Pell", "Harbour Road High School", f"printed {today}", f"As of {as_of} 04:14")
    for said in head:
        assert said.replace(" ", "") in sheet, said
    for unsaid in ("today", "My classes", "Find", "Print", "Signing in", "Username"):
        assert unsaid.replace(" ", "") not in sheet, unsaid
    usernames = [student.user.username for student in Student.objects.filter(enrolments__school_class=school_class)]
    assert not any(username in sheet for username in usernames)
    assert all(username in with_usernames for username in usernames[:32])
    assert [sheet.count("Inthisclasssince") for sheet in longer] == [1, 1]


@pytest.mark.parametrize("paper", ["A4", "Letter"])
@pytest.mark.parametrize("size", [1, 9, 33])
def test_printed_login_cards_are_all_there_and_each_whole(page, harbour, sign_in, live_server, printed, paper, size):
    school_class = TeachingFactory(
        school_class__school=harbour.school, employee=harbour.teacher.employees.get()
    ).school_class
    expected = pupils(school_class, size)
    sign_in(harbour.teacher)
    page.goto(live_server.url + reverse("classes:signin", args=[school_class.pk]))
    page.get_by_role("button", name="For everyone").click()
    page.wait_for_selector(".login-card")

    sheets = printed(paper)

    assert names(sheets) == expected
    assert {name: ink for sheet in sheets for name, ink in sheet.items() if ink < WHOLE} == {}


def test_first_cards_of_a_school_begin_a_sheet_for_each_class_and_its_teacher(
    page, harbour, sign_in, live_server, printed
):
    harbour.school.students.update(user=None)
    employee = harbour.teacher.employees.get()
    for name, size, after in (("8x/Ma1", 9, 0), ("8x/Ma2", 2, 9), ("8x/Ma3", 1, 11)):
        teaching = TeachingFactory(
            school_class__school=harbour.school,
            school_class__name=name,
            school_class__year_group="8",
            employee=employee,
        )
        pupils(teaching.school_class, size, after=after)
    sign_in(harbour.lead)
    page.goto(live_server.url + reverse("classes:school_signin", args=[harbour.school.code]))
    page.get_by_role("button", name="Print first cards for the ticked classes").click()
    page.wait_for_selector(".login-card")

    assert [len(sheet) for sheet in printed("A4")] == [8, 1, 2, 1]


def test_lists_are_printed_without_controls_and_never_inside_what_cannot_break_across_sheets(
    page, pages, sign_in, live_server
):
    wrong, controls = {}, {}
    for name, (user, address) in pages.items():
        sign_in(user)
        page.goto(live_server.url + address)
        page.emulate_media(media="print")
        if found := page.locator(".register, .cards").evaluate_all(UNBREAKABLE):
            wrong[name] = sorted(set(found))
        if page.locator(".register").count() and name not in FORMS:
            controls[name] = page.locator(CONTROLS).evaluate_all(
                "all => all.filter(one => one.checkVisibility()).map(one => one.outerHTML)"
            )
    assert wrong == {}
    assert {name: found for name, found in controls.items() if found} == {}
