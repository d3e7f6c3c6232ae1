"""The teacher's pages: who may open them, what they say, and that their cost does not grow with the school."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse

from schools.models import School
from students.cards import codes
from sync.models import SyncSettings
from tests.factories import (
    ClassOutFactory,
    EmployeeFactory,
    EnrolmentFactory,
    LeadRightFactory,
    SchoolClassFactory,
    SchoolFactory,
    StudentFactory,
    StudentUserFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    TeachingFactory,
    ago,
)
from tests.last_read import runs_were
from tests.tools.pages import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def teaching():
    """Ms Pell teaches 9x/Ma1 at Harbour School, read this morning, due tomorrow."""
    school = SchoolFactory(name="Harbour School", code="harbour")
    SyncSettingsFactory(school=school)
    SyncRunFactory(school=school)
    teacher = TeacherFactory(school=school, title="Ms", forename="Ruth", surname="Pell")
    return TeachingFactory(school_class__school=school, school_class__name="9x/Ma1", employee=teacher)


@pytest.fixture
def teacher(teaching, client):
    """The client, signed in as Ms Pell."""
    client.force_login(teaching.employee.user)
    return client


def class_page(school_class):
    return reverse("classes:detail", args=[school_class.pk])


def test_visitors_who_are_not_signed_in_are_sent_to_sign_in(client, teaching):
    for page in (
        class_page(teaching.school_class),
        reverse("classes:mine", args=["harbour"]),
        reverse("classes:all", args=["harbour"]),
    ):
        assert client.get(page).headers["Location"].startswith(reverse("account_login"))


def test_a_teacher_of_another_school_finds_nothing(client, teaching):
    client.force_login(TeachingFactory().employee.user)

    assert client.get(class_page(teaching.school_class)).status_code == 404
    assert client.get(reverse("classes:mine", args=["harbour"])).status_code == 404
    assert client.get(reverse("classes:all", args=["harbour"])).status_code == 404


def test_a_colleague_reads_every_class_if_the_school_allows_it(client, teaching):
    client.force_login(TeacherFactory(school=teaching.school).user)

    assert client.get(class_page(teaching.school_class)).status_code == 200
    assert "9x/Ma1" in words(client.get(reverse("classes:all", args=["harbour"])))


def test_a_colleague_reads_only_their_own_classes_if_the_school_does_not_allow_more(client, teaching):
    School.objects.update(teachers_see_all_classes=False)
    client.force_login(TeacherFactory(school=teaching.school).user)

    assert client.get(class_page(teaching.school_class)).status_code == 404
    assert client.get(reverse("classes:all", args=["harbour"])).status_code == 404
    assert "All classes" not in words(client.get(reverse("classes:mine", args=["harbour"])))


def test_a_teacher_who_left_one_school_in_the_mis_finds_nothing_there(teacher, teaching):
    TeacherFactory(user=teaching.employee.user)
    teaching.employee.left_at = ago(hours=1)
    teaching.employee.save()

    assert teacher.get(class_page(teaching.school_class)).status_code == 404


def test_a_lead_who_does_not_teach_reads_every_class(client, teaching):
    School.objects.update(teachers_see_all_classes=False)
    client.force_login(LeadRightFactory(school=teaching.school).user)

    assert client.get(class_page(teaching.school_class)).status_code == 200


def test_pages_are_read_only(teacher, teaching):
    assert teacher.post(class_page(teaching.school_class)).status_code == 405


def test_my_classes_are_the_ones_i_teach(teacher, teaching):
    SchoolClassFactory(school=teaching.school, name="9x/Ma9")

    page = words(teacher.get(reverse("classes:mine", args=["harbour"])))

    assert "9x/Ma1" in page
    assert "9x/Ma9" not in page


def test_my_classes_count_who_came_and_who_left_this_week(teacher, teaching):
    school_class = teaching.school_class
    EnrolmentFactory(school_class=school_class)
    EnrolmentFactory.create_batch(2, school_class=school_class, joined_at=ago(days=2))
    EnrolmentFactory(school_class=school_class, left_at=ago(days=3))
    EnrolmentFactory(school_class=school_class, left_at=ago(days=8))

    page = words(teacher.get(reverse("classes:mine", args=["harbour"])))

    assert "3 Ms R Pell +2 joined −1 left" in page


def test_a_teacher_without_classes_reads_what_to_do_and_whom_to_ask(client, teaching):
    lead = LeadRightFactory(school=teaching.school)
    EmployeeFactory(school=teaching.school, user=lead.user, title="Mrs", surname="Siddiqui")
    client.force_login(TeacherFactory(school=teaching.school).user)

    page = words(client.get(reverse("classes:mine", args=["harbour"])))

    assert "You teach no class here yet" in page
    assert "Ask Mrs Siddiqui" in page


def test_a_class_lists_its_students_by_surname_and_says_how_old_the_data_is(teacher, teaching):
    for surname, forename in [("Okoro", "Tobi"), ("Adeyemi", "Jo")]:
        EnrolmentFactory(school_class=teaching.school_class, student__surname=surname, student__forename=forename)

    page = words(teacher.get(class_page(teaching.school_class)))

    assert page.index("1 Adeyemi, Jo") < page.index("2 Okoro, Tobi")
    assert "2 students" in page
    assert "Taught by Ms R Pell" in page
    assert "from SIMS through Wonde" in page
    assert "Names and class lists are changed in SIMS" in page


def test_a_class_says_when_a_child_who_joined_this_morning_will_appear_and_who_looks_after_it(teacher, teaching):
    lead = LeadRightFactory(school=teaching.school).user
    EmployeeFactory(school=teaching.school, user=lead, title="Mrs", surname="Siddiqui")
    with time_machine.travel(datetime(2026, 11, 5, 10, tzinfo=UTC), tick=False):
        teacher.force_login(teaching.employee.user)
        SyncSettings.objects.update(due_at=datetime(2026, 11, 6, 4, 51, tzinfo=UTC))

        said = words(teacher.get(class_page(teaching.school_class)))

    assert "Who joined this morning is here after the next sync, tomorrow 04:51" in said
    assert "Ask Mrs Siddiqui , who looks after class lists at Harbour School" in said


def test_a_class_never_shows_upn_or_upi(teacher, teaching):
    EnrolmentFactory(school_class=teaching.school_class, student__upn="H801200001001", student__upi="abc123def")

    page = teacher.get(class_page(teaching.school_class)).content.decode()

    assert "H801200001001" not in page
    assert "abc123def" not in page


def test_students_sort_by_when_they_joined(teacher, teaching):
    EnrolmentFactory(school_class=teaching.school_class, student__surname="Adeyemi", joined_at=ago(days=10))
    EnrolmentFactory(school_class=teaching.school_class, student__surname="Okoro", joined_at=ago(days=20))

    page = words(teacher.get(class_page(teaching.school_class), {"sort": "joined"}))

    assert page.index("1 Okoro") < page.index("2 Adeyemi")


def test_an_unknown_sort_is_ignored(teacher, teaching):
    assert teacher.get(class_page(teaching.school_class), {"sort": "student__upn"}).status_code == 200


def test_what_changed_lists_joiners_and_movers_by_name(teacher, teaching):
    school_class, other = teaching.school_class, SchoolClassFactory(school=teaching.school, name="9B/Ma1")
    moved_at = ago(days=1)
    EnrolmentFactory(school_class=school_class, student__forename="Sam", student__surname="Hill", joined_at=moved_at)
    jo = EnrolmentFactory(
        school_class=school_class, student__forename="Jo", student__surname="Patel", left_at=moved_at
    ).student
    EnrolmentFactory(school_class=other, student=jo, joined_at=moved_at)

    here = words(teacher.get(class_page(school_class)))
    there = words(teacher.get(class_page(other)))

    assert "Sam Hill joined" in here
    assert "Jo Patel moved to 9B/Ma1" in here
    assert "Jo Patel moved here from 9x/Ma1" in there


def test_a_student_who_left_the_school_is_a_number_without_a_name(teacher, teaching):
    student = StudentFactory(school=teaching.school, forename="Ada", surname="Quist", left_at=ago(days=1))
    EnrolmentFactory(school_class=teaching.school_class, student=student, left_at=ago(days=1))

    page = words(teacher.get(class_page(teaching.school_class)))

    assert "1 student left" in page
    assert "Quist" not in page


def test_a_week_without_changes_is_said_in_a_sentence(teacher, teaching):
    EnrolmentFactory(school_class=teaching.school_class, joined_at=ago(days=7, minutes=1))

    assert "Nothing changed in the last 7 days." in words(teacher.get(class_page(teaching.school_class)))


def test_a_class_left_out_says_why_since_when_and_who_can_change_it(client, teaching):
    out = ClassOutFactory(school=teaching.school, reason="intervention_group", status_since=ago(days=3))
    client.force_login(LeadRightFactory(school=teaching.school).user)

    page = words(client.get(class_page(out)))
    everything = words(client.get(reverse("classes:all", args=["harbour"]), {"standing": "out"}))

    for said in (page, everything):
        assert "is an intervention group" in said
        assert "Support can include it" in said
        assert "since" in said


def test_all_classes_are_chosen_by_year_subject_and_standing(teacher, teaching):
    SchoolClassFactory(school=teaching.school, name="7b/Ma2", year_group="7")
    ClassOutFactory(school=teaching.school, name="9x/En1", subject="English")
    page = reverse("classes:all", args=["harbour"])

    assert "7b/Ma2" not in words(teacher.get(page, {"year": "9"}))
    assert "9x/En1" not in words(teacher.get(page)).partition("Students")[2]
    assert "9x/En1" in words(teacher.get(page, {"standing": "all", "subject": "english"}))


def test_years_sort_as_in_school_life(teacher, teaching):
    for year in ["10", "R", "N1", "2"]:
        SchoolClassFactory(school=teaching.school, name=f"Group {year}", year_group=year)

    page = words(teacher.get(reverse("classes:all", args=["harbour"]), {"sort": "year"}))

    order = [page.index(f"Group {year}") for year in ["N1", "R", "2", "10"]]
    assert order == sorted(order)


@pytest.mark.parametrize("address", ["detail", "mine", "all"])
def test_a_page_costs_the_same_whatever_its_size(address, teacher, teaching, django_assert_max_num_queries):
    school_class = teaching.school_class
    page = class_page(school_class) if address == "detail" else reverse(f"classes:{address}", args=["harbour"])
    enrolled(teaching, "Okoro")
    school_class.enrolments.update(joined_at=ago(days=1))

    with django_assert_max_num_queries(12) as small:
        teacher.get(page)
    for _ in range(39):
        TeachingFactory(school_class__school=teaching.school, employee=teaching.employee)
    for number in range(59):
        enrolled(teaching, f"Okoro{number}")
    school_class.enrolments.update(joined_at=ago(days=1))
    EnrolmentFactory.create_batch(5, school_class=school_class, left_at=ago(days=1))
    with django_assert_max_num_queries(12) as large:
        teacher.get(page)

    assert len(large) == len(small)


def test_a_class_whose_students_are_in_another_one_says_so(teacher, teaching):
    here, school = teaching.school_class, teaching.school
    assert "lists no student in it" in words(teacher.get(class_page(here)))

    SyncRunFactory(school=school, second_classes=[[1, here.pk], ["A2", here.wonde_id], [3, here.pk + 1]])
    assert "has 2 students in it, who are in another class here" in words(teacher.get(class_page(here)))

    EnrolmentFactory(school_class=here)
    page = words(teacher.get(class_page(here)))
    assert "has 2 more in it, who are in another class here" in page
    assert "Who is in two classes" not in page  # a lead's page


def test_old_data_says_that_it_is_old(teacher, teaching):
    runs_were(teaching.school, **dict.fromkeys(["ended_at", "as_of"], ago(hours=49)))

    page = words(teacher.get(class_page(teaching.school_class)))

    assert "Not synced since" in page


def test_a_lost_link_to_the_mis_is_pointed_out(teacher, teaching):
    runs_were(teaching.school, mis_offline=True)

    assert "Wonde has lost its link to SIMS" in words(teacher.get(class_page(teaching.school_class)))


def test_a_refused_run_does_not_make_data_younger(teacher, teaching):
    runs_were(teaching.school, **dict.fromkeys(["ended_at", "as_of"], ago(hours=49)))
    SyncRunFactory(school=teaching.school, status="refused", started_at=ago(hours=1))

    assert "Not synced since" in words(teacher.get(class_page(teaching.school_class)))


def test_a_long_list_of_classes_is_paged(teacher, teaching):
    SchoolClassFactory.create_batch(100, school=teaching.school)

    page = words(teacher.get(reverse("classes:all", args=["harbour"])))

    assert "1 to 100 of 101 classes" in page
    assert "Page 1 of 2" in page


def test_students_the_school_no_longer_shares_are_not_named(teacher, teaching):
    EnrolmentFactory(school_class=teaching.school_class, student__surname="Okoro", joined_at=ago(days=1))
    School.objects.update(frozen={"students": {"since": "2026-10-03", "erase_on": "2026-10-17"}})

    said = words(teacher.get(class_page(teaching.school_class)))

    assert "Students are no longer shared in Wonde, since 3 October" in said
    assert "Okoro" not in said


def enrolled(teaching, surname, **user):
    """A student of the class with a login."""
    login = StudentUserFactory(school=teaching.school, **user)
    stay = EnrolmentFactory(school_class=teaching.school_class, student__surname=surname, student__user=login)
    return stay.student


def test_a_class_says_for_each_student_whether_they_can_sign_in(teacher, teaching):
    today = datetime(2026, 11, 5, 8, 55, tzinfo=UTC)
    with time_machine.travel(today.replace(hour=10), tick=False):
        runs_were(teaching.school, ended_at=today, as_of=today)
        teacher.force_login(teaching.employee.user)
        enrolled(teaching, "Adeyemi", last_login=today)
        enrolled(teaching, "Bevan")
        codes.renew(teaching.school, [enrolled(teaching, "Chen")], by=None)
        codes.ask(enrolled(teaching, "Diaz", last_login=today))

        said = words(teacher.get(class_page(teaching.school_class)))

    for surname, state in [
        ("Adeyemi", "Last seen today 08:55"),
        ("Bevan", "Never signed in"),
        ("Chen", "Card not used yet"),
        ("Diaz", "Asks for a new card"),
    ]:
        assert state in said.partition(f"{surname},")[2].partition(" Year 9 ")[2][:60], surname
    assert "1 student asks for a new card" in said


def test_students_who_never_signed_in_come_first_when_sorted_by_the_last_column(teacher, teaching):
    enrolled(teaching, "Adeyemi", last_login=ago(hours=1))
    enrolled(teaching, "Okoro", last_login=ago(days=3))
    enrolled(teaching, "Patel")

    said = words(teacher.get(class_page(teaching.school_class), {"sort": "signin"}))

    assert said.index("1 Patel") < said.index("2 Okoro") < said.index("3 Adeyemi")


def test_a_colleague_reads_the_class_without_anything_about_signing_in(client, teaching):
    codes.ask(enrolled(teaching, "Adeyemi"))
    client.force_login(TeacherFactory(school=teaching.school).user)

    said = words(client.get(class_page(teaching.school_class), {"sort": "signin"}))

    assert "Adeyemi" in said
    assert "Signing in" not in said
    assert "new card" not in said


def test_my_classes_say_where_students_ask_for_a_card(teacher, teaching):
    for surname in ("Adeyemi", "Bevan"):
        codes.ask(enrolled(teaching, surname))
    gone = enrolled(teaching, "Chen")
    codes.ask(gone)
    gone.enrolments.update(left_at=ago(days=1))

    assert "2 students ask for a card" in words(teacher.get(reverse("classes:mine", args=["harbour"])))


def on(days):
    """The school's own date that many days ago, as it appears in a URL."""
    return {"on": f"{ago(days=days).astimezone(ZoneInfo('Europe/London')).date()}"}


