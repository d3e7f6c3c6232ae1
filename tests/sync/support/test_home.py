"""Support's first page: what needs a person, of the schools of whoever looks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from schools.models import Task
from sync.models import Need, SyncRun
from tests.factories import (
    ClassOutFactory,
    HoldFactory,
    ImportRequestFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import support_client

pytestmark = pytest.mark.django_db
HOME = "/admin/"


def a_school(name, **needs):
    """A school with these needs: {code: days it has waited}."""
    school = SyncSettingsFactory(school__name=name).school
    for code, days in needs.items():
        Need.objects.create(school=school, code=code, number=2, since=ago(days=days))
    return school


def test_home_names_the_schools_by_need_and_leads_to_where_each_state_is_settled():
    kept, held = a_school("Kept School", kept=9), a_school("Held School", paused=1, removals=2)
    a_school("Quiet School")

    page = support_client().get(HOME)

    said = words(page)
    assert said.index("Held School") < said.index("Kept School")
    assert "Quiet School" not in said
    assert "Of all 3 schools" in said
    for address in (
        reverse("admin:schools_school_change", args=[held.pk]),
        reverse("sync:held", args=[held.code]),
        reverse("admin:schools_school_change", args=[held.pk]) + "#paused",
        reverse("sync:held", args=[kept.code]),
    ):
        assert f'href="{address}"' in page.text


def test_home_says_when_nothing_needs_anybody():
    a_school("Quiet School")

    said = words(support_client().get(HOME))

    assert "No school needs a person." in said
    assert "No request waits for an answer." in said
    assert "Every sync of the last 24 hours was finished or has been put right since." in said


def test_requests_stand_oldest_first_with_how_long_they_have_waited():
    for name, days in (("Later", 1), ("Earlier", 3)):
        asked = ImportRequestFactory(classes=[ClassOutFactory(name=name)])
        type(asked).objects.filter(pk=asked.pk).update(asked_at=ago(days=days))
    ImportRequestFactory(state="declined", classes=[ClassOutFactory(name="Answered")])

    said = words(support_client().get(HOME))

    assert "2 requests about classes wait" in said
    assert said.index("Bring in Earlier") < said.index("Bring in Later")
    assert "for 3 days" in said
    assert "Answered" not in said


def test_a_night_went_wrong_if_the_last_sync_was_not_finished_or_what_it_held_still_waits():
    refused, again, held, decided, old = map(a_school, ["Refused", "Again", "Held", "Decided", "Old"])
    wrong = {"status": "refused", "message": "Wonde did not answer."}
    SyncRunFactory(school=refused, started_at=ago(hours=5), **wrong)
    SyncRunFactory(school=again, started_at=ago(hours=5), **wrong)
    SyncRunFactory(school=again, started_at=ago(hours=4))
    HoldFactory(run=SyncRunFactory(school=held, started_at=ago(hours=4)))
    HoldFactory(run=SyncRunFactory(school=decided, started_at=ago(hours=4)), kept_at=ago(hours=1))
    SyncRunFactory(school=old, started_at=ago(hours=30), **wrong)

    page = support_client().get(HOME)

    assert {run.school for run in page.context["nights"]} == {refused, held}
    assert "Wonde did not answer." in words(page)


def test_home_shows_only_what_somebodys_rights_open():
    mine, other = a_school("My School", removals=1), a_school("Other School", removals=1)
    for school in (mine, other):
        ImportRequestFactory(school=school, classes=[ClassOutFactory(school=school, name=f"Set of {school.name}")])
        SyncRunFactory(
            school=school, started_at=ago(hours=3), status=SyncRun.Status.FAILED, message=f"At {school.name}"
        )

    few = support_client(SupportFactory(is_superuser=False, rights__schools=[mine])).get(HOME)
    looks = support_client(SupportFactory(rights__tasks=[Task.LOOK])).get(HOME)
    nothing = support_client(SupportFactory(is_superuser=False, rights__tasks=[])).get(HOME)

    assert "Of your 1 school" in words(few)
    assert "Set of My School" in words(few)
    assert "Other School" not in words(few)
    assert "Set of" not in words(looks)
    assert looks.context["requests"] is None
    assert reverse("sync:held", args=[mine.code]) not in looks.text  # only somebody who may decide settles it
    assert "2 removals wait" in words(looks)
    assert "You have no rights yet" in words(nothing)
    assert "School" not in words(nothing).replace("Schools", "")


def test_home_takes_as_many_queries_for_thirty_schools_as_for_three(django_assert_num_queries):
    def three():
        for _ in range(3):
            school = a_school("A School", removals=1, requests=1)
            ImportRequestFactory(school=school, classes=[ClassOutFactory(school=school)])
            SyncRunFactory(school=school, started_at=ago(hours=3), status=SyncRun.Status.FAILED)

    three()
    client = support_client(SupportFactory(is_superuser=False, rights__schools=[]))
    client.user.support_rights.update(group=None)
    client.get(HOME)
    with CaptureQueriesContext(connection) as of_three:
        client.get(HOME)
    for _ in range(9):
        three()

    with django_assert_num_queries(len(of_three)):
        page = client.get(HOME)
    assert "All 30 schools that need a person" in words(page)
    assert len(of_three) <= 17


def test_all_lists_are_a_page_of_their_own():
    client = support_client()

    said = words(client.get(reverse("admin:lists")))

    assert "Sign-ins" in said
    assert reverse("admin:lists") in client.get(HOME).text
