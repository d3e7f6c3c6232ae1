"""What Wonde is asked while somebody waits: queued, asked once, opened only by the person who asked, and forgotten."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth import logout
from django.db import connection
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from schools.models import School
from sync import tasks
from sync.leaving import erasure
from sync.models import Question
from sync.models.question import GIVEN_UP_AFTER, KEPT, LONGEST, NO_WORKER_AFTER
from sync.people import answers, questions
from sync.wonde.client import Wonde
from tests.factories import (
    ClassOutFactory,
    ImportRequestFactory,
    LeadRightFactory,
    StudentFactory,
    SupportFactory,
    SyncSettingsFactory,
)
from tests.tools import guards
from tests.tools.answering import answer_all, asked, looked_at
from tests.tools.broker import queue_at, queued
from tests.tools.pages import words
from tests.tools.people import signed_in, support_client

pytestmark = pytest.mark.django_db


@pytest.fixture
def school(settings):
    """A school for which Wonde does not answer: anything said about it comes from us."""
    settings.ASKING_LIMIT_S = 0.1
    return SyncSettingsFactory().school


@pytest.fixture
def student(school):
    return StudentFactory(school=school, forename="Zebedee", surname="Quartermain", sort_name="quartermain zebedee")


@pytest.fixture
def lead(school):
    return signed_in(LeadRightFactory(school=school).user)


def why(school):
    return reverse("sync:why", args=[school.code])


def ask(client, student):
    """The URL where the answer will be."""
    return client.post(why(student.school), {"who": student.surname}).url


def later(by):
    return time_machine.travel(timezone.now() + by, tick=False)


# --- No web request reads Wonde


def test_a_web_request_that_reads_wonde_fails_in_every_test():
    with guards.in_request(), pytest.raises(guards.WaitingInARequestError):
        Wonde(limit_s=0.1).one("schools/A1")


def test_the_page_is_there_before_anybody_has_asked_wonde(lead, student):
    page = lead.post(why(student.school), {"who": student.surname}, follow=True)

    assert "Asking Wonde" in words(page)
    assert Question.objects.get().state == "waiting"


@pytest.mark.django_db(transaction=True)
def test_neither_the_queue_nor_the_address_carries_what_was_typed(lead, student):
    address = ask(lead, student)

    (message,) = queued("questions")
    assert (message.args, message.kwargs) == ([str(Question.objects.get().pk)], {})
    assert "quartermain" not in address.lower()


# --- Asked once


def test_pressing_twice_asks_once_and_pressing_a_minute_later_asks_again(lead, student):
    first = ask(lead, student)
    assert ask(lead, student) == first
    Question.objects.get().end(answer={})
    assert ask(lead, student) == first

    with later(questions.AGAIN_AFTER):
        assert ask(lead, student) != first


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_the_same_moment_are_one_question(lead, student):
    together = threading.Barrier(2)

    def press():
        together.wait(timeout=10)
        ask(lead, student)
        connection.close()

    presses = [threading.Thread(target=press) for _ in range(2)]
    for thread in presses:
        thread.start()
    for thread in presses:
        thread.join(timeout=20)

    assert Question.objects.count() == 1


def test_only_one_worker_takes_up_a_question(lead, student):
    ask(lead, student)
    key = Question.objects.get().pk

    assert Question.objects.take(key).pk == key
    assert Question.objects.take(key) is None


def test_without_an_answer_from_wonde_ours_is_shown_and_the_question_asked_again(lead, student):
    first = ask(lead, student)
    answer_all()
    page = words(lead.get(first))
    assert "There is no answer from Wonde" in page
    assert "What follows is ours alone" in page
    assert "Ask again" in page

    assert ask(lead, student) != first


# --- Opened by the person who asked, as long as they may


def test_an_answer_opens_only_in_the_session_that_asked(lead, student):
    address = ask(lead, student)
    answer_all()
    (asker,) = [right.user for right in student.school.lead_rights.all()]
    others = [signed_in(asker), signed_in(LeadRightFactory(school=student.school).user)]

    assert "Quartermain, Zebedee" in lead.get(address).text
    for other in others:
        page = other.get(address).text
        assert "Quartermain" not in page
        assert "no longer kept" in page


def test_an_answer_can_be_read_only_at_its_school(lead, student):
    address = ask(lead, student)
    answer_all()
    elsewhere = LeadRightFactory(user=student.school.lead_rights.get().user, school=SyncSettingsFactory().school).school

    assert "Quartermain" not in lead.get(address.replace(why(student.school), why(elsewhere))).text


def test_somebody_who_lost_the_right_meanwhile_sees_nothing(lead, student):
    address = ask(lead, student)
    answer_all()
    right = student.school.lead_rights.get()
    LeadRightFactory(user=right.user, school=SyncSettingsFactory().school)
    right.delete()

    assert lead.get(address).status_code == 404


def test_what_support_asked_is_not_shown_to_the_same_person_as_a_lead(student):
    client = support_client(looks_at=[student.school])
    address = ask(client, student)
    answer_all()
    assert "Quartermain, Zebedee" in client.get(address).text

    LeadRightFactory(school=student.school, user=client.user)

    assert "Quartermain" not in client.get(address).text


def test_what_was_frozen_since_the_answer_is_not_shown(lead, student):
    address = ask(lead, student)
    answer_all()
    frozen = {"students": {"since": "2026-11-01", "erase_on": "2026-12-01"}}
    School.objects.filter(pk=student.school_id).update(frozen=frozen)

    assert "Quartermain, Zebedee" not in lead.get(address).text


# --- Words for every state


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (timedelta(0), "Asking Wonde"),
        (NO_WORKER_AFTER, "No worker is free yet"),
        (GIVEN_UP_AFTER, "No worker was free for a minute"),
        (KEPT, "no longer kept"),
    ],
)
def test_the_page_says_how_long_the_question_has_waited_for_a_worker(lead, student, after, said):
    address = ask(lead, student)

    with later(after):
        assert said in words(lead.get(address))


@pytest.mark.django_db(transaction=True)
def test_the_page_says_at_once_that_the_queue_is_down(lead, student, monkeypatch):
    queue_at("redis://127.0.0.1:9/0", monkeypatch)

    page = words(lead.get(ask(lead, student)))

    assert "The queue cannot be reached just now" in page
    assert "Ask again" in page


def test_the_page_says_in_words_that_a_worker_died_while_asking(lead, student):
    address = ask(lead, student)
    Question.objects.take(Question.objects.get().pk)
    assert "Wonde is being asked" in words(lead.get(address))

    with later(LONGEST):
        page = words(lead.get(address))
    assert "was interrupted" in page
    assert "Ask again" in page


def test_no_worker_asks_for_somebody_who_has_given_up(lead, student):
    ask(lead, student)

    with later(GIVEN_UP_AFTER):
        answer_all()

    assert Question.objects.get().begun_at is None


def test_a_fault_of_ours_is_an_answer_in_words_and_an_error_for_us(lead, student):
    address = ask(lead, student)
    Question.objects.update(asked={"nobody": "looks at this"})

    with pytest.raises(KeyError):
        answer_all()

    assert "Something went wrong on our side" in words(lead.get(address))


def test_a_page_that_refreshes_itself_gets_only_news(lead, student):
    address = ask(lead, student)
    look = {"headers": {"HX-Request": "true"}}

    assert lead.get(f"{address}&seen=waiting", **look).status_code == 204
    answer_all()
    assert "Quartermain, Zebedee" in lead.get(f"{address}&seen=waiting", **look).text


def test_without_javascript_the_page_reloads_itself_until_there_is_an_answer(lead, student):
    address = ask(lead, student)
    assert f'http-equiv="refresh" content="3; url={address}"' in lead.get(address).text

    answer_all()

    assert "http-equiv" not in lead.get(address).text


# --- Forgotten


def test_a_question_is_forgotten_after_minutes(lead, student):
    ask(lead, student)
    assert tasks.RECURRING["forget what was asked of Wonde"][0] < KEPT

    with later(KEPT - timedelta(seconds=1)):
        Question.objects.purge()
        assert Question.objects.exists()
    with later(KEPT):
        Question.objects.purge()
    assert not Question.objects.exists()


def test_signing_out_leaves_no_question_behind(lead, student):
    ask(lead, student)
    request = HttpRequest()
    request.session = lead.session
    logout(request)

    assert not Question.objects.exists()


def test_an_erasure_deletes_what_was_asked_about_the_school(lead, student):
    ask(lead, student)
    student.left_at = timezone.now()
    student.save()

    erasure.erase_person(student.school, "students", student.pk, SupportFactory(), "asked for")
    answer_all()

    assert not Question.objects.exists()


def test_an_answer_to_a_deleted_question_is_not_kept(lead, student):
    ask(lead, student)
    question = Question.objects.take(Question.objects.get().pk)
    Question.objects.all().delete()

    answers.give(question)

    assert not Question.objects.exists()


# --- An approval depends on a recent answer about its own request


@pytest.fixture
def request_in(school):
    group = ClassOutFactory(school=school, name="Booster", member_ids=["X1"], reason="intervention_group")
    return ImportRequestFactory(school=school, classes=[group])


def approval_of(page):
    """What the page's form sends."""
    return {"shown": page.context["check"].fingerprint, "read": page.context["question"].pk, "do": "approve"}


