"""What waits, as a page to decide on: by name and in numbers, some removed and some kept, what came of it."""

import re

import pytest
from django.urls import reverse

from schools.models import Task
from sync.models import Approval, Hold, SyncRun
from tests.factories import (
    ChangeFactory,
    ContactFactory,
    EnrolmentFactory,
    HoldFactory,
    SchoolClassFactory,
    StudentFactory,
    SupportFactory,
    SyncRunFactory,
    ago,
)
from tests.tools.pages import words
from tests.tools.people import support_client

pytestmark = pytest.mark.django_db

ASKED = "x" * 64
REASON = "The school rang: they have left."


def page(name, *args):
    return reverse(f"sync:{name}", args=["harbour", *args])


@pytest.fixture
def run(school):
    return SyncRunFactory(school=school, asked=ASKED)


def students(run, *surnames, **hold):
    """Students who would go, one hold each."""
    return [
        HoldFactory(run=run, row_id=StudentFactory(school=run.school, surname=name).pk, **hold) for name in surnames
    ]


def value(hold):
    return f"{hold.kind}-{hold.row_id}"


def answer(lead, rows=(), groups=(), reason=REASON, button="apply", said=None):
    """What a browser sends that can count what is ticked; said: what the button said, where it cannot."""
    ticked = {"row": [value(hold) for hold in rows], "group": list(groups)}
    said = len(rows) if said is None else said
    return lead.post(
        page("decide"), {"asked": ASKED, "reason": reason, "said": said, button: "1", **ticked}, follow=True
    )


def test_holds_are_people_and_classes_with_the_limit_they_passed(lead, run):
    school_class = SchoolClassFactory(school=run.school, name="9x/Ma1")
    stay = EnrolmentFactory(
        school_class=school_class, student__surname="Okoro", student__forename="Tobi", student__year_group="9"
    )
    HoldFactory(run=run, row_id=stay.student_id, limit=f"class:{school_class.pk}")
    HoldFactory(run=run, kind="enrolments", row_id=stay.pk, limit="with")

    said = words(lead.get(page("held")))

    assert "1 removal waits" in said
    assert "Okoro, Tobi 9x/Ma1 Year 9" in said
    assert "Too many students of 9x/Ma1 would be left in no class at once." in said


def test_what_waits_comes_first_by_name_and_what_somebody_keeps_below(lead, run):
    students(run, "Mole", "Grebe")
    students(run, "Abbot", kept_at=ago(days=1))
    HoldFactory(run=run, kind="classes", row_id=SchoolClassFactory(school=run.school, name="7a").pk)

    said = words(lead.get(page("held")))

    assert said.index("Grebe") < said.index("Mole") < said.index("7a") < said.index("Abbot")
    assert "3 removals wait" in said
    assert "All 3 that are new" in said
    assert "3 removals wait" in words(lead.get(page("school")))


def test_nobody_is_ticked_before_a_person_ticks_them(lead, run):
    students(run, "Mole", "Grebe")

    assert "checked" not in lead.get(page("held")).text


def test_changed_addresses_that_wait_are_called_so_and_nobody_is_asked_to_remove_them(lead, run):
    for surname in ("Mole", "Grebe"):
        contact = ContactFactory(school=run.school, surname=surname)
        HoldFactory(run=run, kind="contacts", row_id=contact.pk, limit="addresses")

    response = lead.get(page("held"))

    said = words(response)
    assert "2 changed addresses wait" in said
    assert "The email address changed, for many parents and carers at once." in said
    assert "Take over the ticked Keep all the old details, stop asking" in said
    assert "emove" not in said
    assert "button-wrong" not in response.text
    assert "2 wait for you: 2 changed addresses" in words(lead.get(page("school")))


def test_removals_and_new_details_that_wait_together_are_told_apart(lead, run):
    holds = [
        HoldFactory(run=run, limit="identity"),
        HoldFactory(run=run, limit="kind", reason="not_in_imported_class"),
        HoldFactory(run=run, limit="kind"),
    ]

    assert "2 removals and 1 changed identity wait" in words(lead.get(page("held")))
    said = words(answer(lead, holds[:2], said=0))
    assert "Is this what you mean? Remove 1 and take over 1 changed identity, keep 1." in said
    assert "Is in no class that is imported. More would leave at once" in said
    assert "Is missing in SIMS. More would leave at once" in said


