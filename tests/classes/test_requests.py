"""Asking for classes on the portal: who may, what they are told, and what is refused."""

import pytest
from django.urls import reverse

from classes import requests
from classes.models import ImportDraft, ImportRequest
from tests.factories import (
    ClassOutFactory,
    ImportRequestFactory,
    LeadRightFactory,
    SchoolClassFactory,
    SchoolFactory,
    SyncRunFactory,
    SyncSettingsFactory,
    TeacherFactory,
    UserFactory,
    ago,
)
from tests.tools.pages import words

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    school = SchoolFactory(name="Harbour School", code="harbour")
    SyncSettingsFactory(school=school)
    return school


@pytest.fixture
def teacher(school, client):
    """The client, signed in as a teacher of Harbour School."""
    client.force_login(TeacherFactory(school=school).user)
    return client


@pytest.fixture
def group(school):
    return ClassOutFactory(school=school, name="Ma Intervention Y8", reason="intervention_group", subject="Mathematics")


def ask_for(client, *school_classes, wish="in", note=""):
    data = {"class": [row.pk for row in school_classes], "wish": wish, "note": note}
    return client.post(reverse("classes:ask", args=["harbour"]), data, follow=True)


def test_a_teacher_asks_for_several_classes_at_once_and_sees_how_it_is_going(teacher, school, group):
    other = ClassOutFactory(school=school, name="8 Numeracy", reason="no_subject")

    response = ask_for(teacher, group, other, note="Both work with the product.")

    asked = ImportRequest.objects.get()
    assert {item.school_class for item in asked.items.all()} == {group, other}
    assert (asked.state, asked.wish, asked.note) == ("waiting", "in", "Both work with the product.")
    assert "Waiting for an answer" in words(response)
    assert "“Both work with the product.”" in words(response)
    assert school.audit_entries.get(kind="importrequest").verb == "asked"


def test_the_class_list_leads_to_the_request(teacher, group):
    page = teacher.get(reverse("classes:all", args=["harbour"]), {"standing": "out"})
    assert f'name="class" value="{group.pk}"' in page.content.decode()

    page = teacher.get(reverse("classes:ask", args=["harbour"]), {"class": group.pk, "wish": "in"})

    assert "Ask to bring in 1 class" in words(page)
    assert not ImportRequest.objects.exists()


@pytest.mark.parametrize(
    ("make", "wish", "told"),
    [
        (lambda s: SchoolClassFactory(school=s, name="9x/Ma1"), "in", "9x/Ma1 is in already"),
        (lambda s: ClassOutFactory(school=s, name="9x/Ma1"), "out", "9x/Ma1 is left out already"),
        (lambda s: ClassOutFactory(school=s, name="9x/Ma1", left_at=ago(days=1)), "in", "9x/Ma1 has ended"),
        (lambda s: SchoolClassFactory(school=s, name="Red set", wonde_id=None), "out", "Red set is not from the MIS"),
        (
            lambda s: ClassOutFactory(school=s, name="9x/Ma1", reason="other_academic_year", academic_year="2024/2025"),
            "in",
            "belongs to another academic year (2024/2025)",
        ),
        (lambda s: ClassOutFactory(school=s, name="9x/Ma1", decision="in"), "in", "9x/Ma1 is in already"),
    ],
    ids=["in already", "out already", "ended", "made by hand", "last year", "approved a moment ago"],
)
def test_what_is_already_so_or_impossible_is_refused_in_words(teacher, school, make, wish, told):
    response = ask_for(teacher, make(school), wish=wish, note="Please")

    assert response.status_code == 409
    assert told in words(response)
    assert "Please" in response.content.decode()
    assert not ImportRequest.objects.exists()


def test_a_class_is_asked_for_once_until_it_is_answered(teacher, school, group):
    ask_for(teacher, group)

    response = ask_for(teacher, group)

    assert response.status_code == 409
    assert "Ma Intervention Y8: somebody has asked already" in words(response)
    assert ImportRequest.objects.count() == 1

    requests.withdraw(ImportRequest.objects.get().pk, None)
    assert ask_for(teacher, group).status_code == 200


def test_another_schools_class_is_not_found(teacher):
    assert ask_for(teacher, ClassOutFactory()).status_code == 404
    assert not ImportRequest.objects.exists()


def test_without_a_class_the_page_says_where_to_tick_one(teacher):
    assert "No class is chosen" in words(teacher.get(reverse("classes:ask", args=["harbour"])))


def test_a_teacher_sees_their_own_requests_and_a_lead_all_of_the_school(client, school):
    mine, other, elsewhere = (
        ImportRequestFactory(school=school),
        ImportRequestFactory(school=school),
        ImportRequestFactory(),
    )
    lead = LeadRightFactory(school=school).user

    assert set(ImportRequest.objects.visible_to(mine.asked_by)) == {mine}
    assert set(ImportRequest.objects.visible_to(lead)) == {mine, other}
    assert not ImportRequest.objects.visible_to(UserFactory()).exists()

    client.force_login(mine.asked_by)
    assert client.get(reverse("classes:request", args=[other.pk])).status_code == 404
    assert client.get(reverse("classes:request", args=[elsewhere.pk])).status_code == 404
    assert client.post(reverse("classes:withdraw", args=[other.pk])).status_code == 404


