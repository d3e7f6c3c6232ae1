"""Signing in: who gets in, how often they may try, and when a session ends."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools.mail.outgoing import send_due
from schools.models import OutgoingMail, User
from schools.sign_in import forms, hashing, tries
from tests.factories import (
    PASSWORD,
    EmployeeFactory,
    LeadRightFactory,
    StudentUserFactory,
    SupportFactory,
    TeacherFactory,
    UserFactory,
)
from tests.tools.people import signed_in, with_second_factor

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"
MINE = "/accounts/password/change/"  # a page open to everybody who is signed in


def sign_in(email, password=PASSWORD, client=None):
    client = client or Client()
    response = client.post(LOGIN, {"login": email, "password": password})
    return client, response


def is_in(client):
    return client.get(MINE).status_code == 200


def code(secret):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


@pytest.mark.parametrize("make", [lambda: TeacherFactory().user, lambda: LeadRightFactory().user, SupportFactory])
def test_people_with_a_reason_sign_in_with_email_and_password(make):
    client, _ = sign_in(make().email.upper())

    assert is_in(client)


@pytest.mark.parametrize(
    "make",
    [
        UserFactory,
        lambda: TeacherFactory(left_at=timezone.now()).user,
        lambda: TeacherFactory(user__is_active=False).user,
        lambda: SupportFactory(is_active=False),
    ],
    ids=["of no school", "left", "switched off", "support switched off"],
)
def test_people_without_a_reason_are_kept_out_and_told_only_with_the_right_password(make):
    user = make()

    client, right = sign_in(user.email)
    _, wrong = sign_in(user.email, "not the password")

    assert not is_in(client)
    assert right.url == reverse("account_inactive")
    assert "is not right" in wrong.text


def test_a_student_cannot_sign_in_at_the_staff_door():
    student = StudentUserFactory()
    student.set_password(PASSWORD)
    student.save()

    client, _ = sign_in(student.username)

    assert not is_in(client)


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer():
    teacher = TeacherFactory().user

    _, known = sign_in(teacher.email, "not the password")
    _, unknown = sign_in("nobody@example.org", "not the password")

    def said(response):
        return re.sub(r'value="[^"]*"', "", response.text)

    assert said(known) == said(unknown)


def test_an_unknown_address_takes_as_long_as_a_wrong_password(monkeypatch):
    """A password is hashed either way, as often for an unknown address as for a known one."""
    hashed = []
    teacher = TeacherFactory().user
    from django.contrib.auth.hashers import MD5PasswordHasher

    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: hashed.append(1) or encode(self, *args))
    sign_in(teacher.email, "not the password")
    known = len(hashed)
    sign_in("nobody@example.org", "not the password")

    assert len(hashed) - known == known > 0


def test_asking_for_a_new_password_does_not_reveal_whether_the_address_is_known():
    teacher = TeacherFactory().user

    answers = [
        Client().post(reverse("account_reset_password"), {"email": email}) for email in (teacher.email, "x@example.org")
    ]

    assert [answer.url for answer in answers] == [reverse("account_reset_password_done")] * 2
    send_due()
    assert len(mail.outbox) == 2  # one mail each: the time it takes gives nothing away either
    assert settings.PRODUCT_NAME in mail.outbox[1].body


def test_labels_of_password_forms_are_sentences():
    client = signed_in(TeacherFactory().user)

    labels = re.findall(r"<label[^>]*>([^<]*)</label>", client.get(MINE).text)

    assert labels == ["Current password", "New password", "New password again"]


def test_a_new_password_comes_by_mail_and_works():
    teacher = TeacherFactory().user
    client = Client()
    client.post(reverse("account_reset_password"), {"email": teacher.email})
    send_due()
    link = re.search(rf"{settings.SITE_URL}(\S+)", mail.outbox[0].body)[1]

    page = client.get(link, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "seven blue herons", "password2": "seven blue herons"})
    client, _ = sign_in(teacher.email, "seven blue herons")

    assert is_in(client)


def test_after_five_wrong_tries_an_address_waits_whatever_the_password():
    teacher, other = TeacherFactory().user, TeacherFactory().user
    for _ in range(5):
        sign_in(teacher.email, "not the password")

    client, response = sign_in(teacher.email)
    colleague, _ = sign_in(other.email)

    assert not is_in(client)
    assert "Too many tries" in response.text
    assert is_in(colleague)  # thirty teachers sign in behind one IP address


def test_after_a_wait_the_address_may_try_again():
    teacher = TeacherFactory().user
    for _ in range(5):
        sign_in(teacher.email, "not the password")

    with time_machine.travel(time.time() + 301):
        client, _ = sign_in(teacher.email)

        assert is_in(client)


def test_a_session_ends_with_the_access_it_was_made_for():
    teacher = TeacherFactory()
    client, _ = sign_in(teacher.user.email)
    assert is_in(client)

    teacher.left_at = timezone.now()
    teacher.save()

    assert not is_in(client)


def test_somebody_who_returns_signs_in_with_the_same_login():
    teacher = TeacherFactory(left_at=timezone.now())
    teacher.left_at = None
    teacher.save()

    client, _ = sign_in(teacher.user.email)

    assert is_in(client)


def test_a_login_at_two_schools_survives_losing_one():
    teacher = TeacherFactory()
    EmployeeFactory(user=teacher.user)
    client, _ = sign_in(teacher.user.email)

    teacher.left_at = timezone.now()
    teacher.save()

    assert is_in(client)


def test_a_session_ends_after_a_working_day_however_busy_it_was():
    client, _ = sign_in(TeacherFactory().user.email)

    for hour in range(1, 10):
        with time_machine.travel(time.time() + hour * 3600):
            assert is_in(client)
            session = client.session
            session["busy"] = hour
            session.save()
    with time_machine.travel(time.time() + settings.WORKING_DAY_S + 60):
        assert not is_in(client)


def test_the_session_cookie_ends_with_the_browser():
    client, _ = sign_in(TeacherFactory().user.email)

    assert not client.cookies["sessionid"]["max-age"]


def test_signing_up_is_closed():
    response = Client().post(
        reverse("account_signup"), {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD}
    )

    assert "Nobody signs up here" in response.text
    assert not User.objects.exists()


@pytest.mark.parametrize("path", ["/accounts/email/", "/accounts/confirm-email/", "/accounts/login/code/"])
def test_staff_cannot_change_their_own_address(path):
    assert signed_in(TeacherFactory().user).get(path).status_code == 404


# --- The second factor -------------------------------------------------------------------------------------------


def test_with_a_second_factor_the_password_alone_opens_nothing():
    support = SupportFactory()
    with_second_factor(support)

    client, response = sign_in(support.email)

    assert response.url == reverse("mfa_authenticate")
    assert not is_in(client)


def test_support_signs_in_with_both_and_is_in_the_admin():
    support = SupportFactory()
    secret = with_second_factor(support)
    client, _ = sign_in(support.email)

    response = client.post(reverse("mfa_authenticate"), {"code": code(secret)}, follow=True)

    assert response.redirect_chain[-1] == (reverse("admin:index"), 302)
    assert response.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_support_without_a_second_factor_sets_one_up_on_the_way_to_the_admin():
    support = SupportFactory()
    client, response = sign_in(support.email)
    page = client.get(response.url, follow=True)
    assert page.redirect_chain[-1][0].startswith(reverse("account_reauthenticate"))
    page = client.post(page.redirect_chain[-1][0], {"password": PASSWORD}, follow=True)

    page = client.post(reverse("mfa_activate_totp"), {"code": code(page.context["form"].secret)}, follow=True)

    assert page.redirect_chain[-1][0] == reverse("mfa_view_recovery_codes")
    assert f'href="{reverse("admin:index")}"' in page.text
    assert client.get(reverse("admin:index")).status_code == 200


def test_a_recovery_code_works_once():
    support = SupportFactory()
    with_second_factor(support)
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    recovery = RecoveryCodes.activate(support).generate_codes()[0]

    outcomes = []
    for _ in range(2):
        client, _ = sign_in(support.email)
        client.post(reverse("mfa_authenticate"), {"code": recovery})
        outcomes.append(is_in(client))

    assert outcomes == [True, False]


def test_the_second_factor_of_somebody_else_opens_nothing():
    support, other = SupportFactory(), SupportFactory()
    with_second_factor(support)
    secret = with_second_factor(other)
    client, _ = sign_in(support.email)

    client.post(reverse("mfa_authenticate"), {"code": code(secret)})

    assert not is_in(client)


def test_secrets_of_second_factors_are_not_readable_in_the_database():
    support = SupportFactory()
    secret = with_second_factor(support)

    stored = Authenticator.objects.get(user=support)

    assert secret not in str(stored.data)
    assert stored.wrap().validate_code(code(secret))


def test_support_cannot_switch_its_second_factor_off():
    support = SupportFactory()
    secret = with_second_factor(support)
    client, _ = sign_in(support.email)
    client.post(reverse("mfa_authenticate"), {"code": code(secret)})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})

    client.post(reverse("mfa_deactivate_totp"))

    assert Authenticator.objects.filter(user=support, type="totp").exists()


# --- Who is slowed down by what ----------------------------------------------------------------------------------


def fail(email, times=1, client=None):
    for _ in range(times):
        _, response = sign_in(email, "not the password", client)
    return response


def test_a_browser_that_signed_in_before_is_not_slowed_by_tries_elsewhere():
    teacher = TeacherFactory().user
    own, _ = sign_in(teacher.email)
    own.post(reverse("account_logout"))

    fail(teacher.email, 10)

    assert not is_in(sign_in(teacher.email)[0])
    assert is_in(sign_in(teacher.email, client=own)[0])


def test_a_hundred_failures_from_an_ip_address_shut_nobody_out():
    """A school's thirty teachers share one IP address; so do its students."""
    for number in range(100):
        fail(f"nobody{number}@example.org")

    assert is_in(sign_in(TeacherFactory().user.email)[0])


