"""A request for a copy: noted, decided, made, fetched once, answered; and what becomes of it when something happens."""

from datetime import date, timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from schools.models import AuditEntry, School
from sync.copies import requests
from sync.copies.told import entries
from sync.engine import freezing
from sync.erasing.rows import erase
from sync.leaving.erasure import erase_school
from sync.models import AccessCopy, AccessRequest
from sync.people.leaving_out import leave_out
from sync.tasks import do_recurring_work, make_copy
from tests.factories import EnrolmentFactory, LeadRightFactory, SupportFactory, TeacherFactory
from tests.sync.copies.asking import SECRETS, a_family, asked, at, made, opened
from tests.tools.broker import queued
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db
State = AccessRequest.State
OTHERS = {"Ottoline", "Quillfeather", "Marchbanks"}


@pytest.fixture
def family():
    return a_family()


def state(one):
    return AccessRequest.objects.get(pk=one.pk).state


def test_a_lead_notes_decides_fetches_once_and_answers(family, django_capture_on_commit_callbacks):
    browser = family.browser
    note = reverse("sync:copy_note", args=[family.school.code, "students", family.student.pk])
    said = {"asker": "parent", "channel": "letter", "asked_on": str(timezone.localdate())}
    page = browser.post(note, said, follow=True)
    one = AccessRequest.objects.get()
    assert "The answer is due by" in page.text
    assert (one.due_on, one.noted_by, state(one)) == (requests.due_on(timezone.localdate()), family.lead, State.OPEN)

    decide = browser.get(at("copy_decide", one)).text
    assert "ticket about Ottoline" in decide
    assert "Court order, since" in decide
    assert " checked>" not in decide, "by default a parent's copy has neither"
    with django_capture_on_commit_callbacks(execute=True):
        browser.post(at("copy_decide", one), {})
    assert state(one) == State.MAKING
    (task,) = queued()
    make_copy(*task.args)

    assert "The copy is ready" in browser.get(at("copy", one)).text
    assert browser.get(at("copy_fetch", one)).status_code == 405, "a mail scanner's look fetches nothing"
    sealed = bytes(AccessCopy.objects.get().sealed)
    fetched = browser.post(at("copy_fetch", one))
    told = opened(fetched.content)
    assert b"Zebedina" not in sealed
    for text in told.values():
        assert "Zebedina" in text
        assert not {word for word in (*OTHERS, SECRETS[-1], "court") if word in text}
    assert not AccessCopy.objects.exists()
    again = browser.post(at("copy_fetch", one), follow=True)
    assert "There is no copy here now" in again.text

    browser.post(at("copy", one), {"do": "answer"})
    one.refresh_from_db()
    assert (one.state, one.fetched, one.closed_by) == (State.ANSWERED, 1, family.lead)
    verbs = set(
        AuditEntry.objects.filter(object_id=family.student.pk, actor=family.lead).values_list("verb", flat=True)
    )
    assert verbs == {
        "noted a request for a copy", "decided what a copy holds", "fetched a copy", "answered a request for a copy",
    }  # fmt: skip
    assert browser.get(at("copy_decide", one), follow=True).text.count("Decide what it has") == 0


def test_what_the_lead_ticks_is_in_and_names_take_a_reason_that_is_kept(family):
    one = asked(family)
    words = next(each for each in entries(requests.held_for(one).parts) if each.said == "ticket about Ottoline")
    block = next(each for each in entries(requests.held_for(one).parts) if each.key == f"block:{family.block.pk}")

    refused = family.browser.post(at("copy_decide", one), {"names": "on"})
    assert "Say in a few words why" in refused.text
    assert state(one) == State.OPEN
    made(one, {words.key: True, block.key: True}, "both parents agreed")
    told = opened(requests.fetch(one, family.lead))["read-me.html"]

    assert "ticket about Ottoline" in told
    assert "Quillfeather Marchbanks" in told
    assert ">Blocks<" in told
    assert "court" not in told, "a block is named, never explained"
    assert AuditEntry.objects.get(verb="named other people in a copy").reason == "both parents agreed"


def test_somebody_entered_by_hand_is_asked_about_like_anybody_else(family):
    by_hand = EnrolmentFactory(
        school_class__school=family.school, student__wonde_id=None, student__upi="", student__forename="Ysolde"
    ).student

    family.browser.post(
        reverse("sync:copy_note", args=[family.school.code, "students", by_hand.pk]),
        {"asker": "self", "channel": "letter", "asked_on": timezone.localdate().isoformat()},
    )
    one = AccessRequest.objects.get(row_id=by_hand.pk)
    told = opened(requests.fetch(made(one), family.lead))["read-me.html"]

    assert "Ysolde" in told


def erased(family, kind, row):
    erase(family.school, {kind: [row.pk]}, timezone.now(), "asked")


def ended(family):
    freezing.freeze_school(family.school, timezone.now())
    erase_school(family.school)


