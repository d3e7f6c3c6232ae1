"""The page that tells of one student why: at once, newest first, with who; and to whom it tells what."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from classes.models import Choice
from parents.models import AddressChoice, WeeklyMail
from schools.marks import marks
from schools.models import AuditEntry
from sync.models import Approval, Change, ChangeOfMis, Hold, Recognition, SyncRun
from sync.why import parents, timeline
from tests.factories import (
    ChangeFactory,
    EnrolmentFactory,
    GuardianshipFactory,
    LeadRightFactory,
    MailSettingsFactory,
    SchoolClassFactory,
    StudentFactory,
    StudentUserFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    TeachingFactory,
    UserFactory,
)
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db

AT = datetime(2026, 10, 3, 3, 15, tzinfo=UTC)


@pytest.fixture
def school():
    school = SyncSettingsFactory().school
    SyncRunFactory(school=school)
    return school


@pytest.fixture
def leo(school):
    """In 9x/Ma1."""
    return EnrolmentFactory(
        school_class__school=school, school_class__name="9x/Ma1", student__forename="Leo", student__surname="Hart"
    ).student


@pytest.fixture
def pat():
    return UserFactory(email="pat@example.org")


def changed(student, verb, kind="students", row_id=None, days=0, run=None, **more):
    """A change of the student, `days` after AT, by a sync of that night, or the one whose fields are in `run`."""
    at = AT + timedelta(days=days)
    made = SyncRunFactory(school=student.school, started_at=at, **(run or {}))
    return ChangeFactory(run=made, school=student.school, kind=kind, row_id=row_id or student.pk, verb=verb, **more)


def events(student):
    """What the syncs and people of a test did; that its rows were made by hand is no part of it."""
    Change.objects.filter(run=None).delete()
    return timeline.of_student(student, student.school)


def told(student):
    return [event.told for event in events(student)]


def moved(student, to="9x/Ma2", **more):
    """The student moves to another class, as a sync writes it."""
    old = student.enrolments.get(left_at=None)
    old.left_at = AT
    old.save()
    new = EnrolmentFactory(student=student, school_class=SchoolClassFactory(school=student.school, name=to))
    values = {"school_class": [old.school_class_id, new.school_class_id]}
    return changed(student, "move", "enrolments", new.pk, values=values, **more)


def by_undo(user):
    return {"trigger": SyncRun.Trigger.UNDO, "asked_by": user}


# --- Each kind of change, with who


def test_whom_the_mis_lists_anew_came_for_the_first_time_in_their_class(leo):
    created = changed(leo, "create")
    ChangeFactory(run=created.run, kind="enrolments", row_id=leo.enrolments.get().pk, verb="create")

    assert told(leo) == ["SIMS listed Leo for the first time, in 9x/Ma1."]


@pytest.mark.parametrize(
    ("cause", "reason", "why"),
    [
        ("absence", "", ": SIMS no longer lists Leo."),
        ("evidence", "not_current", ": SIMS says that Leo has left, or has not started yet."),
        ("follows", "not_in_imported_class", ": SIMS has Leo in no class that comes here."),
        ("absence", "not_in_imported_class", ": SIMS has Leo in no class that comes here."),
    ],
)
def test_a_removal_says_why_in_the_words_of_the_mis(leo, cause, reason, why):
    changed(leo, "remove", cause=cause, reason=reason)

    assert told(leo) == [f"Leo was removed{why}"]


def test_a_removal_after_a_yes_names_who_said_it_and_their_reason(leo, pat):
    row = changed(leo, "remove", cause="approved")
    Approval.objects.create(school=leo.school, asked="x", by=pat, reason="left at half term", run=row.run, applied=True)

    (event,) = events(leo)

    assert event.told == "Leo was removed after a yes by pat@example.org: SIMS no longer listed Leo."
    assert event.why == "left at half term"


def test_a_removal_and_a_return_by_undoing_are_a_persons_act(leo, pat):
    changed(leo, "remove", cause="undone", run=by_undo(pat))
    changed(leo, "return", days=1, run=by_undo(pat))

    assert told(leo) == [
        "pat@example.org brought Leo back, by undoing a sync.",
        "Leo was removed, because pat@example.org undid a sync.",
    ]


def test_a_student_who_is_back_in_the_mis_came_back(leo):
    changed(leo, "return")

    assert told(leo) == ["Leo came back: SIMS lists Leo again."]


def test_new_details_are_told_before_and_after(leo):
    changed(leo, "update", values={"surname": ["Hart", "Hardt"], "sort_name": ["hart leo", "hardt leo"]})

    assert told(leo) == ["SIMS changed Leo’s details: surname Hart is now Hardt."]


def test_of_an_identifier_only_that_it_changed_is_told(leo):
    changed(leo, "update", values={"upi": ["a" * 16, "b" * 16]})

    assert told(leo) == ["SIMS changed Leo’s details: an identifier that pages do not show."]


def test_a_move_is_the_miss(leo):
    moved(leo)

    assert told(leo) == ["SIMS moved Leo from 9x/Ma1 to 9x/Ma2."]


def test_a_move_that_a_person_chose_is_that_persons(leo, pat):
    change = moved(leo)
    to = leo.enrolments.get(left_at=None).school_class
    choice = Choice.objects.create(
        school=leo.school, student=leo, school_class=to, verdict="chosen", by=pat, reason="her set"
    )
    Choice.objects.filter(pk=choice.pk).update(at=change.run.started_at - timedelta(hours=1))

    assert told(leo) == [
        "pat@example.org moved Leo from 9x/Ma1 to 9x/Ma2.",
        "pat@example.org chose 9x/Ma2 for Leo.",
    ]


def test_a_choice_made_after_a_move_did_not_make_it(leo, pat):
    moved(leo)
    to = leo.enrolments.get(left_at=None).school_class
    Choice.objects.create(school=leo.school, student=leo, school_class=to, verdict="chosen", by=pat)

    assert told(leo)[-1] == "SIMS moved Leo from 9x/Ma1 to 9x/Ma2."


def test_a_move_because_somebody_left_the_class_out_is_that_persons(leo, pat):
    change = moved(leo)
    old = leo.enrolments.exclude(left_at=None).get().school_class
    old.status, old.decision, old.decided_by, old.decided_at = "out", "out", pat, AT - timedelta(hours=1)
    old.status_since, old.decided_why = change.run.started_at, "twice in SIMS"
    old.save()

    assert [(event.told, event.why) for event in events(leo)] == [
        ("Leo moved from 9x/Ma1 to 9x/Ma2, because pat@example.org left 9x/Ma1 out.", ""),
        ("pat@example.org left out 9x/Ma1.", "twice in SIMS"),
    ]


def test_a_stay_that_begins_with_a_class_somebody_brought_in_is_that_persons(leo, pat):
    stay = leo.enrolments.get()
    change = changed(leo, "create", "enrolments", stay.pk)
    row = stay.school_class
    row.decision, row.decided_by, row.status_since = "in", pat, change.run.started_at
    row.save()

    assert told(leo) == ["Leo joined 9x/Ma1, which pat@example.org brought in."]


@pytest.mark.parametrize(
    ("verb", "more", "sentence"),
    [
        ("create", {}, "SIMS put Leo in 9x/Ma1."),
        ("return", {}, "Leo is in 9x/Ma1 again."),
        ("remove", {"cause": "absence"}, "Leo left 9x/Ma1: SIMS no longer lists Leo in 9x/Ma1."),
        ("remove", {"cause": "follows"}, "Leo left 9x/Ma1, as 9x/Ma1 is no longer here."),
    ],
)
def test_a_stay_by_itself_is_told(leo, verb, more, sentence):
    changed(leo, verb, "enrolments", leo.enrolments.get().pk, **more)

    assert told(leo) == [sentence]


@pytest.mark.parametrize(
    ("kind", "verb", "sentence"),
    [
        ("students", "create", "Leo was added by hand."),
        ("students", "return", "Leo was brought back by hand."),
        ("students", "update", "Leo’s details were changed by hand: an identifier that pages do not show."),
        ("students", "remove", "Leo was removed, by hand."),
        ("enrolments", "create", "Leo was put in 9x/Ma1 by hand."),
        ("enrolments", "remove", "Leo left 9x/Ma1, by hand."),
    ],
)
def test_what_no_sync_did_was_done_by_hand(leo, kind, verb, sentence):
    row_id = leo.pk if kind == "students" else leo.enrolments.get().pk
    Change.objects.filter(school=leo.school).delete()
    Change.objects.create(school=leo.school, kind=kind, row_id=row_id, verb=verb)

    assert [event.told for event in timeline.of_student(leo, leo.school)] == [sentence]


# --- Each kind of decision, with who


def test_what_waits_and_what_was_kept_is_told(leo, pat):
    run = SyncRunFactory(school=leo.school)
    Hold.objects.create(
        school=leo.school, kind="students", row_id=leo.pk, limit="kind", run=run, since=AT,
        kept_by=pat, kept_at=AT + timedelta(days=1), kept_because="on a trip",
    )  # fmt: skip

    kept, waits = events(leo)

    assert (kept.told, kept.why) == ("pat@example.org said to keep Leo.", "on a trip")
    assert waits.told.startswith("Leo began to wait for a person’s yes or no. More would leave at once")


def test_who_somebody_is_and_a_change_of_mis_name_the_person(leo, pat):
    Recognition.objects.create(school=leo.school, kind="students", wonde_id="A1", row_id=leo.pk, is_same=True, by=pat)
    ChangeOfMis.objects.create(school=leo.school, pairs={"students": {"A1": leo.pk}}, confirmed_by=pat)

    assert told(leo) == [
        "pat@example.org confirmed who is who in the new MIS, Leo among them.",
        "pat@example.org said that somebody new in SIMS is the same Leo.",
    ]


def test_a_class_a_person_left_a_student_out_of_is_told(leo, pat):
    row = SchoolClassFactory(school=leo.school, name="9x/Ma9")
    Choice.objects.create(school=leo.school, student=leo, school_class=row, verdict="left_out", by=pat)

    assert told(leo) == ["pat@example.org left Leo out of 9x/Ma9."]


@pytest.mark.parametrize("verb", timeline.words.SIGNING_IN)
def test_what_staff_did_about_signing_in_is_told_to_who_looks_after_it(leo, pat, verb):
    AuditEntry.objects.note(pat, verb, leo, leo.school)

    (event,) = events(leo)

    assert event.told.startswith("pat@example.org ")
    assert "Leo" in event.told
    assert timeline.of_student(leo, leo.school, signing_in=False) == []


def test_the_newest_comes_first(leo):
    for days, verb in enumerate(["create", "remove", "return"]):
        changed(leo, verb, days=days, cause="absence" if verb == "remove" else "")

    told_at = [event.at for event in events(leo)]

    assert told_at == sorted(told_at, reverse=True)
    assert len(told_at) == 3


# --- The page


@pytest.fixture
def address(leo):
    return reverse("sync:why_student", args=[leo.school.code, leo.pk])


@pytest.fixture
def lead(school):
    return signed_in(LeadRightFactory(school=school, user__email="lead@example.org").user)


def a_parent(student, **more):
    return GuardianshipFactory(student=student, contact__forename="Mercy", contact__surname="Hart", **more)


def test_the_sentence_names_the_class_and_since_when(leo, address, lead):
    assert "Leo Hart is here, in 9x/Ma1 since " in lead.get(address).text


def test_a_teacher_reads_what_we_hold_without_parents_reasons_or_wonde(leo, address, pat):
    a_parent(leo)
    row = changed(leo, "remove", cause="approved")
    Approval.objects.create(school=leo.school, asked="x", by=pat, reason="moved to Rhyl", run=row.run, applied=True)
    teacher = signed_in(TeacherFactory(school=leo.school).user)

    page = teacher.get(address)

    assert "after a yes by pat@example.org" in page.text
    assert "moved to Rhyl" not in page.text
    assert "Mercy" not in page.text
    assert "Ask Wonde now" not in page.text
    assert "Signing in" not in page.text


def test_a_teacher_of_the_class_reads_how_signing_in_stands(leo, address):
    teaching = TeachingFactory(school_class=leo.enrolments.get().school_class)

    assert (
        "Leo cannot sign in yet, because there is no username." in signed_in(teaching.employee.user).get(address).text
    )


def test_a_post_of_a_teacher_asks_nothing_of_wonde(leo, address):
    page = signed_in(TeacherFactory(school=leo.school).user).post(address)

    assert page.status_code == 405


def test_a_leaver_is_told_of_to_those_who_taught_them_and_to_no_other_teacher_where_classes_are_own(leo, address):
    teaching = TeachingFactory(school_class=leo.enrolments.get().school_class)
    leo.school.teachers_see_all_classes = False
    leo.school.save()
    leo.enrolments.update(left_at=AT + timedelta(days=400))
    leo.left_at = AT + timedelta(days=400)
    leo.save()
    colleague = TeachingFactory(school_class__school=leo.school).employee

    assert "Leo Hart was removed on " in signed_in(teaching.employee.user).get(address).text
    assert signed_in(colleague.user).get(address).status_code == 404


def test_a_student_of_another_school_is_not_there(leo, lead):
    other = StudentFactory()
    for school in (leo.school, other.school):
        assert lead.get(reverse("sync:why_student", args=[school.code, other.pk])).status_code == 404


def test_a_lead_reads_of_each_parent_why_mail_goes_or_does_not(leo, address, lead):
    MailSettingsFactory(school=leo.school)
    a_parent(leo, contact__email="")

    page = lead.get(address).text

    assert "No mail about Leo goes to Ms Mercy Hart, who has no email address in SIMS." in page
    assert "not asked any more" in page


def test_who_stopped_the_mail_is_named_with_the_day(leo, address, lead, pat):
    link = a_parent(leo)
    mark, number = marks().address(leo.school_id, link.contact.email), marks().newest
    AddressChoice.objects.create(school=leo.school, address_mark=mark, key_number=number, cause="staff", made_by=pat)

    page = lead.get(address).text

    assert "was switched off by staff" in page
    assert "By pat@example.org" in page


def test_the_last_mails_say_what_became_of_them_newest_first(leo):
    link = a_parent(leo)
    mark = marks().address(leo.school_id, link.contact.email)
    for week, state, reason in ((40, "sent", ""), (41, "suppressed", "nothing_to_report"), (42, "bounced", "")):
        WeeklyMail.objects.create(
            school=leo.school, address_mark=mark, key_number=1, iso_year=2026, iso_week=week, made_at=AT, until=AT,
            contacts=[link.contact_id], students=[leo.pk], state=state, reason=reason, next_try_at=AT, changed_at=AT,
        )  # fmt: skip

    (parent,) = parents.of_student(leo, leo.school)

    assert [(mail.state, mail.why) for mail in parent.mails] == [
        ("came back", ""),
        ("not sent, on purpose", "there was nothing to report"),
        ("handed over", ""),
    ]


def test_whoever_is_no_longer_there_for_the_student_is_told_with_the_reason_and_comes_last(leo):
    gone = a_parent(leo, left_at=AT)
    ChangeFactory(
        run=SyncRunFactory(school=leo.school), school=leo.school, kind="guardianships", row_id=gone.pk, verb="remove",
        cause="evidence", reason="no_parental_responsibility",
    )  # fmt: skip
    there = a_parent(leo)

    first, last = parents.of_student(leo, leo.school)

    assert first.name == str(there.contact)
    assert last.sentence == "No mail about Leo goes to Ms Mercy Hart, who has no parental responsibility in SIMS."
    assert last.steps == []


def test_support_says_why_they_look_and_it_is_noted(leo, address):
    client = support_client(looks_at=[leo.school])

    assert client.get(address).status_code == 200
    assert AuditEntry.objects.filter(verb="asked why", kind="student", object_id=leo.pk, actor=client.user).exists()


def test_a_page_takes_as_many_queries_for_fifty_changes_as_for_one(leo, address, lead, django_assert_num_queries):
    changed(leo, "update", values={"surname": ["A", "B"]})
    a_parent(leo)
    with CaptureQueriesContext(
        connection,
    ) as few:
        lead.get(address)
    for days in range(50):
        changed(leo, "update", days=days, values={"surname": ["A", "B"]})
    for _ in range(3):
        a_parent(leo)

    with django_assert_num_queries(len(few)):
        lead.get(address)


def test_two_imported_classes_that_clash_are_named(leo, address, lead):
    row = SchoolClassFactory(school=leo.school, name="9x/Ma9")
    run = SyncRunFactory(school=leo.school)
    run.second_classes = [[leo.pk, row.pk]]
    run.save()

    assert "SIMS has them in 9x/Ma1 and 9x/Ma9, and a student is in one class here: 9x/Ma1." in lead.get(address).text


def test_a_student_who_never_signed_in_and_has_no_card_needs_a_code(leo, address, lead):
    leo.user = StudentUserFactory(school=leo.school, username="leoh")
    leo.save()

    assert "Leo has never signed in, and there is no card whose words work. A new code helps." in lead.get(address).text
