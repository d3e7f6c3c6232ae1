"""Why is somebody here or not: the answer follows the decision of the next run, and no name is left behind."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse

from classes.models import Enrolment, SchoolClass
from parents.models import Contact
from schools.models import AuditEntry, Employee
from students.models import Student
from sync.explain import explain
from sync.finding import Asked, asked
from sync.models import Hold
from sync.reasons import REASONS, STATES
from tests.factories import LeadRightFactory, StudentFactory, TeacherFactory, UserFactory, ago
from tests.people import signed_in, support_client
from tests.sync.living import living_school

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def living(settings):
    with living_school(settings) as school:
        yield school


def answer(living, row):
    """The one answer about a row of ours, asked for by its Wonde id."""
    (told,) = explain(living.school, Asked("wonde_id", row.wonde_id)).answers
    return told


@pytest.mark.parametrize("code", [*REASONS, *STATES])
def test_every_reason_has_words_for_the_school_for_support_and_for_a_reply(code):
    reason = REASONS.get(code) or STATES[code]

    assert reason.sentence
    assert reason.who.endswith(".")
    assert reason.support.endswith(".")
    assert reason.reply.format(mis="SIMS").endswith(".")


@pytest.mark.parametrize(
    ("typed", "by"),
    [("Sam Okoro", "name"), ("A1930499544", "wonde_id"), ("H801200001001", "upn"), ("9x/Ma1", "name"), ("Ann", "name")],
)
def test_what_is_typed_is_taken_for_a_upn_a_wonde_id_or_a_name(typed, by):
    assert asked(typed).by == by


def test_an_imported_student_is_here_since_they_joined_their_class(living):
    student = living.student()
    stay = Enrolment.objects.current().get(student=student)

    told = answer(living, student)

    assert (told.code, told.since, told.name) == ("imported", stay.joined_at, student.list_name)
    assert stay.school_class.name in {place.name for place in told.places if place.is_in}


def test_a_student_is_found_by_any_words_of_the_name_by_upn_and_by_wonde_id(living):
    student = living.student()

    for by, text in [("name", f"{student.surname} {student.forename}"), ("upn", student.upn.lower())]:
        assert student.pk in {one.found.pk for one in explain(living.school, Asked(by, text)).answers}
    assert answer(living, student).found.pk == student.pk


def test_a_leaver_is_shown_with_the_day_of_erasure_and_the_cause(living):
    student = living.student()
    living.day({"event": "leave", "student": student.wonde_id})
    student.refresh_from_db()

    told = answer(living, student)

    assert told.code == "left"
    assert told.erased_on == student.left_at + timedelta(days=90)
    assert told.decided == "No longer in the MIS"
    assert "erased after that" in told.reply


def test_whoever_wonde_no_longer_lists_goes_with_the_next_reading(living):
    student = living.student()
    living.sandbox.day(living.school.wonde_id, [{"event": "leave", "student": student.wonde_id}])

    told = answer(living, student)

    assert (told.code, told.says) == ("going", [("In Wonde", "not listed")])


def test_what_wonde_lists_since_the_last_run_arrives(living):
    (event,) = living.sandbox.day(living.school.wonde_id, [{"event": "join"}])["events"]
    wonde_id = event["student"]

    (told,) = explain(living.school, Asked("wonde_id", wonde_id)).answers

    assert (told.code, told.found.pk) == ("arrives", None)
    assert not Student.objects.filter(wonde_id=wonde_id).exists()


def test_a_student_whose_leaving_date_has_passed_is_not_current_and_the_date_is_told_not_kept(living):
    student = living.student()
    living.sandbox.day(living.school.wonde_id, [{"event": "leaving_date", "student": student.wonde_id}])

    told = answer(living, student)

    assert told.code == "not_current"
    assert "leaves" in dict(told.says)


def test_a_class_left_out_gives_its_rule_and_since_when(living):
    row = SchoolClass.objects.filter(school=living.school, reason="other_subject").first()

    told = answer(living, row)

    assert (told.code, told.since) == ("other_subject", row.status_since)
    assert told.decided.startswith("The rule")


def test_a_class_left_out_by_a_person_names_the_person(living):
    support = UserFactory(email="pat@help.example.org")
    row = SchoolClass.objects.filter(school=living.school, reason="other_subject").first()
    SchoolClass.objects.filter(pk=row.pk).update(reason="excluded_class", decided_by=support)

    told = answer(living, row)

    assert (told.code, told.decided) == ("excluded_class", "pat@help.example.org")


def test_staff_who_teach_no_imported_class_are_explained_although_nothing_of_them_is_kept(living):
    kept = set(Employee.objects.values_list("wonde_id", flat=True))
    everyone = living.sandbox.every(f"schools/{living.school.wonde_id}/employees", include="employment_details")
    current = [row for row in everyone if (row["employment_details"]["data"] or {}).get("current")]
    stranger = next(row for row in current if row["id"] not in kept)

    (told,) = explain(living.school, Asked("wonde_id", stranger["id"])).answers

    assert told.code == "teaches_no_imported_class"
    assert told.found.pk is None


def test_a_held_student_is_held_by_a_limit_since_the_run_that_held_them(living):
    students = list(Student.objects.filter(school=living.school).order_by("pk")[:20])
    living.day({"event": "leave", "students": [student.wonde_id for student in students]})
    hold = Hold.objects.get(kind="students", row_id=students[0].pk)

    told = answer(living, students[0])

    assert (told.code, told.since) == ("held", hold.since)
    assert told.decided.startswith("The limit on absences")


def test_a_withdrawn_permission_is_the_answer_for_everybody_of_the_kind(living):
    student = living.student()
    living.sandbox.day(living.school.wonde_id, [{"event": "withdraw_permission", "scope": "students.read"}])

    assert answer(living, student).code == "permission_not_granted"


def test_nobody_of_that_name_is_said_in_words_that_can_be_sent(living):
    told = explain(living.school, Asked("name", "Nemo Nobody"))

    assert [one.code for one in told.answers] == ["unknown"]
    assert "check the spelling" in told.answers[0].reply


def test_without_wonde_the_answer_is_ours_and_says_so(living, settings):
    student = living.student()
    settings.WONDE_TOKEN = "wrong"

    told = explain(living.school, Asked("wonde_id", student.wonde_id))

    assert "401" in told.problem
    assert [one.code for one in told.answers] == ["imported"]
    assert told.answers[0].says == []


def test_a_question_changes_nothing_but_the_audit_which_holds_no_name(living):
    student = living.student()
    before = list(Student.objects.order_by("pk").values())

    explain(living.school, Asked("name", student.surname), reason="ticket 7")

    assert list(Student.objects.order_by("pk").values()) == before
    entries = AuditEntry.objects.filter(school=living.school, verb="asked why")
    assert student.pk in {entry.object_id for entry in entries}
    assert all(student.surname not in f"{entry.verb} {entry.reason}" for entry in entries)


def test_five_answers_take_as_many_queries_as_one(living, django_assert_max_num_queries, settings):
    settings.WONDE_TOKEN = "wrong"  # our own side alone: its reading has a fixed number of queries of its own
    one = Asked("wonde_id", living.student().wonde_id)
    with django_assert_max_num_queries(40) as first:
        assert len(explain(living.school, one).answers) == 1

    with django_assert_max_num_queries(len(first)):
        assert len(explain(living.school, Asked("name", "a")).answers) == 5


def test_the_page_is_for_leads_and_keeps_the_name_out_of_the_address(living):
    lead = LeadRightFactory(school=living.school).user
    student = living.student()
    address = reverse("sync:why", args=[living.school.code])

    page = signed_in(lead).post(address, {"who": str(student)})

    assert page.status_code == 200
    assert student.list_name in page.content.decode()
    assert student.upn not in page.content.decode()
    assert STATES["imported"].who in page.content.decode()
    assert STATES["imported"].support not in page.content.decode()


def test_a_teacher_and_the_lead_of_another_school_get_a_404(living):
    address = reverse("sync:why", args=[living.school.code])

    for user in (TeacherFactory(school=living.school).user, LeadRightFactory().user):
        assert signed_in(user).get(address).status_code == 404
        assert signed_in(user).post(address, {"who": "Ann"}).status_code == 404


def test_support_says_why_they_look_once_and_the_lead_can_read_it(living):
    client = support_client()
    address = reverse("sync:why", args=[living.school.code])

    asked_first = client.post(address, {"who": "Ann"})
    client.post(address, {"visiting": "yes", "reason": "ticket 4711"})
    page = client.get(address)

    assert "Why are you looking?" in asked_first.content.decode()
    assert "Whom or what are you looking for?" in page.content.decode()
    assert AuditEntry.objects.filter(actor=client.user, verb="began to look", reason="ticket 4711").exists()


def test_support_without_a_second_factor_gets_a_404(living):
    user = UserFactory(is_staff=True)

    assert signed_in(user).get(reverse("sync:why", args=[living.school.code])).status_code == 404


def test_the_command_gives_the_reply(living, capsys):
    student = living.student()

    call_command("explain", living.school.wonde_id, "--wonde-id", student.wonde_id)

    assert "Who can change it" in (said := capsys.readouterr().out)
    assert f"{student} is here, as SIMS has it." in said


def test_a_person_who_left_long_ago_is_found_as_long_as_they_are_kept(living):
    StudentFactory(school=living.school, forename="Zelda", surname="Quartermain", sort_name="quartermain zelda",
                   left_at=ago(days=30))  # fmt: skip

    told = explain(living.school, asked("zelda quarter"))

    assert [one.code for one in told.answers] == ["left"]


def test_support_asks_about_a_parent_and_a_lead_does_not(living):
    contact = Contact.objects.filter(school=living.school, left_at=None).order_by("pk").first()
    asked_for = Asked("wonde_id", contact.wonde_id)

    (for_support,) = explain(living.school, asked_for, reason="ticket 7").answers
    (for_lead,) = explain(living.school, asked_for).answers

    assert (for_support.code, for_support.found.pk) == ("imported", contact.pk)
    assert contact.email not in str(for_support.says) + for_support.reply
    assert for_lead.code == "unknown"


def test_a_parent_without_responsibility_is_told_by_that_reason(living):
    kept = set(Contact.objects.values_list("wonde_id", flat=True))
    everyone = {row["id"] for row in living.sandbox.every(f"schools/{living.school.wonde_id}/contacts")}
    codes = set()
    for wonde_id in sorted(everyone - kept)[:4]:
        (told,) = explain(living.school, Asked("wonde_id", wonde_id), reason="ticket 7").answers
        codes.add(told.code)

    assert codes
    assert codes <= {"no_parental_responsibility", "parental_responsibility_unknown", "no_kept_student", "court_order"}
