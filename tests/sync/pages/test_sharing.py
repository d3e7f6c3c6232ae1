"""The page "Sharing": per purpose every field, what it is for, both keys, and how many have it; never a value."""

import pytest
from django.urls import reverse
from django.utils import timezone

from parents.models import Contact
from schools.models import AuditEntry, School, Sharing
from schools.sharing import keys, purposes
from sync.facts.filled import ROWS
from sync.models import PermissionChange, PermissionState
from sync.needs import more_asked
from tests.factories import (
    DetailsFactory,
    GuardianshipFactory,
    LeadRightFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db
UPN, PRIORITY = "students.upn.read", "contacts.priority.read"


def counts(upn):
    """Of ten students, so many have a UPN."""
    return {"students": {ROWS: 10, "upn": upn, "year_group": 9}, "guardianships": {ROWS: 12, "priority": 0}}


@pytest.fixture
def lead():
    school = SyncSettingsFactory(school__code="harbour").school
    return LeadRightFactory(school=school).user


def synced(days, upn, **permissions):
    granted = dict.fromkeys(purposes.permissions(), True) | {PRIORITY: False, UPN: None}
    school = School.objects.get()
    return SyncRunFactory(school=school, started_at=ago(days=days), filled=counts(upn), granted=granted | permissions)


def line(said, field):
    """What stands beside a field, up to the next word of its kind."""
    return said.split(field)[1][:150]


def test_each_field_says_what_for_both_keys_and_how_many_have_it(lead, django_assert_max_num_queries):
    school = School.objects.get()
    synced(30, 5)
    synced(20, 0)
    run = synced(1, 0)
    PermissionState.objects.create(school=school, identity=PRIORITY, name="Contacts <priority>", since=timezone.now())
    PermissionChange.objects.create(
        school=school, run=run, identity=PRIORITY, answer="approved", before=True, after=False
    )
    keys.switch_off(school, "staff_sign_in", lead, "We invite them ourselves.")
    browser = signed_in(lead)
    browser.get(reverse("sync:sharing", args=["harbour"]))

    with django_assert_max_num_queries(22):
        page = browser.get(reverse("sync:sharing", args=["harbour"]))

    said = words(page)
    emptied = timezone.localdate(ago(days=20), school.zone)
    assert f"We cannot tell On empty for all 10 since {emptied:%-d %B}" in line(said, "UPN students")
    assert "Granted On 9 of 10" in line(said, "Year group students")
    assert "Granted On all 10" in line(said, "Wonde id students")
    assert "Not granted Waiting for Wonde empty for all 12" in line(said, "Priority parents and carers of students")
    assert "Waiting for Wonde: Contacts <priority>" in said
    assert "not asked for Granted Off not asked for" in line(said, "Email address staff")
    assert "not read" in line(said, "First name parents and carers")
    assert f"{lead.email} Switched off: Sign-in for staff We invite them ourselves." in said
    assert "Wonde Contacts <priority>: no longer granted" in said
    assert "Wonde does not tell us all that it grants" in said
    assert words(support_client(looks_at=[school]).get(reverse("sync:sharing", args=["harbour"]))).count("Granted") > 20


def test_without_wondes_list_the_numbers_stand_in_and_the_page_says_so(lead):
    page = words(signed_in(lead).get(reverse("sync:sharing", args=["harbour"])))
    assert "Nothing has been synced yet" in page
    assert "Nothing has changed since" in page

    synced(1, 7, **dict.fromkeys(purposes.permissions()))

    page = words(signed_in(lead).get(reverse("sync:sharing", args=["harbour"])))
    assert "Wonde does not tell us all that it grants" in page
    assert "We cannot tell On 7 of 10" in line(page, "UPN students")
    assert "Granted" not in page
    assert "Waiting for Wonde" not in page

    synced(0, 7, **{UPN: True})

    assert "Wonde does not tell us" not in words(signed_in(lead).get(reverse("sync:sharing", args=["harbour"])))


def test_a_lead_switches_a_purpose_off_and_on_with_the_effect_named_before_and_support_cannot(lead):
    school = School.objects.get()
    GuardianshipFactory(contact__school=school, student__school=school)
    browser, page = signed_in(lead), reverse("sync:purpose", args=["harbour", "weekly_mail"])
    for key in ("roster", "nothing"):
        assert browser.get(reverse("sync:purpose", args=["harbour", key])).status_code == 404
    assert support_client(looks_at=[school]).get(page).status_code == 404

    said = words(browser.get(page))
    assert f"Erased for good, here and not in {school.mis}: 1 parent or carer" in said
    assert "No parent or carer hears from us" in said
    assert "Say in a few words why." in words(browser.post(page, {"to": "off", "reason": ""}))
    assert keys.is_on(school, "weekly_mail")

    said = words(browser.post(page, {"to": "off", "reason": "We write ourselves."}, follow=True))
    assert "Switched off: Weekly mail to parents and carers. Erased: 1 parent or carer" in said
    assert not keys.is_on(school, "weekly_mail")
    assert not Contact.objects.filter(school=school).exclude(surname="").exists()

    said = words(browser.post(page, {"to": "off", "reason": "In another window."}, follow=True))
    assert "somebody else has switched it meanwhile" in said
    assert "With the next sync we ask Wonde for this" in words(browser.get(page))
    browser.post(page, {"to": "on"})
    assert keys.is_on(school, "weekly_mail")
    verbs = AuditEntry.objects.filter(school=school, verb__endswith="purpose").order_by("pk")
    assert list(verbs.values_list("verb", "reason")) == [
        ("switched off purpose", "We write ourselves."), ("switched on purpose", ""),
    ]  # fmt: skip


def test_an_optional_field_is_offered_never_asked_and_switching_it_on_is_the_yes_to_it(lead):
    school, browser = School.objects.get(), signed_in(lead)
    Sharing.objects.create(school=school, agreed=purposes.agreed_by_version(1), agreed_at=timezone.now())
    synced(1, 10)
    assert more_asked.of_schools([school.pk], timezone.now()) == {}
    said = words(browser.get(reverse("sync:sharing", args=["harbour"])))
    assert "Gender off" in said
    assert "For review" not in said

    gender, sen = (reverse("sync:purpose", args=["harbour", key]) for key in ("gender", "sen"))
    assert browser.post(gender, {"to": "on"}).url == reverse("sync:sharing", args=["harbour"])
    assert "read nothing else of it" in words(browser.get(sen))
    for lacking in ({"confirmed": "on"}, {"reason": "Article 9(2)(g)"}):
        assert "There is a problem" in words(browser.post(sen, {"to": "on"} | lacking))
    with pytest.raises(ValueError, match="takes a reason"):
        keys.switch_on(school, "sen", lead)
    browser.post(sen, {"to": "on", "confirmed": "on", "reason": "Article 9(2)(g)"})
    assert {"details.gender", "details.sen"} <= keys.asked_of(school)
    assert more_asked.of_schools([school.pk], timezone.now()) == {}

    DetailsFactory.create_batch(3, student__school=school, gender="")
    SyncRunFactory(school=school, filled={"details": {ROWS: 1200, "gender": 1197, "sen": 3, "eal": 600}})
    said = words(browser.get(reverse("sync:sharing", args=["harbour"])))
    assert "all but fewer than 5 of 1,200" in line(said, "Gender details of students")
    assert "fewer than 5 of 1,200" in line(said, "Special educational needs details of students")
    assert "1,197" not in said
    assert "special educational needs of students" in words(browser.get(sen))
    browser.post(sen, {"to": "off", "reason": "no reports any more"})
    history = words(browser.get(reverse("sync:sharing", args=["harbour"])))
    assert "Switched on: Special educational needs Article 9(2)(g)" in history
    assert "Switched off: Special educational needs no reports any more" in history
    assert "and special educational needs of students." in history.split("Erased: ")[1][:150]
