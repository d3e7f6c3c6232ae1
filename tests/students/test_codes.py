"""Sign-in codes: the list they are made from, what we keep of them, how long they work."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import time_machine
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from students.cards import codes
from students.cards.unprintable import WORDS as UNPRINTABLE
from students.models import CodeRequest, SignInCode, Student
from tests.factories import SchoolFactory, StudentFactory, StudentUserFactory, SupportFactory, SyncSettingsFactory, ago


def student_with_code(**kwargs):
    student = StudentFactory(**kwargs)
    words = codes.renew(student.school, [student], by=None)[student.pk]
    return student, " ".join(words), SignInCode.objects.get(student=student)


# --- The words ---------------------------------------------------------------------------------------------------


def test_there_are_two_thousand_plain_words_without_repeats():
    assert len(set(codes.WORDS)) == len(codes.WORDS) >= 2000
    assert all(word.isascii() and word.isalpha() and word.islower() and 3 <= len(word) <= 8 for word in codes.WORDS)
    assert list(codes.WORDS) == sorted(codes.WORDS)


def test_every_word_is_fit_for_a_school_to_print():
    assert not set(codes.WORDS) & UNPRINTABLE


def test_a_code_has_three_different_words_that_spell_nothing_where_they_join():
    for _ in range(2000):
        words = codes.make()

        assert len(set(words)) == 3
        for first, second in pairwise(words):
            assert not [
                word
                for word in UNPRINTABLE
                for cut in range(1, len(word))
                if first.endswith(word[:cut]) and second.startswith(word[cut:])
            ]


def test_codes_differ_from_student_to_student():
    assert len({tuple(codes.make()) for _ in range(2000)}) == 2000


# --- Typing and keeping ------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("typed", ["{}", "  {} ", "{0}".upper(), "{-}", "{_}", "{,}"])
def test_typing_ignores_case_spaces_and_hyphens(typed):
    student, words, code = student_with_code()
    a, b, c = words.split()
    forms = {
        "{}": words,
        "  {} ": f"  {words} ",
        "{0}": words.upper(),
        "{-}": f"{a}-{b}-{c}",
        "{_}": a + b + c,
        "{,}": f"{a}, {b}. {c}",
    }

    assert codes.is_right(student.pk, code, forms[typed])


@pytest.mark.django_db
def test_only_the_right_words_in_their_order_are_right():
    student, words, code = student_with_code()
    a, b, c = words.split()

    for wrong in (f"{b} {a} {c}", f"{a} {b}", "", "   ", "---", words + "s"):
        assert not codes.is_right(student.pk, code, wrong)


@pytest.mark.django_db
def test_no_column_holds_the_words_and_two_students_with_the_same_code_share_nothing(monkeypatch):
    monkeypatch.setattr(codes, "make", lambda: ["amber", "kettle", "otter"])
    school = SchoolFactory()
    students = StudentFactory.create_batch(2, school=school)

    codes.renew(school, students, by=None)

    kept = list(SignInCode.objects.values())
    assert "amber" not in str(kept)
    assert kept[0]["code_hmac"] != kept[1]["code_hmac"]


@pytest.mark.django_db
def test_the_code_of_one_student_is_not_the_code_of_another():
    first, words, _ = student_with_code()
    other, _, others_code = student_with_code(school=first.school)

    assert not codes.is_right(other.pk, others_code, words)


@pytest.mark.django_db
def test_a_code_survives_a_change_of_the_secret_key(settings):
    student, words, code = student_with_code()

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key " * 5
    assert codes.is_right(student.pk, code, words)

    settings.SECRET_KEY_FALLBACKS = []
    assert not codes.is_right(student.pk, code, words)


@given(typed=st.text())
def test_the_normal_form_is_letters_only_and_does_not_change_again(typed):
    once = codes.normal(typed)

    assert codes.normal(once) == once
    assert all("a" <= sign <= "z" for sign in once)


# --- How long ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_code_works_for_thirty_days():
    student, words, code = student_with_code()

    with time_machine.travel(timezone.now() + timedelta(days=29, hours=23)):
        assert codes.is_right(student.pk, code, words)
    with time_machine.travel(timezone.now() + timedelta(days=30, minutes=1)):
        assert not codes.is_right(student.pk, code, words)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("today", "year_starts", "ends"),
    [
        (datetime(2026, 10, 3, tzinfo=UTC), "09-01", "2027-09-01"),
        (datetime(2027, 3, 3, tzinfo=UTC), "09-01", "2027-09-01"),
        (datetime(2027, 9, 1, 8, tzinfo=UTC), "09-01", "2028-09-01"),
        (datetime(2026, 10, 3, tzinfo=UTC), "01-28", "2027-01-28"),
    ],
)
def test_a_code_lasts_the_academic_year_if_students_have_no_passwords(today, year_starts, ends):
    school = SyncSettingsFactory(school__students_choose_passwords=False, year_starts=year_starts).school

    with time_machine.travel(today):
        assert codes.expiry(school).date().isoformat() == ends


@pytest.mark.django_db
def test_a_new_code_replaces_the_old_one_but_not_the_password():
    user = StudentUserFactory()
    user.set_password("seven blue herons")
    user.save()
    student, old_words, _ = student_with_code(school=user.school, user=user)

    words = codes.renew(student.school, [student], by=None)[student.pk]

    code = SignInCode.objects.get(student=student)
    assert codes.is_right(student.pk, code, " ".join(words))
    assert not codes.is_right(student.pk, code, old_words)
    user.refresh_from_db()
    assert user.check_password("seven blue herons")


@pytest.mark.django_db
def test_cards_for_1200_students_take_as_many_queries_as_for_one(django_assert_num_queries):
    school = SchoolFactory()
    students = Student.objects.bulk_create(
        [Student(school=school, wonde_id=f"S{number}", forename="A", surname="B") for number in range(1200)]
    )
    by = SupportFactory()

    with django_assert_num_queries(4):  # begin, codes, requests, end
        codes.renew(school, students[:1], by)
    with django_assert_num_queries(4):
        made = codes.renew(school, students, by)

    assert len(made) == 1200 == SignInCode.objects.count()


# --- Asking for one ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_asking_twice_counts_once_and_a_new_code_settles_it():
    student, by = StudentFactory(), SupportFactory()

    codes.ask(student)
    codes.ask(student)
    codes.renew(student.school, [student], by)

    request = CodeRequest.objects.get()
    assert request.settled_by == by
    assert request.settled_at


@pytest.mark.django_db
def test_a_declined_request_leaves_the_code_as_it_is():
    student, words, code = student_with_code()
    codes.ask(student)

    codes.decline(CodeRequest.objects.get().pk, by=SupportFactory())

    assert not CodeRequest.objects.waiting().exists()
    assert codes.is_right(student.pk, code, words)


@pytest.mark.django_db
def test_who_can_sign_in_is_known_for_a_whole_class_in_one_query(django_assert_num_queries):
    school = SchoolFactory()

    def student(**user):
        return StudentFactory(school=school, user=StudentUserFactory(school=school, **user))

    StudentFactory(school=school, sort_name="a")
    never, waiting, expired = student(), student(), student()
    active, asking = student(last_login=ago(days=1)), student(last_login=ago(days=1))
    codes.renew(school, [waiting, expired], by=None)
    SignInCode.objects.filter(student=expired).update(expires_at=ago(days=1))
    codes.ask(asking)

    with django_assert_num_queries(1):
        rows = list(Student.objects.with_signin())
        states = {row.pk: row.signin_state for row in rows}

    assert states[never.pk] == states[expired.pk] == "never"
    assert states[waiting.pk] == "code waiting"
    assert states[active.pk] == "active"
    assert states[asking.pk] == "asks"
    assert sorted(states.values()) == ["active", "asks", "code waiting", "never", "never", "no username"]
