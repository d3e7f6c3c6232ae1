"""What support sees and does about parents and carers: masked, one at a time, on record."""

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from parents.mail import holds
from parents.models import AddressChoice, Block, Contact, MailHold, MailSettings
from parents.rules import blocks, choices
from parents.rules.recipients import verdicts
from schools.mail.outgoing import send_due
from schools.models import AuditEntry, School
from students.models import WeeklyProgress
from tests.factories import ContactFactory, GuardianshipFactory, StudentFactory
from tests.parents.world import MOTHER, a_family, a_school, due
from tests.tools.people import support_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return a_school()


@pytest.fixture
def link(school):
    return a_family(school, MOTHER)[0]


@pytest.fixture
def support(school):
    return support_client(looks_at=[school])


def page(name, row):
    return reverse(f"admin:{name}", args=[row.pk])


def noted(school):
    return list(AuditEntry.objects.filter(school=school).order_by("pk").values_list("verb", flat=True))


def test_the_students_page_says_why_each_contact_is_or_is_not_mailed(support, school, link):
    father = ContactFactory(school=school, forename="Kofi", email="")
    GuardianshipFactory(student=link.student, contact=father, priority=1)

    shown = support.get(page("students_student_change", link.student)).text

    assert "Gets the weekly mail about this student" in shown
    assert "Has no email address in the MIS" in shown
    assert MOTHER not in shown
    assert "m…o@h….example" in shown


def test_contacts_whose_permission_is_withdrawn_are_not_shown_anywhere(support, school, link):
    School.objects.update(frozen={"contacts": {"since": "2026-10-01", "erase_on": "2026-10-15"}})
    Contact.objects.update(surname="Quarrington")

    assert "Quarrington" not in support.get(page("students_student_change", link.student)).text
    assert support.get(page("parents_contact_change", link.contact)).status_code in {302, 404}
    assert support.get(page("parents_contact_mail", link.contact)).status_code == 404


def test_a_contacts_page_masks_the_address_and_says_what_was_said_about_it(support, school, link):
    choices.stop_address(school.pk, MOTHER, AddressChoice.Cause.PARENT)

    shown = support.get(page("parents_contact_change", link.contact)).text

    assert MOTHER not in shown
    assert "Unsubscribed" in shown


def test_the_address_is_shown_only_for_a_reason(support, school, link):
    url = page("parents_contact_reveal", link.contact)
    assert MOTHER not in support.get(url).text
    assert MOTHER not in support.post(url, {"reason": ""}).text

    shown = support.post(url, {"reason": "parent on the phone"}).text

    assert MOTHER in shown
    entry = AuditEntry.objects.get(verb="revealed address")
    assert (entry.object_id, entry.reason) == (link.contact_id, "parent on the phone")


def test_the_preview_is_the_mail_with_links_that_do_nothing(support, school, link):
    shown = support.get(page("parents_contact_mail", link.contact)).text

    assert link.student.forename in shown
    assert "?t=preview" in shown
    html = support.get(page("parents_contact_mail_html", link.contact))
    assert "unsafe-inline" in html["Content-Security-Policy"]
    assert "sandbox" in html["Content-Security-Policy"]
    assert "looked at the weekly mail" in noted(school)


def test_send_to_myself_goes_to_the_viewer_and_nobody_else(support, school, link):
    support.post(page("parents_contact_mail", link.contact))
    send_due()

    (sent,) = mail.outbox
    assert sent.to == [support.user.email]
    assert MOTHER not in sent.message().as_string()
    assert "sent the weekly mail to themselves" in noted(school)


def test_staff_may_switch_mail_off_and_on_again_but_not_against_the_parents_word(support, school, link):
    url = page("parents_contact_switch", link.contact)
    support.post(url)
    assert verdicts(school).mails == {}
    support.post(url)
    assert len(verdicts(school).mails) == 1

    choices.stop_address(school.pk, MOTHER, AddressChoice.Cause.PARENT)
    support.post(url)
    support.post(url)

    assert verdicts(school).mails == {}
    assert noted(school).count("switched mail off") == 2


def test_support_lets_mail_that_did_not_get_through_go_again_with_a_reason(support, school, link):
    choices.stop_address(school.pk, MOTHER, AddressChoice.Cause.BOUNCE)
    url = page("parents_contact_switch", link.contact)
    assert "did not get through" in support.get(url).text
    support.post(url, {"write_again": "yes", "reason": ""})
    assert verdicts(school).mails == {}

    support.post(url, {"write_again": "yes", "reason": "she rang"})

    assert len(verdicts(school).mails) == 1
    assert not AddressChoice.objects.standing().exists()
    assert AuditEntry.objects.get(verb="let mail go again").reason == "she rang"


def test_support_cannot_let_mail_go_again_against_a_complaint(support, school, link):
    for cause in (AddressChoice.Cause.COMPLAINT, AddressChoice.Cause.PARENT):
        choices.stop_address(school.pk, MOTHER, cause)
    url = page("parents_contact_switch", link.contact)
    assert "did not get through" not in support.get(url).text

    support.post(url, {"write_again": "yes", "reason": "she rang"})

    assert verdicts(school).mails == {}


