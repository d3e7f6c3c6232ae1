"""Why is somebody here or not: the answer follows the decision of the next run, and no name is left behind."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from classes.models import Choice, Enrolment, SchoolClass
from parents.models import Block, Contact, Guardianship
from parents.rules import blocks
from schools.models import AuditEntry, Employee
from schools.templatetags.words import date_words
from students.models import Student
from sync.engine.undo import undo
from sync.models import Hold, SyncRun
from sync.people.class_requests import store_decision
from sync.rules.reasons import REASONS
from sync.why.explain import explain
from sync.why.finding import SHOWN, Asked, asked
from sync.wording.reasons import IN_WORDS, STATES
from tests.factories import LeadRightFactory, StudentFactory, StudentUserFactory, TeacherFactory, UserFactory, ago
from tests.sync.living import living_school
from tests.tools.answering import asked as ask
from tests.tools.people import signed_in, support_client

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
    reason = IN_WORDS.get(code) or STATES[code]

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

    assert (told.code, told.decided) == ("excluded_class", "pat@help.example.org left it out")


def test_a_class_that_a_person_left_out_says_so_in_one_sentence_with_what_they_wrote(living):
    support = UserFactory(email="pat@help.example.org")
    row = SchoolClass.objects.filter(school=living.school, status="in").first()
    store_decision([row], "out", support, "the same as 9x/Ma1")
    living.read()

    told = answer(living, row)

    assert told.sentence.startswith(f"{row.name} is not here, because pat@help.example.org left it out on ")
    assert told.sentence.endswith(" (“the same as 9x/Ma1”).")


def test_a_student_who_is_yet_to_start_is_told_from_which_day_they_are_here(living):
    student, starts = living.student(), timezone.localdate() + timedelta(days=3)
    event = {"event": "admission_date", "student": student.wonde_id, "date": starts.isoformat()}
    living.sandbox.day(living.school.wonde_id, [event])

    told = answer(living, student)

    day = date_words(starts.isoformat())
    assert told.sentence == f"{told.spoken} starts on {day}, so they are here from {day}."


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


def test_twenty_answers_take_no_more_queries_than_one_of_each_kind(living, django_assert_max_num_queries, settings):
    settings.WONDE_TOKEN = "wrong"  # our own side alone: its reading has a fixed number of queries of its own
    with django_assert_max_num_queries(35):
        assert len(explain(living.school, Asked("wonde_id", living.student().wonde_id)).answers) == 1

    with django_assert_max_num_queries(35):
        told = explain(living.school, Asked("name", "a"))
    assert len(told.answers) == SHOWN
    assert told.more > 0


def test_the_page_is_for_leads_and_keeps_the_name_out_of_the_address(living):
    lead = LeadRightFactory(school=living.school).user
    student = living.student()
    address = reverse("sync:why", args=[living.school.code])

    page = ask(signed_in(lead), address, {"who": str(student)})

    assert page.status_code == 200
    assert student.list_name in page.content.decode()
    assert student.upn not in page.content.decode()
    assert "is here, in" in page.content.decode()
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
    client.post(address, {"looking": "ticket 4711"})
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
    assert f"{student} is here, in {class_of(student).name} since " in said


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


# --- Whom what was typed means, and in which order


def somebody(living, forename, surname, **more):
    return StudentFactory(school=living.school, forename=forename, surname=surname, **more)


def names_told(living, text):
    return [one.name for one in explain(living.school, Asked("name", text)).answers]


@pytest.mark.parametrize("typed", ["oneill zebedee", "O Neill, Zebedee", "Zebedee O’Neill", "zebedee o'ne"])
@pytest.mark.parametrize("written", ["O'Neill", "O’Neill", "O Neill", "ONeill"])
def test_a_name_is_found_as_the_mis_writes_it_and_as_people_type_it(no_wonde, typed, written):
    somebody(no_wonde, "Zebedee", written)

    assert names_told(no_wonde, typed) == [f"{written}, Zebedee"]


def test_the_nearest_name_comes_first_and_of_equals_whoever_is_missing(no_wonde):
    somebody(no_wonde, "Samuel", "Quartermain")
    somebody(no_wonde, "Sam", "Quartermain")
    somebody(no_wonde, "Sam", "Quartermain-Vane")
    somebody(no_wonde, "Sam", "Quartermain", left_at=ago(days=30))

    told = explain(no_wonde.school, Asked("name", "Sam Quartermain")).answers

    assert [(one.name, one.code) for one in told] == [
        ("Quartermain, Sam", "left"),
        ("Quartermain, Sam", "imported"),
        ("Quartermain-Vane, Sam", "imported"),
        ("Quartermain, Samuel", "imported"),
    ]


def asked_for(client, living, text):
    return ask(client, reverse("sync:why", args=[living.school.code]), {"who": text})


def test_everybody_of_one_name_is_a_list_to_choose_from_and_more_than_fit_are_said_in_a_sentence(no_wonde, lead_of):
    for _ in range(SHOWN + 1):
        somebody(no_wonde, "Sam", "Quartermain")

    page = asked_for(lead_of(no_wonde), no_wonde, "quartermain")

    assert page.context["opened"] is None
    assert len(page.context["others"]) == SHOWN
    assert "Whom do you mean?" in page.text
    assert "More people match than fit here: type more of the name." in page.text


def test_whoever_is_chosen_from_the_list_is_told_in_full(no_wonde, lead_of):
    for forename in ("Sam", "Sara"):
        somebody(no_wonde, forename, "Quartermain")
    client = lead_of(no_wonde)
    page = asked_for(client, no_wonde, "quartermain")

    chosen = client.get(f"{page.context['here']}&match=1")

    assert chosen.context["opened"].name == "Quartermain, Sara"
    assert [answer.name for _, answer in chosen.context["others"]] == ["Quartermain, Sam"]


def test_one_who_is_called_just_that_is_told_in_full_beside_others_who_match(no_wonde, lead_of):
    for forename in ("Sam", "Samuel"):
        somebody(no_wonde, forename, "Quartermain")

    page = asked_for(lead_of(no_wonde), no_wonde, "sam quartermain")

    assert page.context["opened"].name == "Quartermain, Sam"
    assert "Others who match" in page.text


@pytest.mark.parametrize("typed", ["zoq", " ZOQ ", "zőq"])
def test_a_student_is_found_by_username_in_any_spelling_and_by_one_they_had_before(no_wonde, typed):
    for before, now in ((None, "zoq"), ("zoq", "zebq")):
        student = somebody(no_wonde, "Zebedee", "Quartermain")
        student.user = StudentUserFactory(school=no_wonde.school, username=now)
        student.save()
        if before:
            student.former_usernames.create(school=no_wonde.school, username=before)

        assert names_told(no_wonde, typed) == ["Quartermain, Zebedee"]
        student.user.delete()
        student.delete()


@pytest.mark.parametrize("typed", ["O\u200bNeill", "O\u02bcNeill  \u2018zébedee\u2019", "\ufeffzebedee o\u2032neill"])
def test_signs_nobody_sees_curly_quotes_and_accents_make_no_difference(no_wonde, typed):
    somebody(no_wonde, "Zebedee", "O'Neill")

    assert names_told(no_wonde, typed) == ["O'Neill, Zebedee"]


def test_a_person_without_a_name_is_no_it(no_wonde, lead_of):
    somebody(no_wonde, "", "", wonde_id="S1234567890")

    page = ask(lead_of(no_wonde), reverse("sync:why", args=[no_wonde.school.code]), {"who": "S1234567890"}).text

    assert "This student is here" in page
    assert "<p>It " not in page


@pytest.fixture
def no_wonde(living, settings):
    """The school, where Wonde cannot be asked: the answers are ours alone, and quick."""
    settings.WONDE_TOKEN = "wrong"
    return living


@pytest.fixture
def lead_of():
    return lambda living: signed_in(LeadRightFactory(school=living.school).user)


# --- What a person did is never called the rule


@pytest.fixture
def pat():
    return UserFactory(email="pat@help.example.org")


DAY = datetime(2026, 10, 3, 9, tzinfo=UTC)
BY_PAT = "pat@help.example.org {} on 3 October 2026"


def class_of(student):
    return student.enrolments.current().get().school_class


def test_a_student_whom_a_person_moved_names_that_person_and_the_day(no_wonde, pat):
    student = no_wonde.student()
    choice = Choice.objects.create(
        school=no_wonde.school, student=student, school_class=class_of(student), verdict="chosen", by=pat
    )
    Choice.objects.filter(pk=choice.pk).update(at=DAY)

    assert answer(no_wonde, student).decided == BY_PAT.format(f"chose {class_of(student).name} for them")


def test_who_came_with_a_class_that_a_person_brought_in_came_by_that_person(no_wonde, pat):
    student = no_wonde.student()
    row = class_of(student)
    SchoolClass.objects.filter(pk=row.pk).update(decision="in", decided_by=pat, decided_at=DAY)

    by = BY_PAT.format(f"brought in {row.name}")
    assert answer(no_wonde, student).decided == f"{by}; students come with their class"
    assert answer(no_wonde, row).decided == BY_PAT.format("brought it in")


def test_who_left_with_a_class_that_a_person_left_out_left_by_that_person(living, pat):
    student = living.student()
    row = class_of(student)
    store_decision([row], "out", pat, "ticket 7")
    living.read()

    told = answer(living, student)

    assert told.decided.startswith(f"pat@help.example.org left out {row.name} on ")
    assert told.decided.endswith("; students come with their class")


def test_whom_a_person_keeps_names_that_person_and_the_day(no_wonde, pat):
    student = no_wonde.student()
    run = SyncRun.objects.applied().filter(school=no_wonde.school).first()
    Hold.objects.create(
        school=no_wonde.school, kind="students", row_id=student.pk, limit="kind", run=run, since=DAY,
        kept_by=pat, kept_at=DAY,
    )  # fmt: skip

    assert answer(no_wonde, student).decided == BY_PAT.format("said to keep them")


def test_an_undo_is_a_persons_act(living, pat):
    student = living.student()
    _, run = living.day({"event": "leave", "student": student.wonde_id})
    undo(run, pat, "a slip")

    assert answer(living, student).decided.startswith("pat@help.example.org brought them back on ")


def test_a_blocked_parent_is_blocked_by_whoever_set_the_block(living, pat):
    link = Guardianship.objects.current().filter(school=living.school).order_by("pk").first()
    others = Guardianship.objects.current().filter(contact=link.contact)
    for each in others:
        blocks.block(each.student, link.contact, Block.Cause.COURT_ORDER, by=pat)
    living.read()

    (told,) = explain(living.school, Asked("wonde_id", link.contact.wonde_id), reason="ticket 7").answers

    assert told.decided.startswith("pat@help.example.org set the block on ")


# --- The page of one student, with Wonde asked


def page_of(living, student):
    return reverse("sync:why_student", args=[living.school.code, student.pk])


def test_a_lead_has_wonde_asked_about_the_student_whose_page_it_is(living, lead_of):
    student = living.student()
    living.sandbox.day(living.school.wonde_id, [{"event": "leave", "student": student.wonde_id}])

    page = ask(lead_of(living), page_of(living, student), {})

    assert f"{student} is no longer in SIMS and is removed with the next sync." in page.text


def test_where_wonde_cannot_be_asked_the_page_keeps_to_what_we_hold_and_says_so(no_wonde, lead_of):
    student = no_wonde.student()

    page = ask(lead_of(no_wonde), page_of(no_wonde, student), {})

    assert page.context["live"] is None
    assert f"{student} is here, in " in page.text
    assert "There is no answer from Wonde" in page.text


def test_what_was_found_by_a_search_is_on_the_page_of_the_student_and_on_no_other_students(living, lead_of):
    student, other = Student.objects.filter(school=living.school, left_at=None).order_by("pk")[:2]
    client = lead_of(living)
    key = asked_for(client, living, student.wonde_id).context["question"].pk

    assert client.get(page_of(living, student), {"q": key}).context["live"].found.pk == student.pk
    assert client.get(page_of(living, other), {"q": key}).context["live"] is None
