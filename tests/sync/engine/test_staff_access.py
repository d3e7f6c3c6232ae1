"""Staff across nights: whoever leaves is out with that reading, and what a lead settled outlives every reading."""

import pytest
from django.test import Client
from django.urls import reverse

from schools.mail.outgoing import send_due
from schools.models import Employee, Invitation
from schools.staff import invitations, overview
from sync.people import held
from tests.factories import PASSWORD, LeadRightFactory, SupportFactory, UserFactory
from tests.sync.living import living_school
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def living(settings, in_term):
    """A school of 60 students, read once, on a day in term."""
    with living_school(settings) as school:
        yield school


def teacher_of(living):
    """A teacher of an imported class with an address in the MIS and a login under it."""
    employee = Employee.objects.current().filter(school=living.school).order_by("wonde_id").first()
    living.day({"event": "employee_email", "employee": employee.wonde_id, "email": "pell@example.org"})
    Employee.objects.filter(pk=employee.pk).update(user=UserFactory(email="pell@example.org"))
    return Employee.objects.select_related("user").get(pk=employee.pk)


def opens(client, living):
    return client.get(reverse("classes:mine", args=[living.school.code])).status_code == 200


def member(employee):
    return next(one for one in overview.members(employee.school) if one.employee.pk == employee.pk)


def sign_in(teacher):
    return Client().post(reverse("account_login"), {"login": teacher.email, "password": PASSWORD}).url


def test_a_teacher_who_is_no_longer_current_is_out_with_that_nights_reading_and_back_with_the_next(living):
    teacher = teacher_of(living)
    client = signed_in(teacher.user)
    assert opens(client, living)

    living.day({"event": "teacher_not_current", "employee": teacher.wonde_id})

    assert not opens(client, living)  # the very session that was open in the evening
    assert sign_in(teacher) == reverse("account_inactive")
    world = living.sandbox.sandbox.registry.world(living.school.wonde_id)
    world.employees[teacher.wonde_id].current = True
    living.day()

    assert sign_in(teacher) != reverse("account_inactive")
    assert opens(signed_in(teacher.user), living)


def test_an_address_that_a_lead_entered_outlives_every_reading(living):
    lead = LeadRightFactory(school=living.school).user
    employee = Employee.objects.current().filter(school=living.school).order_by("wonde_id").first()
    living.day({"event": "employee_email", "employee": employee.wonde_id, "email": None})
    employee.refresh_from_db()
    assert employee.email == ""
    made = overview.invite(member(employee), lead, "entered@example.org")
    send_due()
    living.read()
    assert member(employee).entered == "entered@example.org"

    invitations.accept(made.pk, "seven blue herons")
    living.read()

    employee.refresh_from_db()
    assert employee.user.email == "entered@example.org"
    assert opens(signed_in(employee.user), living)
    assert Invitation.objects.get().employee == employee


def test_a_changed_address_in_the_mis_is_shown_and_moves_no_login(living):
    teacher = teacher_of(living)

    living.day({"event": "employee_email", "employee": teacher.wonde_id, "email": "married@example.org"})

    teacher.refresh_from_db()
    assert (teacher.email, teacher.user.email) == ("married@example.org", "pell@example.org")
    assert member(teacher).has_moved
    assert opens(signed_in(teacher.user), living)


def test_staff_who_are_not_current_all_at_once_lose_access_the_same_night_and_stay_until_a_person_has_looked(living):
    """Whoever is current in the MIS again, or is kept by a person's word, has access again."""
    school, listed = living.school, Employee.objects.filter(school=living.school)
    here = set(listed.current().values_list("pk", flat=True))
    world = living.sandbox.sandbox.registry.world(school.wonde_id)

    def current(is_current):
        for row in world.employees.values():
            row.current = is_current
        return living.day({"event": "bulk_updated_at"})[1]

    run = current(False)

    assert listed.filter(left_at=None).count() == len(here)
    assert not listed.current().exists()
    assert run.asked

    current(True)
    assert set(listed.current().values_list("pk", flat=True)) == here

    run = current(False)
    held.keep(school, SupportFactory(), "The school rang.", run.asked)
    living.read()
    assert set(listed.current().values_list("pk", flat=True)) == here
