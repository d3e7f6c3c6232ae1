"""Somebody new whom a UPN takes for somebody who has left: withheld, shown with both names, and a person's to say."""

import pytest
from django.urls import reverse

from schools.models import AuditEntry
from students.models import Student
from sync.models import Recognition, SyncRun
from tests.factories import LeadRightFactory
from tests.sync.living import living_school
from tests.tools.answering import looked_at


@pytest.fixture
def living(settings, transactional_db):
    with living_school(settings, students=60) as living:
        yield living


@pytest.fixture
def newcomer(living):
    """(our row of the leaver, Wonde id of the new child who has the leaver's UPN)."""
    leaver = living.student()
    living.day({"event": "leave", "student": leaver.wonde_id})
    (joined,) = living.sandbox.day(living.school.wonde_id, [{"event": "join", "year": other_year(leaver)}])["events"]
    student = living.sandbox.sandbox.registry.world(living.school.wonde_id).students[joined["student"]]
    student.upn, student.forename, student.surname = leaver.upn, "Zuzanna", "Kowal"
    living.day({"event": "bulk_updated_at"})
    return leaver, joined["student"]


def other_year(student):
    return "7" if student.year_group != "7" else "8"


@pytest.fixture
def lead(living, client):
    user = LeadRightFactory(school=living.school).user
    client.force_login(user)
    return client


def url(living):
    return reverse("sync:somebody_else", args=[living.school.code])


def said(lead, living, wonde_id, answer, kind="students"):
    return lead.post(url(living), {"kind": kind, "person": wonde_id, "answer": answer}, follow=True)


def test_the_leavers_row_and_sign_in_stay_theirs_until_a_person_has_said_who_it_is(living, newcomer):
    leaver, wonde_id = newcomer

    run = living.read()

    assert Student.objects.get(pk=leaver.pk).left_at
    assert not Student.objects.filter(wonde_id=wonde_id).exists()
    assert run.ledger["students"]["withheld"]["perhaps_someone_else"] == 1
    assert run.unlike == [("students", wonde_id, leaver.pk)]
    assert "unlike" in [entry["code"] for entry in run.waiting]


def test_the_page_shows_both_names_and_keeps_neither(living, newcomer, lead):
    page = looked_at(lead, url(living)).content.decode()

    assert "1 new person waits" in page
    assert "Kowal, Zuzanna" in page
    assert newcomer[0].list_name in page
    assert newcomer[0].upn not in page
    assert "Kowal" not in str(list(SyncRun.objects.values_list("unlike", "waiting", "ledger")))


def test_the_page_works_where_wonde_does_not_answer(living, newcomer, lead):
    living.sandbox.fault("server_error", "schools/*/students/*")

    page = looked_at(lead, url(living)).content.decode()

    assert f"Wonde id {newcomer[1]}" in page
    assert "could not be read just now" in page


def test_the_same_person_gets_the_row_and_the_sign_in_back(living, newcomer, lead):
    leaver, wonde_id = newcomer

    told = said(lead, living, wonde_id, "same")
    living.read()

    row = Student.objects.get(pk=leaver.pk)
    assert (row.wonde_id, row.left_at, row.user_id, row.surname) == (wonde_id, None, leaver.user_id, "Kowal")
    assert "the same person, with the sign-in they had" in told.content.decode()
    assert AuditEntry.objects.filter(verb="said that somebody new is the same as", object_id=leaver.pk).exists()


def test_somebody_else_comes_in_as_a_new_student_and_the_leaver_stays_gone(living, newcomer, lead):
    leaver, wonde_id = newcomer

    said(lead, living, wonde_id, "other")
    living.read()

    row = Student.objects.get(wonde_id=wonde_id)
    assert row.pk != leaver.pk
    assert row.user_id not in (None, leaver.user_id)
    assert Student.objects.get(pk=leaver.pk).left_at
    assert living.read().unlike == []


def test_the_second_answer_and_one_about_nobody_change_nothing(living, newcomer, lead):
    said(lead, living, newcomer[1], "other")

    assert "They do not wait any more" in said(lead, living, newcomer[1], "same").content.decode()
    assert "They do not wait any more" in said(lead, living, "A1", "same").content.decode()
    assert "Say whether it is the same person" in said(lead, living, newcomer[1], "perhaps").content.decode()
    assert Recognition.objects.count() == 1


def test_a_upn_that_is_corrected_in_the_mis_needs_nobodys_word(living, newcomer):
    living.sandbox.sandbox.registry.world(living.school.wonde_id).students[newcomer[1]].upn = None

    _, run = living.day({"event": "bulk_updated_at"})

    assert run.unlike == []
    assert Student.objects.filter(wonde_id=newcomer[1], left_at=None).exists()


def test_where_nobody_waits_the_page_says_when_somebody_would(living, lead):
    assert "Nobody waits to be recognised" in lead.get(url(living)).content.decode()
