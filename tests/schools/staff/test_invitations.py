"""Invitations: who gets one, how often, and what accepting gives."""

import re
from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
import time_machine
from django.conf import settings
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools.mail.outgoing import send_due
from schools.models import AuditEntry, Employee, Invitation, LeadRight, User
from schools.staff import invitations
from schools.staff.invitations import InvitationRefusedError
from tests.factories import (
    PASSWORD,
    ClassOutFactory,
    EmployeeFactory,
    LeadRightFactory,
    SchoolFactory,
    SupportFactory,
    TeacherFactory,
    TeachingFactory,
    UserFactory,
    ago,
)
from tests.parents.mail import mailbox
from tests.tools.people import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tasks_run_at_once")]
NEW_PASSWORD = "seven blue herons"


def sent_link(number=-1):
    return re.search(rf"{settings.SITE_URL}(/invitation/\S+)", mail.outbox[number].body)[1]


def invited(school=None, email="new.lead@example.org", **kwargs):
    """An invitation whose mail went out, and a browser that followed its link."""
    invitation = invitations.invite(
        school or SchoolFactory(), email, by=SupportFactory(), **({"as_lead": True} | kwargs)
    )
    send_due()
    client = Client()
    client.get(sent_link())
    return invitation, client


def teacher_of_a_class(school=None, **kwargs):
    school = school or SchoolFactory(invites_teachers=True)
    return TeachingFactory(school_class__school=school, employee=EmployeeFactory(school=school, **kwargs)).employee


def accept(client, password=NEW_PASSWORD):
    return client.post(reverse("schools:invitation"), {"password": password})


# --- The mail ----------------------------------------------------------------------------------------------------


def test_the_mail_names_product_school_and_help_in_text_and_html():
    school = SchoolFactory()

    invited(school)

    message = mail.outbox[0]
    html = message.alternatives[0].content
    for word in (settings.PRODUCT_NAME, school.name, settings.SUPPORT_EMAIL, settings.PRIVACY_URL, sent_link()):
        assert word in message.body
        assert word in html
    assert message.to == ["new.lead@example.org"]
    assert '<h1 style="' in html  # for mail programs that know no style sheet


def test_the_secret_is_in_the_mail_and_nowhere_in_the_database():
    invitation, _ = invited()

    secret = sent_link().strip("/").split("/")[-1]

    assert secret not in str(Invitation.objects.filter(pk=invitation.pk).values())
    assert len(secret) >= 40


def test_an_invitation_asked_for_twice_at_once_is_one_mail():
    school = SchoolFactory()
    for _ in range(2):
        invitations.invite(school, "lead@example.org", by=None, as_lead=True)
    send_due()

    assert len(mail.outbox) == 1


def test_somebody_reinvited_while_the_mail_leaves_gets_a_second_mail_whose_link_works(monkeypatch):
    invitation = invitations.invite(SchoolFactory(), "lead@example.org", by=None, as_lead=True)
    send = EmailBackend.send_messages

    def meanwhile(self, messages):
        if not mail.outbox:
            invitations.invite(invitation.school, "lead@example.org", by=SupportFactory(), as_lead=True)
        return send(self, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", meanwhile)
    send_due()

    assert len(mail.outbox) == 2
    client = Client()
    client.get(sent_link())
    assert accept(client).status_code == 302


def test_a_mail_server_that_is_down_is_tried_again(monkeypatch):
    invitations.invite(SchoolFactory(), "lead@example.org", by=None, as_lead=True)

    def away(*args):
        raise SMTPServerDisconnected

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "send_messages", away)
        send_due()
    assert Invitation.objects.get().state == "waiting to be sent"
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        send_due()

    assert len(mail.outbox) == 1
    assert Invitation.objects.get().state == "sent"


def test_an_address_without_a_mailbox_is_given_up_and_says_so(settings):
    invitations.invite(SchoolFactory(), "lead@example.org", by=None, as_lead=True)

    with mailbox.running(settings) as box:
        box.answers["lead@example.org"] = "550 5.1.1 User unknown"
        send_due()

    assert Invitation.objects.get().state == "refused by the mail server"
    assert not Invitation.objects.unsent().exists()


@pytest.mark.parametrize("answer", ["554 5.7.1 Relay access denied", "450 try later", "552 5.2.2 over quota", "550 no"])
def test_an_invitation_refused_for_any_other_reason_waits_and_is_sent_later(settings, answer):
    invitations.invite(SchoolFactory(), "lead@example.org", by=None, as_lead=True)

    with mailbox.running(settings) as box:
        box.answers["lead@example.org"] = answer
        send_due()
        assert Invitation.objects.get().state == "waiting to be sent"
        box.answers.clear()
        with time_machine.travel(timezone.now() + timedelta(minutes=2)):
            send_due()

    assert [address for address, _ in box.mails] == ["lead@example.org"]


