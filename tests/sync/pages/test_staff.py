"""The lead's pages about staff: for whom, what they say, what a press of each button does."""

import re
from contextlib import contextmanager

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from schools.models import AuditEntry, Invitation, LeadRight
from tests.factories import EmployeeFactory, LeadRightFactory, SyncSettingsFactory, TeacherFactory, UserFactory, ago
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return SyncSettingsFactory(school__name="Harbour School", school__code="harbour").school


@pytest.fixture
def right(school):
    return LeadRightFactory(school=school)


@pytest.fixture
def lead(right):
    """A browser of a lead who teaches nothing."""
    return signed_in(right.user)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """`with committed():` what the block queues is done, in this process, when it ends."""
    from config.celery import app

    @contextmanager
    def done():
        app.conf.task_always_eager = True
        try:
            with django_capture_on_commit_callbacks(execute=True):
                yield
        finally:
            app.conf.task_always_eager = False

    return done


def page(name="staff", *args):
    return reverse(f"sync:{name}", args=["harbour", *args])


def do(client, employee, deed, **fields):
    return client.post(page("staff_member", employee.pk), {"do": deed} | fields, follow=True)


@pytest.mark.parametrize("make", ["list", "member", "lead"])
def test_a_page_is_for_leads_of_the_school_alone(make, school, right, client):
    teacher = TeacherFactory(school=school)
    urls = {"list": page(), "member": page("staff_member", teacher.pk), "lead": page("staff_lead", right.pk)}

    assert client.get(urls[make]).url.startswith(reverse("account_login"))
    for stranger in (teacher.user, LeadRightFactory().user):
        assert signed_in(stranger).get(urls[make]).status_code == 404
        assert signed_in(stranger).post(urls[make]).status_code == 404
    assert signed_in(right.user).get(urls[make]).status_code == 200


def test_staff_and_rights_of_another_school_are_not_found(lead):
    assert lead.get(page("staff_member", TeacherFactory().pk)).status_code == 404
    assert lead.post(page("staff_lead", LeadRightFactory().pk)).status_code == 404
    other = Invitation.objects.create(school=LeadRightFactory().school, email="a@example.org")
    assert lead.post(page("take_back", other.pk)).status_code == 404


def test_the_list_says_how_signing_in_stands_for_everyone(school, lead):
    TeacherFactory(school=school, surname="Pell", forename="Ruth", user__last_login=ago(days=1))
    EmployeeFactory(school=school, surname="Amadi", forename="Chidi", email="")
    EmployeeFactory(school=school, surname="Quist", forename="Ada")

    said = words(lead.get(page()))

    assert "Pell, Ruth off signed in yesterday" in said
    assert "Amadi, Chidi never invited: no address" in said
    assert "Quist, Ada not invited yet" in said
    assert "Everyone (3)" in said
    assert "Not invited, or not reached (2)" in said


def test_the_list_shows_whom_it_is_asked_for(school, lead):
    TeacherFactory(school=school, surname="Pell", user__last_login=ago(days=1))
    EmployeeFactory(school=school, surname="Amadi", email="")

    said = words(lead.get(page(), {"show": "open"}))

    assert "Amadi" in said
    assert "Pell" not in said


def test_a_school_without_teachers_says_what_brings_them(lead):
    assert "Teachers arrive from SIMS with the classes they teach" in words(lead.get(page()))


def test_the_list_takes_the_same_queries_for_one_teacher_and_for_many(
    school, lead, right, django_assert_max_num_queries
):
    def fill(number):
        for teacher in TeacherFactory.create_batch(number, school=school):
            Invitation.objects.create(
                school=school, employee=teacher, email=teacher.email, invited_by=right.user, accepted_at=ago(days=1)
            )

    fill(1)
    with django_assert_max_num_queries(9):
        lead.get(page())
    fill(40)
    with django_assert_max_num_queries(9):
        lead.get(page())


def test_an_invitation_leaves_and_is_accepted(school, lead, committed, settings):
    employee = EmployeeFactory(school=school, email="")
    with committed():
        do(lead, employee, "invite_lead", email="pell@example.org")
    invited = Client()
    invited.get(re.search(rf"{settings.SITE_URL}(/invitation/\S+)", mail.outbox[0].body)[1])

    invited.post(reverse("schools:invitation"), {"password": "seven blue herons"})

    employee.refresh_from_db()
    assert employee.user.email == "pell@example.org"
    assert LeadRight.objects.filter(school=school, user=employee.user).exists()
    assert "signed in today" in words(lead.get(page("staff_member", employee.pk)))