def week_later(family):
    with time_machine.travel(timezone.now() + timedelta(days=8), tick=False):
        do_recurring_work("delete copies nobody fetched")


EVENTS = {  # what happens while a copy about Zebedina lies there -> the request then, and how many copies
    "the student erased": (lambda f: erased(f, "students", f.student), "cannot", 0),
    "a parent meant in it erased": (lambda f: erased(f, "contacts", f.contact), "open", 0),
    "one field of it erased": (lambda f: erased(f, "students.upn", f.student), "open", 0),
    "somebody else erased": (lambda f: erased(f, "employees", TeacherFactory(school=f.school)), "ready", 1),
    "the student left out": (
        lambda f: leave_out(f.school, "students", f.student.pk, f.lead, "asked", "they asked"), "open", 0
    ),
    "the school frozen": (lambda f: freezing.freeze_school(f.school, timezone.now()), "open", 0),
    "the school erased": (ended, "cannot", 0),
    "withdrawn": (lambda f: requests.withdraw(AccessRequest.objects.get(), f.lead), "withdrawn", 0),
    "answered without fetching": (lambda f: requests.answer(AccessRequest.objects.get(), f.lead), "answered", 0),
    "extended": (
        lambda f: requests.extend(AccessRequest.objects.get(), f.lead, "very much", timezone.localdate()), "ready", 1
    ),
    "eight days pass": (week_later, "open", 0),
}  # fmt: skip


@pytest.mark.parametrize("what", EVENTS)
def test_a_copy_lies_there_only_while_all_in_it_may_be_told(what, family):
    happens, then, copies = EVENTS[what]
    one = made(asked(family))
    assert one.state == State.READY

    happens(family)

    assert (state(one), AccessCopy.objects.count()) == (then, copies)


def test_an_erasure_before_the_worker_begins_leaves_nothing_and_afterwards_there_is_nothing_to_make(family):
    one = asked(family, names_because="x", decided={"x": True})
    requests.decide(one, family.lead, {})
    erased(family, "students", family.student)

    requests.make(one.pk)
    one.refresh_from_db()

    assert (one.state, one.decided, one.names_because) == (State.CANNOT, {}, "")
    assert not AccessCopy.objects.exists()
    assert "Nothing is held about them any more" in family.browser.get(at("copy", one)).text
    page = family.browser.get(reverse("sync:copies", args=[family.school.code]))
    assert "Somebody who is no longer held or shared" in page.text


def test_a_worker_that_is_gone_is_given_up_and_what_is_not_shared_is_not_copied(family):
    lost, other = asked(family), asked(family)
    requests.decide(lost, family.lead, {})
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        do_recurring_work("delete copies nobody fetched")
    lost.refresh_from_db()
    assert (lost.state, bool(lost.problem)) == (State.OPEN, True)

    requests.decide(other, family.lead, {})
    School.objects.filter(pk=family.school.pk).update(frozen={"students": {"since": "2026-11-01", "erase_on": "x"}})
    requests.make(other.pk)
    other.refresh_from_db()

    assert (other.state, other.problem) == (State.OPEN, requests.NOT_HELD)


def test_it_takes_longer_once_and_only_if_they_are_told_within_the_month(family):
    one = asked(family, asked_on=date(2026, 9, 3), due_on=date(2026, 10, 5))

    with pytest.raises(requests.NotDoneError, match="within the first month"):
        requests.extend(one, family.lead, "very much", date(2026, 10, 6))
    requests.extend(one, family.lead, "very much", date(2026, 10, 2))
    one.refresh_from_db()
    with pytest.raises(requests.NotDoneError, match="once"):
        requests.extend(one, family.lead, "again", date(2026, 10, 2))

    assert (one.due_on, one.extended_because) == (date(2026, 12, 3), "very much")


def test_support_sees_and_notes_but_hands_nothing_on_and_others_see_nothing(family):
    one = made(asked(family))
    support = support_client(SupportFactory(), looks_at=[family.school])
    elsewhere = signed_in(LeadRightFactory().user)

    assert support.get(at("copy", one)).status_code == 200
    assert "Fetch the copy" not in support.get(at("copy", one)).text
    for browser in (support, elsewhere, signed_in(family.teacher.user), signed_in(family.student.user)):
        assert browser.get(at("copy_decide", one)).status_code == 404
        assert browser.post(at("copy_fetch", one)).status_code == 404
    assert signed_in(family.teacher.user).get(at("copy", one)).status_code == 404
    assert AccessCopy.objects.exists()


def test_the_list_takes_as_many_queries_for_thirty_as_for_one(family, django_assert_max_num_queries):
    address = reverse("sync:copies", args=[asked(family).school.code])
    with django_assert_max_num_queries(40) as one:
        assert "Okoro" in family.browser.get(address).text
    for _ in range(30):
        asked(family)

    with django_assert_max_num_queries(len(one)):
        assert family.browser.get(address).text.count("Okoro, Zebedina") == 31
