"""Signing in for the product: a relying party sends students and teachers here and is told who they are."""

import re
from datetime import timedelta

import jwt
import pytest
import requests
import time_machine
from allauth.idp.oidc.models import Client as OidcClient
from allauth.idp.oidc.models import Token as OidcToken
from django.core.management import CommandError
from django.utils import timezone
from playwright.sync_api import expect

from classes.identity import forget_old_tokens, who
from schools.models import ProductSignIn, School, Session
from schools.signing_keys import make_signing_key
from students.models import Student
from tests.api.relying_party import RelyingParty, client_made, fill_in_card, running, sign_in_with_card
from tests.factories import (
    PASSWORD,
    LeadRightFactory,
    SchoolFactory,
    SupportFactory,
    TeacherFactory,
    TeachingFactory,
    UserFactory,
    ago,
)
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def party(live_server, settings):
    settings.SITE_URL = live_server.url
    party = RelyingParty(live_server.url, "product", "")
    with running(party):
        party.credentials = ("product", client_made(party.callback))
        yield party


def browser_of(user):
    """A browser in which `user` is signed in, for requests to the live server."""
    client, session = signed_in(user), requests.Session()
    session.cookies.set("sessionid", client.cookies["sessionid"].value)
    return session


def code_for(party, user):
    """What the product gets when `user` comes back, without exchanging it."""
    answer = browser_of(user).get(party.authorize(), allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return re.search(r"code=([^&]+)", answer.headers["Location"])[1]


# --- With a browser ----------------------------------------------------------------------------------------------


@pytest.mark.browser
def test_a_student_signs_in_at_the_product_with_what_the_card_says(page, party, student):
    page.goto(f"{party.url}/start")
    sign_in_with_card(page, student)

    page.get_by_role("heading", name="Welcome, Tobi, student").wait_for()
    assert party.claims["sub"] == str(student.user_id)
    assert party.claims["school"] == [student.school_id]
    assert party.claims["class"] == [student.enrolments.get().school_class_id]
    assert party.claims["student_id"] == student.pk


@pytest.mark.browser
def test_a_teacher_signs_in_at_the_product_and_sees_none_of_our_pages_the_second_time(page, party):
    teaching = TeachingFactory(employee__forename="Ruth")

    page.goto(f"{party.url}/start")
    page.get_by_label("Email").fill(teaching.employee.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Welcome, Ruth, teacher").wait_for()
    page.goto(f"{party.url}/start")

    page.get_by_role("heading", name="Welcome, Ruth, teacher").wait_for()
    assert party.claims["class"] == [teaching.school_class_id]
    assert party.claims["employee_id"] == [teaching.employee_id]


@pytest.mark.browser
def test_a_product_that_knows_who_its_students_are_sends_them_to_their_own_door(page, party, student):
    page.goto(party.authorize(login_hint="student"))
    expect(page.get_by_label("School")).to_be_visible()

    page.goto(party.authorize(login_hint=student.school.code.upper()))
    fill_in_card(page, student)
    expect(page.get_by_role("heading", name="Welcome, Tobi, student")).to_be_visible()


@pytest.mark.parametrize("hint", ["", "no-such-school", "ruth@school.example"])
def test_any_other_hint_leads_to_the_staff_door_which_links_to_the_other(party, hint):
    answer = requests.get(party.authorize(login_hint=hint), allow_redirects=False, timeout=10)

    assert answer.headers["Location"].startswith("/accounts/login/")


def test_a_visitor_from_the_product_who_goes_no_further_leaves_no_session(party):
    requests.get(party.authorize(), allow_redirects=False, timeout=10)

    assert not Session.objects.exists()


# --- Refused at once ---------------------------------------------------------------------------------------------


def left(student):
    Student.objects.filter(pk=student.pk).update(left_at=timezone.now())


def revoked(student):
    School.objects.filter(pk=student.school_id).update(revoked_at=timezone.now())


def withdrawn(student):
    School.objects.filter(pk=student.school_id).update(frozen={"students": {}})


def switched_off(student):
    student.user.is_active = False
    student.user.save()


REMOVALS = [left, revoked, withdrawn, switched_off]


@pytest.mark.parametrize("remove", REMOVALS)
def test_somebody_removed_is_asked_to_sign_in_again_at_the_next_step(party, student, remove):
    browser = browser_of(student.user)
    remove(student)

    answer = browser.get(party.authorize(), allow_redirects=False, timeout=10)

    assert answer.headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("remove", REMOVALS)
def test_a_code_is_worth_nothing_once_its_owner_is_removed(party, student, remove):
    code = code_for(party, student.user)
    remove(student)

    answer = party.exchange(code)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("remove", REMOVALS)
def test_a_token_is_worth_nothing_once_its_owner_is_removed(party, student, remove):
    party.exchange(code_for(party, student.user))
    before = party.userinfo()
    remove(student)
    after = party.userinfo()

    assert before.json()["student_id"] == student.pk
    assert after.status_code == 401
    assert "student_id" not in after.text


def test_support_cannot_sign_in_at_the_product(party):
    answer = browser_of(SupportFactory()).get(party.authorize(), allow_redirects=False, timeout=10)

    assert answer.status_code == 403
    assert "belongs to no school" in answer.text


# --- The protocol ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed", [{"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain"}]
)
def test_signing_in_requires_a_proof_key(party, student, changed):
    answer = browser_of(student.user).get(party.authorize(**changed), allow_redirects=False, timeout=10)

    assert answer.status_code == 400


def test_a_code_needs_its_proof_key_its_address_and_the_clients_secret_and_works_once(party, student):
    assert party.exchange(code_for(party, student.user), code_verifier="x" * 50).status_code == 400
    assert party.exchange(code_for(party, student.user), redirect_uri="http://127.0.0.1:9/").status_code == 400
    secret, party.credentials = party.credentials, ("product", "guessed")
    assert party.exchange(code_for(party, student.user)).status_code == 401
    party.credentials = secret
    code = code_for(party, student.user)
    assert party.exchange(code).status_code == 200
    assert party.exchange(code).status_code == 400


@pytest.mark.parametrize(
    "spoil",
    [
        lambda address: "https://elsewhere.example/callback",
        lambda address: f"{address}?next=https://elsewhere.example",
        lambda address: f"{address}/",
        lambda address: f"{address}#more",
        lambda address: address.replace("http://", "http://somebody@"),
        lambda address: re.sub(r":\d+/", ":9/", address),
        lambda address: None,
    ],
    ids=["another host", "with a query", "with a slash", "with a fragment", "with a user", "another port", "none"],
)
def test_people_are_sent_only_to_an_address_that_is_exactly_the_products(party, student, spoil):
    for browser in (browser_of(student.user), requests.Session()):
        answer = browser.get(party.authorize(redirect_uri=spoil(party.callback)), allow_redirects=False, timeout=10)

        assert (answer.status_code, "Location" in answer.headers) == (400, False)
        assert "not its own" in answer.text


def test_an_unknown_client_can_sign_nobody_in_or_out(party, student):
    browser = browser_of(student.user)
    answer = browser.get(party.authorize(client_id="other", prompt="login"), allow_redirects=False, timeout=10)

    assert answer.status_code == 400
    assert code_for(party, student.user)


def test_with_no_prompt_the_product_is_told_if_somebody_is_not_signed_in(party):
    answer = requests.get(party.authorize(prompt="none"), allow_redirects=False, timeout=10)

    assert answer.headers["Location"].startswith(f"{party.callback}?error=login_required")


def test_with_no_prompt_somebody_signed_in_goes_on_however_long_ago_they_signed_in(party, student):
    browser = browser_of(student.user)
    answer = browser.get(party.authorize(prompt="none"), timeout=10)

    assert answer.url.startswith(party.callback)
    assert "Welcome, Tobi" in answer.text


def test_with_no_prompt_the_product_is_told_about_somebody_with_no_business_there(party):
    answer = browser_of(SupportFactory()).get(party.authorize(prompt="none"), allow_redirects=False, timeout=10)

    assert answer.headers["Location"].startswith(f"{party.callback}?error=login_required")


def test_somebody_the_product_wants_to_sign_in_again_is_signed_out_first(party, student):
    browser = browser_of(student.user)
    answer = browser.get(party.authorize(prompt="login"), allow_redirects=False, timeout=10)

    assert answer.headers["Location"].startswith("/accounts/login/")
    again = browser.get(party.authorize(prompt="none"), allow_redirects=False, timeout=10)
    assert "error=login_required" in again.headers["Location"]


def test_tokens_last_five_minutes_and_ended_ones_are_deleted(party, student):
    answer = party.exchange(code_for(party, student.user)).json()

    assert "refresh_token" not in answer
    assert answer["expires_in"] == 300
    assert {token.type for token in OidcToken.objects.all()} == {OidcToken.Type.ACCESS_TOKEN}
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=False):
        assert party.userinfo().status_code == 401
        forget_old_tokens()
    assert not OidcToken.objects.exists()