def test_what_is_refused_is_told_and_nothing_is_sent(school, lead):
    employee = EmployeeFactory(school=school, email="")
    EmployeeFactory(school=school, surname="Amadi", email="amadi@example.org")

    for address, why in [
        ("amadi@example.org", "Amadi"),
        ("pell at example.org", "not an email address"),
        ("", "not an"),
    ]:
        assert why in words(do(lead, employee, "invite", email=address))

    assert not Invitation.objects.exists()
    assert not AuditEntry.objects.filter(verb="entered an address for").exists()


def test_a_deed_nobody_knows_is_not_found(school, lead):
    assert do(lead, EmployeeFactory(school=school), "promote").status_code == 404


def test_everybody_who_waits_for_it_is_invited_at_once(school, lead):
    ready = EmployeeFactory.create_batch(2, school=school)
    EmployeeFactory(school=school, email="")
    TeacherFactory(school=school)

    said = words(lead.post(page(), follow=True))

    assert "2 invitations will be in the post" in said
    assert set(Invitation.objects.values_list("employee", flat=True)) == {one.pk for one in ready}


def test_somebody_who_is_not_in_the_mis_is_invited_as_a_lead_and_again_and_taken_back(school, lead):
    lead.post(page("invite_lead"), {"email": "manager@example.org"})
    assert "manager@example.org" in words(lead.get(page()))
    lead.post(page("invite_lead"), {"email": "manager@example.org"})
    invitation = Invitation.objects.get()
    assert invitation.as_lead

    said = words(lead.post(page("take_back", invitation.pk), follow=True))

    assert "its link does not work any more" in said
    assert not Invitation.objects.exists()


def test_the_right_is_given_and_withdrawn_on_the_page(school, lead):
    teacher = TeacherFactory(school=school)
    do(lead, teacher, "grant")
    right = LeadRight.objects.get(user=teacher.user)
    assert "Withdraw the right of" in words(lead.get(page("staff_lead", right.pk)))
    assert signed_in(teacher.user).get(page()).status_code == 200

    lead.post(page("staff_lead", right.pk))

    assert signed_in(teacher.user).get(page()).status_code == 404


def test_the_last_lead_is_told_why_the_right_stays(lead, right):
    said = words(lead.post(page("staff_lead", right.pk), follow=True))

    assert "A school keeps at least one lead" in said
    assert LeadRight.objects.filter(pk=right.pk).exists()


def test_a_lead_who_withdraws_their_own_right_is_out_at_once(school, lead, right):
    LeadRightFactory(school=school)

    assert lead.post(page("staff_lead", right.pk)).url == reverse("home")
    assert lead.get(page()).status_code == 302  # to the sign-in: they have no reason to be here any more


def test_a_changed_address_is_shown_and_moved_when_the_lead_confirms(school, lead):
    teacher = TeacherFactory(school=school, email="new@example.org", user__email="old@example.org")
    assert "address has changed" in words(lead.get(page(), {"show": "moved"}))
    assert "is it the same person?" in words(lead.get(page("staff_member", teacher.pk)))

    do(lead, teacher, "move")

    teacher.user.refresh_from_db()
    assert teacher.user.email == "new@example.org"
    assert "is it the same person?" not in words(lead.get(page("staff_member", teacher.pk)))


def test_both_addresses_are_told_of_a_move(school, lead, committed):
    teacher = TeacherFactory(school=school, email="new@example.org", user__email="old@example.org")

    with committed():
        do(lead, teacher, "move")

    assert [message.to for message in mail.outbox] == [["old@example.org"], ["new@example.org"]]
    assert all("new@example.org" in message.body for message in mail.outbox)


def test_a_lead_of_the_school_who_left_the_mis_is_pointed_out(school, lead):
    gone = LeadRightFactory(school=school, user=UserFactory())
    EmployeeFactory(school=school, user=gone.user, left_at=ago(days=30))

    assert "not in SIMS since" in words(lead.get(page()))


def test_support_does_the_same_with_a_reason_but_makes_no_lead_alone(school, right):
    support = support_client(looks_at=[school])
    teacher, newcomer = TeacherFactory(school=school), EmployeeFactory(school=school)

    do(support, newcomer, "invite")
    asked = do(support, teacher, "grant")

    assert school.invitations.get().invited_by == support.user
    assert "For two people" in words(asked)
    assert not LeadRight.objects.filter(user=teacher.user).exists()
