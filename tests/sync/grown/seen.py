"""What a copy of the project shows of the field and the kind that `walk.py` added: run in the copy, nowhere else."""

import pytest
from django.urls import reverse
from django.utils import timezone

from students.models import House, Student
from sync.copies.held import everything_about
from sync.leaving import erasure
from sync.models import Change
from sync.why.explain import explain
from sync.why.finding import Asked
from sync.wording import sentences
from tests.api.asking import Product
from tests.factories import ApiTokenFactory, LeadRightFactory
from tests.sync.living import living_school
from tests.sync.world import world_of
from tests.tools.people import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def living(settings):
    with living_school(settings) as school:
        yield school


@pytest.fixture
def product(living):
    return Product(ApiTokenFactory(schools=[living.school]))


def told(product, after):
    changes = product.get("changes/", after=after).json()["results"]
    return [(change["kind"], change["verb"], change["row_id"]) for change in changes]


def test_a_sync_keeps_both_and_a_later_one_notes_what_changed(living):
    world, student = world_of(living.sandbox), living.student(admission_number__gt="")
    house = House.objects.filter(school=living.school).earliest("name")
    assert student.admission_number == world.students[student.wonde_id].admission_number
    assert {row.name for row in House.objects.all()} == {"Austen", "Brunel", "Curie", "Drake"}
    was, world.students[student.wonde_id].admission_number = student.admission_number, "N 4711"
    world.groups[house.wonde_id].name = "Attenborough"
    world.touch(world.students[student.wonde_id], world.groups[house.wonde_id])
    gone = House.objects.get(name="Drake")
    world.remove("groups", world.groups[gone.wonde_id])

    _, run = living.day()

    changed = {(row.kind, row.row_id): (row.verb, row.values) for row in Change.objects.filter(run=run)}
    assert changed["students", student.pk] == ("update", {"admission_number": [was, "N 4711"]})
    assert changed["houses", house.pk] == ("update", {"name": ["Austen", "Attenborough"]})
    assert changed["houses", gone.pk] == ("remove", None)
    assert "houses: 1 changed, 1 removed" in sentences.summary(run)


def test_what_people_write_outside_a_sync_is_in_the_feed(living, product):
    after, student = product.get("changes/", after="latest").json()["cursor"], living.student()
    Student.objects.filter(pk=student.pk).update(admission_number="N 4711")
    made = House.objects.create(school=living.school, name="Elgar")

    assert told(product, after) == [("students", "update", student.pk), ("houses", "create", made.pk)]


def test_the_api_shows_both(living, product):
    house = House.objects.get(name="Curie")

    (row,) = product.rows("houses/", wonde_id=house.wonde_id)
    numbers = {student["id"]: student["admission_number"] for student in product.rows("students/")}

    assert row == {
        "id": house.pk, "wonde_id": house.wonde_id, "school_id": living.school.pk, "name": "Curie", "left_at": None,
    }  # fmt: skip
    assert numbers[living.student().pk] == living.student().admission_number
    assert "/api/v1/houses/{id}/" in product.get("schema/").json()["paths"]


def test_the_page_of_what_we_hold_names_both_and_says_what_for(living):
    lead = signed_in(LeadRightFactory(school=living.school).user)

    said = lead.get(reverse("sync:fields", args=[living.school.code])).content.decode()

    for words in ("admission number", "For cards", "Houses", "To show the house as the school knows", "groups.read"):
        assert words in said


def test_an_export_holds_the_field_and_an_erasure_empties_it(living):
    student = living.student(admission_number__gt="")
    living.day({"event": "leave", "student": student.wonde_id})

    (row,) = everything_about(living.school, "students", student.pk).parts[0].rows
    mirrored = {fact.label: fact.value for fact in row.facts}
    erasure.erase_person(living.school, "students", student.pk, actor=None, reason="asked")

    assert mirrored["admission number"] == student.admission_number
    assert Student.objects.get(pk=student.pk).admission_number == ""


def test_a_withdrawn_permission_hides_and_erases_the_kind_and_the_feed_says_so(living, product):
    house, after = House.objects.get(name="Curie"), product.get("changes/", after="latest").json()["cursor"]
    living.school.frozen = {"houses": {"since": timezone.now().isoformat(), "erase_on": "2100-01-01"}}
    living.school.save()
    assert product.rows("houses/") == []
    assert product.rows("schools/")[0]["withheld"] == ["houses"]

    erasure.erase_kind(living.school, "houses")

    assert set(House.objects.values_list("wonde_id", "name", "sort_name")) == {(None, "", "")}
    assert ("houses", "erase", house.pk) in told(product, after)


def test_why_finds_the_kind_by_name_and_says_what_wonde_says_of_the_field(living):
    student = living.student(admission_number__gt="")

    (house,) = explain(living.school, Asked("name", "Curie")).answers
    (known,) = explain(living.school, Asked("wonde_id", student.wonde_id)).answers

    assert (house.what, house.code, house.says) == ("house", "imported", [("name", "Curie")])
    assert ("admission number", student.admission_number) in known.says


def test_a_house_is_called_by_its_name_and_one_that_is_gone_by_what_it_was(living):
    house = House.objects.get(name="Curie")
    changes = [Change(kind="houses", row_id=pk, verb="update") for pk in (house.pk, 10**9)]

    assert [(row.kind, row.who.text) for row in sentences.changes(changes)] == [
        ("house", "Curie"),
        ("house", "a house that is no longer held or shared"),
    ]