def test_at_an_ip_address_with_hundreds_of_failures_waiting_starts_at_the_first(monkeypatch):
    monkeypatch.setattr(tries, "BUSY_ADDRESS", 3)
    fail("nobody@example.org", 3)
    teacher = TeacherFactory().user

    fail(teacher.email)

    assert "Too many tries. Wait" in sign_in(teacher.email)[1].text
    assert is_in(sign_in(TeacherFactory().user.email)[0])


def test_a_new_password_by_mail_ends_the_wait():
    teacher = TeacherFactory().user
    Client().post(reverse("account_reset_password"), {"email": teacher.email})
    send_due()
    link = re.search(rf"{settings.SITE_URL}(\S+)", mail.outbox[0].body)[1]
    fail(teacher.email, 8)

    client = Client()
    page = client.get(link, follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": "seven blue herons", "password2": "seven blue herons"})

    assert is_in(sign_in(teacher.email, "seven blue herons")[0])


@pytest.mark.parametrize("known", [True, False])
def test_mails_with_a_new_password_are_slowed_by_account_and_likewise_for_strangers(known):
    email = TeacherFactory().user.email if known else "nobody@example.org"

    said = [
        Client().post(reverse("account_reset_password"), {"email": spelling})
        for spelling in (email, email.upper(), email, email)
    ]

    assert [response.status_code for response in said] == [302, 302, 302, 200]
    assert "was just written to" in said[-1].text
    assert OutgoingMail.objects.count() == (1 if known else 3)  # one that is already waiting is enough


def test_mails_to_many_strangers_are_slowed_and_never_for_more_than_a_minute(monkeypatch):
    monkeypatch.setattr(forms, "MAILS_AT_AN_ADDRESS", 2)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(12):
            Client().post(reverse("account_reset_password"), {"email": f"nobody{number}@example.org"})
            clock.shift(61)
        Client().post(reverse("account_reset_password"), {"email": "teacher@example.org"})
        said = Client().post(reverse("account_reset_password"), {"email": "another@example.org"})
        send_due()

    assert len(mail.outbox) == 13
    assert "Wait 60 seconds" in said.text


def test_codes_of_a_second_factor_are_slowed_after_five(settings):
    support = SupportFactory()
    secret = with_second_factor(support)
    client, _ = sign_in(support.email)
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})

    response = client.post(reverse("mfa_authenticate"), {"code": code(secret)})

    assert "Too many tries. Wait 5 seconds, then try again." in response.text
    assert not is_in(client)


