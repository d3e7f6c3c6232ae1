"""What is printed loses nobody: every row of a list and every card is on the paper, whole, in any number."""

import re
import shutil
import subprocess
from statistics import median

import pytest
from django.urls import reverse

from tests.factories import EnrolmentFactory, StudentUserFactory, TeachingFactory

pytestmark = pytest.mark.browser

needs_poppler = pytest.mark.skipif(not shutil.which("pdftoppm"), reason="poppler-utils are not installed")
NAME = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(Pupil\d{3})')
WHOLE = 0.85  # of the ink that a name has where nothing lies over it
# What a browser may not break at the foot of a sheet, or breaks wrongly: a grid, a flexbox, what scrolls.
UNBREAKABLE = """all => all.flatMap(one => {
  const found = [];
  for (let up = one.parentElement; up && up !== document.documentElement; up = up.parentElement) {
    const style = getComputedStyle(up);
    if (!style.display.match(/^(block|list-item|flow-root)$/) || style.overflow !== "visible") found.push(up.className);
  }
  return found;
})"""


@pytest.fixture
def printed(page, tmp_path):
    """The open page on paper: {name: how much of its ink can be seen, 1 for the usual}, one dict a sheet."""

    def sheets(paper):
        path = tmp_path / "page.pdf"
        path.write_bytes(page.pdf(format=paper, print_background=True))
        subprocess.run(["pdftoppm", "-gray", "-r", "144", path, tmp_path / "sheet"], check=True)
        told = subprocess.run(["pdftotext", "-bbox", path, "-"], check=True, capture_output=True).stdout.decode()
        drawn = sorted(tmp_path.glob("sheet*.pgm"))
        seen = [_ink(sheet, image.read_bytes()) for sheet, image in zip(told.split("<page ")[1:], drawn, strict=True)]
        for image in drawn:
            image.unlink()
        usual = median(ink for sheet in seen for ink in sheet.values())
        return [{name: ink / usual for name, ink in sheet.items()} for sheet in seen]

    return sheets


def _ink(sheet, image):
    """{name: how dark its box is} on one sheet; its words with boxes in points, its picture as a PGM at 144 dpi."""
    _, size, _, pixels = image.split(b"\n", 3)
    width = int(size.split()[0])
    found = {}
    for *box, name in NAME.findall(sheet):
        left, top, right, bottom = (int(float(edge) * 2) for edge in box)
        rows = (pixels[y * width + left : y * width + right] for y in range(top, bottom))
        found[name] = sum(255 - shade for row in rows for shade in row)
    return found


def names(sheets):
    return [name for sheet in sheets for name in sheet]


def pupils(school_class, size):
    for number in range(size):
        EnrolmentFactory(
            school_class=school_class,
            student__surname=f"Pupil{number:03}",
            student__forename="Tobi",
            student__user=StudentUserFactory(school=school_class.school),
        )
    return [f"Pupil{number:03}" for number in range(size)]


@needs_poppler
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


@needs_poppler
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


def test_no_list_is_printed_inside_what_cannot_be_broken_across_sheets(page, pages, sign_in, live_server):
    wrong = {}
    for name, (user, address) in pages.items():
        sign_in(user)
        page.goto(live_server.url + address)
        page.emulate_media(media="print")
        if found := page.locator(".register, .cards").evaluate_all(UNBREAKABLE):
            wrong[name] = sorted(set(found))
    assert wrong == {}
