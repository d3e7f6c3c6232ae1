"""What needs a person: every state is found where it is so, and reaches every place that tells of it."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from classes.models import ImportDraft, ImportRequest
from parents.models import AddressChoice, MailHold
from schools.mail.outgoing import send_due
from schools.models import LastRead, Proposal, School, Sharing
from schools.sharing import purposes
from students.models import CodeRequest
from sync.models import Access, Need, Stop, SyncRun, SyncSettings
from sync.needs import daily, noting, queue
from sync.needs.states import STATES, ForProduct
from sync.wording import freshness
from tests.factories import (
    AccessRequestFactory,
    ClassOutFactory,
    HoldFactory,
    LeadRightFactory,
    MailSettingsFactory,
    StudentFactory,
    SupportFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    UserFactory,
    ago,
)
from tests.last_read import runs_were
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db
NOW = timezone.now


@pytest.fixture
def school():
    school = SyncSettingsFactory(school__code="harbour", school__mis="SIMS", school__name="Harbour School").school
    SyncRunFactory(school=school, started_at=ago(hours=3))
    return school


def last(school):
    return SyncRun.objects.get(school=school)


def held(school, **fields):
    HoldFactory(run=last(school), **fields)


def settings(school, **fields):
    SyncSettings.objects.filter(school=school).update(**fields)


def ours(school, **fields):
    School.objects.filter(pk=school.pk).update(**fields)


def bounce(school):
    MailSettingsFactory(school=school)
    AddressChoice.objects.create(school=school, address_mark="m", key_number=1, cause=AddressChoice.Cause.BOUNCE)


def unlike(school):
    student = StudentFactory(school=school, left_at=ago(days=3))
    runs_were(school, unlike=[["students", "A999", student.pk]])


def never(school):
    SyncRun.objects.all().delete()
    LastRead.objects.all().delete()
    ours(school, added_at=ago(hours=40))


def stopped(school):
    ours(school, revoked_at=NOW(), erase_on=timezone.localdate())
    Stop.objects.create(school=school, at=School.objects.get(pk=school.pk).revoked_at, reason="We are leaving.")


def without_rights(school):
    MailSettingsFactory(school=school)
    LastRead.objects.filter(school=school).update(rights={"priority": False}, rights_missing_since=ago(days=2))


def in_wonde(state):
    """A school of which nothing was read yet, and how it stands there."""

    def make(school):
        never(school)
        Access.objects.create(school=school, state=state, since=ago(days=2))

    return make


def less_agreed(school):
    agreed = purposes.agreed_by_version(1) | {"weekly_mail": []}
    Sharing.objects.create(school=school, agreed=agreed, agreed_at=NOW())


MADE = {
    "not_asked": in_wonde("not_asked"),
    "asked": in_wonde("asked"),
    "declined": in_wonde("declined"),
    "checked": in_wonde("checked_by_wonde"),
    "removals": held,
    "stated": lambda school: held(school, limit="evidence"),
    "details": lambda school: held(school, limit="identity"),
    "change_of_mis": lambda school: settings(school, to_confirm={"change_of_mis": "Arbor"}),
    "rollover": lambda school: settings(school, to_confirm={"rollover": 2026}),
    "withdrawn": lambda school: ours(school, frozen={"contacts": {"since": "2026-11-01", "erase_on": "2026-11-15"}}),
    "unreadable": lambda school: runs_were(school, alarms=[["students", "emptied"]]),
    "late": lambda school: settings(school, gave_up_at=NOW()),
    "never": never,
    "offline": lambda school: runs_were(school, mis_offline=True),
    "still": lambda school: runs_were(school, wonde_newest=ago(days=30), as_of=ago(days=30)),
    "refused": lambda school: ours(school, doubted={"contacts": {"since": "2026-11-01", "told": False}}),
    "paused": lambda school: settings(school, paused_at=ago(days=2)),
    "someone_else": unlike,
    "choose": lambda school: ClassOutFactory(school=school, reason="asks_first"),
    "begun": lambda school: ImportDraft.objects.create(school=school, begun_at=ago(hours=1)),
    "copies": lambda school: AccessRequestFactory(school=school, due_on=timezone.localdate() + timedelta(days=8)),
    "copies_soon": lambda school: AccessRequestFactory(school=school, due_on=timezone.localdate() + timedelta(days=7)),
    "copies_late": lambda school: AccessRequestFactory(school=school, due_on=timezone.localdate() + timedelta(days=-1)),
    "requests": lambda school: ImportRequest.objects.create(school=school, asked_by=UserFactory()),
    "two_people": lambda school: Proposal.objects.create(school=school, act="erase_school", reason="It has left."),
    "cards": lambda school: CodeRequest.objects.create(
        school=school, student=StudentFactory(school=school), asked_at=ago(hours=1)
    ),
    "mail_held": lambda school: MailHold.objects.create(
        school=school, cause="ours", since=NOW(), refused_at=NOW(), until=NOW()
    ),
    "addresses": bounce,
    "reply_to": lambda school: MailSettingsFactory(school=school, reply_to="", unanswered_since=ago(days=20)),
    "mail_stopped": lambda school: MailSettingsFactory(school=school, reply_to="", unanswered_since=ago(days=31)),
    "rights": without_rights,
    "more_asked": less_agreed,
    "gaps": lambda school: runs_were(school, waiting=[{"kind": "students", "code": "duplicate", "count": 1}]),
    "kept": lambda school: held(school, kept_at=NOW()),
    "revoked": lambda school: ours(school, revoked_at=ago(days=1), erase_on=timezone.localdate()),
    "stopped": stopped,
}
ENDED = {"revoked", "stopped"}  # the school has no page then on which anything waits
ELSEWHERE = {"second_class"}  # tests/sync/people/test_second_class.py makes the two classes
ELSEWHERE |= {"agreement", "agreement_due", "authoriser"}  # tests/sync/people/test_agreed.py requires an agreement


def codes(school):
    return set(Need.objects.filter(school=school).values_list("code", flat=True))


def test_every_state_is_tried_here():
    assert MADE.keys() | ELSEWHERE == STATES.keys()


def test_a_school_that_is_as_its_mis_has_it_needs_nobody(school):
    noting.note(school)

    assert codes(school) == set()


@pytest.mark.parametrize("code", MADE)
def test_a_state_that_is_so_is_found_and_goes_with_what_made_it(code, school):
    MADE[code](school)
    noting.note_all()
    assert codes(school) == {code}

    Need.objects.update(code="kept" if code != "kept" else "late")
    noting.note(school)

    assert codes(school) == {code}


@pytest.mark.parametrize("code", [code for code in MADE if code not in ENDED])
def test_a_state_reaches_the_leads_page_its_tab_supports_list_and_home_the_daily_mail_and_the_api(code, school):
    MADE[code](school)
    right = LeadRightFactory(school=school)
    noting.note_all()
    (waiting,) = queue.of_school(school)

    page = words(signed_in(right.user).get(reverse("sync:school", args=["harbour"])))
    desk = support_client()

    assert waiting.sentence in page
    assert "Nothing needs you" not in page
    assert f"{waiting.state.tab} 1 thing needs a person" in page
    assert waiting.state.title in words(desk.get(reverse("admin:index")))
    listed = words(desk.get(reverse("admin:schools_school_changelist"), {"needs": code}))
    assert waiting.short in listed
    assert "Harbour School" in listed
    assert daily.tell(a_school_morning()) == 1
    send_due()
    assert waiting.sentence in mail.outbox[0].body
    assert "{" not in waiting.sentence + waiting.short + waiting.who
    stands = queue.for_product(School.objects.all()).get(pk=school.pk).state
    assert stands == (waiting.state.for_product or ForProduct.CURRENT)


def a_school_morning():
    """The next weekday at eight."""
    day = timezone.localtime() + timedelta(days=2)
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day.replace(hour=8, minute=0)


def test_since_when_is_kept_while_it_waits(school):
    runs_were(school, waiting=[{"kind": "students", "code": "duplicate", "count": 1}])
    first = ago(days=3)
    noting.note(school, first)
    runs_were(school, waiting=[{"kind": "students", "code": code, "count": 1} for code in ("duplicate", "silent")])

    noting.note(school)

    need = Need.objects.get()
    assert (need.number, need.since) == (2, first)


def test_of_a_school_that_has_ended_our_access_nothing_else_is_said(school):
    held(school)
    MADE["revoked"](school)

    noting.note(school)

    assert codes(school) == {"revoked"}


def test_what_was_done_on_a_page_of_the_school_is_noted_at_once(school):
    MADE["paused"](school)
    lead = signed_in(LeadRightFactory(school=school).user)
    noting.note(school)

    lead.post(reverse("sync:resume", args=["harbour"]))

    assert codes(school) == set()


def test_the_most_urgent_stands_first_and_of_two_alike_what_waits_longer(school):
    for code in ("kept", "paused", "rollover"):
        MADE[code](school)
    held(school, since=ago(days=4))

    noting.note(school)

    assert [each.need.code for each in queue.of_school(school)] == ["removals", "rollover", "paused", "kept"]


def test_support_sees_only_what_waits_at_schools_they_support(school):
    MADE["paused"](school)
    noting.note(school)
    stranger = SupportFactory(rights__schools=[SyncSettingsFactory().school])

    assert queue.by_state(School.objects.supported_by(stranger)) == []
    assert [(code, number) for code, _, number in queue.by_state(School.objects.all())] == [("paused", 1)]


def test_noting_takes_as_many_queries_for_ten_schools_as_for_one(school, django_assert_max_num_queries):
    for _ in range(10):
        MADE["removals"](another())
    with django_assert_max_num_queries(25):
        noting.note_all()

    assert Need.objects.count() == 10


def another():
    school = SyncSettingsFactory().school
    SyncRunFactory(school=school, started_at=ago(hours=3))
    return school


# --- The daily mail

MONDAY = datetime(2026, 11, 30, 7, 31, tzinfo=UTC)


@pytest.fixture
def waits(school):
    """Since a Friday, something that a mail of its own told then."""
    with time_machine.travel(MONDAY - timedelta(days=3), tick=False):
        MADE["rollover"](school)
        noting.note(school)
    return school


def told(now):
    with time_machine.travel(now, tick=False):
        daily.tell()
        send_due()
    return [(letter.to[0], letter.subject) for letter in mail.outbox]


def test_leads_are_told_once_a_day_on_school_mornings_while_it_waits(waits):
    lead = LeadRightFactory(school=waits).user
    one = (lead.email, "Harbour School: new school year waits")

    assert told(MONDAY - timedelta(days=1)) == []  # a Sunday
    assert told(MONDAY - timedelta(minutes=2)) == []
    assert told(MONDAY) == [one]
    assert told(MONDAY + timedelta(hours=3)) == [one]
    assert told(MONDAY + timedelta(days=1)) == [one, one]
    settings(waits, to_confirm={})
    noting.note(waits)
    assert told(MONDAY + timedelta(days=2)) == [one, one]


def test_what_a_mail_of_its_own_told_last_night_waits_for_the_next_morning(school):
    lead = LeadRightFactory(school=school).user
    with time_machine.travel(MONDAY - timedelta(hours=4), tick=False):
        MADE["rollover"](school)
        noting.note(school)

    assert told(MONDAY) == []
    assert told(MONDAY + timedelta(days=1)) == [(lead.email, "Harbour School: new school year waits")]


def test_a_lead_who_wants_to_be_reminded_later_is_and_the_others_hear_of_it_meanwhile(waits):
    later, other = LeadRightFactory(school=waits).user, LeadRightFactory(school=waits).user
    with time_machine.travel(MONDAY - timedelta(days=1), tick=False):
        signed_in(later).post(reverse("sync:remind", args=["harbour"]), {"code": "rollover", "on": "2026-12-01"})

    assert {to for to, _ in told(MONDAY)} == {other.email}
    mail.outbox.clear()
    assert {to for to, _ in told(MONDAY + timedelta(days=1))} == {later.email, other.email}


@pytest.mark.parametrize("on", ["2020-01-01", "", "soon", "9999-12-31"])
def test_a_day_that_is_none_to_be_reminded_on_is_said(on, waits):
    lead = signed_in(LeadRightFactory(school=waits).user)

    said = words(lead.post(reverse("sync:remind", args=["harbour"]), {"code": "rollover", "on": on}, follow=True))

    assert "Choose a day from tomorrow on" in said


def test_mail_goes_to_the_leads_who_want_it_and_to_the_cover_of_one_who_is_away(waits):
    cover = LeadRightFactory(school=waits, gets_mail=False).user
    LeadRightFactory(school=waits, cover=cover, away_until=MONDAY.date())
    LeadRightFactory(school=waits, gets_mail=False)

    assert {to for to, _ in told(MONDAY)} == {cover.email}


def test_where_nobody_wants_it_every_lead_is_told(waits):
    alone = LeadRightFactory(school=waits, gets_mail=False).user

    assert {to for to, _ in told(MONDAY)} == {alone.email}


def test_a_cover_who_leads_no_more_is_told_nothing(waits):
    LeadRightFactory(school=waits, cover=UserFactory(), away_until=MONDAY.date())
    other = LeadRightFactory(school=waits, gets_mail=False).user

    assert other.email in {to for to, _ in told(MONDAY)}


def test_what_no_longer_waits_when_the_mail_leaves_is_not_told(waits):
    LeadRightFactory(school=waits)
    with time_machine.travel(MONDAY, tick=False):
        daily.tell()
        Need.objects.all().delete()
        send_due()

    assert mail.outbox == []


# --- Support's list


def test_supports_list_has_the_school_first_that_needs_a_person_most_and_says_for_what(school):
    kept = another()
    held(kept, kept_at=NOW())
    held(school)
    noting.note_all()

    page = words(support_client().get(reverse("admin:schools_school_changelist")))

    assert "1 removal waits" in page
    assert page.index(school.name) < page.index(kept.name)


def test_support_list_takes_as_many_queries_for_ten_schools_as_for_one(school, django_assert_num_queries):
    for _ in range(10):
        MADE["removals"](another())
    noting.note_all()
    listed = queue.with_rank(freshness.with_standing(School.objects.all())).prefetch_related("needs")

    with django_assert_num_queries(2):
        assert len([queue.in_order(one, one.needs.all()) for one in listed.order_by("rank")]) == 11


def test_what_hangs_from_what_waits_asks_for_nobody(school):
    held(school, kind="enrolments", row_id=1)

    noting.note(school)

    assert codes(school) == set()


def test_looking_for_whom_to_tell_again_takes_one_query_once_everybody_was_told(waits, django_assert_num_queries):
    LeadRightFactory(school=waits)
    told(MONDAY)

    with time_machine.travel(MONDAY + timedelta(hours=1), tick=False), django_assert_num_queries(1):
        assert daily.tell() == 0