# --- Accepting ---------------------------------------------------------------------------------------------------


def test_a_lead_who_does_not_teach_chooses_a_password_and_leads():
    invitation, client = invited()

    response = accept(client)

    user = User.objects.get(email="new.lead@example.org")
    assert response.status_code == 302
    assert user.check_password(NEW_PASSWORD)
    assert LeadRight.objects.get().user == user
    assert LeadRight.objects.get().granted_by == invitation.invited_by
    assert client.get("/accounts/password/change/").status_code == 200
    assert AuditEntry.objects.filter(verb="accepted", actor=user, school=invitation.school).exists()


def test_the_secret_leaves_the_url_at_once():
    invited()

    response = Client().get(sent_link())

    assert response.url == reverse("schools:invitation")


@pytest.mark.parametrize("password", ["short", "password123", "1234567890", "new.lead@example.org", ""])
def test_a_weak_first_password_is_refused(password):
    _, client = invited()

    response = accept(client, password)

    assert response.status_code == 200
    assert response.context["form"].errors
    assert not User.objects.filter(email="new.lead@example.org").exists()


def test_a_teacher_gets_the_employee_the_invitation_was_for():
    teacher = teacher_of_a_class(email="Ruth.Pell@Example.org")
    _, client = invited(teacher.school, teacher.email, employee=teacher, as_lead=False)

    accept(client)

    teacher.refresh_from_db()
    assert teacher.user.email == "ruth.pell@example.org"
    assert not LeadRight.objects.exists()


def test_a_link_works_once():
    _, client = invited()
    link = sent_link()
    accept(client)

    again = Client()
    again.get(link)

    assert accept(again).status_code == 410
    assert User.objects.filter(email="new.lead@example.org").count() == 1


def test_a_link_ends_after_two_weeks():
    _, client = invited()

    with time_machine.travel(timezone.now() + timedelta(days=14, minutes=1)):
        client.get(sent_link())

        assert accept(client).status_code == 410


def test_a_guessed_link_opens_nothing():
    invited()
    client = Client()

    client.get(reverse("schools:invitation_link", args=["guess"]))

    assert accept(client).status_code == 410


def test_the_page_without_a_link_opens_nothing():
    Invitation.objects.create(school=SchoolFactory(), email="x@example.org")  # its token hash is null

    assert Client().get(reverse("schools:invitation")).status_code == 410


def test_sending_again_ends_the_earlier_link():
    invitation, client = invited()

    again = invitations.invite(invitation.school, invitation.email, by=SupportFactory())
    send_due()

    assert again.pk == invitation.pk
    assert again.as_lead
    assert accept(client).status_code == 410


def test_an_existing_login_accepts_and_keeps_its_password():
    user = TeacherFactory(user__email="new.lead@example.org").user
    invitation, client = invited()

    response = accept(client, password="ignored, whatever it is")

    user.refresh_from_db()
    assert response.url.startswith(reverse("account_login"))
    assert user.check_password(PASSWORD)
    assert LeadRight.objects.get().user == user
    assert LeadRight.objects.get().school == invitation.school


def test_somebody_else_who_is_signed_in_does_not_get_what_the_invitation_is_for():
    other = TeacherFactory().user
    invitation, _ = invited()
    client = signed_in(other)
    client.get(sent_link())

    accept(client)

    assert LeadRight.objects.get().user.email == invitation.email
    assert client.get("/accounts/password/change/").wsgi_request.user.email == invitation.email


def test_a_teacher_who_has_left_meanwhile_does_not_get_in():
    teacher = teacher_of_a_class()
    _, client = invited(teacher.school, teacher.email, employee=teacher, as_lead=False)
    Employee.objects.update(left_at=timezone.now())

    response = accept(client)

    assert response.status_code == 409
    assert not User.objects.filter(email=teacher.email).exists()


def test_a_teacher_whose_address_changed_meanwhile_does_not_get_in_by_the_old_one():
    teacher = teacher_of_a_class()
    _, client = invited(teacher.school, teacher.email, employee=teacher, as_lead=False)
    Employee.objects.filter(pk=teacher.pk).update(email="other@example.org")

    assert accept(client).status_code == 409