def test_a_class_is_shown_as_it_was_on_a_date(teacher, teaching):
    EnrolmentFactory(school_class=teaching.school_class, student__surname="Okoro", left_at=ago(days=10))
    EnrolmentFactory(school_class=teaching.school_class, student__surname="Patel", joined_at=ago(days=5))

    then = words(teacher.get(class_page(teaching.school_class), on(days=20)))

    assert "As it was on" in then
    assert "1 Okoro" in then
    assert "Patel," not in then.partition("What changed")[0]


def test_students_who_left_the_school_since_then_are_a_number(teacher, teaching):
    gone = StudentFactory(school=teaching.school, surname="Quist", left_at=ago(days=10))
    EnrolmentFactory(school_class=teaching.school_class, student=gone, left_at=ago(days=10))

    then = words(teacher.get(class_page(teaching.school_class), on(days=20)))

    assert "1 student of then is no longer in the class lists and is not named." in then
    assert "Quist" not in then


def test_a_day_is_shown_as_it_ended(teacher, teaching):
    EnrolmentFactory(school_class=teaching.school_class, student__surname="Okoro", joined_at=ago(days=20))

    assert "1 Okoro" in words(teacher.get(class_page(teaching.school_class), on(days=20)))
    assert "Nobody was in this class then" in words(teacher.get(class_page(teaching.school_class), on(days=21)))


