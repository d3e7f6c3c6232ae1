"""The school lead's pages: only for leads, in words, at a fixed cost."""

import html
import re

import pytest
from django.urls import reverse

from classes.models import ImportDraft
from schools.models import ProductSignIn
from schools.sharing import keys
from schools.sharing.purposes import NEVER_ASKED, PURPOSES, WEEKLY_MAIL
from sync.facts.kinds import KINDS
from sync.models import Change, SyncSettings
from tests.factories import (
    ApiReadFactory,
    ApiTokenFactory,
    ChangeFactory,
    ClassOutFactory,
    EmployeeFactory,
    EnrolmentFactory,
    HoldFactory,
    LeadRightFactory,
    SchoolClassFactory,
    SchoolFactory,
    StudentFactory,
    StudentUserFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import support_client

pytestmark = pytest.mark.django_db

PAGES = ["school", "held", "history", "fields"]


@pytest.fixture
def school():
    """Harbour School, switched on."""
    return SyncSettingsFactory(school__name="Harbour School", school__code="harbour").school


@pytest.fixture
def lead(school, client):
    """The client, signed in as a lead of Harbour School who teaches nothing."""
    client.force_login(LeadRightFactory(school=school).user)
    return client


def page(name, *args):
    return reverse(f"sync:{name}", args=["harbour", *args])


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_for_leads_of_the_school_alone(name, school, client):
    assert client.get(page(name)).headers["Location"].startswith(reverse("account_login"))
    for stranger in (TeacherFactory(school=school).user, LeadRightFactory().user):
        client.force_login(stranger)
        assert client.get(page(name)).status_code == 404
    client.force_login(LeadRightFactory(school=school).user)
    assert client.get(page(name)).status_code == 200


def test_a_run_of_another_school_is_not_found(lead, school):
    assert lead.get(page("run", SyncRunFactory().pk)).status_code == 404


def test_a_school_that_was_never_read_says_when_it_will_be(lead):
    said = words(lead.get(page("school")))

    assert "Not synced yet" in said
    assert "The first sync is" in said


def test_the_school_page_says_how_old_the_lists_are_and_what_is_next(lead, school):
    SyncRunFactory(school=school)

    said = words(lead.get(page("school")))

    assert "Nothing needs you: class lists are as SIMS and Wonde had them" in said
    assert "Next sync:" in said


def test_before_the_first_import_the_school_page_leads_to_it(lead, school):
    ClassOutFactory.create_batch(2, school=school, reason="asks_first")
    ClassOutFactory(school=school, reason="other_subject")

    said = words(lead.get(page("school")))

    assert "Choose which classes come in" in said
    assert "2 classes fit your school’s subjects and year groups" in said
    assert reverse("sync:import", args=["harbour"]) in lead.get(page("school")).content.decode()


def test_new_classes_that_wait_for_the_leads_word_are_told(lead, school):
    SchoolClassFactory(school=school)
    ClassOutFactory(school=school, reason="asks_first", decision="out")  # answered; the next sync says so
    assert "for your word" not in words(lead.get(page("school")))

    ClassOutFactory(school=school, reason="asks_first")

    assert "1 new class waits for your word" in words(lead.get(page("school")))


def test_an_import_that_was_begun_can_be_gone_on_with(lead, school):
    ImportDraft.objects.create(school=school, begun_at=ago(hours=1), choices={"1": "in"})

    assert "Bringing in classes is begun, and not finished" in words(lead.get(page("school")))


def test_a_refusal_is_told_in_words_with_what_it_means(lead, school):
    SyncRunFactory(school=school, started_at=ago(days=1))
    SyncRunFactory(school=school, status="refused", message="Wonde did not answer.")

    said = words(lead.get(page("school")))

    assert "Wonde did not answer." in said
    assert "Nothing changed: class lists are as of yesterday" in said


def test_what_waits_is_told_with_the_way_to_who(lead, school):
    run = SyncRunFactory(
        school=school, waiting=[{"kind": "students", "code": "removals", "count": 12, "of": 30, "missing": 12}]
    )
    HoldFactory(run=run)

    response = lead.get(page("school"))

    assert "1 removal waits for a yes or no." in words(response)
    assert page("held") in response.content.decode()


def test_numbers_count_what_is_here_and_nobody_who_left(lead, school):
    inside = SchoolClassFactory(school=school)
    EnrolmentFactory(school_class=inside)
    StudentFactory(school=school, left_at=ago(days=1))
    EmployeeFactory(school=school, left_at=ago(days=1))

    said = words(lead.get(page("school")))

    assert "1 class in" in said
    assert "1 student " in said
    assert "0 teachers" in said


def test_a_sync_is_told_a_row_a_person_with_links_to_students_and_classes(lead, school):
    run = SyncRunFactory(school=school)
    here, there = (SchoolClassFactory(school=school, name=name) for name in ("9x/Ma1", "9B/Ma1"))
    sam = EnrolmentFactory(school_class=there, student__surname="Hill", student__forename="Sam")
    new = EnrolmentFactory(school_class=here, student__surname="Okoro", student__forename="Tobi")
    patel = StudentFactory(school=school, surname="Patel", forename="Jo")
    ChangeFactory(run=run, row_id=new.student_id)
    ChangeFactory(run=run, kind="enrolments", row_id=new.pk)
    values = {"forename": ["Joanna", "Jo"], "upn": ["H801200001001", "H801200001002"]}
    ChangeFactory(run=run, row_id=patel.pk, verb=Change.Verb.UPDATE, values=values)
    values = {"school_class": [here.pk, there.pk]}
    ChangeFactory(run=run, kind="enrolments", row_id=sam.pk, verb=Change.Verb.MOVE, values=values)

    response = lead.get(page("run", run.pk))
    said = words(response)

    assert "1 Okoro, Tobi joined 9x/Ma1 2 Hill, Sam moved from 9x/Ma1 to 9B/Ma1" in said
    assert "3 Patel, Jo first name is now “Jo” (was “Joanna”), another UPN" in said
    assert "H801200001001" not in said
    for link in (reverse("students:detail", args=[new.student_id]), reverse("classes:detail", args=[there.pk])):
        assert f'href="{link}"' in response.text


def test_whose_row_is_no_longer_there_or_was_erased_has_no_name(lead, school):
    run = SyncRunFactory(school=school)
    ChangeFactory(run=run, row_id=0, verb=Change.Verb.REMOVE, cause=Change.Cause.ABSENCE)
    ChangeFactory(run=run, row_id=StudentFactory(school=school, forename="", surname="").pk)

    said = words(lead.get(page("run", run.pk)))

    assert said.count("Somebody erased since") == 2
    assert "left no longer in the MIS" in said


def test_a_removal_says_its_reason(lead, school):
    run = SyncRunFactory(school=school)
    ChangeFactory(run=run, verb=Change.Verb.REMOVE, cause=Change.Cause.EVIDENCE, reason="not_current")

    said = words(lead.get(page("run", run.pk)))

    assert "left has left, has not started yet, or is not current in the MIS" in said


def test_the_ledger_adds_up_with_every_reason_in_words(lead, school):
    ledger = {
        "students": {
            "read": 1203,
            "imported": 1187,
            "withheld": {"not_in_imported_class": 15},
            "unreadable": 1,
            "hidden": 4,
        }
    }
    run = SyncRunFactory(school=school, ledger=ledger)

    said = words(lead.get(page("run", run.pk)))

    assert "Students 1,203 1,187 15 1 4" in said
    assert "15 each is in no class that is imported" in said


def test_the_changes_of_a_run_begin_with_the_students_by_name(lead, school):
    run = SyncRunFactory(school=school)
    ChangeFactory(run=run, kind="classes", row_id=SchoolClassFactory(school=school, name="7a").pk)
    for surname in ("Mole", "Abbot"):
        ChangeFactory(run=run, row_id=StudentFactory(school=school, surname=surname).pk)

    said = words(lead.get(page("run", run.pk)))

    assert said.index("Abbot") < said.index("Mole") < said.index("7a")


def test_an_undo_is_called_so_and_names_the_reading_it_undid(lead, school):
    undone = SyncRunFactory(school=school, started_at=ago(days=2))
    undo = SyncRunFactory(school=school, trigger="undo", undone=undone)

    response = lead.get(page("run", undo.pk))

    assert "Undo of today" in words(response) or "Undo of yesterday" in words(response)
    assert page("run", undone.pk) in response.text
    assert "An undo" in words(lead.get(page("history")))


@pytest.mark.parametrize("why", ["held", "paused"])
def test_lists_that_are_not_as_the_mis_has_them_are_not_said_to_be(why, lead, school):
    SyncRunFactory(
        school=school, waiting=[{"kind": "students", "code": "duplicate", "count": 2}] if why == "held" else []
    )
    if why == "paused":
        SyncSettings.objects.filter(school=school).update(paused_at=ago(hours=3))

    said = words(lead.get(page("school")))

    assert "class lists are as" not in said
    assert "SIMS was synced" in said


def test_what_we_hold_lists_every_field_under_its_purpose(lead, school):
    said = words(lead.get(page("fields")))

    assert "title, first name, surname Staff To name the teacher of a class employees.read" in said
    assert "UPN (never on a page)" in said
    for purpose in PURPOSES.values():
        state = "off " if purpose.is_offered else ""
        assert f"{purpose.title} {state}{purpose.why} Kept {purpose.keeps}. " in said
    for kind in KINDS.values():
        assert all(column.label in said for column in kind.columns.values() if column.purpose)
    assert all(never in said for never in NEVER_ASKED.values())
    assert "nothing else of the block is read" in said
    offered = sum(purpose.is_offered for purpose in PURPOSES.values())
    assert said.count("This is off under Sharing") == offered
    keys.switch_off(school, WEEKLY_MAIL, None, "we write ourselves")
    assert words(lead.get(page("fields"))).count("This is off under Sharing") == offered + 1


def test_what_we_hold_says_which_systems_have_read_it_what_and_when_last(lead, school):
    token = ApiTokenFactory(name="census", revoked_at=ago(days=1))
    user = StudentFactory(school=school, user=StudentUserFactory(school=school)).user
    ApiTokenFactory(name="nightly job", every_school=True)
    ApiReadFactory(token=ApiTokenFactory(name="of another school"))
    empty = words(lead.get(page("fields")))
    for kind, requests in (("enrolments", 1), ("changes", 1200)):
        ApiReadFactory(token=token, school=school, kind=kind, requests=requests)
    ProductSignIn.objects.note(user, "Times Tables")
    ProductSignIn.objects.note(StudentUserFactory(), "Times Tables")

    said = words(lead.get(page("fields")))

    assert "No other system has read anything of Harbour School in the last 13 months." in empty
    assert "May read it, and has not in the last 13 months: nightly job." in empty
    assert re.search(r"census revoked Class memberships [^:]* today \d\d:\d\d 1 request census", said)
    assert re.search(r"census revoked What changed, without names .* 1,200 requests Times Tables", said)
    assert re.search(r"Sign-ins of 1 person, and who they are .* today \d\d:\d\d 1 sign-in", said)
    assert "No other system" not in said
    assert "of another school" not in said


def test_another_schools_runs_are_not_in_the_history(lead, school):
    stranger = StudentFactory(surname="Stranger")
    ChangeFactory(run=SyncRunFactory(school=stranger.school), row_id=stranger.pk)

    assert "Stranger" not in words(lead.get(page("history")))


@pytest.mark.parametrize("name", [*PAGES, "run"])
def test_a_page_costs_the_same_whatever_its_size(name, lead, school, django_assert_max_num_queries):
    run = SyncRunFactory(school=school)
    address = page("run", run.pk) if name == "run" else page(name)

    def grow(times):
        for _ in range(times):
            ChangeFactory(run=run)
            ChangeFactory(run=run, kind="enrolments", row_id=EnrolmentFactory(school_class__school=school).pk)
            HoldFactory(run=run)
            SyncRunFactory(school=school, started_at=ago(days=2))

    most = 36 if name == "school" else 26  # which notes what needs a person
    grow(1)
    with django_assert_max_num_queries(most) as small:
        lead.get(address)
    grow(20)
    with django_assert_max_num_queries(most) as large:
        lead.get(address)

    assert len(large) <= len(small)  # of few people the first is told by name


def test_a_long_run_is_paged(lead, school):
    run = SyncRunFactory(school=school)
    Change.objects.bulk_create(
        [Change(run=run, school=school, kind="students", row_id=-pk, verb="update") for pk in range(101)]
    )

    assert "Page 1 of 2" in words(lead.get(page("run", run.pk), {"group": "details"}))
    second = lead.get(page("run", run.pk), {"page": 2, "group": "details"})
    assert "101 Somebody" in words(second)
    assert "?page=1&amp;group=details" in second.text


def test_the_school_names_its_time_zone_days(lead, school):
    school.timezone = "Australia/Sydney"
    school.save()
    run = SyncRunFactory(school=school)

    assert (
        run.started_at.astimezone(school.zone).isoformat(timespec="seconds")
        in lead.get(page("school")).content.decode()
    )


def test_a_school_without_a_connection_still_has_its_page(client):
    right = LeadRightFactory(school=SchoolFactory(code="new"))
    client.force_login(right.user)

    assert "Not synced yet" in words(client.get(reverse("sync:school", args=["new"])))


# --- support on the same pages


def test_no_link_on_a_schools_pages_leads_support_to_a_404(school):
    """Support has the admin's pages of classes, and none of the portal's."""
    run = SyncRunFactory(
        school=school,
        waiting=[{"kind": "students", "code": "removals", "limit": "kind", "count": 12, "of": 30, "missing": 12}],
    )
    place = EnrolmentFactory(school_class=SchoolClassFactory(school=school), student=StudentFactory(school=school))
    ChangeFactory(run=run, school=school, kind="enrolments", row_id=place.pk, verb="create")
    HoldFactory(run=run, school=school, kind="classes", row_id=place.school_class_id)
    other = SchoolClassFactory(school=school)
    run.second_classes = [[place.student_id, other.pk]]
    run.save()
    client = support_client(looks_at=[school])
    todo = [page("school"), page("run", run.pk), page("held"), page("second")]
    followed = set()

    for address in todo:
        for link in re.findall(r'<a [^>]*href="(/[^"#]*)', client.get(address).text):
            followed.add(html.unescape(link))
    codes = {link: client.get(link, follow=True).status_code for link in followed}

    assert {link: code for link, code in codes.items() if code != 200} == {}
    assert reverse("admin:classes_schoolclass_change", args=[place.school_class_id]) in followed


def test_a_leads_links_to_classes_stay_on_the_portal(lead, school):
    run = SyncRunFactory(school=school)
    hold = HoldFactory(run=run, school=school, kind="classes", row_id=SchoolClassFactory(school=school).pk)

    assert reverse("classes:detail", args=[hold.row_id]) in lead.get(page("held")).text
