"""What our pages point to exists: every relative link, and the heading it names."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGES = [*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")]
LINK = re.compile(r"\]\((?!https?://|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")


def without_code(page):
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(page):
    """The names of a page's headings, as used in links."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_relative_link_leads_to_a_file_of_ours_and_to_a_heading_in_it(page):
    for path, heading in LINK.findall(without_code(page)):
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{path} is not there"
        assert target.is_relative_to(PROJECT)
        assert not heading or heading in anchors(target), f"{path} has no heading {heading}"


def test_every_page_that_the_code_names_exists():
    folders = ("config", "schools", "students", "classes", "parents", "sync", "templates")
    files = [path for folder in folders for path in PROJECT.joinpath(folder).rglob("*.*")]
    sources = [path for path in files if path.suffix in {".py", ".html", ".txt"}]
    named = {name for path in sources for name in re.findall(r"docs/[\w/-]+\.md", path.read_text())}

    assert named
    assert not [name for name in named if not PROJECT.joinpath(name).exists()]


def test_pages_and_links_are_found():
    assert {"README.md", "api.md", "architecture.md"} <= {page.name for page in PAGES}
    assert len([link for page in PAGES for link in LINK.findall(without_code(page))]) > 10


def test_every_decision_has_a_date_and_a_status_and_is_in_the_index():
    pages = sorted(PROJECT.glob("docs/decisions/0*.md"))
    index = (PROJECT / "docs/decisions/README.md").read_text()
    lines = re.findall(r"^\| \[\d+\]\((\S+)\) \| (.+) \| (\S+) \| (.+) \|$", index, re.MULTILINE)

    told = []
    for page in pages:
        title, _, dated = page.read_text().splitlines()[:3]
        date, status = re.fullmatch(r"Date: (\d{4}-\d\d-\d\d)\. Status: (.+)\.", dated).groups()
        told.append((page.name, title.removeprefix(f"# {page.name[:4]}: "), date, status))

    assert lines == told
