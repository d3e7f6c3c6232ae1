"""What support's desk says: words of people, on every list and every page."""

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse

from parents.models import Contact
from schools.mail.outgoing import LETTERS
from schools.models import Invitation, OutgoingMail, Task
from schools.support import outgoing
from students.models import Student
from tests.factories import (
    ChangeFactory,
    EmployeeFactory,
    GuardianshipFactory,
    HoldFactory,
    SchoolFactory,
    StudentFactory,
    SupportFactory,
    SyncRunFactory,
)
from tests.parents.world import due
from tests.site.desk import a_full_desk, pages_of
from tests.tools.pages import words
from tests.tools.people import support_client

pytestmark = pytest.mark.django_db

# What no page of the desk may say: nothing for nothing, a clock of twelve hours, a word of the code, a row by its id.
UNSAID = re.compile(
    r"\bNone\b|\b[ap]\.m\.|(?<![\w@.])[a-z]+_[a-z_]+\b|\b\d+ in \d+\b"
    r"|\b(block|hold|invitation|mail|run|sync|token) \d+\b",
    re.IGNORECASE,
)
MEANT = {"import progress": {"student_id", "wonde_id", "tasks_set", "tasks_done"}}  # the columns of a CSV file


def of_school(name, school):
    """The address of a list, of one school."""
    return f"{reverse(f'admin:{name}_changelist')}?school={school.pk}"


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


def test_a_mail_says_whom_it_is_to_and_about_whom_as_long_as_they_are_held():
    link = GuardianshipFactory(contact__surname="Mensah", student__surname="Okoro")
    due([link])
    client, address = support_client(looks_at=[link.school]), of_school("parents_weeklymail", link.school)

    named = words(client.get(address))
    Student.objects.all().delete()
    Contact.objects.all().delete()
    unnamed = words(client.get(address))

    assert "Mensah" in named
    assert "Okoro, " in named
    assert "A parent or carer who is no longer held A student who is no longer held" in unnamed


@pytest.mark.parametrize("name", ["sync_change", "sync_hold"])
def test_what_changed_and_what_waits_is_found_by_the_name_of_whoever_it_is_about(name):
    student = StudentFactory(surname="Okoro", sort_name="okoro")
    run = SyncRunFactory(school=student.school)
    make = {"sync_change": ChangeFactory, "sync_hold": HoldFactory}[name]
    about = make(run=run, row_id=student.pk)
    make(run=run, row_id=StudentFactory(school=student.school, surname="Pell", sort_name="pell").pk)

    page = support_client(looks_at=[student.school]).post(
        of_school(name, student.school), {"search_for": "okoro"}, follow=True
    )

    assert [row.pk for row in page.context["cl"].result_list] == [about.pk]


def test_times_are_those_of_the_school_a_page_is_about():
    school = SchoolFactory(timezone="Asia/Dubai")
    run = SyncRunFactory(school=school, started_at=datetime(2026, 1, 5, 22, 30, tzinfo=UTC))
    client = support_client()

    pages = [
        client.get(of_school("sync_syncrun", school)),
        client.get(reverse("admin:sync_syncrun_change", args=[run.pk])),
    ]

    for page in pages:
        assert 'title="Tuesday 6 January 2026, 02:30"' in page.text
        assert "22:30" not in words(page)


def test_an_action_without_a_tick_does_nothing_and_says_so():
    school = SchoolFactory()
    invitation = Invitation.objects.create(school=school, email="a@b.example")

    page = support_client().post(of_school("schools_invitation", school), {"action": "send_again"}, follow=True)

    assert "Nothing was ticked, so nothing was done." in words(page)
    assert not OutgoingMail.objects.filter(about=invitation.pk).exists()


def test_everything_held_about_somebody_is_one_press_from_their_page_for_whoever_may_export():
    link = GuardianshipFactory()
    people = {"students": link.student, "contacts": link.contact, "employees": EmployeeFactory(school=link.school)}
    may, may_not = (
        support_client(SupportFactory(rights__tasks=tasks), looks_at=[link.school])
        for tasks in ([Task.LOOK, Task.EXPORT], [Task.LOOK])
    )

    for kind, row in people.items():
        address = reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])
        fields = dict(re.findall(r'name="(kind|pk)" value="(\w+)"', may.get(address).text))
        asked = may.post(reverse("sync:export", args=[link.school.code]), fields)
        assert fields == {"kind": kind, "pk": str(row.pk)}
        assert "Export everything held about them" in words(asked)
        assert "Everything held about them" not in words(may_not.get(address))


def test_signing_out_at_the_desk_is_the_portals_own():
    assert support_client().post(reverse("admin:logout")).headers["Location"] == reverse("account_logout")


def test_every_sort_of_mail_has_a_name_on_the_desk():
    assert outgoing.LETTERS.keys() == LETTERS.keys()