def page_of(request_in):
    return reverse("admin:classes_importrequest_change", args=[request_in.pk])


def test_approving_on_an_old_answer_asks_wonde_again_and_keeps_what_was_chosen(request_in):
    client = support_client()
    page = looked_at(client, page_of(request_in))

    with later(timedelta(minutes=5)):
        data = approval_of(page) | {"answer": "Sets first", "swap": "7"}
        refused = client.post(page_of(request_in), data)
        assert refused.status_code == 409
        assert "more than five minutes old" in words(refused)
        assert ("swap", "7") in refused.context["kept"]
        assert ("answer", "Sets first") in refused.context["kept"]
        answer_all()
        again = client.post(page_of(request_in), {"do": "look", "answer": "Sets first", "swap": "7"} | {
            "read": refused.context["question"].pk})  # fmt: skip
        assert "Sets first" in words(again)
        client.post(page_of(request_in), approval_of(again))

    request_in.refresh_from_db()
    assert request_in.state == "approved"


def test_an_answer_about_another_request_approves_nothing(request_in):
    client = support_client()
    other = ImportRequestFactory(
        school=request_in.school, classes=[ClassOutFactory(school=request_in.school, member_ids=["X2"])]
    )
    read = looked_at(client, page_of(other)).context["question"].pk
    page = looked_at(client, page_of(request_in))

    client.post(page_of(request_in), approval_of(page) | {"read": read})

    request_in.refresh_from_db()
    assert request_in.state == "waiting"


def test_only_support_can_search_for_schools(lead, school):
    client = support_client()
    page = asked(client, reverse("admin:schools_school_add"), {"step": "search", "search": "Fen"})

    assert page.context["question"].problem
    assert lead.get(page.context["here"]).status_code in {302, 404}
