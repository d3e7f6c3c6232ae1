"""Sharing stopped here: frozen at once whatever Wonde says, back as it was until the day of erasure, ended in Wonde by
two."""

from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.db.models.signals import post_save
from django.urls import reverse
from django.utils import timezone

from schools.mail.outgoing import send_due
from schools.models import AskedAnew, AuditEntry, Erasure, LeadRight, PersonBlock, School, Task, User
from students.models import Student
from sync.engine.runs import preview
from sync.facts.errors import StoppedHere
from sync.hooks import checking
from sync.leaving.erasure import erase_due
from sync.leaving.stopping import (
    NotStoppedError,
    approved_again,
    confirm,
    end_due,
    may_confirm,
    may_share_again,
    share_again,
    stop,
)
from sync.models import Access, AskedSync, StandingCheck, Stop, SyncRun, SyncSettings
from sync.people import access
from sync.tasks import sync_school
from tests.factories import (
    ApiTokenFactory,
    AuthoriserRightFactory,
    LeadRightFactory,
    StudentUserFactory,
    SupportFactory,
    SyncSettingsFactory,
    TeacherFactory,
    ago,
)
from tests.parents.world import a_family, a_school
from tests.sync.living import living_school
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db(transaction=True)

WHY = "we go to another product"
HELD = ("students_student", "students_signincode", "classes_schoolclass", "classes_enrolment", "classes_teaching",
        "schools_employee", "schools_personblock", "parents_contact", "parents_guardianship", "parents_addresschoice",
        "schools_user")  # fmt: skip


@pytest.fixture
def living(settings):
    with living_school(settings) as school:
        yield school


def held():
    """Every row of what people would miss, as text."""
    with connection.cursor() as cursor:
        rows = {}
        for table in HELD:
            cursor.execute(f'SELECT t::text FROM "{table}" t ORDER BY id')
            rows[table] = [row for (row,) in cursor.fetchall()]
    return rows


def requests_of(living):
    return [entry for entry in living.sandbox.requests() if living.school.wonde_id in entry["path"]]


def test_what_is_stopped_stays_so_through_syncs_though_wonde_approves_and_comes_back_as_it_was(living):
    lead = LeadRightFactory(school=living.school).user
    token = ApiTokenFactory(schools=[living.school])
    PersonBlock.objects.create(
        school=living.school, kind="students", row_id=10**6, marks=["m"], key_number=1, newest=1, cause="asked",
        words="said no", made_at=ago(days=1),
    )  # fmt: skip
    AskedAnew.objects.create(school=living.school, name="contacts.upi", shown_at=ago(days=20))
    browser, before = signed_in(lead), held()

    def stops_while_the_sync_reads(instance, **kwargs):
        if instance.step == "applying" and not Stop.objects.exists():
            stop(School.objects.get(pk=living.school.pk), lead, WHY)

    post_save.connect(stops_while_the_sync_reads, sender=SyncRun)
    try:
        run = living.read()
    finally:
        post_save.disconnect(stops_while_the_sync_reads, sender=SyncRun)

    assert run.status == SyncRun.Status.REFUSED
    assert "stopped here" in run.message
    assert living.school.erase_on == timezone.localdate(timezone=living.school.zone) + timedelta(days=14)
    assert not Student.objects.current().exists()
    assert not School.objects.visible_to(lead).exists()
    assert not Student.objects.visible_to_token(token).exists()

    living.sandbox.clear_requests()
    SyncSettings.objects.update(due_at=ago(hours=1))
    assert not SyncSettings.objects.due(timezone.now()).exists()
    for trigger in (SyncRun.Trigger.NIGHT, SyncRun.Trigger.PERSON, SyncRun.Trigger.API):
        assert living.read(trigger).status == SyncRun.Status.REFUSED
    with pytest.raises(StoppedHere):
        preview(living.school)
    end_due()
    assert requests_of(living) == []
    StandingCheck.objects.want(living.school, ago(minutes=5))  # as a webhook does
    checking.check(living.school)
    access.poll()
    assert access.of(living.school).state == "open"
    assert not SyncSettings.objects.due(timezone.now() + timedelta(hours=1)).exists()
    living.school.refresh_from_db()
    assert living.school.revoked_at == Stop.objects.get().at
    assert held() == before

    page = browser.post(reverse("sync:share_again", args=[living.school.code]), follow=True).text
    assert f"Sharing {living.school.name} again" in page
    asked = AskedSync.objects.get()
    sync_school.apply(args=[asked.school_id], kwargs=asked.decided, task_id=asked.pk)

    living.school.refresh_from_db()
    assert (living.school.revoked_at, living.school.erase_on) == (None, None)
    assert Student.objects.current().exists()
    assert held() == before
    assert not AskedAnew.objects.exists()  # whoever could not answer meanwhile has thirty days again
    said = browser.get(reverse("sync:sharing", args=[living.school.code])).text
    assert said.index("Shared again") < said.index("Stopped sharing") < said.index(WHY)


