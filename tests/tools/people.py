"""Signs people in for tests: doing it all takes seconds, so only the tests of signing in do."""

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client

from schools.access import looking
from schools.auth import SECOND_FACTOR_SET_UP
from students.cards import codes
from tests.factories import EnrolmentFactory, StudentUserFactory, SupportFactory

REASON = "ticket 4711"


def signed_in(user):
    """A browser where `user`, staff or student, has signed in by password."""
    client = Client()
    door = "schools.auth.StaffBackend" if user.email else "students.auth.StudentBackend"
    client.force_login(user, backend=door)
    return client


def with_second_factor(user):
    """`user` with an authenticator app, whose secret is returned."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def support_client(user=None, looks_at=()):
    """A support browser, second factor given; `looks_at`: schools for which a reason has been given."""
    user = user or SupportFactory()
    if not user.authenticator_set.exists():
        with_second_factor(user)
    client = signed_in(user)
    session = client.session
    session[SECOND_FACTOR_SET_UP] = user.pk
    for school in looks_at:
        looking.say(session, school, REASON)
    session.save()
    client.user = user
    return client


def student_with_a_card():
    """A student in a class, with a login and the words of a card: `student.words`."""
    student = EnrolmentFactory(student__forename="Tobi", student__surname="Okoro").student
    student.user = StudentUserFactory(school=student.school, username="tobi.okoro")
    student.save()
    ((_, student.words),) = codes.renew(student.school, [student], by=None).items()
    return student
