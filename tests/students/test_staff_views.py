"""A student's page: for those who may read the class; what concerns signing in only for its teachers and leads."""

from types import SimpleNamespace

import pytest
from django.test import Client
from django.urls import reverse

from parents.rules.choices import stop_address
from schools.models import AuditEntry, School
from schools.sign_in import devices
from students.cards import codes
from students.models import FormerUsername, SignInCode, Student
from tests.factories import (
    ChangeFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    LeadRightFactory,
    MailSettingsFactory,
    SchoolClassFactory,
    StudentFactory,
    StudentUserFactory,
    SupportFactory,
    TeacherFactory,
    TeachingFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def stay():
    """Tobi Okoro, in 9x/Ma1 for sixty days, with a login."""
    stay = EnrolmentFactory(
        school_class__name="9x/Ma1", student__forename="Tobi", student__surname="Okoro", student__upn="H801200001001"
    )
    stay.student.user = StudentUserFactory(school=stay.school, username="tobi.okoro")
    stay.student.save()
    return stay


def page(stay):
    return reverse("students:detail", args=[stay.student_id])


def test_visitors_who_are_not_signed_in_are_sent_to_sign_in(client, stay):
    assert client.get(page(stay)).headers["Location"].startswith(reverse("account_login"))


def test_a_teacher_of_the_class_reads_the_username_and_no_upn(client, stay):
    client.force_login(TeachingFactory(school_class=stay.school_class).employee.user)

    said = words(client.get(page(stay)))

    assert "Tobi Okoro" in said
    assert "tobi.okoro" in said
    assert "H801200001001" not in said


def test_a_colleague_reads_the_page_without_the_username(client, stay):
    client.force_login(TeacherFactory(school=stay.school).user)

    said = words(client.get(page(stay)))

    assert "Tobi Okoro" in said
    assert "tobi.okoro" not in said


def test_a_lead_reads_the_username(client, stay):
    client.force_login(LeadRightFactory(school=stay.school).user)

    assert "tobi.okoro" in words(client.get(page(stay)))


def test_a_teacher_of_another_school_or_another_class_finds_nothing(client, stay):
    School.objects.update(teachers_see_all_classes=False)
    for stranger in (TeachingFactory(), TeachingFactory(school_class__school=stay.school)):
        client.force_login(stranger.employee.user)
        assert client.get(page(stay)).status_code == 404


def test_a_teacher_of_a_class_the_student_left_finds_nothing(client, stay):
    School.objects.update(teachers_see_all_classes=False)
    client.force_login(TeachingFactory(school_class=stay.school_class).employee.user)
    stay.left_at = ago(days=1)
    stay.save()

    assert client.get(page(stay)).status_code == 404


def test_a_student_who_left_is_not_on_any_page_of_a_teacher(client, stay):
    client.force_login(TeachingFactory(school_class=stay.school_class).employee.user)
    Student.objects.update(left_at=ago(days=1))

    assert client.get(page(stay)).status_code == 404


def test_the_page_lists_every_class_the_student_was_in(client, stay):
    EnrolmentFactory(
        student=stay.student,
        school_class=SchoolClassFactory(school=stay.school, name="8b/Ma2"),
        joined_at=ago(days=200),
        left_at=ago(days=60),
    )
    client.force_login(LeadRightFactory(school=stay.school).user)

    said = words(client.get(page(stay)))

    assert said.index("9x/Ma1") < said.index("8b/Ma2")


def test_the_page_costs_the_same_whatever_the_history(client, stay, django_assert_max_num_queries):
    client.force_login(LeadRightFactory(school=stay.school).user)
    GuardianshipFactory(student=stay.student)
    with django_assert_max_num_queries(34) as small:
        client.get(page(stay))
    for day in range(20):
        EnrolmentFactory(student=stay.student, school_class__school=stay.school, left_at=ago(days=day))
        GuardianshipFactory(student=stay.student)
    with django_assert_max_num_queries(34) as large:
        client.get(page(stay))

    assert len(large) == len(small)


# --- Looking after the sign-in -----------------------------------------------------------------------------------

POSTED = ["username", "keep_username", "new_code", "decline_code"]


@pytest.fixture
def teacher(stay):
    """The class teacher's browser."""
    return signed_in(TeachingFactory(school_class=stay.school_class).employee.user)


def address(name, stay):
    return reverse(f"students:{name}", args=[stay.student_id])


@pytest.mark.parametrize("name", POSTED)
@pytest.mark.parametrize(
    "make",
    [
        lambda school: TeacherFactory(school=school).user,
        lambda school: TeachingFactory(school_class__school=school).employee.user,
        lambda school: TeachingFactory().employee.user,
        lambda school: LeadRightFactory().user,
        lambda school: SupportFactory(),
        lambda school: Student.objects.get(school=school).user,
    ],
    ids=["colleague", "teacher of another class", "teacher elsewhere", "lead elsewhere", "support", "the student"],
)
def test_staff_who_do_not_look_after_the_student_find_nothing_to_do(name, make, stay):
    codes.ask(stay.student)

    response = signed_in(make(stay.school)).post(address(name, stay), {"username": "tobio"})

    assert response.status_code == 404
    stay.student.user.refresh_from_db()
    assert stay.student.user.username == "tobi.okoro"
    assert not SignInCode.objects.exists()
    assert not AuditEntry.objects.exists()
    assert stay.student.code_requests.waiting().exists()


@pytest.mark.parametrize("name", POSTED)
def test_visitors_must_sign_in_before_doing_anything(name, client, stay):
    assert client.post(address(name, stay)).url.startswith(reverse("account_login"))


def test_the_teacher_changes_the_username_and_that_is_noted_without_either_name(teacher, stay):
    response = teacher.post(address("username", stay), {"username": " tobio "}, follow=True)

    stay.student.user.refresh_from_db()
    assert stay.student.user.username == "tobio"
    assert "The username is now tobio." in words(response)
    entry = AuditEntry.objects.get()
    assert (entry.verb, entry.kind, entry.object_id) == ("changed the username of", "student", stay.student_id)
    assert entry.reason == ""


def test_a_lead_changes_the_username(stay):
    lead = signed_in(LeadRightFactory(school=stay.school).user)

    lead.post(address("username", stay), {"username": "tobio"})

    stay.student.user.refresh_from_db()
    assert stay.student.user.username == "tobio"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("AshaP", "Somebody at this school has this username"),
        ("GoneG", "Somebody at this school has this username"),
        ("tobi okoro", "Only letters from a to z"),
        ("łobi", "Only letters from a to z"),
        ("t", "A username has 2 to 40 letters and figures."),
        ("bollocks", "A school would not print this username."),
        ("tobi69", "A school would not print this number"),
        ("", "Type a username."),
    ],
)
def test_a_username_is_refused_with_the_reason(teacher, stay, typed, said):
    StudentFactory(school=stay.school, user=StudentUserFactory(school=stay.school, username="ashap"))
    gone = StudentUserFactory(school=stay.school, username="goneg")
    StudentFactory(school=stay.school, user=gone, left_at=ago(days=3))

    response = teacher.post(address("username", stay), {"username": typed})

    assert said in words(response)
    stay.student.user.refresh_from_db()
    assert stay.student.user.username == "tobi.okoro"
    assert not AuditEntry.objects.exists()


