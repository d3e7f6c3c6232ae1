"""A school's staff as its leads see them: states, addresses that a lead enters, rights, logins that move."""

import threading

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection

from schools.mail.outgoing import send_due
from schools.models import AuditEntry, Employee, Invitation, LeadRight
from schools.staff import invitations, overview
from schools.staff.invitations import InvitationRefusedError
from schools.staff.overview import SignInState, StaffRefusedError
from tests.factories import EmployeeFactory, LeadRightFactory, SchoolFactory, SupportFactory, TeacherFactory, ago
from tests.tools.people import with_second_factor

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    return SchoolFactory()


@pytest.fixture
def lead(school):
    return LeadRightFactory(school=school).user


def member(employee):
    return next(one for one in overview.members(employee.school) if one.employee.pk == employee.pk)


def sent(invitation, **fields):
    """The invitation as if its mail had gone out."""
    send_due()
    Invitation.objects.filter(pk=invitation.pk).update(**fields)
    return Invitation.objects.get(pk=invitation.pk)


# --- Who signs in, and who was not invited and why -------------------------------------


def test_staff_are_those_the_mis_lists_now_in_the_order_of_a_register(school):
    second = EmployeeFactory(school=school, sort_name="quist ada")
    first = EmployeeFactory(school=school, sort_name="amadi chidi")
    EmployeeFactory(school=school, left_at=ago(days=1))
    EmployeeFactory()

    assert [one.employee for one in overview.members(school)] == [first, second]


def test_staff_whose_permission_is_withdrawn_are_not_shown(school):
    EmployeeFactory(school=school)
    school.frozen = {"employees": {"since": "2026-11-01", "erase_on": "2026-11-15"}}
    school.save()

    assert overview.members(school) == []


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"email": ""}, SignInState.NO_ADDRESS),
        ({"email": "ask at the office"}, SignInState.UNUSABLE),
        ({"email": "Office@example.org"}, SignInState.SHARED),
        ({}, SignInState.READY),
    ],
)
def test_the_list_says_why_somebody_was_never_invited(fields, state, school):
    EmployeeFactory(school=school, email="office@example.org")

    assert member(EmployeeFactory(school=school, **fields)).state == state


def test_a_colleague_who_left_no_longer_shares_an_address(school):
    EmployeeFactory(school=school, email="office@example.org", left_at=ago(days=1))

    assert member(EmployeeFactory(school=school, email="office@example.org")).state == SignInState.READY


def test_an_invitation_is_about_to_leave_then_sent_then_expired_or_refused(school, lead):
    employee = EmployeeFactory(school=school)
    made = overview.invite(member(employee), lead)
    states = [member(employee).state]
    sent(made)
    states.append(member(employee).state)
    Invitation.objects.update(expires_at=ago(days=1))
    states.append(member(employee).state)
    Invitation.objects.update(failed_at=ago(days=1))
    states.append(member(employee).state)

    assert states == [SignInState.QUEUED, SignInState.INVITED, SignInState.EXPIRED, SignInState.REFUSED]


def test_staff_who_sign_in_are_shown_with_their_last_sign_in_and_second_factor(school):
    never, teacher = TeacherFactory(school=school), TeacherFactory(school=school, user__last_login=ago(days=2))
    off = TeacherFactory(school=school, user__is_active=False)
    with_second_factor(teacher.user)

    assert [member(one).state for one in (never, teacher, off)] == [SignInState.UNUSED, SignInState.IN, SignInState.OFF]
    assert [member(one).employee.has_factor for one in (never, teacher)] == [False, True]


def test_an_invitation_to_an_address_in_the_mis_counts_however_it_was_made(school, lead):
    employee = EmployeeFactory(school=school)

    invitations.invite(school, employee.email.upper(), by=lead, as_lead=True)

    assert member(employee).state == SignInState.QUEUED


# --- An address that a lead enters -------------------------------------


