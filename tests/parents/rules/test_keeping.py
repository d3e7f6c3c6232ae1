"""How long mail rows and progress are kept, and that keys are only added."""

from datetime import timedelta

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.utils import timezone

from parents import tasks
from parents.models import AddressChoice, MailHold, WeeklyMail
from parents.rules import choices
from schools.mail import outgoing
from schools.models import AuditEntry
from students.models import Student, WeeklyProgress
from sync.leaving import erasure
from tests.factories import LeadRightFactory, SyncSettingsFactory, ago
from tests.parents.mail import mailbox
from tests.parents.world import MOTHER, a_family, a_school, due

pytestmark = pytest.mark.django_db


def test_mail_rows_and_progress_are_deleted_after_thirteen_months():
    links = a_family(a_school(), MOTHER)
    due(links, made_at=ago(days=395))
    due(links, made_at=ago(days=398), iso_week=40)
    for ended in (ago(days=398), ago(days=395), None):
        at = {name: ago(days=399) for name in ("since", "refused_at", "until")}
        MailHold.objects.create(cause="ours", school=links[0].school, ended_at=ended, **at)
    WeeklyProgress.objects.update(updated_at=ago(days=398))

    tasks.forget_old_mail()

    assert [row.iso_week for row in WeeklyMail.objects.all()] == [41]
    assert not WeeklyProgress.objects.exists()
    assert MailHold.objects.count() == 2


def test_mail_rows_and_progress_of_an_erased_child_are_deleted_and_siblings_keep_theirs():
    school = a_school()
    SyncSettingsFactory(school=school)
    mine, sibling = a_family(school, MOTHER, children=2)
    due([mine], iso_week=40)
    both = due([mine, sibling])
    choices.stop(school.pk, both.address_mark, both.key_number, AddressChoice.Cause.PARENT, mine.student_id)
    Student.objects.filter(pk=mine.student_id).update(left_at=ago(days=200))

    erasure.erase_due(timezone.now() + timedelta(days=1))

    (left,) = WeeklyMail.objects.all()
    assert left.students == [sibling.student_id]
    assert {row.student_id for row in WeeklyProgress.objects.all()} == {sibling.student_id}
    assert AddressChoice.objects.get().student is None


def test_a_removed_key_fails_the_checks(settings):
    choices.stop_address(a_school().pk, MOTHER, AddressChoice.Cause.PARENT)
    assert not [error for error in run_checks(databases=["default"]) if error.id == "parents.E001"]

    settings.ADDRESS_KEYS = "2:another-key-0123456789abcdef0123456789"

    (error,) = [error for error in run_checks(databases=["default"]) if error.id == "parents.E001"]
    assert "lacks key 1" in error.msg


def test_a_lead_whose_mailbox_is_gone_does_not_keep_others_from_being_told(settings):
    (link,) = a_family(a_school(), MOTHER)
    gone, here = (LeadRightFactory(school=link.school).user for _ in range(2))

    with mailbox.running(settings) as box:
        box.answers[gone.email] = "550 5.1.1 User unknown"
        outgoing.tell("not-mine", link.school)
        outgoing.send_due()

    assert {address for address, _ in box.mails} == {here.email, "help@example.org"}


def test_leads_and_support_are_told_without_a_name(mailoutbox):
    (link,) = a_family(a_school(), MOTHER)
    lead = LeadRightFactory(school=link.school).user

    outgoing.tell("not-mine", link.school)
    outgoing.send_due()

    assert {mail.to[0] for mail in mailoutbox} == {lead.email, "help@example.org"}
    for mail in mailoutbox:
        said = mail.subject + mail.body + mail.alternatives[0].content
        assert link.student.forename not in said
        assert MOTHER not in said
        assert link.school.name in said


def test_a_missed_week_is_sent_by_hand_once(capsys, settings):
    (link,) = a_family(a_school(), MOTHER)
    WeeklyProgress.objects.all().delete()
    link.school.mail_settings.says_nothing_to_report = True
    link.school.mail_settings.save()

    call_command("send_weekly_mail", link.school.code)
    assert not WeeklyMail.objects.exists()
    with mailbox.running(settings) as box:
        call_command("send_weekly_mail", link.school.code, "--yes")
        call_command("send_weekly_mail", link.school.code, "--yes")

    assert len(box.to(MOTHER)) == 1
    assert "1 made, 1 handed over" in capsys.readouterr().out
    assert not AuditEntry.objects.exists()
