"""What support's desk says: words of people, on every list and every page."""

import re

import pytest

from schools.mail.outgoing import LETTERS
from schools.support import outgoing
from tests.site.desk import a_full_desk, pages_of
from tests.tools.people import support_client

pytestmark = pytest.mark.django_db

# What no page of the desk may say: nothing for nothing, a clock of twelve hours, a word of the code, a row by its id.
UNSAID = re.compile(
    r"\bNone\b|\b[ap]\.m\.|(?<![\w@.])[a-z]+_[a-z_]+\b|\b\d+ in \d+\b"
    r"|\b(block|hold|invitation|mail|run|sync|token) \d+\b",
    re.IGNORECASE,
)
MEANT = {"import progress": {"student_id", "wonde_id", "tasks_set", "tasks_done"}}  # the columns of a CSV file


def test_every_page_of_the_desk_is_in_the_words_of_people():
    school = a_full_desk()
    client = support_client(looks_at=[school])
    found = {}

    for name, address in pages_of(school).items():
        page = client.get(address)
        assert page.status_code == 200, name
        shown = re.sub(r"<[^>]*>", "\n", page.text)
        said = {match[0] for match in UNSAID.finditer(shown)} - MEANT.get(name, set())
        said |= set(re.findall(r"<(?:td|dd)[^>]*>\s*[-–]\s*<", page.text))
        if said:
            found[name] = said

    assert not found


def test_every_sort_of_mail_has_a_name_on_the_desk():
    assert outgoing.LETTERS.keys() == LETTERS.keys()