def test_support_sees_a_hold_and_lets_the_mail_go_on_with_a_reason(support, school):
    hold = holds.refused_us(school.pk, "smtp_554_5.7.1")
    listed = support.get(reverse("admin:parents_mailhold_changelist")).text
    assert school.name in listed
    assert "SMTP 554 5.7.1" in listed
    end = reverse("admin:parents_mailhold_end", args=[hold.pk])
    assert end in support.get(page("parents_mailhold_change", hold)).text
    assert "believe" not in support.get(end).text
    support.post(end, {"reason": ""})
    assert MailHold.objects.standing().exists()

    support.post(end, {"reason": "SPF is right again"})

    hold.refresh_from_db()
    assert (hold.ended_by, hold.end_reason) == (support.user, "SPF is right again")
    assert AuditEntry.objects.get(verb="let mail go on").reason == "SPF is right again"
    assert support.get(end).status_code == 404


def test_support_says_that_the_refusals_of_a_send_are_right(support, school):
    hold = holds.refused_us(school.pk, "smtp_550")
    MailHold.objects.update(cause="share")

    support.post(reverse("admin:parents_mailhold_end", args=[hold.pk]), {"reason": "a very old list", "believe": "on"})

    assert MailHold.objects.get().is_believed


def test_a_hold_on_every_schools_mail_is_looked_at_and_ended_like_another(support):
    hold = holds._hold(None, MailHold.Cause.OURS, "smtp_554")

    assert "every school" in support.get(page("parents_mailhold_change", hold)).text
    support.post(reverse("admin:parents_mailhold_end", args=[hold.pk]), {"reason": "SPF is right again"})

    assert not MailHold.objects.standing().exists()


def test_a_block_set_by_hand_stops_mail_at_once_and_can_be_lifted(support, school, link):
    support.post(page("parents_contact_block", link.contact), {"student": link.student_id, "cause": "court_order"})
    assert verdicts(school).mails == {}
    row = Block.objects.get()
    assert row.made_by == support.user

    support.post(
        f"{reverse('admin:parents_block_changelist')}?school={school.pk}",
        {"action": "lift", "_selected_action": [row.pk]},
    )

    assert len(verdicts(school).mails) == 1
    assert {"blocked", "lifted"} <= set(noted(school))


def test_only_a_student_of_the_contact_can_be_blocked(support, school, link):
    other = StudentFactory(school=school)

    support.post(page("parents_contact_block", link.contact), {"student": other.pk, "cause": "court_order"})

    assert not Block.objects.exists()


@pytest.mark.parametrize("name", ["mail", "reveal", "switch", "block"])
def test_every_page_about_a_contact_asks_for_a_reason_first(link, name):
    shown = support_client().get(page(f"parents_contact_{name}", link.contact)).text

    assert "Why are you looking?" in shown
    assert link.contact.surname not in shown


def test_a_search_for_an_address_is_a_post_and_is_noted_without_it(support, school, link):
    url = f"{reverse('admin:parents_contact_changelist')}?school={school.pk}"

    response = support.post(url, {"search_for": MOTHER}, follow=True)

    assert [row.pk for row in response.context["cl"].result_list] == [link.contact_id]
    assert MOTHER not in response.redirect_chain[-1][0]
    assert "searched parents and carers" in noted(school)
    assert not AuditEntry.objects.filter(reason__contains="okoro").exists()


def test_pausing_stops_a_school_and_resuming_starts_it_again(support, school, link):
    url = f"{reverse('admin:parents_mailsettings_changelist')}?school={school.pk}"
    row = MailSettings.objects.get()

    support.post(url, {"action": "pause", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert (row.paused_at is not None, row.paused_by) == (True, support.user)

    support.post(url, {"action": "resume", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert row.paused_at is None


def test_settings_start_switched_off_and_the_weeks_are_counted(support):
    school = StudentFactory().school
    made = support_client(looks_at=[school]).get(
        f"{reverse('admin:parents_mailsettings_add')}?school={school.pk}", follow=True
    )

    assert MailSettings.objects.get(school=school).enabled is False
    assert "No week has been mailed yet." in made.text

    due(a_family(school, "m.okoro@home.example"), state="sent")
    page = reverse("admin:parents_mailsettings_change", args=[MailSettings.objects.get(school=school).pk])
    assert "Week of Monday 5 October 2026: 1 handed over" in support_client(looks_at=[school]).get(page).text


def test_a_csv_file_is_imported_and_bad_rows_are_listed(support, school, link):
    text = f"wonde_id,week,tasks_set,tasks_done\n{link.student.wonde_id},2026-W42,6,4\nnobody,2026-W42,1,1\n"
    file = SimpleUploadedFile("progress.csv", text.encode(), "text/csv")

    shown = support.post(f"{reverse('admin:students_weeklyprogress_import')}?school={school.pk}", {"file": file}).text

    assert WeeklyProgress.objects.get(iso_week=42).tasks_done == 4
    assert "Row 2: No current student" in shown
    assert "imported progress" in noted(school)


def test_a_file_that_is_not_our_csv_is_refused_in_a_sentence(support, school):
    url = f"{reverse('admin:students_weeklyprogress_import')}?school={school.pk}"

    assert "not UTF-8" in support.post(url, {"file": SimpleUploadedFile("p.csv", b"\xff\xfe\x00")}).text
    assert "first line" in support.post(url, {"file": SimpleUploadedFile("p.csv", b"a,b\n1,2\n")}).text.lower()


def test_a_block_shown_after_erasure_names_nobody(support, school, link):
    blocks.block(link.student, link.contact, Block.Cause.OTHER)
    Block.objects.update(student=None)

    assert support.get(f"{reverse('admin:parents_block_changelist')}?school={school.pk}").status_code == 200
