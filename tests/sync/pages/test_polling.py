"""A page that asks by itself how far something is ends: with what was made, with why not, or gone; with a way on."""

from functools import partial

import pytest
from django.conf import settings
from django.urls import reverse

from classes.models import ImportDraft, ImportRequest
from sync import tasks
from sync.engine import previews
from sync.models import SyncSettings
from tests.factories import (
    EnrolmentFactory,
    LeadRightFactory,
    SchoolClassFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import signed_in

PREVIEW = {"waiting": [{"kind": "classes", "code": "rollover"}], "kinds": {}, "fingerprint": "f"}
MATCHED = {"pairs": {}, "how": {}, "names": {}, "loose": {}, "classes": {}}
LATE = {"seconds": settings.FOLLOWED_FOR_S + 1}
BEGUN = {"making": None}
PAGES = {
    "preview": (previews.PREVIEW, PREVIEW, "A new school year has begun."),
    "new_year": (previews.ROLLOVER, PREVIEW, "A new school year has begun."),
    "change_of_mis": (previews.PREVIEW, PREVIEW, "The MIS has not changed"),
    "import_match": (previews.IMPORT_MATCH, MATCHED, "Go on to the preview"),
    "import_preview": (previews.IMPORT_PREVIEW, PREVIEW, "A new school year has begun."),
}


@pytest.fixture
def school(db):
    school = SyncSettingsFactory(school__code="harbour").school
    out = SchoolClassFactory(school=school, status="out")
    ImportDraft.objects.create(school=school, choices={str(out.pk): "in"}, begun_at=ago(minutes=1))
    EnrolmentFactory(school_class__school=school, school_class__wonde_id=None, student__wonde_id=None)
    return school


@pytest.fixture
def lead(school):
    return signed_in(LeadRightFactory(school=school).user)


def at(name):
    return reverse(f"sync:{name}", args=["harbour"])


def poll(client, name):
    return client.get(at(name), headers={"HX-Request": "true"})


def asks_again(response):
    return response.status_code == 204 or "hx-trigger" in response.text.rpartition("<main")[2]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_asks_again_while_what_it_waits_for_is_being_made(lead, school, name):
    previews.begin(school.pk, PAGES[name][0])

    assert asks_again(poll(lead, name))
    assert asks_again(lead.get(at(name)))


@pytest.mark.parametrize("name", PAGES)
def test_what_was_made_is_shown_and_not_asked_for_again_also_where_something_waits(lead, school, name):
    step, data, told = PAGES[name]
    previews.keep(school.pk, data | {"at": ago(minutes=1)}, step)

    for page in (poll(lead, name), lead.get(at(name))):
        assert told in words(page)
        assert not asks_again(page)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("made", "told"),
    [
        ({"refused": "Wonde did not answer."}, "Wonde did not answer."),
        ({"failed": True}, "This could not be worked out"),
        (BEGUN, "This could not be worked out"),
    ],
)
def test_what_came_to_nothing_says_so_and_offers_another_try(lead, school, name, made, told):
    made = {"making": ago(**LATE)} if made is BEGUN else made
    previews.keep(school.pk, made, PAGES[name][0])

    for page in (poll(lead, name), lead.get(at(name))):
        assert told in words(page)
        assert "The MIS has not changed" not in words(page)
        assert not asks_again(page)
        assert any(way in words(page) for way in ("Try again", "Look again", "Look now"))


@pytest.mark.parametrize("step", previews.STEPS)
def test_a_fault_of_ours_ends_the_waiting_and_reaches_the_error_tracker(lead, school, step):
    SyncSettings.objects.all().delete()
    make = {
        previews.PREVIEW: partial(tasks.preview_school, school.pk),
        previews.ROLLOVER: partial(tasks.preview_school, school.pk, rollover=True),
    }.get(step) or partial(tasks.prepare_import, school.pk, step, LeadRightFactory(school=school).user.pk)
    previews.begin(school.pk, step)

    with pytest.raises(ValueError, match="not enough values"):
        make()

    assert previews.last(school.pk, step)["failed"] is True


RUNS = {"running": "", "refused": "Wonde did not answer.", "failed": "Something went wrong.", "applied": ""}
SIZES = {"classes": 1, "students": 20}


@pytest.fixture
def asking(school):
    """{page: what it follows}: each page that follows a run, after something was asked for a minute ago."""

    def asked(minutes):
        SyncSettings.objects.filter(school=school).update(wanted_at=ago(minutes=minutes), due_at=ago(minutes=minutes))
        ImportDraft.objects.filter(school=school).update(imported_at=ago(minutes=minutes), begun_at=None)
        ImportRequest.objects.filter(school=school).update(settled_at=ago(minutes=minutes))

    ImportRequest.objects.create(school=school, wish="in", state="approved", settled_at=ago(minutes=1))
    asked(1)
    return asked


def followers(school):
    return {
        "read": at("read"),
        "import_progress": at("import_progress"),
        "request": reverse("classes:request", args=[school.import_requests.get().pk]),
        "import": at("import"),
    }


@pytest.mark.parametrize("status", RUNS)
@pytest.mark.parametrize("name", ["read", "import_progress", "request", "import"])
def test_a_page_follows_a_run_until_it_is_over_however_it_ends(lead, school, asking, name, status):
    SyncRunFactory(school=school, status=status, started_at=ago(seconds=5), message=RUNS[status], sizes=SIZES)

    page = lead.get(followers(school)[name], headers={"HX-Request": "true"})

    assert asks_again(page) == (status == "running")
    if RUNS[status]:
        assert RUNS[status] in words(page)


@pytest.mark.parametrize(
    ("name", "way_on"), [("read", "Sync now"), ("import_progress", "again"), ("request", "again"), ("import", "again")]
)
def test_a_page_waits_for_a_run_to_begin_and_not_for_ever(lead, school, asking, name, way_on):
    assert asks_again(lead.get(followers(school)[name], headers={"HX-Request": "true"}))

    asking(minutes=16)
    page = lead.get(followers(school)[name], headers={"HX-Request": "true"})

    assert not asks_again(page)
    assert way_on in words(page)


def test_an_import_of_a_school_that_is_switched_off_says_so(lead, school, asking):
    SyncSettings.objects.filter(school=school).update(enabled=False)

    page = poll(lead, "import_progress")

    assert "Support can switch it on" in words(page)
    assert not asks_again(page)


def test_the_progress_of_an_import_that_never_began_leads_to_its_first_step(lead, school):
    assert lead.get(at("import_progress")).url == at("import")


def test_a_school_just_added_is_waited_for(lead, school):
    SyncSettings.objects.filter(school=school).update(due_at=ago(seconds=10))

    assert asks_again(poll(lead, "import"))