def test_a_new_key_signs_while_what_the_old_key_signed_stays_valid(party, student, settings):
    former = settings.IDP_OIDC_PRIVATE_KEYS
    party.exchange(code_for(party, student.user))
    old = party.answer.json()["id_token"]
    settings.IDP_OIDC_PRIVATE_KEYS = [{"pem": make_signing_key()}, *former]
    party.exchange(code_for(party, student.user))
    new = party.answer.json()["id_token"]

    assert party.verified(old)["sub"] == party.verified(new)["sub"]
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    settings.IDP_OIDC_PRIVATE_KEYS = settings.IDP_OIDC_PRIVATE_KEYS[:1]
    with pytest.raises(jwt.PyJWKClientError):
        party.verified(old)


# --- Signing out -------------------------------------------------------------------------------------------------


def is_signed_in(browser, party):
    answer = browser.get(party.authorize(prompt="none"), allow_redirects=False, timeout=10)
    return "error=login_required" not in answer.headers["Location"]


def test_signing_out_at_the_product_signs_out_here_too_and_leads_back_there(party, student):
    browser = browser_of(student.user)
    browser.get(party.authorize(), timeout=10)

    answer = browser.get(party.sign_out(state="s1"), allow_redirects=False, timeout=10)

    assert answer.headers["Location"] == f"{party.url}/?state=s1"
    assert not is_signed_in(browser, party)
    assert party.userinfo().status_code == 401