@pytest.mark.parametrize("in_the_mis", ["", "ask at the office", "office@example.org"])
def test_staff_with_no_address_of_their_own_in_the_mis_sign_in_with_one_a_lead_entered(in_the_mis, school, lead):
    EmployeeFactory(school=school, email="office@example.org")
    employee = EmployeeFactory(school=school, email=in_the_mis)

    made = sent(overview.invite(member(employee), lead, "Pell@Example.org"))
    user = invitations.accept(made.pk, "seven blue herons")

    employee.refresh_from_db()
    assert user.email == "pell@example.org"
    assert employee.user == user
    assert employee.email == in_the_mis  # what the MIS says stays what the MIS says
    assert AuditEntry.objects.filter(verb="entered an address for", object_id=employee.pk, actor=lead).exists()
    assert "pell" not in str(list(AuditEntry.objects.values_list("reason", flat=True)))


def test_inviting_again_goes_to_the_address_that_was_entered(school, lead):
    employee = EmployeeFactory(school=school, email="")
    overview.invite(member(employee), lead, "pell@example.org")

    again = overview.invite(member(employee), lead)

    assert again.email == "pell@example.org"
    assert Invitation.objects.count() == 1


def test_the_link_sent_to_a_mistyped_address_stops_working_with_the_next_one(school, lead):
    employee = EmployeeFactory(school=school, email="")
    mistyped = sent(overview.invite(member(employee), lead, "bell@example.org", as_lead=True))

    again = overview.invite(member(employee), lead, "pell@example.org")

    assert Invitation.objects.by_token_hash(mistyped.token_hash) is None
    assert again.as_lead
    with pytest.raises(InvitationRefusedError):
        invitations.accept(mistyped.pk, "seven blue herons")


def test_once_the_mis_has_an_address_of_their_own_the_entered_one_opens_nothing(school, lead):
    employee = EmployeeFactory(school=school, email="")
    made = sent(overview.invite(member(employee), lead, "pell@example.org"))
    Employee.objects.filter(pk=employee.pk).update(email="ruth.pell@example.org")

    with pytest.raises(InvitationRefusedError, match="does not list this address"):
        invitations.accept(made.pk, "seven blue herons")


def test_an_entered_address_may_not_be_somebody_elses(school, lead):
    nobody = EmployeeFactory(school=school, email="")
    in_the_mis = EmployeeFactory(school=school, email="amadi@example.org")
    signs_in = TeacherFactory(school=school, email="", user__email="quist@example.org")
    waits = EmployeeFactory(school=school, email="")
    overview.invite(member(waits), lead, "osei@example.org")

    for address, whose in [
        ("amadi@example.org", in_the_mis),
        ("Quist@example.org", signs_in),
        ("osei@example.org", waits),
    ]:
        with pytest.raises(InvitationRefusedError, match=str(whose)):
            overview.invite(member(nobody), lead, address)
    assert Invitation.objects.get().employee == waits


def test_an_address_in_the_mis_is_not_replaced_by_a_typed_one(school, lead):
    employee = EmployeeFactory(school=school)

    assert overview.invite(member(employee), lead, "pell@elsewhere.example").email == employee.email


def test_staff_with_a_sign_in_are_not_invited(lead, school):
    with pytest.raises(StaffRefusedError, match="has a sign-in already"):
        overview.invite(member(TeacherFactory(school=school)), lead)


def test_an_invitation_that_is_taken_back_opens_nothing(school, lead):
    made = sent(invitations.invite(school, "manager@example.org", by=lead, as_lead=True))

    overview.take_back(made, lead)

    with pytest.raises(InvitationRefusedError):
        invitations.accept(made.pk, "seven blue herons")
    assert AuditEntry.objects.filter(verb="took back", actor=lead).exists()


# --- The lead right -------------------------------------


def test_a_right_is_given_once_and_noted(school, lead):
    teacher = TeacherFactory(school=school)

    for _ in range(2):
        overview.grant(member(teacher), lead)

    assert LeadRight.objects.get(user=teacher.user).granted_by == lead
    assert AuditEntry.objects.filter(verb="gave the lead right to", object_id=teacher.user.pk).count() == 1


@pytest.mark.parametrize("make", [EmployeeFactory, lambda **kw: TeacherFactory(user__is_active=False, **kw)])
def test_a_right_is_not_given_to_somebody_who_cannot_sign_in(make, school, lead):
    with pytest.raises(StaffRefusedError):
        overview.grant(member(make(school=school)), lead)


def test_a_right_is_withdrawn_and_noted(school, lead):
    right = LeadRightFactory(school=school)

    overview.withdraw(right, lead)

    assert list(school.lead_rights.all()) == [LeadRight.objects.get(user=lead)]
    assert AuditEntry.objects.filter(verb="withdrew the lead right of", object_id=right.user.pk, actor=lead).exists()


