"""Signing in, for a class: who may make codes, for whom, and what the cards say."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classes.models import Enrolment
from schools.models import AuditEntry, User
from students.cards import codes
from students.models import CodeRequest, SignInCode, Student
from tests.factories import (
    EnrolmentFactory,
    LeadRightFactory,
    SchoolClassFactory,
    StudentFactory,
    StudentUserFactory,
    SupportFactory,
    SyncSettingsFactory,
    TeacherFactory,
    TeachingFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def teaching():
    school = SyncSettingsFactory(school__code="fenbrook").school
    return TeachingFactory(school_class__school=school)


@pytest.fixture
def school_class(teaching):
    return teaching.school_class


@pytest.fixture
def teacher(teaching):
    return signed_in(teaching.employee.user)


def student(school_class, **user):
    school = school_class.school
    return EnrolmentFactory(
        school_class=school_class, student=StudentFactory(school=school, user=StudentUserFactory(school=school, **user))
    ).student


def page(school_class):
    return reverse("classes:signin", args=[school_class.pk])


def printed(response):
    """What the cards say: {username: words}."""
    return {card.username: " ".join(card.words) for card in response.context["cards"]}


# --- Who may -----------------------------------------------------------------------------------------------------


def test_the_teacher_of_the_class_and_the_lead_may(teacher, school_class):
    lead = signed_in(LeadRightFactory(school=school_class.school).user)

    assert teacher.get(page(school_class)).status_code == 200
    assert lead.get(page(school_class)).status_code == 200


@pytest.mark.parametrize(
    "make",
    [
        lambda school: TeacherFactory(school=school).user,
        lambda school: TeachingFactory(school_class__school=school).employee.user,
        lambda school: TeachingFactory().employee.user,
        lambda school: LeadRightFactory().user,
        lambda school: SupportFactory(),
        lambda school: StudentFactory(school=school, user=StudentUserFactory(school=school)).user,
    ],
    ids=["colleague", "teacher of another class", "teacher elsewhere", "lead elsewhere", "support", "student"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_for_everybody_else_the_page_does_not_exist(school_class, make, method):
    student(school_class)
    client = signed_in(make(school_class.school))

    response = getattr(client, method)(page(school_class), {"do": "everyone"})

    assert response.status_code == 404
    assert not SignInCode.objects.exists()


def test_a_visitor_who_is_not_signed_in_is_sent_to_sign_in(school_class):
    assert Client().get(page(school_class)).url.startswith(reverse("account_login"))


def test_the_class_page_links_here_only_for_those_who_may(teacher, school_class):
    colleague = signed_in(TeacherFactory(school=school_class.school).user)
    detail = reverse("classes:detail", args=[school_class.pk])

    assert page(school_class) in teacher.get(detail).text
    assert page(school_class) not in colleague.get(detail).text


def test_the_class_list_has_usernames_if_wanted_and_only_for_those_who_may(teacher, school_class):
    student(school_class, username="ashap")
    colleague = signed_in(TeacherFactory(school=school_class.school).user)
    detail = reverse("classes:detail", args=[school_class.pk])

    assert "ashap" not in teacher.get(detail).text
    assert "ashap" in teacher.get(detail, {"usernames": "1"}).text
    assert "ashap" not in teacher.get(detail, {"usernames": "1", "on": "2026-10-03"}).text
    assert "ashap" not in colleague.get(detail, {"usernames": "1"}).text


# --- Cards -------------------------------------------------------------------------------------------------------


def test_a_card_lets_its_student_in(teacher, school_class):
    asha = student(school_class, username="ashap")

    response = teacher.post(page(school_class), {"do": "everyone"})

    words = printed(response)["ashap"]
    assert words in response.text
    client = Client()
    client.post("/s/fenbrook/", {"username": "ashap", "secret": words})
    assert int(client.session["_auth_user_id"]) == asha.user_id


def test_opening_the_page_makes_no_codes(teacher, school_class):
    student(school_class)

    teacher.get(page(school_class))

    assert not SignInCode.objects.exists()


def test_only_ticked_students_of_this_class_get_a_card(teacher, school_class):
    asha, ben = student(school_class, username="ashap"), student(school_class, username="bena")
    stranger = student(SchoolClassFactory(school=school_class.school), username="else")

    response = teacher.post(page(school_class), {"do": "chosen", "student": [asha.pk, stranger.pk, "x"]})

    assert set(printed(response)) == {"ashap"}
    assert not SignInCode.objects.filter(student__in=[ben, stranger]).exists()


def test_those_who_never_signed_in_get_a_card_at_once(teacher, school_class):
    student(school_class, username="ashap")
    student(school_class, username="bena", last_login=ago(days=1))

    assert set(printed(teacher.post(page(school_class), {"do": "never"}))) == {"ashap"}


def test_students_who_left_the_class_or_the_school_get_no_card(teacher, school_class):
    moved = student(school_class, username="moved")
    moved.enrolments.update(left_at=ago(days=1))
    gone = student(school_class, username="gone")
    gone.left_at = ago(days=1)
    gone.save()

    response = teacher.post(page(school_class), {"do": "everyone"})

    assert "Nobody was chosen" in response.text or "Nobody is in this class" in response.text
    assert not SignInCode.objects.exists()


def test_ticking_nobody_is_pointed_out(teacher, school_class):
    student(school_class)

    assert "Nobody was chosen" in teacher.post(page(school_class), {"do": "chosen"}).text


def test_printing_is_noted_without_names(teacher, school_class):
    student(school_class)

    teacher.post(page(school_class), {"do": "everyone"})

    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.kind, entry.object_id) == ("printed 1 login cards of", "schoolclass", school_class.pk)


def test_the_username_is_after_the_hash_where_no_server_sees_it(monkeypatch, teacher, school_class, settings):
    from students.cards import printed as cards

    texts = []
    monkeypatch.setattr(cards, "qr", lambda text: texts.append(text) or "")
    student(school_class, username="ashap")

    teacher.post(page(school_class), {"do": "everyone"})

    assert texts == [f"{settings.SITE_URL}/s/fenbrook/#ashap"]


def test_codes_have_white_space_around_them_a_name_and_no_duplicate_id(teacher, school_class):
    student(school_class)
    student(school_class)

    sheet = teacher.post(page(school_class), {"do": "everyone"}).text

    codes = re.findall(r'<svg [^>]*viewBox="0 0 (\d+) \1" class="login-qr"[^>]*><path d="([^"]*)"', sheet)
    assert len(codes) == 2
    for size, path in codes:
        places = {int(place) for square in re.findall(r"M(\d+),(\d+)H", path) for place in square}
        assert (min(places), max(places)) == (4, int(size) - 5)
    assert sheet.count('role="img" aria-label="QR code') == 2
    ids = re.findall(r' id="([^"]*)"', sheet)
    assert len(ids) == len(set(ids))


def test_no_cache_keeps_a_sheet(teacher, school_class):
    student(school_class)

    assert "no-store" in teacher.post(page(school_class), {"do": "everyone"})["Cache-Control"]


# --- What students ask for ---------------------------------------------------------------------------------------


def test_students_who_ask_are_ticked_and_a_card_settles_it(teacher, school_class):
    asha = student(school_class)
    codes.ask(asha)

    page_with = teacher.get(page(school_class)).text
    teacher.post(page(school_class), {"do": "chosen", "student": [asha.pk]})

    assert re.search(rf'value="{asha.pk}"[^>]*checked', page_with)
    assert "Asks for a new card" in page_with
    assert not CodeRequest.objects.waiting().exists()


def test_cards_for_all_who_ask_are_printed_at_once_and_for_nobody_else(teacher, school_class):
    for username in ("ashap", "bena"):
        codes.ask(student(school_class, username=username))
    student(school_class, username="chloem")

    response = teacher.post(page(school_class), {"do": "asking"})

    assert set(printed(response)) == {"ashap", "bena"}
    assert not CodeRequest.objects.waiting().exists()


def test_declining_settles_the_request_without_a_code(teacher, school_class):
    asha, other = student(school_class), student(SchoolClassFactory(school=school_class.school))
    codes.ask(asha)
    codes.ask(other)

    for one in (asha, other):
        teacher.post(page(school_class), {"do": "decline", "student": one.pk})

    assert [request.student for request in CodeRequest.objects.waiting()] == [other]
    assert not SignInCode.objects.exists()


# --- Counting ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "most"), [("get", 8), ("post", 16)])
def test_sixty_students_take_as_many_queries_as_one(teacher, school_class, method, most, django_assert_num_queries):
    student(school_class)
    ask = getattr(teacher, method)
    with CaptureQueriesContext(connection) as one:
        ask(page(school_class), {"do": "everyone"})
    for _ in range(59):
        student(school_class)

    with django_assert_num_queries(len(one)):
        response = ask(page(school_class), {"do": "everyone"})

    assert response.status_code == 200
    assert len(one) <= most


# --- A whole school ----------------------------------------------------------------------------------------------


@pytest.fixture
def lead(school_class):
    return signed_in(LeadRightFactory(school=school_class.school).user)


def school_page(school_class):
    return reverse("classes:school_signin", args=[school_class.school.code])


@pytest.mark.parametrize(
    "make",
    [
        lambda teaching: teaching.employee.user,
        lambda teaching: LeadRightFactory().user,
        lambda teaching: SupportFactory(),
        lambda teaching: StudentFactory(school=teaching.school, user=StudentUserFactory(school=teaching.school)).user,
    ],
    ids=["teacher", "lead elsewhere", "support", "student"],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_only_the_schools_lead_can_print_its_cards(teaching, make, method):
    student(teaching.school_class)

    response = getattr(signed_in(make(teaching)), method)(
        school_page(teaching.school_class), {"class": teaching.school_class_id}
    )

    assert response.status_code == 404
    assert not SignInCode.objects.exists()


def test_a_lead_sees_who_has_signed_in_class_by_class_before_any_code_is_made(lead, school_class):
    school = school_class.school
    codes.renew(school, [student(school_class)], by=None)
    student(school_class)
    codes.ask(student(school_class, last_login=ago(days=1)))
    moved = student(school_class)
    moved.enrolments.update(left_at=ago(days=1))
    before = SignInCode.objects.count()

    response = lead.get(school_page(school_class))

    [row] = response.context["classes"]
    assert (row.size, row.never, row.carded, row.asking) == (3, 2, 1, 1)
    said = words(response)
    assert "2 of 3 students have never signed in" in said
    assert "New cards end the words of earlier ones. 1 student has a card that still works" in said
    assert SignInCode.objects.count() == before


def test_cards_come_class_by_class_for_students_in_ticked_classes_who_never_signed_in(lead, school_class):
    school = school_class.school
    first, second, third = (SchoolClassFactory(school=school, name=name) for name in ("7a/Ma", "7b/Ma", "7c/Ma"))
    student(second, username="b1")
    student(first, username="a1")
    student(first, username="a2", last_login=ago(days=1))
    student(third, username="c1")
    elsewhere = student(SchoolClassFactory(), username="x1").enrolments.get().school_class

    response = lead.post(school_page(school_class), {"class": [second.pk, first.pk, elsewhere.pk, "x", "9" * 30]})

    assert [(card.username, card.class_name) for card in response.context["cards"]] == [
        ("a1", "7a/Ma"),
        ("b1", "7b/Ma"),
    ]
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.kind, entry.object_id) == ("printed 2 login cards of", "school", school.pk)


def test_the_page_says_if_nobody_is_waiting_for_a_first_card(lead, school_class):
    student(school_class, last_login=ago(days=1))

    said = words(lead.post(school_page(school_class), {"class": school_class.pk}))

    assert "nobody is waiting for a first card" in said


def test_cards_for_twelve_hundred_take_as_many_queries_as_for_one(lead, school_class, django_assert_num_queries):
    school = school_class.school
    student(school_class)
    with CaptureQueriesContext(connection) as one:
        lead.post(school_page(school_class), {"class": school_class.pk})
    logins = User.objects.bulk_create(
        User(school=school, username=f"many{number}", password="!") for number in range(1199)
    )
    many = Student.objects.bulk_create(Student(school=school, wonde_id=user.username, user=user) for user in logins)
    Enrolment.objects.bulk_create(
        Enrolment(school=school, school_class=school_class, student=row, joined_at=ago(days=1)) for row in many
    )

    with django_assert_num_queries(len(one)):
        response = lead.post(school_page(school_class), {"class": school_class.pk})

    assert len(response.context["cards"]) == 1200
    assert len(one) <= 12
