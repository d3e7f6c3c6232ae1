"""Signing in for the product: a relying party sends students and teachers here and gets to know who they are."""

import io
import re

import pytest
import requests
from allauth.idp.oidc.models import Client as OidcClient
from django.core.management import CommandError, call_command
from django.utils import timezone

from classes.identity import who
from schools.models import School
from students import codes
from students.models import Student
from tests.api.relying_party import RelyingParty, running
from tests.factories import (
    PASSWORD,
    EnrolmentFactory,
    LeadRightFactory,
    SchoolFactory,
    StudentUserFactory,
    SupportFactory,
    TeacherFactory,
    TeachingFactory,
    UserFactory,
    ago,
)
from tests.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def client_made(*redirect_uris):
    said = io.StringIO()
    call_command("product_client", *redirect_uris, stdout=said)
    return re.search(r"shown once\): (\S+)", said.getvalue())[1]


@pytest.fixture
def party(live_server, settings):
    settings.SITE_URL = live_server.url
    party = RelyingParty(live_server.url, "product", "")
    with running(party):
        party.credentials = ("product", client_made(party.callback))
        yield party


@pytest.fixture
def student(db):
    """In a class, with a login and the words of a card: `student.words`."""
    stay = EnrolmentFactory(student__forename="Tobi", student__surname="Okoro")
    student = stay.student
    student.user = StudentUserFactory(school=student.school, username="tobi.okoro")
    student.save()
    ((_, student.words),) = codes.renew(student.school, [student], by=None).items()
    return student


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
    page.get_by_role("link", name="Sign in here").click()
    page.get_by_label("School").fill(student.school.code)
    page.get_by_role("button", name="Find").click()
    page.get_by_label("Username").fill("tobi.okoro")
    page.get_by_label("words").fill(" ".join(student.words))
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Your new password").fill("purple-giraffe-9")
    page.get_by_label("The same again").fill("purple-giraffe-9")
    page.get_by_role("button", name="Save").click()

    page.get_by_role("heading", name="Welcome, Tobi, student").wait_for()
    assert party.claims["sub"] == str(student.user_id)
    assert party.claims["school"] == [student.school_id]
    assert party.claims["class"] == [student.enrolments.get().school_class_id]
    assert party.claims["student_id"] == student.pk


@pytest.mark.browser
def test_a_teacher_signs_in_at_the_product_and_the_second_time_sees_no_page_of_ours(page, party):
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
def test_whoever_is_removed_is_asked_to_sign_in_again_at_the_next_step(party, student, remove):
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


def test_support_has_nothing_to_do_at_the_product(party):
    answer = browser_of(SupportFactory()).get(party.authorize(), allow_redirects=False, timeout=10)

    assert answer.status_code == 403
    assert "belongs to no school" in answer.text


# --- The protocol ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed", [{"code_challenge": None, "code_challenge_method": None}, {"code_challenge_method": "plain"}]
)
def test_without_a_proof_key_nobody_gets_anywhere(party, student, changed):
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


def test_nobody_is_sent_to_an_address_that_is_not_the_products(party, student):
    answer = browser_of(student.user).get(
        party.authorize(redirect_uri="https://elsewhere.example/callback"), allow_redirects=False, timeout=10
    )

    assert "Location" not in answer.headers


def test_without_asking_anybody_who_is_not_signed_in_is_told_to_the_product(party):
    answer = requests.get(party.authorize(prompt="none"), allow_redirects=False, timeout=10)

    assert answer.headers["Location"].startswith(f"{party.callback}?error=login_required")


def test_names_are_told_only_where_the_profile_is_asked_for_and_addresses_never(party, student):
    answer = browser_of(student.user).get(party.authorize(scope="openid"), allow_redirects=False, timeout=10)
    party.exchange(re.search(r"code=([^&]+)", answer.headers["Location"])[1])
    teacher = TeachingFactory().employee

    assert "Tobi" not in party.userinfo().text
    party.exchange(code_for(party, teacher.user))
    assert party.userinfo().json()["family_name"] == teacher.surname
    assert "@" not in party.userinfo().text


def test_what_we_do_not_offer_is_closed_and_not_announced(party):
    assert not {"device_authorization_endpoint", "end_session_endpoint", "registration_endpoint"} & set(party.about)
    for path in ("identity/o/device", "identity/o/logout", "identity/o/api/device/code", "identity/o/api/clients"):
        assert requests.get(f"{party.base}/{path}", timeout=10).status_code == 404


def test_the_products_client_is_trusted_has_only_the_code_flow_and_its_secret_is_kept_as_a_hash(party):
    client = OidcClient.objects.get()

    assert client.skip_consent
    assert (client.get_grant_types(), client.get_response_types()) == (["authorization_code"], ["code"])
    assert party.credentials[1] not in client.secret


@pytest.mark.parametrize("address", ["http://product.example.org/callback", "product.example.org", "https://*.example"])
def test_a_client_is_made_for_full_https_addresses_only(address):
    with pytest.raises(CommandError, match="Nothing was changed"):
        client_made(address)


# --- Who somebody is ---------------------------------------------------------------------------------------------


def test_a_teacher_of_two_schools_is_told_with_both():
    teaching = TeachingFactory()
    other = TeacherFactory(user=teaching.employee.user)
    LeadRightFactory(user=teaching.employee.user, school=other.school)

    claims = who(teaching.employee.user)

    assert claims["role"] == "teacher"
    assert claims["school"] == [teaching.school_id, other.school_id]
    assert claims["employee_id"] == [teaching.employee_id, other.pk]


def test_a_lead_who_teaches_nothing_is_a_lead_and_one_whose_school_left_is_nobody():
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