def test_the_same_username_is_free_at_another_school_and_in_other_capitals_for_its_owner(teacher, stay):
    StudentUserFactory(username="tobio")

    for typed in ("tobio", "TobiO"):
        teacher.post(address("username", stay), {"username": typed})
        stay.student.user.refresh_from_db()
        assert stay.student.user.username == typed


def test_a_former_username_signs_nobody_in_and_only_its_owner_can_have_it_back(teacher, stay):
    """A printed card still shows it."""
    other = StudentFactory(school=stay.school, user=StudentUserFactory(school=stay.school, username="ashap"))
    EnrolmentFactory(school_class=stay.school_class, student=other)
    said = " ".join(teacher.post(address("new_code", stay)).context["card"].words)
    teacher.post(address("username", stay), {"username": "tobio"})

    tried = Client().post(f"/s/{stay.school.code}/", {"username": "tobi.okoro", "secret": said})
    refused = teacher.post(reverse("students:username", args=[other.pk]), {"username": "Tobi.Okoro"})

    assert "Look at your newest card" in words(tried)
    assert "Somebody at this school has this username, or had it not long ago." in words(refused)
    teacher.post(address("username", stay), {"username": "Tobi.Okoro"})
    stay.student.user.refresh_from_db()
    assert stay.student.user.username == "Tobi.Okoro"
    assert list(FormerUsername.objects.values_list("username", flat=True)) == ["tobio"]


def test_a_username_in_other_capitals_does_not_become_a_former_one(teacher, stay):
    teacher.post(address("username", stay), {"username": "Tobi.Okoro"})

    assert not FormerUsername.objects.exists()


