"""The students' door: who gets in with what, how fast one may try, and what is behind it."""

import re
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from schools.models import School
from students import codes, throttle
from students.models import CodeRequest, SignInCode
from tests.factories import (
    ConnectionFactory,
    EnrolmentFactory,
    SchoolFactory,
    StudentFactory,
    StudentUserFactory,
    SupportFactory,
    TeacherFactory,
    TeachingFactory,
)
from tests.people import signed_in

pytestmark = pytest.mark.django_db
PASSWORD = "seven blue herons"
ME = "/me/"


@pytest.fixture
def school():
    return SchoolFactory(code="fenbrook", name="Fenbrook Academy")


@pytest.fixture
def asha(school):
    """A student with a card; `asha.words` is what it says."""
    user = StudentUserFactory(school=school, username="ashap")
    student = StudentFactory(school=school, user=user, forename="Asha", surname="Patel")
    student.words = " ".join(codes.renew(school, [student], by=None)[student.pk])
    return student


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


def test_where_passwords_are_off_the_code_is_enough_again_and_again(asha):
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


def test_a_try_takes_as_long_for_nobody_as_for_somebody(asha, monkeypatch):
    """One password is hashed for each try: of a student without a password, of one who has one, of nobody."""
    ben = with_password(StudentFactory(school=asha.school, user=StudentUserFactory(school=asha.school)))
    hashed, encode = [], MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda self, *args: hashed.append(1) or encode(self, *args))
    numbers = []

    for username in ("ashap", ben.user.username, "nobody"):
        sign_in(username, "wrong words here")
        numbers.append(len(hashed) - sum(numbers))

    assert len(set(numbers)) == 1
    assert numbers[0] >= 1


def test_the_same_username_at_another_school_is_somebody_else(asha):
    other = SchoolFactory(code="other")
    StudentFactory(school=other, user=StudentUserFactory(school=other, username="ashap"))

    assert not is_in(sign_in("ashap", asha.words, code="other")[0])


def test_a_student_who_left_does_not_get_in_and_a_session_ends_the_same_moment(asha):
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
def test_a_school_that_withdrew_has_no_students_door(asha, change):
    client, _ = sign_in("ashap", asha.words)
    for name, value in change.items():
        setattr(asha.school, name, value)
    asha.school.save()

    again, _ = sign_in("ashap", asha.words)

    assert client.get(ME).status_code == 302
    assert "_auth_user_id" not in again.session


def test_staff_do_not_get_in_by_the_students_door(school):
    teacher = TeacherFactory(school=school)

    client, _ = sign_in(teacher.user.email, "correct horse battery staple")

    assert "_auth_user_id" not in client.session


# --- How fast one may try ----------------------------------------------------------------------------------------


def test_after_five_failures_tries_are_slower_even_with_the_right_words(asha):
    for _ in range(5):
        sign_in("ashap", "wrong words here")

    client, response = sign_in("AshaP", asha.words)

    assert not is_in(client)
    assert re.search(r"Wait [1-5] seconds", response.text)


def test_slower_is_not_locked(asha):
    for _ in range(5):
        sign_in("ashap", "wrong words here")
    cache.touch(throttle._key("gate", asha.school_id, "ashap"), 0)  # the wait has passed

    assert is_in(sign_in("ashap", asha.words)[0])


def test_waits_grow_to_five_minutes_and_no_further():
    waits = []
    gate = throttle._key("gate", 1, "ashap")
    with time_machine.travel(timezone.now(), tick=False):
        for _ in range(14):
            throttle.wait(1, "ashap", "10.0.0.1")
            waits.append(round((cache.get(gate) or time.time()) - time.time()))
            cache.delete(gate)

    assert waits[:8] == [0, 0, 0, 0, 5, 10, 20, 40]
    assert max(waits) == waits[-1] == 300


def test_of_many_tries_at_one_moment_one_goes_through():
    for _ in range(5):
        throttle.wait(1, "ashap", "10.0.0.1")
    cache.delete(throttle._key("gate", 1, "ashap"))

    with ThreadPoolExecutor(20) as pool:
        waits = list(pool.map(lambda _: throttle.wait(1, "ashap", "10.0.0.1"), range(20)))

    assert waits.count(0) == 1