@pytest.mark.parametrize("asked", ["tomorrow", "2026-02-30", "9999-12-31", "0001-01-01", ""])
def test_an_invalid_date_means_now(asked, teacher, teaching):
    said = words(teacher.get(class_page(teaching.school_class), {"on": asked}))

    assert "Show the class as it is now" not in said


def test_the_list_for_a_spreadsheet_has_names_but_no_formulas(teacher, teaching):
    EnrolmentFactory(
        school_class=teaching.school_class,
        student__surname="=HYPERLINK(1)",
        student__forename="Zoë, the 2nd",
        student__upn="H801200001001",
        joined_at=datetime(2026, 9, 3, 4, 14, tzinfo=UTC),
    )

    response = teacher.get(reverse("classes:csv", args=[teaching.school_class.pk]))

    assert response.headers["Content-Disposition"] == 'attachment; filename="9x-ma1.csv"'
    assert response.content.decode("utf-8-sig").splitlines() == [
        "Surname,First name,Year group,Class,In this class since",
        '\'=HYPERLINK(1),"Zoë, the 2nd",Year 9,9x/Ma1,2026-09-03',
    ]


def test_the_spreadsheet_is_for_the_date_being_looked_at(teacher, teaching):
    EnrolmentFactory(school_class=teaching.school_class, student__surname="Okoro", left_at=ago(days=10))
    EnrolmentFactory(school_class=teaching.school_class, student__surname="Patel", joined_at=ago(days=5))
    then = on(days=20)
    link = reverse("classes:csv", args=[teaching.school_class.pk]) + f"?on={then['on']}"

    response = teacher.get(link)

    assert link in teacher.get(class_page(teaching.school_class), then).text
    assert f"9x-ma1-{then['on']}.csv" in response.headers["Content-Disposition"]
    assert "Okoro" in response.text
    assert "Patel" not in response.text


def test_the_spreadsheet_is_for_those_who_may_read_the_class(client, teaching):
    client.force_login(TeachingFactory().employee.user)

    assert client.get(reverse("classes:csv", args=[teaching.school_class.pk])).status_code == 404
