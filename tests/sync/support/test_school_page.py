"""One school on support's desk: its page, its tabs, and finding somebody there."""

import pytest
from django.urls import reverse

from schools.models import AuditEntry, Task
from sync.templatetags.tabs import DESK
from tests.factories import (
    ContactFactory,
    EmployeeFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import REASON, support_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    school = SyncSettingsFactory(school__name="Harbour School", school__code="harbour", school__mis="SIMS").school
    LeadRightFactory(school=school, user__email="siddiqui@example.org")
    SyncRunFactory(school=school, started_at=ago(hours=3))
    return school


def page_of(school, page="change"):
    return reverse(f"admin:schools_school_{page}", args=[school.pk])


def tabs_of(text):
    """The addresses in the tabs of a page."""
    nav = text.split('aria-label="School pages"')[1].split("</nav>")[0]
    return {part.split('"')[0].replace("&amp;", "&") for part in nav.split('href="')[1:]}


def test_a_schools_page_says_how_it_stands_and_names_nobody_but_its_leads(school):
    StudentFactory(school=school, surname="Okoro")

    page = support_client().get(page_of(school))

    said = words(page)
    assert "Nothing needs you: class lists are as SIMS and Wonde had them" in said
    assert "siddiqui@example.org" in said
    assert "The last syncs" in said
    assert "Okoro" not in said


@pytest.mark.parametrize("task", Task)
def test_each_tab_and_page_of_a_school_that_is_offered_opens_and_no_other(task, school):
    client = support_client(SupportFactory(is_superuser=False, rights__tasks=[task]), looks_at=[school])

    page = client.get(page_of(school))

    offered = tabs_of(page.text)
    meant = {label for label, pages in DESK if any(needs in {task, None} for *_, needs in pages)}
    assert len(offered) == len(meant)
    for address in offered:
        opened = client.get(address)
        assert opened.status_code == 200, address
        assert tabs_of(opened.text) == offered, address
        assert "Harbour School" in words(opened)


def test_one_moves_from_list_to_list_of_a_school_with_one_click(school):
    client = support_client(looks_at=[school])
    names = "students_student classes_schoolclass schools_employee sync_syncrun classes_importrequest parents_contact"
    lists = {f"{reverse(f'admin:{name}_changelist')}?school={school.pk}" for name in names.split()}

    for address in lists:
        page = client.get(address)
        assert lists <= tabs_of(page.text)
        assert 'aria-current="true"' in page.text or 'aria-current="page"' in page.text


def test_a_schools_page_takes_as_many_queries_however_much_is_there(school, django_assert_max_num_queries):
    SyncRunFactory.create_batch(9, school=school)
    StudentFactory.create_batch(9, school=school)
    LeadRightFactory.create_batch(9, school=school)
    client = support_client()
    client.get(page_of(school))

    with django_assert_max_num_queries(48):
        client.get(page_of(school))


# --- Finding


@pytest.fixture
def people(school):
    return [
        StudentFactory(school=school, surname="Okoro", forename="Tobi"),
        EmployeeFactory(school=school, surname="Okoro", forename="Grace"),
        ContactFactory(school=school, surname="Okoro", forename="Ann"),
        SchoolClassFactory(school=school, name="Okoro club"),
    ]


def test_people_of_a_school_are_found_once_somebody_says_why_and_that_is_noted(school, people):
    StudentFactory(surname="Okoro", forename="Elsewhere")
    client = support_client()

    asked = client.post(page_of(school, "find"), {"search_for": "okoro"}, follow=True)
    address = asked.redirect_chain[-1][0]
    found = client.post(address, {"looking": REASON}, follow=True)

    assert "Why are you looking?" in words(asked)
    assert "Tobi" not in words(asked)
    assert "okoro" not in address.lower()
    for name in ("Students Okoro, Tobi", "Classes Okoro club", "Staff Okoro, Grace", "carers Okoro, Ann"):
        assert name in words(found)
    assert "Elsewhere" not in words(found)
    notes = AuditEntry.objects.filter(school=school, actor=client.user).values_list("verb", "reason")
    assert set(notes) == {("searched for somebody", ""), ("began to look", REASON)}


def test_whoever_is_all_that_was_found_is_opened_at_once_and_the_record_is_noted(school, people):
    client = support_client(looks_at=[school])

    listed = client.post(page_of(school, "find"), {"search_for": "tob"}, follow=True)
    assert "Okoro, Tobi" in words(listed)
    assert not AuditEntry.objects.filter(verb="opened").exists()
    page = client.post(page_of(school, "find"), {"search_for": "tobi"}, follow=True)

    assert page.redirect_chain[-1][0] == reverse("students:detail", args=[people[0].pk])
    assert AuditEntry.objects.filter(verb="opened", object_id=people[0].pk, reason=REASON).exists()


def test_a_search_of_somebody_else_or_of_an_hour_ago_finds_nobody(school, people):
    key = support_client(looks_at=[school]).post(page_of(school, "find"), {"search_for": "okoro"}).url.split("q=")[1]

    page = support_client(looks_at=[school]).get(page_of(school, "find"), {"q": key})

    assert "What you searched for is no longer kept" in words(page)
    assert "Tobi" not in words(page)


@pytest.mark.parametrize("rights", [{"rights__tasks": [Task.REQUESTS]}, {"rights__schools": []}])
def test_only_support_that_may_look_at_the_school_finds_people_there(school, people, rights):
    client = support_client(SupportFactory(is_superuser=False, **rights), looks_at=[school])

    assert client.get(page_of(school, "find")).status_code == 404
    assert client.post(page_of(school, "find"), {"search_for": "okoro"}).status_code == 404
    assert not AuditEntry.objects.filter(verb="searched for somebody").exists()


@pytest.mark.parametrize("term", ["harbour sch", "HARBOUR", "A1930499544", "123456"])
def test_a_school_that_is_all_that_was_found_opens(school, term):
    SyncSettingsFactory(school__name="Elsewhere School", school__code="elsewhere")
    school.wonde_id, school.urn = "A1930499544", "123456"
    school.save()

    page = support_client().post(reverse("admin:schools_school_changelist"), {"search_for": term})

    assert page.url == page_of(school)