def test_a_new_code_is_shown_once_and_lets_the_student_in(teacher, stay):
    shown = teacher.post(address("new_code", stay))

    said = " ".join(shown.context["card"].words)
    assert said in words(shown)
    assert "no-store" in shown["Cache-Control"]
    assert said not in words(teacher.get(page(stay)))
    assert teacher.get(address("new_code", stay)).url == page(stay)
    student = Client()
    student.post(f"/s/{stay.school.code}/", {"username": "tobi.okoro", "secret": said})
    assert int(student.session["_auth_user_id"]) == stay.student.user_id


def test_a_new_code_settles_the_request_and_is_noted(teacher, stay):
    codes.ask(stay.student)
    assert "asks for a new card" in words(teacher.get(page(stay)))

    teacher.post(address("new_code", stay))

    assert "asks for a new card" not in words(teacher.get(page(stay)))
    assert AuditEntry.objects.get().verb == "made a sign-in code for"


def test_declining_settles_the_request_and_makes_no_code(teacher, stay):
    codes.ask(stay.student)

    teacher.post(address("decline_code", stay))

    assert not stay.student.code_requests.waiting().exists()
    assert not SignInCode.objects.exists()


# --- A changed first name ----------------------------------------------------------------------------------------

ASKED = "Should the username follow the name?"


@pytest.fixture
def sam(stay):
    """Sam Patel, who was Samantha until last night, and still has that username."""
    student = StudentFactory(
        school=stay.school,
        forename="Sam",
        surname="Patel",
        user=StudentUserFactory(school=stay.school, username="samanthap"),
    )
    renamed(student, "Samantha", "Sam")
    return EnrolmentFactory(school_class=stay.school_class, student=student)


def renamed(student, before, after):
    ChangeFactory(run__school=student.school, row_id=student.pk, verb="update", values={"forename": [before, after]})


def test_a_changed_first_name_is_asked_about_without_saying_the_old_one(teacher, sam):
    said = words(teacher.get(page(sam)))

    assert ASKED in said
    assert "The username is still samanthap" in said
    assert "Samantha" not in said
    assert ASKED not in words(signed_in(TeacherFactory(school=sam.school).user).get(page(sam)))


def test_yes_suggests_a_username_of_the_new_name_that_is_free(teacher, sam):
    StudentUserFactory(school=sam.school, username="samp")

    said = teacher.get(address("username", sam), {"follow": ""}).text

    assert 'value="samp2"' in said


def test_the_username_that_follows_ends_the_question(teacher, sam):
    teacher.post(address("username", sam), {"username": "samp"})

    assert ASKED not in words(teacher.get(page(sam)))


def test_no_keeps_the_username_and_ends_the_question_until_the_next_change(teacher, sam):
    teacher.post(address("keep_username", sam))
    said = words(teacher.get(page(sam)))
    renamed(sam.student, "Sam", "Sammy")

    assert ASKED not in said
    assert "The username stays samanthap." in said
    assert AuditEntry.objects.get().verb == "kept the username of"
    assert ASKED in words(teacher.get(page(sam)))


@pytest.mark.parametrize("values", [{"surname": ["Patel", "Shah"]}, {"year_group": ["8", "9"]}, None])
def test_other_changes_than_of_the_first_name_ask_nothing(teacher, stay, values):
    ChangeFactory(run__school=stay.school, row_id=stay.student_id, verb="update", values=values)

    assert ASKED not in words(teacher.get(page(stay)))


@pytest.mark.parametrize("username", ["samp", "samp3", "SamP"])
def test_a_username_that_fits_the_new_name_asks_nothing(teacher, sam, username):
    sam.student.user.username = username
    sam.student.user.save()

    assert ASKED not in words(teacher.get(page(sam)))


def test_the_class_page_asks_those_who_look_after_the_class_and_nobody_else(teacher, sam):
    class_page = reverse("classes:detail", args=[sam.school_class_id])
    colleague = signed_in(TeacherFactory(school=sam.school).user)

    assert "A first name has changed: should the username follow? Sam Patel" in words(teacher.get(class_page))
    assert "should the username follow" not in words(colleague.get(class_page))


def test_the_sign_in_page_of_the_class_points_out_whom_to_ask_about(teacher, sam):
    said = words(teacher.get(reverse("classes:signin", args=[sam.school_class_id])))

    assert "samanthap the first name has changed: should it follow?" in said
    assert said.count("should it follow?") == 1