@pytest.fixture
def school():
    """With a student and a family who get mail, and a teacher; frozen by nobody."""
    school = a_school(school__name="Harbour School")
    SyncSettingsFactory(school=school, frozen_days=14)
    a_family(school)
    Student.objects.update(user=StudentUserFactory(school=school))
    TeacherFactory(school=school)
    return school


def test_each_state_a_school_can_be_in_when_somebody_stops_sharing(school):
    by, settings = LeadRightFactory(school=school).user, SyncSettings.objects.filter(school=school)

    def becomes():
        try:
            stop(School.objects.get(pk=school.pk), by, WHY)
        except NotStoppedError as error:
            return str(error)
        row = School.objects.get(pk=school.pk)
        assert row.revoked_at == Stop.objects.standing().get().at
        assert row.erase_on
        Stop.objects.all().delete()
        School.objects.update(revoked_at=None, erase_on=None)
        return "frozen"

    assert becomes() == "frozen"
    for as_it_stands in (
        {"paused_at": ago(days=1)},
        {"to_confirm": {"change_of_mis": "Arbor", "rollover": 2026}},
        {"enabled": False, "due_at": None},
    ):
        settings.update(**as_it_stands)
        assert becomes() == "frozen"
        assert settings.filter(**as_it_stands).exists()
    SyncRun.objects.all().delete()  # never synced
    assert becomes() == "frozen"
    School.objects.update(frozen={"contacts": {"since": ago(days=1).isoformat(), "erase_on": "2999-01-01"}})
    assert becomes() == "frozen"
    School.objects.update(revoked_at=ago(days=1), erase_on="2999-01-01")
    assert "shares nothing now" in becomes()
    School.objects.update(revoked_at=ago(days=1), erase_on=None)
    assert "shares nothing now" in becomes()
    School.objects.update(revoked_at=None)
    stop(School.objects.get(pk=school.pk), by, WHY)
    assert becomes() == f"{by} has stopped it already. It stays stopped."
    share_again(School.objects.get(pk=school.pk), by)
    assert "shares nothing now" in becomes()  # not back yet, so nothing is shared


def test_who_ends_it_in_wonde_and_who_shares_again(school):
    first, second, elsewhere = (LeadRightFactory(school=school).user for _ in range(3))
    LeadRight.objects.filter(user=elsewhere).update(school=SyncSettingsFactory().school)
    teacher = school.employees.get().user
    support, looks = (SupportFactory(is_superuser=False, rights__tasks=[task]) for task in (Task.ERASE, Task.LOOK))
    agrees = AuthoriserRightFactory(school=school).user
    everybody = (first, second, agrees, elsewhere, teacher, support, looks)

    def able(may):
        return [user for user in everybody if may(stopped, user)]

    stopped = stop(school, first, WHY)
    assert able(may_confirm) == [second, agrees, support]
    assert able(may_share_again) == [first, second, agrees]
    User.objects.filter(pk__in=[second.pk, agrees.pk]).update(is_active=False)  # who cannot sign in confirms nothing
    assert able(may_confirm)[0] == first
    assert able(may_share_again) == [first]
    LeadRight.objects.filter(school=school).delete()
    assert able(may_confirm) == able(may_share_again) == [support]
    for settle in (confirm, share_again):
        with pytest.raises(NotStoppedError):
            settle(school, looks)

    confirm(school, support)
    with pytest.raises(NotStoppedError, match="has confirmed it already"):
        confirm(school, support)
    share_again(school, support)
    for settle in (confirm, share_again):
        with pytest.raises(NotStoppedError, match="Nothing is stopped here any more"):
            settle(school, support)
    stopped.refresh_from_db()
    assert stopped.due_at is None