def test_a_school_keeps_a_lead_who_can_sign_in(school, lead):
    LeadRightFactory(school=school, user__is_active=False)
    LeadRightFactory()

    with pytest.raises(StaffRefusedError, match="at least one lead"):
        overview.withdraw(LeadRight.objects.get(user=lead), lead)

    assert LeadRight.objects.filter(user=lead).exists()


@pytest.mark.django_db(transaction=True)
def test_two_leads_withdrawing_each_others_right_at_once_do_not_both_succeed(school):
    rights = [LeadRightFactory(school=school), LeadRightFactory(school=school)]
    barrier, refused = threading.Barrier(2), []

    def withdraw(mine, theirs):
        barrier.wait()
        try:
            overview.withdraw(theirs, mine.user)
        except StaffRefusedError as error:
            refused.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=withdraw, args=pair) for pair in (rights, rights[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert school.lead_rights.count() == 1
    assert len(refused) == 1


def test_a_lead_no_longer_listed_in_the_mis_is_shown_as_such(school):
    gone, listed = LeadRightFactory(school=school), LeadRightFactory(school=school)
    EmployeeFactory(school=school, user=gone.user, left_at=ago(days=3))
    here = EmployeeFactory(school=school, user=listed.user)

    rows = {right.user: right for right in overview.leads(school)}

    assert rows[gone.user].gone_at
    assert not rows[gone.user].is_listed
    assert rows[listed.user].member_id == here.pk


# --- A login follows a changed address only when a lead says so -------------------------------------


def moved(school, **fields):
    """A teacher whose address has changed in the MIS."""
    return TeacherFactory(school=school, email="new@example.org", user__email="old@example.org", **fields)


def test_a_changed_address_is_shown_and_moves_nothing_by_itself(school):
    teacher = moved(school)

    assert member(teacher).has_moved
    assert not member(TeacherFactory(school=school, email="", user__email="p@example.org")).has_moved
    teacher.user.refresh_from_db()
    assert teacher.user.email == "old@example.org"


def test_the_same_address_in_capitals_is_not_a_different_address(school):
    assert not member(TeacherFactory(school=school, email="Pell@Example.org", user__email="pell@example.org")).has_moved


def test_a_lead_moves_the_login_to_the_address_of_the_mis(school, lead):
    teacher = moved(school)
    EmailAddress.objects.create(user=teacher.user, email="old@example.org", verified=True, primary=True)

    assert overview.move_sign_in(member(teacher), lead) == "new@example.org"
    send_due()

    assert {sent.to[0] for sent in mail.outbox} == {"old@example.org", "new@example.org"}
    assert all("new@example.org" in sent.body for sent in mail.outbox)
    teacher.user.refresh_from_db()
    assert teacher.user.email == "new@example.org"
    assert not EmailAddress.objects.exists()
    assert AuditEntry.objects.filter(verb="moved the sign-in of", object_id=teacher.pk, actor=lead).exists()


def test_a_login_does_not_move_to_an_address_that_already_signs_in(school, lead):
    TeacherFactory(user__email="New@example.org")

    with pytest.raises(StaffRefusedError, match="a sign-in of its own"):
        overview.move_sign_in(member(moved(school)), lead)


@pytest.mark.parametrize("also", [LeadRightFactory, EmployeeFactory])
def test_support_but_not_a_lead_may_move_a_login_that_opens_another_school(also, school, lead):
    teacher = moved(school)
    also(user=teacher.user)

    with pytest.raises(StaffRefusedError, match="more than this school"):
        overview.move_sign_in(member(teacher), lead)
    overview.move_sign_in(member(teacher), SupportFactory())

    teacher.user.refresh_from_db()
    assert teacher.user.email == "new@example.org"


def test_a_lead_cannot_move_a_support_login(school, lead):
    teacher = moved(school, user__is_staff=True)

    with pytest.raises(StaffRefusedError):
        overview.move_sign_in(member(teacher), lead)


def test_an_address_of_two_people_moves_no_login(school, lead):
    EmployeeFactory(school=school, email="new@example.org")

    with pytest.raises(StaffRefusedError):
        overview.move_sign_in(member(moved(school)), lead)
