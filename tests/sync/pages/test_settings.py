"""What a school settles itself: for its leads, each change noted, the rest untouched."""

import pytest
from django.urls import reverse

from parents.models import MailSettings
from schools.models import AuditEntry, LeadRight, School
from sync.models import SyncSettings
from tests.factories import LeadRightFactory, MailSettingsFactory, TeacherFactory
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

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
    leads = LeadRight.objects.filter(school__code="harbour").values_list("user", flat=True)
    data = {name: value for name, value in (AS_IT_IS | {"told": list(leads)} | fields).items() if name not in without}
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

    save(lead, day="4", hour="7", language="cy", reply_to="office@school.example", enabled="")

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
    with django_assert_max_num_queries(8):
        lead.get(URL)


# --- Who is told


def test_a_lead_chooses_which_leads_get_mail_and_who_covers_while_they_are_away(school):
    own, other = LeadRightFactory(school=school), LeadRightFactory(school=school)
    quiet = LeadRightFactory(school=school)

    said = save(signed_in(own.user), told=[own.user_id, other.user_id], away_until="2026-12-24", cover=other.user_id)

    assert "Saved." in said
    rights = {right.pk: right for right in LeadRight.objects.all()}
    assert [rights[one.pk].gets_mail for one in (own, other, quiet)] == [True, True, False]
    assert (str(rights[own.pk].away_until), rights[own.pk].cover) == ("2026-12-24", other.user)
    assert rights[other.pk].away_until is None


def test_a_school_where_nobody_would_be_told_is_refused(school, lead):
    assert "Somebody has to hear of it" in save(lead, without=["told"])

    assert LeadRight.objects.get().gets_mail


def test_nobody_of_another_school_can_be_told_or_cover(school, lead):
    stranger = LeadRightFactory().user_id

    assert "There is a problem" in save(lead, told=[stranger])
    assert "There is a problem" in save(lead, cover=stranger)


def test_support_chooses_who_is_told_and_is_not_asked_when_they_are_away(school):
    LeadRightFactory(school=school)

    said = words(support_client(looks_at=[school]).get(URL))

    assert "Mail about what needs a person goes to" in said
    assert "You are away until" not in said


def test_where_parents_answers_go_is_the_schools(school, lead):
    save(lead, reply_to="office@harbour.example")

    assert MailSettings.objects.get().reply_to == "office@harbour.example"