def test_a_colleagues_login_is_not_given_to_another_employee_with_that_address():
    colleague = TeacherFactory(user__email="office@example.org", email="moved@example.org")
    employee = EmployeeFactory(school=colleague.school, email="office@example.org")
    _, client = invited(colleague.school, employee.email, employee=employee, as_lead=False)

    response = accept(client)

    employee.refresh_from_db()
    assert response.status_code == 409
    assert employee.user is None


def test_an_employee_who_has_a_login_keeps_it():
    employee = TeacherFactory(email="moved@example.org")
    before = employee.user
    _, client = invited(employee.school, "moved@example.org")

    accept(client)

    employee.refresh_from_db()
    assert employee.user == before


# --- Who a person may invite -------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["", "nobody", "two@example.org, three@example.org", "a@b"])
def test_an_invalid_address_is_not_invited(address):
    with pytest.raises(InvitationRefusedError, match="is not an email address"):
        invitations.invite(SchoolFactory(), address, by=None, as_lead=True)


def test_an_address_of_two_employees_is_never_invited():
    first = teacher_of_a_class(email="office@example.org")
    EmployeeFactory(school=first.school, email="Office@example.org")

    with pytest.raises(InvitationRefusedError, match="Two members of staff"):
        invitations.invite(first.school, first.email, by=None, employee=first)
    assert invitations.invite_teachers(first.school) == []


def test_inviting_an_address_twice_makes_one_invitation():
    school = SchoolFactory()

    for _ in range(2):
        invitations.invite(school, "lead@example.org", by=None, as_lead=True)

    assert Invitation.objects.count() == 1


# --- Teachers, after a sync --------------------------------------------------------------------------------------


def test_a_current_teacher_of_an_imported_class_is_invited_once():
    teacher = teacher_of_a_class()

    for _ in range(2):
        invitations.invite_teachers(teacher.school)
        send_due()

    assert [message.to for message in mail.outbox] == [[teacher.email]]
    assert Invitation.objects.get().employee == teacher


@pytest.mark.parametrize(
    "make",
    [
        lambda: teacher_of_a_class(SchoolFactory(invites_teachers=False)),
        lambda: teacher_of_a_class(email=""),
        lambda: teacher_of_a_class(email="not an address"),
        lambda: teacher_of_a_class(left_at=timezone.now()),
        lambda: teacher_of_a_class(user=UserFactory()),
        lambda: EmployeeFactory(school__invites_teachers=True),
        lambda: TeachingFactory(
            left_at=timezone.now(), school_class__school__invites_teachers=True, employee__user=None
        ).employee,
        lambda: TeachingFactory(
            school_class=ClassOutFactory(school__invites_teachers=True), employee__user=None
        ).employee,
        lambda: TeachingFactory(
            school_class__school__invites_teachers=True, school_class__left_at=timezone.now(), employee__user=None
        ).employee,
    ],
    ids=[
        "switched off", "no address", "no usable address", "left", "has a login", "teaches nothing",
        "taught it before", "class left out", "class ended",
    ],
)  # fmt: skip
def test_other_employees_are_not_invited(make):
    employee = make()

    assert invitations.invite_teachers(employee.school) == []
    assert not Invitation.objects.exists()


def test_somebody_invited_who_never_came_is_not_invited_again():
    teacher = teacher_of_a_class()
    invitations.invite_teachers(teacher.school)
    Invitation.objects.update(sent_at=ago(days=60), expires_at=ago(days=46))

    assert invitations.invite_teachers(teacher.school) == []


def test_an_invitation_whose_mail_was_lost_is_sent_after_the_next_sync():
    teacher = teacher_of_a_class()
    first = invitations.invite_teachers(teacher.school)

    assert invitations.invite_teachers(teacher.school) == first


def test_inviting_takes_the_same_number_of_queries_for_one_teacher_and_forty(django_assert_max_num_queries):
    school = SchoolFactory(invites_teachers=True)
    for _ in range(40):
        teacher_of_a_class(school)

    with django_assert_max_num_queries(11):
        assert len(invitations.invite_teachers(school)) == 40


def test_a_lead_who_starts_teaching_keeps_one_login():
    right = LeadRightFactory(user__email="lead@example.org", school__invites_teachers=True)
    teacher = teacher_of_a_class(right.school, email="Lead@example.org")

    assert invitations.invite_teachers(right.school) == []

    teacher.refresh_from_db()
    assert teacher.user == right.user


def test_a_login_from_another_school_is_not_connected_without_an_invitation():
    LeadRightFactory(user__email="lead@example.org")
    teacher = teacher_of_a_class(email="lead@example.org")

    invitations.invite_teachers(teacher.school)

    teacher.refresh_from_db()
    assert teacher.user is None