def test_without_an_id_token_people_are_asked_before_they_are_signed_out(party, student):
    party.exchange(code_for(party, student.user))
    other = browser_of(TeachingFactory().employee.user)

    for changed in ({}, {"id_token_hint": None}, {"id_token_hint": "forged"}):
        answer = other.get(party.sign_out(**changed), allow_redirects=False, timeout=10)

        assert answer.headers["Location"] == "/accounts/logout/"
        assert is_signed_in(other, party)


def test_signing_out_leads_only_to_the_products_own_addresses(party, student):
    browser = browser_of(student.user)
    browser.get(party.authorize(), timeout=10)

    answer = browser.get(
        party.sign_out(post_logout_redirect_uri="https://elsewhere.example/"), allow_redirects=False, timeout=10
    )

    assert answer.status_code == 400
    assert is_signed_in(browser, party)


def test_each_sign_in_to_the_product_is_noted_by_its_day_and_goes_with_the_login(party, student, settings):
    for _ in range(2):
        party.exchange(code_for(party, student.user))
        party.userinfo()

    noted = ProductSignIn.objects.get()
    assert (noted.user, noted.product, noted.number) == (student.user, settings.PRODUCT_NAME, 2)
    assert noted.day == timezone.localdate(noted.last_at)
    student.user.delete()
    assert not ProductSignIn.objects.exists()


# --- Names, and what is closed -----------------------------------------------------------------------------------


def test_an_id_token_holds_no_names_because_it_travels_in_urls(party, student):
    party.exchange(code_for(party, student.user))

    claims = party.verified(party.answer.json()["id_token"])

    assert claims["role"] == "student"
    assert not {"Tobi", "Okoro", "Tobi Okoro"} & set(map(str, claims.values()))


def test_names_are_given_only_with_the_profile_scope_and_addresses_never(party, student):
    answer = browser_of(student.user).get(party.authorize(scope="openid"), allow_redirects=False, timeout=10)
    party.exchange(re.search(r"code=([^&]+)", answer.headers["Location"])[1])
    teacher = TeachingFactory().employee

    assert "Tobi" not in party.userinfo().text
    party.exchange(code_for(party, teacher.user))
    assert party.userinfo().json()["family_name"] == teacher.surname
    assert "@" not in party.userinfo().text


def test_what_we_do_not_offer_is_closed_and_not_announced(party):
    closed = {"device_authorization_endpoint", "introspection_endpoint", "registration_endpoint"}

    assert not closed & set(party.about)
    assert party.about["token_endpoint_auth_methods_supported"] == ["client_secret_basic", "client_secret_post"]
    for path in ("device", "api/device/code", "api/clients", "api/introspect"):
        assert requests.get(f"{party.base}/identity/o/{path}", timeout=10).status_code == 404


def test_the_products_client_is_trusted_has_only_the_code_flow_and_its_secret_is_kept_as_a_hash(party):
    client = OidcClient.objects.get()

    assert client.skip_consent
    assert (client.get_grant_types(), client.get_response_types()) == (["authorization_code"], ["code"])
    assert party.credentials[1] not in client.secret


@pytest.mark.parametrize(
    "address",
    [
        "http://product.example.org/callback",
        "product.example.org",
        "https:/callback",
        "https://*.example",
        "https://product.example.org/#callback",
        "https://somebody@product.example.org/",
        "https://product.example.org/\nhttps://elsewhere.example/",
    ],
)
def test_a_client_can_only_have_full_https_addresses(address):
    with pytest.raises(CommandError, match="Nothing was changed"):
        client_made(address)


# --- Who somebody is ---------------------------------------------------------------------------------------------


def test_a_teacher_at_two_schools_has_both_in_their_claims():
    teaching = TeachingFactory()
    other = TeacherFactory(user=teaching.employee.user)
    LeadRightFactory(user=teaching.employee.user, school=other.school)

    claims = who(teaching.employee.user)

    assert claims["role"] == "teacher"
    assert claims["school"] == [teaching.school_id, other.school_id]
    assert claims["employee_id"] == [teaching.employee_id, other.pk]


def test_a_lead_who_does_not_teach_is_a_lead_and_one_whose_school_left_is_nobody():
    right = LeadRightFactory()

    assert who(right.user) == {"role": "lead", "school": [right.school_id], "class": [], "employee_id": []}
    School.objects.update(revoked_at=timezone.now())
    assert who(right.user) is None


def test_a_student_between_classes_may_sign_in_without_a_class(student):
    student.enrolments.update(left_at=timezone.now())

    assert who(student.user)["class"] == []


def test_a_class_that_is_out_or_was_withdrawn_is_in_no_claim(student):
    School.objects.update(frozen={"classes": {}})

    assert who(student.user)["class"] == []


def test_somebody_without_any_school_is_nobody():
    assert who(UserFactory()) is None
    assert who(TeacherFactory(left_at=ago(days=1), school=SchoolFactory()).user) is None