def test_what_is_only_kept_asks_nobody_and_can_still_be_let_go(lead, run):
    (hold,) = students(run, "Mole", kept_at=ago(days=1), kept_because="They come back.")

    said = words(lead.get(page("held")))
    assert "1 removal kept back" in said
    assert "They come back." in said
    assert "Keep all" not in said

    answer(lead, [hold])
    assert Approval.objects.get().let_go == [["students", hold.row_id]]


def test_nothing_that_waits_has_a_sentence(lead):
    assert "Nothing waits for an answer" in words(lead.get(page("held")))


def test_some_are_removed_and_the_others_kept(lead, run):
    mole, grebe = students(run, "Mole", "Grebe")

    said = words(answer(lead, [mole]))

    approval = Approval.objects.get()
    assert (approval.asked, approval.reason) == (ASKED, REASON)
    assert approval.let_go == [["students", mole.row_id]]
    assert approval.kept == [["students", grebe.row_id]]
    assert "It begins in a moment" in said


def test_a_tick_for_a_class_and_for_all_stands_for_its_rows(lead, run):
    school_class = SchoolClassFactory(school=run.school, name="9x/Ma1")
    holds = students(run, *[f"Mole{number}" for number in range(41)])
    for hold in holds[:2]:
        EnrolmentFactory(school_class=school_class, student_id=hold.row_id, school=run.school)
    (kept,) = students(run, "Abbot", kept_at=ago(days=1))

    answer(lead, groups=[str(school_class.pk)], said=2)
    assert Approval.objects.get().let_go == sorted(["students", hold.row_id] for hold in holds[:2])

    answer(lead, groups=["all"], said=41)
    assert Approval.objects.latest("at").kept == [["students", kept.row_id]]


def test_a_button_that_did_not_say_the_numbers_does_nothing_before_it_has_said_them(lead, run):
    holds = students(run, "Mole", "Grebe", "Abbot")

    response = answer(lead, holds[:2], said="")

    assert not Approval.objects.exists()
    assert "Is this what you mean? Remove 2, keep 1. Press once more to do it." in words(response)
    assert re.findall(r'value="students-(\d+)"[^>]* checked', response.text) == [
        str(hold.row_id) for hold in sorted(holds[:2], key=lambda hold: hold.row_id, reverse=True)
    ]
    assert 'name="said" value="2"' in response.text


@pytest.mark.parametrize("button", ["apply", "keep"])
def test_an_error_stands_at_its_field_and_what_was_ticked_stays_ticked(lead, run, button):
    mole, _ = students(run, "Mole", "Grebe")

    response = answer(lead, [mole], reason="", button=button)

    assert response.text.count("Say why, in one sentence.") == 2
    assert 'href="#id_reason"' in response.text
    assert f'value="{value(mole)}" data-row="" data-in="students" checked' in response.text
    assert not Approval.objects.exists()
    assert Hold.objects.filter(kept_at=None).count() == 2


def test_nobody_ticked_is_no_answer(lead, run):
    students(run, "Mole")

    response = answer(lead)

    assert "Tick who is to be removed, or keep all." in words(response)
    assert 'href="#ticks"' in response.text
    assert not Approval.objects.exists()


def test_all_are_kept_whatever_is_ticked_where_the_button_says_so(lead, run):
    holds = students(run, "Mole", "Grebe")

    said = words(answer(lead, holds[:1], button="keep"))

    assert "All stays as it is" in said
    assert not Hold.objects.filter(kept_at=None).exists()
    assert not Approval.objects.exists()


def test_what_moved_meanwhile_is_shown_again(lead, run):
    holds = students(run, "Mole")
    SyncRun.objects.update(asked="y" * 64)

    said = words(answer(lead, holds))

    assert "Something else waits by now" in said
    assert not Approval.objects.exists()


def test_nobody_is_asked_while_the_school_is_paused(lead, school, run):
    students(run, "Mole", kept_at=ago(days=1))
    SyncRun.objects.update(asked="")
    type(school.sync_settings).objects.update(paused_at=ago(hours=1))

    response = lead.get(page("held"))

    assert "The school is paused" in words(response)
    assert 'id="answer"' not in response.text


