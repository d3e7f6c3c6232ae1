"""What a person decides: yes or no to what is held, undo, pause, rollover, change of MIS. Real HTTP, real database."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db.models import Count
from django.utils import timezone

from classes.models import Choice, Enrolment, SchoolClass, Teaching
from parents.models import Contact, Guardianship
from parents.rules.recipients import verdicts
from students.models import Student
from sync.engine.runs import preview
from sync.engine.undo import can_undo_all, undo
from sync.facts.errors import Moved
from sync.models import Change, Hold, SyncRun, SyncSettings
from sync.people import held
from sync.people.class_requests import store_decision
from sync.people.second_class import choose, of_school
from sync.rules.change_of_mis import WhoIsWho
from sync.tasks import sweep, sync_school
from tests.factories import LeadRightFactory, SupportFactory
from tests.sync.imported import here, imported_school, many_leave, sync
from tests.sync.world import a_sandbox

pytestmark = pytest.mark.django_db

REASON = "The school rang: the year 11 leavers."


@pytest.fixture
def sandbox(settings):
    with a_sandbox(settings, students=120) as running:
        yield running


@pytest.fixture
def school(sandbox):
    return imported_school(sandbox)


@pytest.fixture
def support():
    return SupportFactory()


def places(school):
    """Who is in which class: {student: class}, by Wonde id."""
    stays = Enrolment.objects.current().filter(school=school)
    return dict(stays.values_list("student__wonde_id", "school_class__wonde_id"))


def test_many_students_missing_at_once_are_held_and_keep_their_classes(sandbox, school):
    before = places(school)

    run, leavers = many_leave(sandbox, school)

    assert places(school) == before
    assert Hold.objects.filter(school=school, kind="students").count() == len(leavers)
    assert run.asked
    assert run.waiting


def test_what_was_approved_is_applied_and_named_as_approved(sandbox, school, support):
    run, leavers = many_leave(sandbox, school)

    held.approve(school, support, REASON, run.asked)
    applied = sync(school)

    assert here(school).isdisjoint(leavers)
    assert not Hold.objects.filter(school=school).exists()
    assert set(applied.changes.filter(kind="students", verb="remove").values_list("cause", flat=True)) == {"approved"}
    assert school.audit_entries.get(verb="approved held removals").reason == REASON


def test_an_approval_counts_only_for_what_the_person_saw(sandbox, school, support):
    run, leavers = many_leave(sandbox, school)
    held.approve(school, support, REASON, run.asked)
    one_more = sorted(here(school) - set(leavers))[0]
    sandbox.day(school.wonde_id, [{"event": "leave", "student": one_more}])

    again = sync(school)

    assert {*leavers, one_more} <= here(school)
    assert again.asked not in {"", run.asked}
    assert sync(school).asked == again.asked, "the approval was used up by the run that did not match it"


def test_what_has_changed_since_somebody_looked_cannot_be_approved(sandbox, school, support):
    run, leavers = many_leave(sandbox, school)
    sandbox.day(school.wonde_id, [{"event": "return_same_id", "students": leavers}])
    sync(school)

    with pytest.raises(Moved, match="Look at the list again"):
        held.approve(school, support, REASON, run.asked)


def test_a_hold_ends_by_itself_when_the_rows_are_back(sandbox, school):
    _, leavers = many_leave(sandbox, school)
    sandbox.day(school.wonde_id, [{"event": "return_same_id", "students": leavers}])

    run = sync(school)

    assert not Hold.objects.filter(school=school).exists()
    assert run.waiting == []


def test_what_a_person_keeps_is_not_asked_about_again(sandbox, school, support):
    run, leavers = many_leave(sandbox, school)

    held.keep(school, support, "They are on a school trip.", run.asked)
    again = sync(school)

    assert again.waiting == []
    assert set(leavers) <= here(school)


def test_keeping_after_an_approval_is_the_last_word(sandbox, school, support):
    run, leavers = many_leave(sandbox, school)
    held.approve(school, support, REASON, run.asked)

    held.keep(school, support, "They are on a school trip.", run.asked)
    sync(school)

    assert set(leavers) <= here(school)


def test_leads_and_support_are_mailed_once_when_something_is_first_held(
    sandbox, school, settings, tasks_run_at_once, django_capture_on_commit_callbacks
):
    lead = LeadRightFactory(school=school).user
    leavers = sorted(here(school))[:40]
    sandbox.day(school.wonde_id, [{"event": "leave", "students": leavers}])

    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            sync_school(school.pk)

    assert sorted(letter.to[0] for letter in mail.outbox) == sorted([lead.email, settings.SUPPORT_EMAIL])
    assert "40 of" in mail.outbox[0].body
    names = Student.objects.filter(wonde_id__in=leavers).exclude(surname="").values_list("surname", flat=True)
    assert not any(name in mail.outbox[0].body for name in names)


def test_waiting_changed_addresses_are_called_that_and_a_yes_accepts_them(
    sandbox, school, support, tasks_run_at_once, django_capture_on_commit_callbacks
):
    before = dict(Contact.objects.filter(school=school).values_list("pk", "email"))
    sandbox.day(school.wonde_id, [{"event": "shift_emails"}])
    with django_capture_on_commit_callbacks(execute=True):
        sync_school(school.pk)
    run = SyncRun.objects.applied().first()

    holds = Hold.objects.filter(school=school)
    assert set(holds.values_list("kind", "limit")) == {("contacts", "addresses")}
    assert [entry["limit"] for entry in run.waiting] == ["addresses"]
    assert "have another email address all at once" in mail.outbox[0].body
    assert dict(Contact.objects.filter(school=school).values_list("pk", "email")) == before

    held.approve(school, support, REASON, run.asked)
    again = sync(school)

    assert again.waiting == []
    assert not holds.exists()
    assert again.counts["contacts"]["update"] > 5


def test_students_back_within_seven_days_are_not_counted_as_missing(sandbox, school):
    first, second = sorted(here(school))[:5], sorted(here(school))[5:10]
    for events in (
        [{"event": "leave", "students": first}],
        [{"event": "return_same_id", "students": first}],
        [{"event": "leave", "students": second}],
    ):
        sandbox.day(school.wonde_id, events)
        run = sync(school)

    assert run.waiting == []
    assert not {*second} & here(school)


def test_students_brought_back_by_an_undo_are_not_counted_as_missing(sandbox, school, support):
    first, second = sorted(here(school))[:5], sorted(here(school))[5:10]
    sandbox.day(school.wonde_id, [{"event": "leave", "students": first}])
    undo(sync(school), support, REASON)
    sandbox.day(school.wonde_id, [{"event": "return_same_id", "students": first}])
    held.resume(school, support)
    sandbox.day(school.wonde_id, [{"event": "leave", "students": second}])

    run = sync(school)

    assert run.waiting == []
    assert not {*second} & here(school)


def test_parents_of_missing_children_stay_while_a_school_is_paused_after_an_undo(sandbox, school, support):
    gone = sorted(here(school))[:3]
    links = Guardianship.objects.current().filter(school=school)
    of_them = set(links.filter(student__wonde_id__in=gone).values_list("pk", flat=True))
    sandbox.day(school.wonde_id, [{"event": "leave", "students": gone}])
    undo(sync(school), support, REASON)

    run = sync(school)

    assert not run.changes.filter(verb="remove").exists()
    assert set(links.exclude(doubt="").values_list("pk", "doubt")) == {(pk, "student_missing") for pk in of_them}
    decided = verdicts(school).why
    assert {decided[link.student_id, link.contact_id] for link in links.filter(pk__in=of_them)} == {"student_missing"}


def test_what_the_mis_has_ever_said_about_its_staff_is_remembered(sandbox, school):
    assert SyncSettings.objects.get(school=school).facts_known == ["current", "dates"]
    sandbox.day(school.wonde_id, [{"event": "withdraw_permission", "scope": "employees.employment_details.read"}])
    sandbox.day(school.wonde_id, [{"event": "teacher_joins"}, {"event": "change_teacher"}])

    run = sync(school)

    assert run.counts["employees"]["create"] == run.counts["employees"]["return"] == 0
    assert (run.waiting[0]["code"], run.waiting[0]["fact"]) == ("silent", "current")
    assert SyncSettings.objects.get(school=school).facts_known == ["current", "dates"]


def test_the_sweep_announces_once_what_a_worker_applied_but_did_not_live_to_announce(
    sandbox, school, settings, tasks_run_at_once, django_capture_on_commit_callbacks
):
    run, _ = many_leave(sandbox, school)
    SyncSettings.objects.filter(school=school).update(due_at=None)

    with django_capture_on_commit_callbacks(execute=True):
        sweep()
        assert mail.outbox == [], "its worker may be at it"
        SyncRun.objects.filter(pk=run.pk).update(ended_at=timezone.now() - timedelta(minutes=2))
        sweep()
        sweep()

    assert [letter.to for letter in mail.outbox] == [[settings.SUPPORT_EMAIL]]
    assert SyncSettings.objects.get(school=school).due_at > timezone.now()


def test_undoing_removals_returns_students_to_their_classes_and_pauses_the_school(sandbox, school, support):
    before = places(school)
    leavers = sorted(here(school))[:3]
    sandbox.day(school.wonde_id, [{"event": "leave", "students": leavers}])
    run = sync(school)
    assert here(school).isdisjoint(leavers)

    undone = undo(run, support, REASON)

    assert places(school) == before
    assert undone.trigger == SyncRun.Trigger.UNDO
    assert SyncSettings.objects.get(school=school).paused_at
    assert Enrolment.objects.filter(school=school, student__wonde_id__in=leavers).count() == 3, "the same stays go on"


def test_a_paused_school_changes_only_by_evidence_and_goes_on_when_resumed(sandbox, school, support):
    leavers = sorted(here(school))[:3]
    sandbox.day(school.wonde_id, [{"event": "leave", "students": leavers}])
    undo(sync(school), support, REASON)
    stated = sorted(here(school) - set(leavers))[0]
    sandbox.day(
        school.wonde_id, [{"event": "leaving_date", "student": stated, "date": "2026-10-01"}, {"event": "join"}]
    )
    known = here(school)

    sync(school)
    assert here(school) == known - {stated}

    held.resume(school, support)
    sync(school)
    assert here(school).isdisjoint(leavers)
    assert here(school) - known, "the one who joined has arrived"


def test_undo_never_brings_back_what_the_mis_states(sandbox, school, support):
    stated = sorted(here(school))[0]
    sandbox.day(school.wonde_id, [{"event": "leaving_date", "student": stated, "date": "2026-10-01"}])
    run = sync(school)

    undone = undo(run, support, REASON)

    assert stated not in here(school)
    assert "left alone" in undone.notes[0]


def leave_out(school, school_class, support):
    """A person leaves a class out, and a run obeys."""
    store_decision([school_class], "out", support, REASON)
    return sync(school)


def test_undo_never_brings_back_a_class_that_a_person_left_out(sandbox, school, support):
    school_class = SchoolClass.objects.current().filter(school=school).order_by("pk").first()
    run = leave_out(school, school_class, support)

    undone = undo(run, support, REASON, everything=True)

    school_class.refresh_from_db()
    assert (school_class.status, school_class.reason) == ("out", "excluded_class")
    assert not Enrolment.objects.current().filter(school_class=school_class).exists()
    assert "left alone" in undone.notes[0]


def test_undo_does_not_give_a_teacher_back_a_class_that_is_out(sandbox, school, support):
    """The teacher has another class and is still here; the class is not."""
    taught_twice = Teaching.objects.current().filter(school=school).values("employee").annotate(n=Count("pk"))
    employee = taught_twice.filter(n__gt=1).order_by("employee")[0]["employee"]
    left_out = SchoolClass.objects.filter(teachings__employee=employee, teachings__left_at=None).order_by("pk").first()
    run = leave_out(school, left_out, support)

    undo(run, support, REASON)

    assert Teaching.objects.current().filter(employee=employee).exists()
    assert not Teaching.objects.current().filter(school_class=left_out).exists()


def test_undoing_everything_takes_the_latest_run_back_value_by_value(sandbox, school, support):
    columns = ("wonde_id", "forename", "surname", "sort_name", "left_at")
    before, stays = set(Student.objects.current().values_list(*columns)), places(school)
    events = [
        {"event": "join"},
        {"event": "rename", "count": 2},
        {"event": "move_class", "count": 3},
        {"event": "leave"},
    ]
    sandbox.day(school.wonde_id, events)
    run = sync(school)
    assert places(school) != stays

    undo(run, support, REASON, everything=True)

    assert set(Student.objects.current().values_list(*columns)) == before
    assert places(school) == stays


def test_only_the_latest_run_can_be_undone_as_a_whole(sandbox, school, support):
    sandbox.day(school.wonde_id, [{"event": "join"}])
    run = sync(school)
    sync(school)

    assert not can_undo_all(run)
    with pytest.raises(Moved):
        undo(run, support, REASON, everything=True)


def test_a_plan_that_has_changed_since_the_preview_is_not_applied(sandbox, school):
    sandbox.day(school.wonde_id, [{"event": "join"}])
    seen = preview(school).decision.fingerprint
    sandbox.day(school.wonde_id, [{"event": "rename"}])
    known = here(school)

    run = sync(school, expected=seen)

    assert run.status == SyncRun.Status.REFUSED
    assert "since the preview" in run.message
    assert here(school) == known


def test_exactly_the_preview_is_applied(sandbox, school):
    sandbox.day(school.wonde_id, [{"event": "join"}])

    run = sync(school, expected=preview(school).decision.fingerprint)

    assert run.status == SyncRun.Status.APPLIED
    assert run.counts["students"]["create"] == 1


def test_a_change_of_mis_is_held_whole_until_a_person_says_who_is_who(sandbox, school):
    before, usernames = places(school), set(Student.objects.values_list("pk", "user__username"))
    sandbox.day(school.wonde_id, [{"event": "change_mis", "mis": "arbor"}])

    run = sync(school)

    assert places(school) == before
    assert run.waiting[0]["code"] == "change_of_mis"
    assert set(Student.objects.values_list("pk", "user__username")) == usernames
    assert school.mis == "SIMS"


def test_a_held_change_of_mis_leaves_lists_of_members_and_choices_alone(sandbox, school):
    def settled():
        members = SchoolClass.objects.filter(school=school).exclude(member_ids=[]).values_list("pk", "member_ids")
        return dict(members), set(Choice.objects.values_list("student", "school_class", "verdict"))

    double, *_ = of_school(school)
    choose(school, double.student.pk, double.now.pk, None)
    before = settled()
    sandbox.day(school.wonde_id, [{"event": "change_mis", "mis": "arbor", "keep_students": 1.0}])

    sync(school)

    assert all(before)
    assert settled() == before


def test_a_confirmed_change_of_mis_keeps_logins_classes_and_usernames(sandbox, school, support):
    usernames = set(Student.objects.values_list("pk", "user__username"))
    classes = dict(Enrolment.objects.current().values_list("student", "school_class"))
    sandbox.day(school.wonde_id, [{"event": "change_mis", "mis": "arbor"}])
    sync(school)
    proposal: WhoIsWho = preview(school).decision.proposal

    held.confirm_change_of_mis(school, support, REASON, proposal.pairs, [])
    run = sync(school)

    assert run.status == SyncRun.Status.APPLIED
    assert run.waiting == [], "what only the old MIS stated, such as the academic year of a class, is nobody's loss"
    assert set(Student.objects.current().values_list("pk", "user__username")) == usernames
    assert dict(Enrolment.objects.current().values_list("student", "school_class")) == classes
    assert not Change.objects.filter(run=run, kind="students", verb__in=["create", "remove"]).exists()
    school.refresh_from_db()
    assert school.mis == "Arbor"
    assert sync(school).counts["students"] == dict.fromkeys(run.counts["students"], 0), (
        "the night after is an ordinary one"
    )


def test_a_class_put_out_during_a_change_of_mis_keeps_its_members_under_its_new_id(sandbox, school, support):
    sandbox.day(school.wonde_id, [{"event": "change_mis", "mis": "arbor", "keep_students": 1.0}])
    sync(school)
    put_out = SchoolClass.objects.current().filter(status="in").first()
    members = {student for student, place in places(school).items() if place == put_out.wonde_id}
    store_decision([put_out], "out", support, REASON)

    held.confirm_change_of_mis(school, support, REASON, preview(school).decision.proposal.pairs, [])
    sync(school)

    now = SchoolClass.objects.get(pk=put_out.pk)
    assert now.wonde_id != put_out.wonde_id
    assert members <= set(now.member_ids)


def test_students_do_not_leave_at_the_turn_of_the_year_until_a_person_confirms_it(sandbox, school):
    known = here(school)
    sandbox.day(school.wonde_id, [{"event": "rollover"}])

    with time_machine.travel(datetime(2027, 9, 2, 4, tzinfo=UTC)):
        sync(school)

    still_on_roll = {row["id"] for row in sandbox.every(f"schools/{school.wonde_id}/students")}
    assert known & still_on_roll <= here(school)
    assert not SchoolClass.objects.current().filter(created_at__gte=datetime(2027, 9, 1, tzinfo=UTC)).exists()


def test_a_confirmed_rollover_ends_the_old_classes_and_begins_the_new(sandbox, school):
    old = set(SchoolClass.objects.current().values_list("pk", flat=True))
    sandbox.day(school.wonde_id, [{"event": "rollover"}])

    with time_machine.travel(datetime(2027, 9, 2, 4, tzinfo=UTC)):
        sync(school)
        seen = preview(school, rollover=True).decision.fingerprint
        run = sync(school, expected=seen, rollover=True)

        assert run.status == SyncRun.Status.APPLIED, run.message
        now = set(SchoolClass.objects.current().values_list("pk", flat=True))
        assert now
        assert now.isdisjoint(old)
        assert set(places(school).values()) <= {c.wonde_id for c in SchoolClass.objects.filter(pk__in=now)}
        assert SyncSettings.objects.get(school=school).rolled_year == 2027
        assert timezone.now().year == 2027


def test_whatever_a_confirmed_rollover_removes_is_recorded_as_approved_and_by_whom(sandbox, school, support):
    """A person has seen every name, so none of them count as missing in the weeks after."""
    sandbox.day(school.wonde_id, [{"event": "rollover"}])

    with time_machine.travel(datetime(2027, 9, 2, 4, tzinfo=UTC)):
        run = sync(school, rollover=True, asked_by=support)

        removed = run.changes.filter(verb="remove")
        assert removed.filter(kind="classes", cause="approved").exists()
        assert removed.filter(kind="enrolments", cause="approved").exists()
        assert not removed.filter(cause="absence").exists()
        noted = school.audit_entries.get(verb="confirmed the new school year")
        assert (noted.actor, noted.object_id) == (support, run.pk)


def test_an_undone_rollover_has_to_be_confirmed_again(sandbox, school, support):
    """Otherwise its classes would come in on resuming, although somebody has just said that they were wrong."""
    old = set(SchoolClass.objects.current().values_list("pk", flat=True))
    sandbox.day(school.wonde_id, [{"event": "rollover"}])

    with time_machine.travel(datetime(2027, 9, 2, 4, tzinfo=UTC)):
        rolled = sync(school, rollover=True)
        new = set(SchoolClass.objects.current().values_list("pk", flat=True))
        undo(rolled, support, REASON, everything=True)
        held.resume(school, support)
        run = sync(school)

        assert set(SchoolClass.objects.current().values_list("pk", flat=True)) <= old
        assert [entry["kind"] for entry in run.waiting if entry["code"] == "rollover"] == ["classes"]

        sync(school, rollover=True)

        assert set(SchoolClass.objects.current().values_list("pk", flat=True)) == new


def test_undoing_only_the_removals_of_a_rollover_leaves_the_year_turned(sandbox, school, support):
    sandbox.day(school.wonde_id, [{"event": "rollover"}])

    with time_machine.travel(datetime(2027, 9, 2, 4, tzinfo=UTC)):
        undo(sync(school, rollover=True), support, REASON)

        assert SyncSettings.objects.get(school=school).rolled_year == 2027


@pytest.mark.parametrize("stopped", ["paused", "another MIS", "no classes"])
def test_a_school_whose_new_classes_cannot_come_in_yet_is_still_in_the_old_year(sandbox, school, support, stopped):
    """Otherwise they would come in afterwards without anybody having seen them."""
    events = {
        "another MIS": [{"event": "change_mis", "mis": "arbor"}],
        "no classes": [{"event": "withdraw_permission", "scope": "classes.read"}],
    }
    sandbox.day(school.wonde_id, [{"event": "rollover"}, *events.get(stopped, [])])

    with time_machine.travel(datetime(2027, 9, 2, 4, tzinfo=UTC)):
        if stopped == "paused":
            undo(sync(school), support, REASON)
        run = sync(school, rollover=True)

        assert run.status == SyncRun.Status.APPLIED
        assert SyncSettings.objects.get(school=school).rolled_year == 2026
        assert not school.audit_entries.filter(verb="confirmed the new school year").exists()
