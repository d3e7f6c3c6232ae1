"""What a school settles itself: for its leads, each change noted, the rest untouched."""

import pytest
from django.urls import reverse

from parents.models import MailSettings
from schools.models import AuditEntry, School
from sync.models import SyncSettings
from tests.factories import LeadRightFactory, MailSettingsFactory, TeacherFactory
from tests.tools.pages import words
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db
URL = reverse("sync:settings", args=["harbour"])
AS_IT_IS = {
    "teachers_see_all_classes": "on",
    "students_choose_passwords": "on",
    "day": "5",
    "hour": "16",
    "language": "en",
}


def save(client, without=(), **fields):
    data = {name: value for name, value in (AS_IT_IS | fields).items() if name not in without}
    return words(client.post(URL, data, follow=True))


def test_only_leads_of_the_school_change_them(school, lead, client):
    assert client.post(URL, AS_IT_IS).url.startswith(reverse("account_login"))
    for stranger in (TeacherFactory(school=school).user, LeadRightFactory().user):
        assert signed_in(stranger).get(URL).status_code == 404
        assert signed_in(stranger).post(URL, {"day": "1", "hour": "7", "language": "cy"}).status_code == 404
    assert School.objects.get(pk=school.pk).teachers_see_all_classes
    assert lead.get(URL).status_code == 200


def test_what_is_ticked_and_unticked_is_kept_and_noted(school, lead):
    said = save(lead, without=["teachers_see_all_classes"], invites_teachers="on", asks_first="on")

    now = School.objects.select_related("sync_settings").get(pk=school.pk)
    assert "Saved." in said
    assert (now.teachers_see_all_classes, now.invites_teachers, now.students_choose_passwords) == (False, True, True)
    assert now.sync_settings.asks_first
    noted = AuditEntry.objects.get(verb="changed", object_id=school.pk)
    assert "Teachers see every class of the school, Invite teachers by mail when they arrive" in noted.reason


def test_saving_what_is_so_already_changes_and_notes_nothing(school, lead):
    assert "Nothing was different." in save(lead)

    assert not AuditEntry.objects.exists()
    assert not MailSettings.objects.exists()


def test_day_hour_and_language_of_the_weekly_mail_are_the_schools_and_switching_it_on_is_not(school, lead):
    MailSettingsFactory(school=school, from_name="Harbour Road")

    save(lead, day="4", hour="7", language="cy", enabled="")

    mail = MailSettings.objects.get()
    assert (mail.day, mail.hour, mail.language) == (4, 7, "cy")
    assert (mail.enabled, mail.from_name) == (True, "Harbour Road")


def test_a_school_without_weekly_mail_may_choose_its_day_and_stays_without(school, lead):
    assert "It is not switched on yet" in words(lead.get(URL))

    save(lead, day="1")

    mail = MailSettings.objects.get()
    assert (mail.day, mail.enabled) == (1, False)


@pytest.mark.parametrize("wrong", [{"day": "8"}, {"hour": "3"}, {"language": "fr"}])
def test_what_cannot_be_is_refused_and_nothing_is_kept(wrong, school, lead):
    said = save(lead, without=["teachers_see_all_classes"], **wrong)

    assert "There is a problem" in said
    assert School.objects.get(pk=school.pk).teachers_see_all_classes
    assert not MailSettings.objects.exists()


def test_nothing_else_of_a_school_can_be_posted(school, lead):
    before = SyncSettings.objects.values().get()

    save(lead, code="other", kind_share="100", enabled="", retention_days="365")

    assert SyncSettings.objects.values().get() == before
    assert School.objects.get(pk=school.pk).code == "harbour"


def test_the_page_takes_a_fixed_number_of_queries(lead, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        lead.get(URL)