def test_a_success_forgets_the_failures_before_it(asha):
    for _ in range(4):
        sign_in("ashap", "wrong words here")
    sign_in("ashap", asha.words)

    for _ in range(4):
        _, response = sign_in("ashap", "wrong words here")

    assert "That is not right" in response.text


def test_one_students_failures_slow_nobody_else(asha):
    ben = StudentFactory(school=asha.school, user=StudentUserFactory(school=asha.school, username="bena"))
    words = " ".join(codes.renew(asha.school, [ben], by=None)[ben.pk])
    for _ in range(10):
        sign_in("ashap", "wrong words here")

    assert is_in(sign_in("bena", words)[0])


def test_thirty_students_at_nine_oclock_behind_one_address_all_get_in(school):
    students = [
        StudentFactory(school=school, user=StudentUserFactory(school=school, username=f"s{number}"))
        for number in range(30)
    ]
    words = codes.renew(school, students, by=None)

    for student in students:
        for _ in range(3):
            sign_in(student.user.username, "mistyped three times")
        assert is_in(sign_in(student.user.username, " ".join(words[student.pk]))[0])


def test_an_address_with_thousands_of_failures_waits(asha, monkeypatch):
    monkeypatch.setattr(throttle, "FAILURES_PER_ADDRESS", 10)
    for number in range(10):
        sign_in(f"guess{number}", "wrong words here")

    assert not is_in(sign_in("ashap", asha.words)[0])


# --- A first password --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "again", "says"),
    [
        ("short", "short", "at least 8"),
        ("password1", "password1", "too common"),
        ("Asha-Patel 1", "Asha-Patel 1", "your own name"),
        ("patel123456", "patel123456", "your own name"),
        ("ashap12345", "ashap12345", "your own name"),
        (PASSWORD, "seven blue heron", "not the same"),
        ("", "", "Type a password"),
    ],
)
def test_length_over_complexity_and_common_ones_refused(asha, password, again, says):
    client, _ = sign_in("ashap", asha.words)

    response = client.post(reverse("students:password"), {"password": password, "again": again})

    asha.user.refresh_from_db()
    assert says in response.text
    assert not asha.user.has_usable_password()


# --- Asking for a new code ---------------------------------------------------------------------------------------


def test_who_cannot_get_in_asks_and_the_answer_tells_nothing(asha):
    answers = [
        Client().post(reverse("students:ask", args=["fenbrook"]), {"username": name}).text
        for name in ("AshaP", "nobody")
    ]

    assert answers[0] == answers[1]
    assert CodeRequest.objects.get().student == asha


def test_who_is_in_asks_for_a_new_card(asha):
    client, _ = sign_in("ashap", asha.words)

    client.post(reverse("students:ask_for_mine"))

    assert CodeRequest.objects.get().student == asha


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
def test_pages_of_staff_are_not_for_students(asha, path):
    response = signed_in(with_password(asha).user).get(path, follow=True)

    assert response.status_code == 404


@pytest.mark.parametrize("make", [lambda: TeacherFactory().user, SupportFactory])
@pytest.mark.parametrize("path", ["/me/", "/me/password/"])
def test_pages_of_students_are_not_for_staff(make, path):
    assert signed_in(make()).get(path).status_code == 404


@pytest.mark.parametrize("path", ["/me/", "/me/password/"])
def test_nobody_is_led_to_the_students_door(path):
    assert Client().get(path).url.startswith(reverse("students:find_school"))


def test_an_unknown_school_is_not_there():
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


@pytest.mark.parametrize("asked", ["fe", "", "%%%", "!!!"])
def test_next_to_nothing_lists_no_schools(school, asked):
    assert not find(asked).context.get("found")


def test_a_revoked_school_is_not_found(school):
    school.revoked_at = timezone.now()
    school.save()

    assert not find("fenbrook").context["found"]


def test_a_connection_is_not_needed_to_sign_in(asha):
    ConnectionFactory()  # of another school

    assert is_in(sign_in("ashap", asha.words)[0])
