"""Each reason on its own: a school comes to it by what happens there, and "Why?" says it to the school and to support.

A reason without a way here fails the first test: what nobody has seen said may be wrong, or never be said.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from classes.models import SchoolClass
from parents.models import Block, Contact, Guardianship
from parents.rules import blocks
from students.models import Student
from sync.models import Hold, SyncRun, SyncSettings
from sync.people.class_requests import store_decision
from sync.people.leaving_out import leave_out
from sync.rules.reasons import REASONS
from sync.sandbox import choices
from sync.sandbox.testing import FIRST_DAY
from sync.wording.reasons import IN_WORDS, STATES
from tests.factories import SupportFactory
from tests.sync.living import living_school
from tests.tools.answering import asked
from tests.tools.people import support_client

pytestmark = pytest.mark.django_db(transaction=True)

WAYS = {}


@dataclass(frozen=True)
class Way:
    """How a school comes to a reason: `to(living)` makes it so and returns whom to ask about, by Wonde id. school, who,
    support: parts of what is said, each different from those of any other reason."""

    to: object
    school: str
    who: str
    support: str


def way(code, school, who, support):
    def note(to):
        WAYS[code] = Way(to, school, who, support)
        return to

    return note


@pytest.fixture
def living(settings, monkeypatch):
    days_later = FIRST_DAY + timedelta(days=3)  # whoever the sandbox lets join has arrived
    with time_machine.travel(days_later) as clock, living_school(settings, students=150) as school:
        school.clock, school.monkeypatch = clock, monkeypatch
        yield school


def changed(living, table, wonde_id, **fields):
    """A record of the MIS, edited by hand; the night after reads it."""
    world = living.sandbox.sandbox.registry.world(living.school.wonde_id)
    row = getattr(world, table)[wonde_id]
    for name, value in fields.items():
        setattr(row, name, value)
    living.day({"event": "bulk_updated_at"})
    return wonde_id


def a_class(living, **which):
    return SchoolClass.objects.present().filter(school=living.school, **which).order_by("pk").first()


def new_class(living, **fields):
    happened, _ = living.day({"event": "new_class", **fields})
    return happened[0]["class"]


def settings_of(living, **fields):
    SyncSettings.objects.filter(school=living.school).update(**fields)


def a_link(living):
    """A parent or carer of one student only, and the link."""
    for link in Guardianship.objects.current().filter(school=living.school).order_by("pk"):
        if Guardianship.objects.filter(contact=link.contact).count() == 1:
            return link
    raise AssertionError("every contact of this seed has several children")


def link_event(living, event, **fields):
    link = a_link(living)
    about = {"contact": link.contact.wonde_id, "student": link.student.wonde_id}
    living.day({"event": event, **about, **fields})
    return link.contact.wonde_id


@way("not_in_imported_class", "has them in no class that comes here", "Support can add the class; the school",
     "Students come in with their class.")  # fmt: skip
def a_student_taken_out_of_their_class(living):
    student = living.student()
    (stay,) = student.enrolments.current().select_related("school_class")
    world = living.sandbox.sandbox.registry.world(living.school.wonde_id)
    others = [each for each in world.classes[stay.school_class.wonde_id].students if each != student.wonde_id]
    changed(living, "classes", stay.school_class.wonde_id, students=others)
    return student.wonde_id


@way("teaches_no_imported_class", "they teach no class that comes here", "the school can change who teaches it",
     "Staff come in with the classes they teach.")  # fmt: skip
def a_teacher_who_joined_and_has_no_class(living):
    happened, _ = living.day({"event": "teacher_joins"})
    return happened[0]["employee"]


@way("not_current", "left on 1 October, says", "can change the dates or the status",
     "a leaving date that has passed")  # fmt: skip
def a_student_whose_leaving_date_has_passed(living):
    wonde_id = living.student().wonde_id
    living.day({"event": "leaving_date", "student": wonde_id, "date": "2026-10-01"})
    return wonde_id


@way("left_out_here", " left them out here on ", "can let them back in under", "also under a new Wonde id")
def a_student_left_out_by_a_person(living):
    student = living.student()
    leave_out(living.school, "students", student.pk, SupportFactory(), "other", "not in this product")
    living.read()
    return student.wonde_id


@way("duplicate", "another student has the same UPN", "can correct the UPN", "so the newer one waits")
def a_new_student_with_a_upn_that_is_taken(living):
    (happened,) = living.sandbox.day(living.school.wonde_id, [{"event": "join"}])["events"]
    return changed(living, "students", happened["student"], upn=living.student().upn)


@way("perhaps_someone_else", "gives them the UPN or UPI of somebody", "say whether it is the same person",
     "the wrong answer hands one person's sign-in to another")  # fmt: skip
def a_new_student_with_the_upn_of_a_leaver(living):
    leaver = living.student()
    living.day({"event": "leave", "student": leaver.wonde_id})
    year = "7" if leaver.year_group != "7" else "8"
    (happened,) = living.sandbox.day(living.school.wonde_id, [{"event": "join", "year": year}])["events"]
    names = {"forename": "Zuzanna", "surname": "Kowal"}
    return changed(living, "students", happened["student"], upn=leaver.upn, **names)


@way(
    "second_class",
    "would be a second class",
    "the school lead can choose the other class",
    "The present one stays; to swap",
)
def a_student_in_two_classes(living):
    run = living.read()
    return Student.objects.get(pk=run.second_classes[0][0]).wonde_id


@way("excluded_class", " left it out on ", "Support can include it again.", "A person decided it")
def a_class_left_out_by_a_person(living):
    row = a_class(living, status="in")
    store_decision([row], "out", SupportFactory(), "Another product.")
    living.read()
    return row.wonde_id


@way("other_subject", "is not one of those that come here", "Support can include it.",
     "none of the school's own")  # fmt: skip
def a_class_of_art(living):
    return a_class(living, subject="Art").wonde_id


@way("no_subject", "it has no subject in", "Support can include it by hand.", "Without a subject no rule takes it.")
def a_club(living):
    return a_class(living, name="Chess Club").wonde_id


@way("other_year_group", "because its year group", "include it or add the year group",
     "the year most of the class's students are in")  # fmt: skip
def a_new_class_of_a_year_that_does_not_use_the_product(living):
    settings_of(living, year_groups=["11"])
    return new_class(living, year="7", size=8)


@way("other_academic_year", "belongs to another academic year", "can change the academic year in the MIS",
     "Check the day the year starts.")  # fmt: skip
def a_class_of_last_year(living):
    return changed(living, "classes", a_class(living, status="in").wonde_id, academic_year=2025)


@way("intervention_group", "it looks like an intervention group", "after checking who would be in two classes",
     "More than half of its students were in classes already taken")  # fmt: skip
def an_intervention_group(living):
    return a_class(living, name="Ma Intervention Y8").wonde_id


@way("asks_first", "it is new, and the school wants to be asked before", "The school lead can bring it in.",
     "wants to be asked before a new class comes in")  # fmt: skip
def a_new_class_where_the_school_is_asked_first(living):
    settings_of(living, asks_first=True)
    return new_class(living, year="7", size=8)


@way("no_students", "it has no students in", "can add students in the MIS", "An empty class is not decided.")
def a_new_class_whose_students_went(living):
    (happened,) = living.sandbox.day(living.school.wonde_id, [{"event": "new_class", "year": "7", "size": 1}])["events"]
    return changed(living, "classes", happened["class"], students=[])


@way("no_kept_student", "no child of theirs is", "Support can add the class of the student",
     "Look at why the student is not kept.")  # fmt: skip
def a_parent_whose_child_is_in_no_class(living):
    contact = a_link(living).contact
    student = Student.objects.get(guardianships__contact=contact)
    living.day({"event": "leaving_date", "student": student.wonde_id, "date": "2026-10-01"})
    return contact.wonde_id


@way("no_parental_responsibility", "that they have no parental responsibility", "The school can change it in the MIS.",
     "nobody here may overrule it")  # fmt: skip
def a_parent_without_responsibility(living):
    return link_event(living, "withdraw_responsibility")


@way("parental_responsibility_unknown", "not say whether they have parental", "choose to trust first contacts",
     "not known is not yes")  # fmt: skip
def a_parent_of_whom_the_mis_does_not_say(living):
    return link_event(living, "withdraw_responsibility", unknown=True)


@way("status_unknown", "no longer says who is at the school now", "or share it again in Wonde.",
     "Of staff “current” is empty")  # fmt: skip
def a_teacher_who_joined_when_staff_details_were_withdrawn(living):
    living.day({"event": "withdraw_permission", "scope": "employees.employment_details.read"})
    happened, _ = living.day({"event": "teacher_joins"})
    return happened[0]["employee"]


@way("court_order_unknown", "no longer says where there are court orders", "The school can share it again in Wonde.",
     "Court orders used to be shared here and no longer are.")  # fmt: skip
def a_parent_who_came_when_court_orders_were_no_longer_told(living):
    students = living.sandbox.sandbox.registry.world(living.school.wonde_id).students.values()
    for told in (False, None):
        for link in [link for student in students for link in student.links]:
            link.court_order = told
        living.day({"event": "bulk_updated_at"})
    happened, _ = living.day({"event": "gain_contact", "student": living.student().wonde_id})
    return happened[0]["contact"]


@way(
    "court_order",
    "shows a court order between them and the child",
    "Only the school can change it",
    "Tell nobody outside the school.",
)
def a_parent_with_a_court_order(living):
    return link_event(living, "court_order")


@way(
    "blocked",
    "is not here, because somebody who was written to answered “This is not my child” on ",
    "can lift the block",
    "The student's page says who and when.",
)
def a_parent_whom_a_person_blocked(living):
    link = a_link(living)
    blocks.block(link.student, link.contact, Block.Cause.NOT_MINE)
    living.read()
    return link.contact.wonde_id


@way("awaits_rollover", "comes once somebody has confirmed the new school year", "can confirm the rollover",
     "Classes that are first seen now come in when")  # fmt: skip
def a_class_of_the_new_year(living):
    known = set(SchoolClass.objects.values_list("wonde_id", flat=True))
    living.clock.move_to(datetime(2027, 9, 2, 4, tzinfo=UTC))
    living.day({"event": "rollover"})
    new = SchoolClass.objects.filter(reason="awaits_rollover").exclude(wonde_id__in=known).order_by("pk")
    return new[0].wonde_id


@way("permission_not_granted", "the school does not share students with us", "can grant the permission in Wonde",
     "when it is withdrawn it is frozen")  # fmt: skip
def a_student_while_the_permission_is_withdrawn(living):
    wonde_id = living.student().wonde_id
    living.sandbox.day(living.school.wonde_id, [{"event": "withdraw_permission", "scope": "students.read"}])
    return wonde_id


@way("not_offered", "Wonde does not offer", "Wonde can say whether it will offer it", "Wonde answered 400")
def a_class_whose_subject_this_mis_does_not_give(living):
    world = living.sandbox.sandbox.registry.world(living.school.wonde_id)
    living.monkeypatch.setitem(choices.INCLUDES_REFUSED, world.mis, frozenset({"subject"}))
    living.sandbox.day(living.school.wonde_id, [{"event": "bulk_updated_at"}])  # what was answered is kept until then
    return SchoolClass.objects.filter(school=living.school, status="in").first().wonde_id


@way("hidden_at_source", "from us, and we know nothing else about them", "share the person in Wonde or the MIS",
     "Wonde counts more people than it shows us")  # fmt: skip
def a_student_whom_the_school_hides(living):
    wonde_id = living.sandbox.day(living.school.wonde_id, [{"event": "join"}])["events"][0]["student"]
    living.day({"event": "hide_people", "id": wonde_id})
    return wonde_id


@way("perhaps_hidden", "is no longer shared with us: consent in", "can give consent in",
     "Nobody here can change that.")  # fmt: skip
def a_student_who_was_hidden_since(living):
    wonde_id = living.student().wonde_id
    living.sandbox.day(living.school.wonde_id, [{"event": "hide_people", "id": wonde_id}])
    return wonde_id


@way("held_hidden", "and is kept until a person says whether they are to be removed", "whether they are removed",
     "also if somebody keeps them")  # fmt: skip
def one_of_many_who_were_hidden(living):
    hidden = list(Student.objects.current().order_by("wonde_id").values_list("wonde_id", flat=True)[:40])
    living.day(*[{"event": "hide_people", "id": wonde_id} for wonde_id in hidden])
    return hidden[0]


@way("imported", "is here, in", "can change the details in the MIS", "Nothing is wrong with the import.")
def a_student_who_is_here(living):
    return living.student().wonde_id


@way("arrives", "comes with the next sync", "support can sync the school now", "“Sync now” brings it at once.")
def a_student_who_joined_since(living):
    return living.sandbox.day(living.school.wonde_id, [{"event": "join"}])["events"][0]["student"]


@way("held", "and stays until a person says whether that is right", "can say so under “Waiting for you”",
     "More went missing than the limit lets pass.")  # fmt: skip
def one_of_many_who_went_missing(living):
    leavers = Student.objects.current().order_by("wonde_id").values_list("wonde_id", flat=True)[:40]
    living.day({"event": "leave", "students": list(leavers)})
    return leavers[0]


@way("kept", "although", "can remove them after all", "is not asked again.")
def a_student_whom_somebody_keeps(living):
    wonde_id = one_of_many_who_went_missing(living)
    Hold.objects.filter(school=living.school).update(kept_at=timezone.now(), kept_by=SupportFactory())
    return wonde_id


@way("held_listed", "but no longer ", "can apply or keep it",
     "More lost what keeps them here than the limit lets pass")  # fmt: skip
def one_of_a_class_that_lost_everybody(living):
    school_class = living.student().enrolments.current().get().school_class
    students = school_class.enrolments.current().order_by("pk").values_list("student__wonde_id", flat=True)
    wonde_id = students[0]
    changed(living, "classes", school_class.wonde_id, students=[])
    return wonde_id


@way("held_stated", "is no longer here or not here yet, says", "can apply or keep it",
     "often a zero date, not news")  # fmt: skip
def one_of_many_whose_leaving_date_has_passed(living):
    leavers = Student.objects.current().order_by("wonde_id").values_list("wonde_id", flat=True)[:40]
    living.day({"event": "leaving_date", "students": list(leavers), "date": "2026-10-01"})
    return leavers[0]


@way("held_details", "is here with the old details", "can take them over or keep the old ones",
     "perhaps a slip with a spreadsheet")  # fmt: skip
def a_parent_whose_address_changed_with_everybody_elses(living):
    living.day({"event": "shift_emails"})
    hold = Hold.objects.filter(school=living.school, limit="addresses").first()
    return Contact.objects.get(pk=hold.row_id).wonde_id


@way(
    "going",
    "is removed with the next sync",
    "The school can correct the list in the MIS.",
    "have it corrected before the night",
)
def a_student_who_left_since(living):
    wonde_id = living.student().wonde_id
    living.sandbox.day(living.school.wonde_id, [{"event": "leave", "student": wonde_id}])
    return wonde_id


@way("left", "was removed on ", "the same sign-in comes back",
     "Until the day of erasure a return is the same person.")  # fmt: skip
def a_leaver(living):
    wonde_id = living.student().wonde_id
    living.day({"event": "leave", "student": wonde_id})
    return wonde_id


@way("unreadable", "details that cannot be read", "the engineers can look at what Wonde sends",
     "in a shape we cannot read")  # fmt: skip
def a_teacher_whose_record_is_damaged(living):
    living.sandbox.fault("wrong_types", "schools/*/employees", field="employment_details")
    run = living.read()
    assert run.ledger["employees"]["unreadable"] == 1
    return living.sandbox.get(f"schools/{living.school.wonde_id}/employees")["data"][0]["id"]


@way("emptied", "cannot be looked up: Wonde shows no", "the Wonde software at school",
     "taken for a fault")  # fmt: skip
def a_student_on_a_night_without_students(living):
    wonde_id = living.student().wonde_id
    living.sandbox.fault("empty_list", "schools/*/students")
    assert living.read().ledger["students"]["aside"] == "emptied"
    return wonde_id


@way("unsure", "without saying which, so nothing changes here", "Nobody needs to; the engineers",
     "A row without an id could be anyone")  # fmt: skip
def a_student_whose_record_came_without_its_id(living):
    first = living.sandbox.get(f"schools/{living.school.wonde_id}/students")["data"][0]["id"]
    living.sandbox.fault("without_id", "schools/*/students")
    assert living.read().status == SyncRun.Status.APPLIED
    return first


@way("unknown", "We find nobody and no class of that name", "can look the person or class up",
     "Check the spelling, or search by Wonde id.")  # fmt: skip
def nobody(living):
    return "A1999999999"


def test_every_reason_has_words_and_a_way_to_it():
    assert WAYS.keys() == {*REASONS, *STATES}
    assert IN_WORDS.keys() == REASONS.keys()


@pytest.mark.parametrize("code", WAYS)
def test_a_school_that_comes_to_a_reason_is_told_it_and_so_is_support(code, living):
    asked_for = WAYS[code].to(living)
    client = support_client(looks_at=[living.school])

    page = asked(client, reverse("sync:why", args=[living.school.code]), {"who": asked_for})

    answers, said = page.context["told"].answers, unescape(page.content.decode())
    assert code in {one.code for answer in answers for one in [answer, *answer.places]}
    assert WAYS[code].school in said
    assert WAYS[code].who in said
    assert WAYS[code].support in said