def test_many_are_listed_by_class_with_what_it_looks_like(lead, run, django_assert_max_num_queries):
    for name in ("8a/Ma1", "8b/Ma1", "8c/Ma1", "8d/Ma1"):
        school_class = SchoolClassFactory(school=run.school, name=name)
        for number in range(48):
            stay = EnrolmentFactory(
                school_class=school_class, student__surname=f"Mole{number}", student__year_group="8"
            )
            if number < 12:
                HoldFactory(run=run, row_id=stay.student_id)

    with django_assert_max_num_queries(30):
        said = words(lead.get(page("held")))

    assert "Every class loses about a quarter of its students, which looks like a fault" in said
    assert "8a/Ma1: all 12" in said
    assert "Year 8 48 192 25%" in said


def test_what_waits_can_be_opened_in_a_spreadsheet_and_no_cell_is_a_formula(lead, run):
    students(run, "=1+1")

    response = lead.get(page("held_csv"))

    assert response.headers["Content-Type"].startswith("text/csv")
    assert response.headers["Content-Disposition"] == 'attachment; filename="waiting.csv"'
    assert response.text.startswith("\ufeffWho or what,Kind,")
    assert "\n\"'=1+1" in response.text


@pytest.fixture
def carried_out(run, lead):
    """An answer that a sync obeyed: Mole was removed, Grebe kept."""
    mole, _ = students(run, "Mole", "Grebe")
    answer(lead, [mole])
    after = SyncRunFactory(school=run.school)
    ChangeFactory(run=after, row_id=mole.row_id, verb="remove", cause="approved")
    mole.delete()
    Approval.objects.update(run=after, applied=True)
    return after


def test_what_came_of_an_answer_is_told_by_name_with_the_sync(lead, carried_out):
    response = lead.get(page("decided"))

    said = words(response)
    assert "Carried out" in said
    assert REASON in said
    assert re.search(r"Grebe, \w+ student Kept", said)
    assert re.search(r"Mole, \w+ student Removed", said)
    assert page("run", carried_out.pk) in response.text
    assert "hx-trigger" not in response.text
    assert re.search(r'"Mole, \w+",student,removed', lead.get(page("decided_csv")).text)


def test_an_answer_that_was_overtaken_says_so(lead, carried_out):
    Approval.objects.update(applied=False)

    assert "Nothing was carried out" in words(lead.get(page("decided")))


def test_an_answer_is_followed_until_it_is_carried_out(lead, run):
    answer(lead, students(run, "Mole"))
    assert 'hx-trigger="every 2s"' in lead.get(page("decided")).text
    assert "An answer is being carried out" in words(lead.get(page("held")))

    going_on = SyncRunFactory(school=run.school, status="running", ended_at=None, started_at=ago(), step="staff")
    fragment = lead.get(page("decided"), headers={"HX-Request": "true"})
    assert "Staff: now" in words(fragment)
    assert "<html" not in fragment.text

    SyncRun.objects.filter(pk=going_on.pk).update(status="refused", message="Wonde was away.")
    said = words(lead.get(page("decided")))
    assert "was not finished Wonde was away." in said
    assert "carried out with the next sync" in said


def test_an_answer_that_no_worker_takes_is_not_followed_for_ever(lead, run):
    answer(lead, students(run, "Mole"))
    Approval.objects.update(at=ago(hours=2))

    response = lead.get(page("decided"))

    assert "It has not begun yet" in words(response)
    assert "hx-trigger" not in response.text


def test_without_any_answer_there_is_nothing_to_follow(lead):
    assert "Nobody has decided anything yet" in words(lead.get(page("decided")))
    assert lead.get(page("decided_csv")).text == "\ufeffWho or what,Kind,What came of it\r\n"


def test_support_that_may_only_look_decides_nothing(run, school):
    holds = students(run, "Mole")
    client = support_client(SupportFactory(rights__tasks=[Task.LOOK]), looks_at=[school])

    assert 'id="answer"' not in client.get(page("held")).text
    assert answer(client, holds).status_code == 404
    assert not Approval.objects.exists()
