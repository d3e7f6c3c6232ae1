"""The students' door: who gets in with what, how fast they may try, and what is behind it."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from schools.models import School, Tries
from schools.sign_in import hashing, tries
from students.cards import codes
from students.models import CodeRequest, SignInCode, WrongTries
from tests.factories import (
    EnrolmentFactory,
    SchoolFactory,
    StudentFactory,
    StudentUserFactory,
    SupportFactory,
    SyncSettingsFactory,
    TeacherFactory,
    TeachingFactory,
)
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "seven blue herons"
ME = "/me/"


def with_password(student, password=PASSWORD):
    student.user.set_password(password)
    student.user.save()
    SignInCode.objects.filter(student=student).delete()
    return student


def sign_in(username, secret, code="fenbrook", client=None):
    client = client or Client()
    response = client.post(reverse("students:sign_in", args=[code]), {"username": username, "secret": secret})
    return client, response


def is_in(client):
    return client.get(ME).status_code in {200, 302} and "_auth_user_id" in client.session


# --- Getting in --------------------------------------------------------------------------------------------------


def test_the_first_sign_in_with_a_card_leads_to_a_password_and_the_card_ends(asha):
    client, response = sign_in("ashap", asha.words)
    assert response.url == reverse("students:password")
    assert client.get(ME).url == reverse("students:password")  # there is no way around it

    response = client.post(reverse("students:password"), {"password": PASSWORD, "again": PASSWORD})

    assert response.url == ME
    assert client.get(ME).status_code == 200
    assert not is_in(sign_in("ashap", asha.words)[0])
    assert is_in(sign_in("ashap", PASSWORD)[0])


@pytest.mark.parametrize("username", ["AshaP", " ashap ", "ASHAP"])
def test_a_username_is_typed_in_any_case(asha, username):
    client, _ = sign_in(username, asha.words.upper().replace(" ", "-"))

    assert is_in(client)


def test_a_password_works_beside_a_new_code_and_the_code_offers_another_password(asha):
    with_password(asha)
    words = " ".join(codes.renew(asha.school, [asha], by=None)[asha.pk])

    _, by_password = sign_in("ashap", PASSWORD)
    client, by_code = sign_in("ashap", words)

    assert by_password.url == ME
    assert by_code.url == reverse("students:password")
    assert "Keep the password I have" in client.get(by_code.url).text
    assert client.get(ME).status_code == 200


def test_the_code_is_enough_every_time_if_passwords_are_off(asha):
    asha.school.students_choose_passwords = False
    asha.school.save()

    for _ in range(3):
        client, response = sign_in("ashap", asha.words)

        assert response.url == ME
        assert client.get(ME).status_code == 200
    assert client.get(reverse("students:password")).status_code == 404


@pytest.mark.parametrize(("username", "secret"), [("ashap", "wrong words here"), ("nobody", "wrong words here")])
def test_a_wrong_try_gets_the_same_answer_whoever_it_was(asha, username, secret):
    client, response = sign_in(username, secret)

    assert not is_in(client)
    assert "That is not right. Look at your newest card" in response.text


def test_the_same_username_at_another_school_is_somebody_else(asha):
    other = SchoolFactory(code="other")
    StudentFactory(school=other, user=StudentUserFactory(school=other, username="ashap"))

    assert not is_in(sign_in("ashap", asha.words, code="other")[0])


def test_a_student_who_left_cannot_sign_in_and_a_session_ends_at_that_moment(asha):
    client, _ = sign_in("ashap", asha.words)
    assert is_in(client)

    asha.left_at = timezone.now()
    asha.save()

    assert client.get(ME).url.startswith(reverse("students:find_school"))
    assert not is_in(sign_in("ashap", asha.words)[0])


def test_a_student_who_returns_signs_in_as_before(asha):
    with_password(asha)
    asha.left_at = timezone.now()
    asha.save()
    asha.left_at = None
    asha.save()

    assert is_in(sign_in("ashap", PASSWORD)[0])


@pytest.mark.parametrize("change", [{"revoked_at": timezone.now()}, {"frozen": {"students": "2026-10-03"}}])
def test_a_school_that_withdrew_has_no_door_for_students(asha, change):
    client, _ = sign_in("ashap", asha.words)
    for name, value in change.items():
        setattr(asha.school, name, value)
    asha.school.save()

    again, _ = sign_in("ashap", asha.words)

    assert client.get(ME).status_code == 302
    assert "_auth_user_id" not in again.session


def test_staff_cannot_sign_in_at_the_students_door(school):
    teacher = TeacherFactory(school=school)

    client, _ = sign_in(teacher.user.email, "correct horse battery staple")

    assert "_auth_user_id" not in client.session


# --- How fast they may try ---------------------------------------------------------------------------------------


def fail(username, times=1, **kwargs):
    for _ in range(times):
        _, response = sign_in(username, "wrong words here", **kwargs)
    return response


def with_a_password(school, username):
    """A student who signs in by password, in a browser that has never signed in before."""
    return with_password(StudentFactory(school=school, user=StudentUserFactory(school=school, username=username)))


def test_after_five_failures_even_the_right_password_has_to_wait(asha):
    with_password(asha)
    fail("ashap", 5)

    client, response = sign_in("AshaP", PASSWORD)

    assert not is_in(client)
    assert re.search(r"Wait [1-5] seconds", response.text)


def test_slower_is_not_locked(asha):
    with_password(asha)
    fail("ashap", 5)

    with time_machine.travel(timezone.now() + timedelta(seconds=6)):
        assert is_in(sign_in("ashap", PASSWORD)[0])


@pytest.mark.parametrize("spelling", ["AshaP", "aſhap", "áshap", "ASHAP", "ＡＳＨＡＰ", "as hap"])
def test_another_spelling_is_the_same_student_and_does_not_get_round_the_limit(asha, spelling):
    with_password(asha)
    assert is_in(sign_in(spelling, PASSWORD)[0])

    fail(spelling, 5)

    assert "Wait" in sign_in("ashap", PASSWORD)[1].text


def test_a_dotless_i_is_the_same_student_too(school):
    with_a_password(school, "raniaaz")
    for spelling in ("ranıaaz", "RANİAAZ", "rania az", "RANIAAZ", "raniáaz"):
        fail(spelling)

    assert "Wait" in sign_in("raniaaz", PASSWORD)[1].text


def test_the_words_on_the_card_work_whatever_others_have_tried(asha):
    fail("ashap", 20)

    assert is_in(sign_in("ashap", asha.words)[0])


def test_a_card_withstands_ten_thousand_wrong_tries_and_a_new_one_starts_again(asha):
    SignInCode.objects.update(wrong_tries=codes.WRONG_TRIES)
    fail("ashap", 5)
    assert "Wait" in sign_in("ashap", asha.words)[1].text

    words = " ".join(codes.renew(asha.school, [asha], by=None)[asha.pk])

    assert is_in(sign_in("ashap", words)[0])


def test_each_wrong_try_counts_against_the_card_even_while_waiting(asha):
    fail("ashap", 8)

    assert SignInCode.objects.get().wrong_tries == 8


def test_a_browser_that_signed_in_before_is_not_slowed_by_tries_elsewhere(asha):
    with_password(asha)
    own, _ = sign_in("ashap", PASSWORD)
    own.post(reverse("students:sign_out"))

    fail("ashap", 20)

    assert not is_in(sign_in("ashap", PASSWORD)[0])
    assert is_in(sign_in("ashap", PASSWORD, client=own)[0])


def test_a_browser_that_signed_in_before_has_its_own_limit(asha):
    own, _ = sign_in("ashap", with_password(asha) and PASSWORD)
    own.post(reverse("students:sign_out"))

    fail("ashap", 5, client=own)

    assert "Wait" in sign_in("ashap", PASSWORD, client=own)[1].text
    assert is_in(sign_in("ashap", PASSWORD)[0])


def test_a_browser_known_for_one_student_is_not_known_for_another(asha):
    with_a_password(asha.school, "bena")
    bens, _ = sign_in("bena", PASSWORD)
    bens.post(reverse("students:sign_out"))
    with_password(asha)

    fail("ashap", 5)

    assert "Wait" in sign_in("ashap", PASSWORD, client=bens)[1].text


@pytest.mark.parametrize("made_up", ["", "x", "a" * 16 + "." + "b" * 12, "." * 400, "a" * 16 + "." + "é" * 12])
def test_a_made_up_cookie_is_a_browser_like_any_other(asha, made_up):
    client = Client()
    client.cookies["known_here"] = made_up

    fail("ashap", 5, client=client)

    assert "Wait" in sign_in("ashap", with_password(asha) and PASSWORD)[1].text


def test_signing_out_everywhere_forgets_the_browsers_too(asha):
    with_password(asha)
    own, _ = sign_in("ashap", PASSWORD)
    own.post(reverse("students:sign_out_everywhere"))

    fail("ashap", 5)

    assert "Wait" in sign_in("ashap", PASSWORD, client=own)[1].text


def test_waits_grow_to_five_minutes_and_no_further():
    waits, now = [], timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        for _ in range(14):
            assert tries.take("a") == 0
            waits.append(tries.take("a") if len(waits) >= 4 else 0)
            clock.shift(waits[-1])

    assert waits == [0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300, 300]


def test_an_hour_after_the_last_try_counting_starts_again():
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(5):
            tries.take("a")
        clock.shift(3601)

        assert [tries.take("a") for _ in range(6)] == [0, 0, 0, 0, 0, 5]


@pytest.mark.django_db(transaction=True)
def test_of_many_tries_at_the_same_moment_one_goes_through():
    def take(_):
        try:
            return tries.take("a")
        finally:
            connection.close()

    for _ in range(5):
        tries.take("a")
    Tries.objects.update(next_at=timezone.now())

    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(take, range(20)))

    assert waits.count(0) == 1


def test_a_success_forgets_the_failures_before_it(asha):
    fail("ashap", 4)
    sign_in("ashap", asha.words)

    assert "That is not right" in fail("ashap", 4).text


def test_one_students_failures_do_not_slow_down_anybody_else(asha):
    with_a_password(asha.school, "bena")
    fail("ashap", 10)

    assert is_in(sign_in("bena", PASSWORD)[0])


def test_thirty_students_behind_one_ip_address_all_get_in_at_nine_oclock(school):
    students = [
        StudentFactory(school=school, user=StudentUserFactory(school=school, username=f"s{number}"))
        for number in range(30)
    ]
    words = codes.renew(school, students, by=None)

    for student in students:
        fail(student.user.username, 3)
        assert is_in(sign_in(student.user.username, " ".join(words[student.pk]))[0])


def busy(ip="127.0.0.1"):
    """An IP address with a thousand failures in the last hour."""
    request = RequestFactory().post("/", REMOTE_ADDR=ip)
    tries.failed_from(request)
    Tries.objects.filter(key=tries.address_key(request, "failed")).update(number=1000)


def test_no_number_of_failures_from_an_ip_address_shuts_it_out(asha):
    with_a_password(asha.school, "bena")
    busy()

    assert is_in(sign_in("ashap", asha.words)[0])
    assert is_in(sign_in("bena", PASSWORD)[0])


def test_at_a_busy_ip_address_waiting_starts_with_the_first_failure(asha):
    with_password(asha)
    busy()

    fail("ashap")

    assert "Wait" in sign_in("ashap", PASSWORD)[1].text


def test_a_busy_ip_address_does_not_slow_down_others(asha):
    busy("2001:db8:1:2::1")

    def free(ip):
        return tries.free_at(RequestFactory().post("/", REMOTE_ADDR=ip))

    assert free("2001:db8:1:2:ffff::9") == tries.FREE_AT_A_BUSY_ADDRESS  # the same network
    assert free("2001:db8:1:3::1") == free("127.0.0.1") == tries.FREE


def test_nobody_is_shut_out_if_the_proxies_do_not_pass_on_the_ip_address(asha, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 3
    client = Client(headers={"X-Forwarded-For": "10.0.0.1"})

    assert "That is not right" in fail("ashap", client=client).text
    assert is_in(sign_in("ashap", asha.words, client=client)[0])


def test_without_redis_students_sign_in_and_the_limit_holds(asha, settings):
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": "redis://127.0.0.1:9/0"}}
    fail("ashap", 5)

    assert "Wait" in fail("ashap").text
    client, _ = sign_in("ashap", asha.words)
    assert client.get(reverse("students:password")).status_code == 200


# --- What a try costs ---------------------------------------------------------------------------------------------


@pytest.fixture
def hashed(monkeypatch):
    """A list with an entry for each password hashed."""
    hashed, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: hashed.append(1) or encode(self, *args))
    return hashed


def test_the_words_of_a_card_need_no_hashing(asha, hashed):
    for _ in range(3):
        sign_in("ashap", asha.words)

    assert hashed == []


def test_a_wrong_try_costs_one_hash_and_as_many_statements_whoever_it_was(asha, hashed):
    """For a student with only a card, with a password, with both, and for nobody."""
    with_a_password(asha.school, "bena")
    codes.renew(asha.school, [with_a_password(asha.school, "caid")], by=None)
    costs = set()

    for username in ("ashap", "bena", "caid", "nobody"):
        before = len(hashed)
        with CaptureQueriesContext(connection) as statements:
            response = fail(username)
        costs.add((len(hashed) - before, len(statements), re.sub(r'value="[^"]*"', "", response.text)))

    assert len(costs) == 1
    assert costs.pop()[0] == 1


def test_somebody_whose_password_gets_no_turn_is_told_so_and_the_try_does_not_count(asha, settings, monkeypatch):
    settings.PASSWORD_HASHERS = ["schools.sign_in.hashing.OneAtATime"]
    monkeypatch.setattr(hashing, "PATIENCE_S", 0.01)
    with hashing._turns:
        responses = [fail("ashap") for _ in range(6)]
        by_card, _ = sign_in("ashap", asha.words)

    assert {response.status_code for response in responses} == {503}
    assert "did not count as a try" in responses[0].text
    assert not Tries.objects.exists()
    assert not WrongTries.objects.exists()
    assert is_in(by_card)


# --- What is kept about it ----------------------------------------------------------------------------------------


def test_wrong_tries_are_kept_by_student_and_hour_without_what_was_typed(asha):
    fail("ashap", 7)
    fail("xyzzy", 2)

    kept = {row.student_id: row.number for row in WrongTries.objects.all()}
    assert kept == {asha.pk: 7, None: 2}
    assert "xyzzy" not in str([*WrongTries.objects.values(), *Tries.objects.values()])


def test_the_next_hour_has_a_row_of_its_own(asha):
    fail("ashap")
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        fail("ashap")

    assert [row.number for row in WrongTries.objects.all()] == [1, 1]


# --- A first password --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "at least 8"),
        ("password1", "password1", "Many people use this one"),
        ("Asha-Patel 1", "Asha-Patel 1", "your own name"),
        ("patel123456", "patel123456", "your own name"),
        ("ashap12345", "ashap12345", "Your username is in it"),
        (PASSWORD, "seven blue heron", "not the same"),
        ("", "", "Type a password"),
    ],
)
def test_a_long_password_need_not_be_complex_and_a_common_one_is_refused(asha, password, again, says):
    client, _ = sign_in("ashap", asha.words)

    response = client.post(reverse("students:password"), {"password": password, "again": again})

    asha.user.refresh_from_db()
    assert says in response.text
    assert not asha.user.has_usable_password()


# --- Asking for a new code ---------------------------------------------------------------------------------------


def test_a_student_who_cannot_sign_in_asks_and_the_answer_reveals_nothing(asha):
    answers = [
        Client().post(reverse("students:ask", args=["fenbrook"]), {"username": name}).text
        for name in ("AshaP", "nobody")
    ]

    assert answers[0] == answers[1]
    assert CodeRequest.objects.get().student == asha


def test_a_student_who_is_signed_in_asks_for_a_new_card(asha):
    client, _ = sign_in("ashap", asha.words)

    client.post(reverse("students:ask_for_mine"))

    assert CodeRequest.objects.get().student == asha


def ask(username, **kwargs):
    return Client(**kwargs).post(reverse("students:ask", args=["fenbrook"]), {"username": username})


@pytest.mark.parametrize("username", ["ashap", "nobody"])
def test_asking_for_one_student_again_and_again_is_slowed_whoever_it_is(asha, username):
    answers = [ask(spelling).text for spelling in (username, username.upper(), f" {username}", username, username)]

    assert all("Your teacher knows" in answer for answer in answers)
    assert "Wait 5 seconds, or go and ask your teacher" in ask(username).text


def test_asking_for_a_whole_school_is_slowed_and_never_for_more_than_a_minute(asha):
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(70):
            ask(f"nobody{number}")
            clock.shift(61)

        assert "Your teacher knows" in ask("ashap").text
        assert "Wait 60 seconds" in ask("another").text


# --- The pages ---------------------------------------------------------------------------------------------------


def test_my_page_says_who_i_am_my_class_and_its_teacher(asha, django_assert_max_num_queries):
    stay = EnrolmentFactory(
        student=asha, school=asha.school, school_class__school=asha.school, school_class__name="9x/Ma1"
    )
    TeachingFactory(school_class=stay.school_class, employee__title="Mr", employee__surname="Pell")
    client = signed_in(with_password(asha).user)

    with django_assert_max_num_queries(6):
        response = client.get(ME)

    for word in ("Asha Patel", "9x/Ma1", "Pell", "ashap", "https://product.example.org"):
        assert word in response.text


def test_my_page_names_the_main_teacher_first_and_no_staff_the_school_no_longer_shares(asha):
    stay = EnrolmentFactory(student=asha, school=asha.school, school_class__school=asha.school)
    for surname, main in (("Amadi", False), ("Pell", True)):
        TeachingFactory(school_class=stay.school_class, main=main, employee__surname=surname)
    client = signed_in(with_password(asha).user)

    said = client.get(ME).text
    School.objects.update(frozen={"employees": {"since": "2026-10-03", "erase_on": "2026-10-17"}})

    assert said.index("Pell") < said.index("Amadi")
    assert "Pell" not in client.get(ME).text


def test_the_first_page_of_a_student_is_their_own(asha):
    client = signed_in(with_password(asha).user)

    assert client.get(reverse("home")).url == ME


def test_signing_out_leads_back_to_the_schools_door(asha):
    client = signed_in(with_password(asha).user)

    response = client.post(reverse("students:sign_out"))

    assert response.url == reverse("students:sign_in", args=["fenbrook"])
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/totp/activate/",
        "/accounts/reauthenticate/",
        "/admin/",
    ],
)
def test_staff_pages_are_not_for_students(asha, path):
    response = signed_in(with_password(asha).user).get(path, follow=True)

    assert response.status_code == 404


@pytest.mark.parametrize("make", [lambda: TeacherFactory().user, SupportFactory])
@pytest.mark.parametrize("path", ["/me/", "/me/password/"])
def test_student_pages_are_not_for_staff(make, path):
    assert signed_in(make()).get(path).status_code == 404


# --- A card's address typed in capitals, and a page that was left open


@pytest.mark.parametrize("path", ["/s/FENBROOK/", "/S/FENBROOK/", "/s/Fenbrook/", "/S/fenbrook/"])
def test_a_schools_door_opens_in_capitals_too(asha, path):
    client = Client()

    page = client.get(path)
    client.post(path, {"username": "ASHAP", "secret": asha.words})

    assert "Fenbrook Academy" in page.text
    assert reverse("students:ask", args=["fenbrook"]) in page.text
    assert is_in(client)


def test_asking_for_a_code_works_in_capitals_too(asha):
    Client().post("/s/FENBROOK/ask/", {"username": "AshaP"})

    assert CodeRequest.objects.get().student == asha


def test_a_code_is_kept_in_small_letters(school):
    school.code = "FenBrook"
    school.save()

    assert School.objects.get(pk=school.pk).code == "fenbrook"


@pytest.mark.parametrize("username", ["a\u200bshap", "äshap", "asha p", "ashap\u00a0", "ＡＳＨＡＰ"])
def test_a_username_is_what_the_card_says_whatever_a_keyboard_makes_of_it(asha, username):
    assert is_in(sign_in(username, asha.words)[0])


def test_a_username_spelled_in_many_ways_is_slowed_like_one(asha):
    for spelled in ("ashap", "a shap", "äshap", "AshaP", "asha\u200bp"):
        sign_in(spelled, "wrong words here")

    assert "That was a lot of tries" in sign_in("ashap", "wrong words here")[1].text


@pytest.fixture
def left_open(asha):
    """The browser of a student whose session has ended while a page was open."""
    with_password(asha)
    client, _ = sign_in("ashap", PASSWORD)
    client.get(reverse("students:sign_in", args=["fenbrook"]))
    client.cookies.pop("sessionid")
    return client


@pytest.mark.parametrize("path", ["/", "/me/", "/me/password/"])
def test_a_page_left_open_leads_to_the_door_of_the_students_own_school(left_open, path):
    assert left_open.get(path).url.startswith("/s/fenbrook/")


@pytest.mark.parametrize("path", ["/me/ask/", "/me/sign-out/", "/me/password/"])
def test_a_form_on_a_page_left_open_leads_there_too(left_open, path):
    assert left_open.post(path).url.startswith("/s/fenbrook/")
    assert left_open.post(path, headers={"HX-Request": "true"})["HX-Redirect"].startswith("/s/fenbrook/")


def test_a_session_a_working_day_old_leads_there_too(asha, settings):
    with_password(asha)
    client, _ = sign_in("ashap", PASSWORD)

    with time_machine.travel(time.time() + settings.WORKING_DAY_S + 60):
        assert client.get(ME).url.startswith("/s/fenbrook/")


def test_a_sign_in_page_left_open_leads_there_too(school):
    client = Client(enforce_csrf_checks=True)
    client.get("/s/fenbrook/")
    refused = client.post("/s/fenbrook/", {"username": "ashap", "secret": PASSWORD})

    assert refused.status_code == 403
    assert client.get(reverse("home")).url.startswith("/s/fenbrook/")


def test_the_door_is_forgotten_once_staff_have_signed_in(school):
    client = signed_in(TeacherFactory(school=school).user)
    client.get("/s/fenbrook/")
    client.get(reverse("home"))
    client.logout()

    assert client.get(reverse("home")).url.startswith(reverse("account_login"))


@pytest.mark.parametrize("remembered", ["gone", "", "x" * 4000])
def test_a_door_that_no_longer_exists_leads_to_finding_a_school(remembered):
    client = Client()
    client.cookies["door"] = remembered

    assert client.get(ME).url.startswith(reverse("students:find_school"))
    assert client.get("/").url.startswith(reverse("account_login"))


@pytest.mark.parametrize("path", ["/me/", "/me/password/"])
def test_a_visitor_to_a_students_page_is_sent_to_a_students_door(path):
    assert Client().get(path).url.startswith(reverse("students:find_school"))


def test_an_unknown_schools_door_is_not_found():
    assert Client().get("/s/nowhere/").status_code == 404


# --- Finding the school ------------------------------------------------------------------------------------------


def find(asked):
    return Client().post(reverse("students:find_school"), {"school": asked})


def test_a_school_is_found_by_its_code(school):
    assert find("Fenbrook").url == reverse("students:sign_in", args=["fenbrook"])


@pytest.mark.parametrize("asked", ["academy fen", "FENBROOK academy"])
def test_a_school_is_found_by_words_of_its_name(school, asked):
    SchoolFactory(name="Hazel Park Primary School")

    assert [found.name for found in find(asked).context["found"]] == ["Fenbrook Academy"]


@pytest.mark.parametrize(
    "asked",
    ["St Aldhelm's School", "st aldhelms", "St. Aldhelm’s", "Aldhelm`s", "st\u00a0aldhelm", "STALDHELMS"],
)
@pytest.mark.parametrize("name", ["St. Aldhelm's School", "St Aldhelm’s School", "St Aldhelms School"])
def test_a_school_is_found_with_or_without_its_apostrophe_and_full_stop(name, asked):
    SchoolFactory(name=name)
    SchoolFactory(name="St Beuno's School")

    assert [found.name for found in find(asked).context["found"]] == [name]


def test_a_sentence_says_when_there_are_more_schools_than_fit():
    for number in range(11):
        SchoolFactory(name=f"Hazel Park {number}")

    assert "More schools are called like that" in find("hazel park").text


@pytest.mark.parametrize("asked", ["fe", "", "%%%", "!!!"])
def test_next_to_nothing_lists_no_schools(school, asked):
    assert not find(asked).context.get("found")


def test_a_revoked_school_is_not_found(school):
    school.revoked_at = timezone.now()
    school.save()

    assert not find("fenbrook").context["found"]


def test_a_connection_is_not_needed_to_sign_in(asha):
    SyncSettingsFactory()  # of another school

    assert is_in(sign_in("ashap", asha.words)[0])
