"""The message itself, as it leaves."""

import re
from email import message_from_bytes, policy
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parents.mail import tokens
from parents.mail.emails import LIMIT_BYTES, SchoolWeek, Sender, _Headers, message
from parents.mail.letter import week_of
from parents.models import WeeklyMail
from schools.models import School
from tests.factories import TeachingFactory, ago
from tests.parents.world import FRIDAY, a_child, a_family, a_school

pytestmark = pytest.mark.django_db


def built(school, students, **fields):
    settings = school.mail_settings
    for name, value in fields.items():
        setattr(settings, name, value)
    mail = WeeklyMail(
        pk=7, school=school, address_mark="ab" * 16, key_number=1, iso_year=2026, iso_week=41,
        contacts=[], students=[s.pk for s in students], made_at=ago(), next_try_at=ago(), until=ago(), changed_at=ago(),
    )  # fmt: skip
    week = SchoolWeek(school, week_of(FRIDAY.date()), mail.students)
    return message(Sender.of(school, settings), school, mail, "m@home.example", week, mail.students)


def parts(mail):
    read = message_from_bytes(mail.message().as_bytes(), policy=policy.default)
    return read, read.get_body(["plain"]).get_content(), read.get_body(["html"]).get_content()


@pytest.fixture
def school():
    return a_school(school__name="Ysgol Llanfair & Friends", reply_to="office@school.example")


def test_text_and_html_say_the_same_about_every_child(school):
    children = [a_child(school, forename="Tobi", surname="B"), a_child(school, forename="Asha <b>", surname="A")]

    _, text, html = parts(built(school, children))

    for said in (
        "Tobi did 5 of 6 tasks", "42 minutes", "Class 9x/Ma1", "from 5 to 11 October 2026", "help@example.org",
        "at office@school.example",
    ):  # fmt: skip
        assert said in text, said
        assert said in html, said
    assert text.startswith("Ysgol Llanfair & Friends")
    assert text.index("Asha <b>") < text.index("Tobi")
    assert "Asha &lt;b&gt;" in html
    assert "Okoro" not in text + html


def test_the_headers_let_readers_unsubscribe(school):
    read, _, _ = parts(built(school, [a_child(school)]))

    assert read["From"] == "Ysgol Llanfair & Friends <weekly@news.example.org>"
    assert read["Reply-To"] == "office@school.example"
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert read["List-Unsubscribe"].strip().startswith("<http://localhost:8000/mail/stop?t=")
    token = read["List-Unsubscribe"].strip(" <>").partition("?t=")[2]
    assert tokens.read(token) == tokens.MailLink(school.pk, "ab" * 16, 1, 7)
    assert read["List-Id"] == f"<{school.code}.weekly.news.example.org>"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Feedback-ID"] == f"2026-W41:school-{school.pk}:weekly:rollbook"
    assert read["Message-ID"].endswith("@news.example.org>")
    assert read["Message-ID"] != parts(built(school, []))[0]["Message-ID"]


def test_names_from_a_school_cannot_add_headers(school):
    read, _, _ = parts(built(school, [a_child(school)], from_name="Head\r\nBcc: all@example.org"))

    assert read["Bcc"] is None
    assert "Head Bcc: all@example.org" in read["From"]


@given(
    st.sampled_from(["To", "Subject", "List-Unsubscribe", "Content-Type"]),
    st.text(st.sampled_from('aZ09 .;,=?\t@<>"é'), max_size=90)
    | st.text(max_size=90)
    | st.text(st.sampled_from("aZ09.:=?<>/-_;"), min_size=60, max_size=300),
)
def test_headers_are_written_as_the_standard_library_writes_them(name, value):
    assert _Headers(linesep="\r\n").fold_binary(name, value) == policy.Compat32(linesep="\r\n").fold_binary(name, value)


def test_nothing_about_one_family_is_in_the_mail_of_the_next(school):
    first = [a_child(school, forename="Tobi", surname="A")]
    second = [a_child(school, forename="Asha", surname="B"), a_child(school, forename="Wren", surname="C")]
    first[0].weekly_progress.update(note="Ask for the red book.")

    _, *hers = parts(built(school, first))
    _, *theirs = parts(built(school, second))

    for told in theirs:
        assert not [said for said in ("Tobi", "red book") if said in told]
        assert "Asha" in told
        assert "Wren" in told
    links = [set(re.findall(r"t=([\w-]+)", told)) for told in hers + theirs]
    assert [len(tokens_of) for tokens_of in links] == [1, 1, 1, 1]
    assert not (links[0] | links[1]) & (links[2] | links[3])


class Seen(HTMLParser):
    """Tags and attributes of a page."""

    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_the_html_loads_nothing_and_is_readable_in_dark_mode(school):
    _, _, html = parts(built(school, [a_child(school)]))

    tags = Seen(html).tags
    assert not [tag for tag, _ in tags if tag in {"img", "link", "script", "iframe", "form"}]
    assert "url(" not in html
    assert "prefers-color-scheme: dark" in html
    assert all("style" in attrs for tag, attrs in tags if tag in {"body", "h1", "h2", "p", "a"})
    assert {attrs.get("role") for tag, attrs in tags if tag == "table"} == {"presentation"}
    assert "tag0tag" not in html


def test_a_family_of_ten_with_long_notes_stays_under_the_limit(school):
    children = [a_child(school) for _ in range(10)]
    for child in children:
        child.weekly_progress.update(note="Ŵ" * 200)

    mail = built(school, children)

    assert len(mail.message().as_bytes()) < LIMIT_BYTES


def test_reading_a_week_takes_four_statements_whatever_the_number(school, django_assert_num_queries):
    students = [link.student_id for link in a_family(school, children=5)]

    with django_assert_num_queries(4):
        week = SchoolWeek(school, week_of(FRIDAY.date()), students)

    assert len(week.pupils(students)) == 5


def test_a_class_is_told_with_its_main_teachers_as_far_as_the_school_shares_who_teaches(school):
    child = a_child(school)
    taught = child.enrolments.get().school_class
    for surname, fields in (("Pell", {}), ("Ash", {"main": False}), ("Quist", {"left_at": ago(days=1)})):
        named = {"employee__title": "Ms", "employee__forename": "", "employee__surname": surname}
        TeachingFactory(school_class=taught, **named, **fields)

    def told():
        return SchoolWeek(school, week_of(FRIDAY.date()), [child.pk]).pupils([child.pk])[0].teachers

    assert told() == ("Ms Pell",)
    taught.teachings.update(main=False)
    assert told() == ("Ms Ash", "Ms Pell")
    for doubt in ({"doubted": {"employees": {}}}, {"frozen": {"employees": {}}}, {"doubted": {"teachings": {}}}):
        School.objects.update(**{"doubted": {}, "frozen": {}} | doubt)
        assert told() == ()


def test_a_leaver_is_not_in_the_letter_and_a_former_class_is_not_named(school):
    stays, leaves = a_child(school, forename="Tobi"), a_child(school, forename="Asha", left_at=ago(days=1))
    stays.enrolments.update(left_at=ago(days=2))

    _, text, _ = parts(built(school, [stays, leaves]))

    assert "Tobi" in text
    assert "Asha" not in text
    assert "9x/Ma1" not in text


def test_welsh_mail_is_declared_welsh(school):
    read, text, html = parts(built(school, [a_child(school)], language="cy"))

    assert read["Content-Language"] == "cy"
    assert Seen(html).tags[0] == ("html", {"lang": "cy"})
    assert "tasg" in text