def test_whatever_wonde_answers_the_school_stays_frozen_and_only_what_wonde_shows_counts(settings):
    with living_school(settings, read=False) as living:
        lead, wonde_id = LeadRightFactory(school=living.school).user, living.school.wonde_id
        stopped = stop(living.school, lead, WHY)
        confirm(living.school, lead)

        def asked(*faults):
            living.sandbox.clear_faults()
            for kind, path in faults:
                living.sandbox.fault(kind, path)
            Stop.objects.update(due_at=timezone.now())
            end_due()
            stopped.refresh_from_db()
            assert School.objects.get(pk=living.school.pk).revoked_at == stopped.at
            assert (stopped.due_at is None) == (stopped.answer == "ended")
            return stopped.answer, stopped.in_wonde

        ending = "schools/*/revoke-access"
        settings.WONDE_TOKEN = "another"
        assert asked() == ("away", "telling")
        settings.WONDE_TOKEN = living.sandbox.token
        assert asked(("forbidden", ending)) == ("refused", "still")
        assert asked(("missing", ending)) == ("refused", "still")
        assert asked(("claimed", ending)) == ("still", "still")
        unseen = [("forbidden", f"meta/schools/{wonde_id}"), ("forbidden", f"schools/{wonde_id}"), ("claimed", ending)]
        assert asked(unseen[2], *unseen[:2], ("empty_list", "schools")) == ("unseen", "telling")
        pauses = stopped.due_at - stopped.answered_at
        assert asked(("claimed", ending))[0] == "still"
        assert stopped.due_at - stopped.answered_at == 2 * pauses
        assert asked(("forbidden", f"meta/schools/{wonde_id}"))[0] == "ended"  # by its list of those that have ended it
        assert stopped.ended_at
        assert stopped.in_wonde == "ended"
        assert approved_again(stopped) is None
        found = {"state": "open", "since": timezone.now()}  # as the next poll of Wonde's lists might
        Access.objects.update_or_create(school=living.school, defaults=found)
        page = signed_in(lead).get(reverse("sync:revoked", args=[living.school.code])).text
        assert "Wonde’s lists show us as approved again" in page

        share_again(living.school, lead)
        living.sandbox.day(wonde_id, [{"event": "access_requested"}])
        assert living.read().status == SyncRun.Status.REFUSED
        assert living.school.revoked_at
        living.sandbox.day(wonde_id, [{"event": "access_approved"}])
        living.read()
        assert living.school.revoked_at is None
        stop(living.school, lead, WHY)  # a second time, and it was ended there already
        living.sandbox.day(wonde_id, [{"event": "access_revoked"}])
        confirm(living.school, lead)
        living.sandbox.fault("forbidden", ending)
        end_due()
        assert Stop.objects.standing().get().ended_at


def test_a_lead_stops_a_second_confirms_and_all_leads_are_told_at_once(school):
    first = LeadRightFactory(school=school).user
    second = LeadRightFactory(school=school, gets_mail=False).user
    one, two, teacher = signed_in(first), signed_in(second), signed_in(school.employees.get().user)
    asha, agrees = signed_in(Student.objects.get().user), AuthoriserRightFactory(school=school).user
    page = {name: reverse(f"sync:{name}", args=[school.code]) for name in
            ("stop", "revoked", "school", "end_in_wonde", "share_again")}  # fmt: skip

    asks = one.get(page["stop"]).text
    assert "1 student can no longer sign in" in asks
    assert "nor can 1 member of staff" in asks
    assert "1 parent or carer gets no more weekly mail" in asks
    assert "in 14 days" in asks
    assert "That is not the school’s name" in one.post(page["stop"], {"reason": WHY, "typed": "Harbour"}).text
    assert not Stop.objects.exists()
    assert two.get(page["revoked"]).url == "/"
    assert "1 student can no longer sign in" in signed_in(agrees).get(page["stop"]).text
    told = one.post(page["stop"], {"reason": WHY, "typed": " harbour  SCHOOL "}, follow=True).text
    assert f"{first} stopped it" in told
    assert WHY in told
    assert "in 14 days" in told
    assert "A second person can have it ended there too" in told
    assert teacher.get(page["school"]).status_code in (302, 404)
    assert asha.get(reverse("students:me")).status_code != 200

    assert "End our access in Wonde too" in signed_in(agrees).get(page["stop"], follow=True).text
    assert "A second person confirms it" in one.post(page["end_in_wonde"], follow=True).text
    assert f"{second} confirmed" in two.post(page["end_in_wonde"], follow=True).text
    assert Stop.objects.get().due_at
    assert f"{second} shared Harbour School again" in two.post(page["share_again"], follow=True).text
    assert "Nothing is stopped here any more" in one.post(page["share_again"], follow=True).text
    for name in ("end_in_wonde", "share_again"):
        assert teacher.post(page[name]).status_code in (302, 404)
    assert AskedSync.objects.get().by == second

    send_due()
    titles = {address: [letter.subject for letter in mail.outbox if letter.to == [address]] for address in
              (first.email, second.email, agrees.email, "help@example.org")}  # fmt: skip
    assert {len(subjects) for subjects in titles.values()} == {3}, titles
    verbs = AuditEntry.objects.filter(school=school, kind="stop").order_by("pk").values_list("verb", flat=True)
    assert list(verbs) == ["stopped sharing", "confirmed that access be ended in Wonde", "shared again"]


def test_on_the_day_what_was_stopped_is_erased_with_its_reason_and_only_support_begins_again(school):
    lead = LeadRightFactory(school=school).user
    stop(school, lead, WHY)

    (note,) = erase_due(timezone.now() + timedelta(days=14))

    assert (note.cause, note.reason) == (Erasure.Cause.STOPPED, WHY)
    assert not Student.objects.exclude(surname="").exists()
    assert not User.objects.filter(pk=lead.pk).exists()
    desk = support_client(looks_at=[school])
    page = desk.get(reverse("sync:revoked", args=[school.code])).text
    assert "nobody can bring it back" in page
    assert "everybody is new" in page
    desk.post(reverse("sync:share_again", args=[school.code]))
    assert SyncSettings.objects.due(timezone.now() + timedelta(minutes=2)).filter(school=school).exists()