def test_a_teacher_who_left_no_longer_sees_their_requests(school):
    asked = ImportRequestFactory(school=school)
    asked.asked_by.employees.update(left_at=ago(days=1))

    assert not ImportRequest.objects.visible_to(asked.asked_by).exists()


@pytest.mark.parametrize("who", ["asker", "lead"])
def test_the_asker_or_a_lead_can_withdraw_a_request(client, school, who):
    asked = ImportRequestFactory(school=school)
    client.force_login(asked.asked_by if who == "asker" else LeadRightFactory(school=school).user)

    response = client.post(reverse("classes:withdraw", args=[asked.pk]), {"reason": "Not needed"}, follow=True)

    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    assert "withdrawn by" in words(response)
    assert not asked.items.filter(is_open=True).exists()


def test_an_answered_request_cannot_be_withdrawn(client, school):
    asked = ImportRequestFactory(school=school, state="approved", settled_at=ago(minutes=1))
    client.force_login(asked.asked_by)

    response = client.post(reverse("classes:withdraw", args=[asked.pk]), follow=True)

    assert "approved already" in words(response)
    asked.refresh_from_db()
    assert asked.state == "approved"


def test_the_page_follows_the_run_that_began_after_the_answer(client, school):
    asked = ImportRequestFactory(school=school, state="approved", settled_at=ago(minutes=5))
    client.force_login(asked.asked_by)
    page = reverse("classes:request", args=[asked.pk])
    SyncRunFactory(school=school, started_at=ago(minutes=9))

    assert "the class lists follow in a moment" in words(client.get(page))
    assert b"hx-trigger" in client.get(page).content

    run = SyncRunFactory(school=school, started_at=ago(minutes=4), status="running", ended_at=None, step="students")
    assert "Now: students" in words(client.get(page, headers={"HX-Request": "true"}))

    run.status, run.ended_at = "applied", ago(minutes=3)
    run.save()
    done = client.get(page)
    assert "Done" in words(done)
    assert b"hx-trigger" not in done.content


def test_a_list_of_requests_costs_the_same_for_1_and_for_20(client, school, django_assert_num_queries):
    lead = LeadRightFactory(school=school).user
    client.force_login(lead)
    page = reverse("classes:requests", args=["harbour"])
    ImportRequestFactory(school=school)
    client.get(page)
    with django_assert_num_queries(9):
        client.get(page)
    ImportRequestFactory.create_batch(19, school=school)

    with django_assert_num_queries(9):
        assert words(client.get(page)).count("Waiting for an answer") == 20


# --- One way in


def test_a_lead_goes_on_to_bring_the_classes_in_and_asks_nobody(client, school, group):
    client.force_login(LeadRightFactory(school=school).user)
    fits = ClassOutFactory(school=school, name="8y/Ma1", reason="asks_first")

    response = ask_for(client, group)

    assert response.redirect_chain[-1][0] == reverse("sync:import", args=["harbour"])
    assert not ImportRequest.objects.exists()
    draft = ImportDraft.objects.get()
    assert draft.choices == {str(group.pk): "in", str(fits.pk): "out"}


def test_what_a_lead_had_chosen_before_stays_chosen(client, school, group):
    client.force_login(LeadRightFactory(school=school).user)
    other = ClassOutFactory(school=school, name="8 Numeracy", reason="no_subject")
    ask_for(client, group)

    ask_for(client, other)

    assert set(ImportDraft.objects.get().choices.values()) == {"in"}


def test_a_lead_asks_support_to_leave_a_class_out(client, school):
    client.force_login(LeadRightFactory(school=school).user)

    ask_for(client, SchoolClassFactory(school=school), wish="out")

    assert ImportRequest.objects.get().wish == "out"


def test_the_page_of_a_class_that_is_left_out_says_whom_the_mis_has_in_it_and_how_to_ask(teacher, school):
    left_out = ClassOutFactory(school=school, reason="intervention_group", member_ids=["A1", "A2"])

    said = words(teacher.get(reverse("classes:detail", args=[left_out.pk])))

    assert "Ask to bring it in" in said
    assert "has 2 students in it" in said
    assert "Nobody is in this class" not in said


def test_a_class_that_is_asked_for_says_so_and_one_of_another_year_cannot_be(teacher, school, group):
    ask_for(teacher, group)
    old = ClassOutFactory(school=school, reason="other_academic_year")

    assert "Support has been asked to bring it in" in words(teacher.get(reverse("classes:detail", args=[group.pk])))
    assert "Ask to bring it in" not in words(teacher.get(reverse("classes:detail", args=[old.pk])))