def test_a_code_of_the_second_factor_works_once_for_as_long_as_it_would_be_right():
    support = SupportFactory()
    secret = with_second_factor(support)
    used, outcomes = code(secret), []
    for seconds in (0, 31):
        with time_machine.travel(time.time() + seconds):
            client, _ = sign_in(support.email)
            client.post(reverse("mfa_authenticate"), {"code": used})
            outcomes.append(is_in(client))

    assert outcomes == [True, False]


def test_the_current_password_cannot_be_guessed_in_a_browser_left_open():
    teacher = TeacherFactory().user
    client = signed_in(teacher)
    for _ in range(5):
        client.post(
            MINE, {"oldpassword": "a guess", "password1": "seven blue herons", "password2": "seven blue herons"}
        )

    given = {"oldpassword": PASSWORD, "password1": "seven blue herons", "password2": "seven blue herons"}

    assert "Too many tries" in client.post(MINE, given).text


def test_without_redis_staff_sign_in_with_both_factors_and_the_limits_hold(settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:9/0"}}
    support = SupportFactory()
    secret = with_second_factor(support)
    fail("nobody@example.org", 5)

    client, _ = sign_in(support.email)
    client.post(reverse("mfa_authenticate"), {"code": code(secret)})

    assert is_in(client)
    assert "Too many tries" in fail("nobody@example.org").text


# --- Passwords take turns ----------------------------------------------------------------------------------------


def test_somebody_whose_password_gets_no_turn_is_told_so_and_the_try_does_not_count(settings, monkeypatch):
    teacher = TeacherFactory().user
    settings.PASSWORD_HASHERS = ["schools.sign_in.hashing.OneAtATime", *settings.PASSWORD_HASHERS]
    monkeypatch.setattr(hashing, "PATIENCE_S", 0.01)
    with hashing._turns:
        responses = [fail("nobody@example.org") for _ in range(6)]

    assert {(response.status_code, response["Retry-After"]) for response in responses} == {(503, "10")}
    assert is_in(sign_in(teacher.email)[0])
    assert "is not right" in fail("nobody@example.org").text


def test_passwords_are_hashed_one_at_a_time():
    hasher, at_once, most = hashing.OneAtATime(), [], []

    class Watched(hashing.OneAtATime):
        iterations = 1

        @property
        def digest(self):
            at_once.append(1)
            most.append(len(at_once))
            at_once.pop()
            return hasher.digest

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda n: Watched().encode("a password", f"salt{n}"), range(40)))

    assert max(most) == hashing.AT_ONCE
    assert made[0] == hasher.encode("a password", "salt0", iterations=1)


def test_the_product_hashes_passwords_in_turns():
    from config import settings as product

    assert product.PASSWORD_HASHERS == ["schools.sign_in.hashing.OneAtATime"]