# --- Parents -----------------------------------------------------------------------------------------------------


def test_parents_are_counted_without_names_or_addresses(teacher, stay):
    MailSettingsFactory(school=stay.school)
    mother, father = GuardianshipFactory(student=stay.student), GuardianshipFactory(student=stay.student)
    GuardianshipFactory(student=stay.student, priority=2)
    stop_address(stay.school_id, father.contact.email, "parent")

    said = words(teacher.get(page(stay)))

    assert "3 contacts: 1 mailed, 1 unsubscribed, 1 not mailed for another reason." in said
    assert mother.contact.surname not in said
    assert "@home.example.org" not in teacher.get(page(stay)).text


def test_a_colleague_reads_nothing_about_parents(client, stay):
    GuardianshipFactory(student=stay.student)
    client.force_login(TeacherFactory(school=stay.school).user)

    assert "parents and carers" not in words(client.get(page(stay)))


def test_a_school_that_does_not_mail_says_so(teacher, stay):
    GuardianshipFactory(student=stay.student)

    assert "The weekly mail is switched off." in words(teacher.get(page(stay)))


def test_parents_the_school_no_longer_shares_are_not_counted(teacher, stay):
    GuardianshipFactory(student=stay.student)
    School.objects.update(frozen={"contacts": {"since": "2026-10-03", "erase_on": "2026-10-17"}})

    assert "1 contact" not in words(teacher.get(page(stay)))


# --- A card in the wrong hands -----------------------------------------------------------------------------------


def at_the_door(stay, secret):
    client = Client()
    door = reverse("students:sign_in", args=[stay.school.code])
    client.post(door, {"username": "tobi.okoro", "secret": secret})
    return client


def is_in(client):
    return client.get("/me/").status_code == 200


@pytest.fixture
def signed_in_everywhere(stay):
    """Tobi, with a card and a password, signed in with the password; `teacher` of the class."""
    stay.student.user.set_password("seven blue herons")
    stay.student.user.save()
    stay.words = " ".join(codes.renew(stay.school, [stay.student], by=None)[stay.student_id])
    stay.browser = at_the_door(stay, "seven blue herons")
    stay.teacher = signed_in(TeachingFactory(school_class=stay.school_class).employee.user)
    assert is_in(stay.browser)
    return stay


def test_replacing_a_card_in_the_wrong_hands_ends_words_password_and_sessions(signed_in_everywhere):
    stay = signed_in_everywhere
    cookies = {name: one.value for name, one in stay.browser.cookies.items()}

    shown = stay.teacher.post(reverse("students:lost_card", args=[stay.student_id]))

    assert not is_in(stay.browser)
    assert devices.known(SimpleNamespace(COOKIES=cookies), stay.student.user) is not None
    stay.student.user.refresh_from_db()
    assert devices.known(SimpleNamespace(COOKIES=cookies), stay.student.user) is None  # no browser is remembered
    for old in (stay.words, "seven blue herons"):
        assert "_auth_user_id" not in at_the_door(stay, old).session
    assert at_the_door(stay, " ".join(shown.context["card"].words)).get("/me/").url == reverse("students:password")
    assert AuditEntry.objects.get().verb == "ended card, password and sign-ins of"


def test_a_card_printed_for_a_class_does_not_end_a_session_or_password(signed_in_everywhere):
    stay = signed_in_everywhere

    stay.teacher.post(reverse("classes:signin", args=[stay.school_class_id]), {"do": "everyone"})

    assert is_in(stay.browser)
    assert is_in(at_the_door(stay, "seven blue herons"))


def test_a_teacher_signs_a_student_out_everywhere_and_card_and_password_stay(signed_in_everywhere):
    stay = signed_in_everywhere

    response = stay.teacher.post(reverse("students:sign_out_student", args=[stay.student_id]))

    assert response.url == page(stay)
    assert not is_in(stay.browser)
    assert is_in(at_the_door(stay, "seven blue herons"))


def test_students_sign_themselves_out_everywhere(signed_in_everywhere):
    stay = signed_in_everywhere
    here = at_the_door(stay, "seven blue herons")

    response = here.post(reverse("students:sign_out_everywhere"))

    assert response.url == reverse("students:sign_in", args=[stay.school.code])
    assert not is_in(here)
    assert not is_in(stay.browser)


def test_a_students_session_ends_with_the_browser(signed_in_everywhere):
    cookie = signed_in_everywhere.browser.cookies["sessionid"]

    assert not cookie["max-age"]
    assert not cookie["expires"]
