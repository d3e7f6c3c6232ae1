"""A field of another shape costs the field, not the row; what is evidence or says who it is is never guessed."""

import json

import msgspec
import pytest

from sync.facts.contacts import relation
from sync.facts.shapes import RemoteClass, RemoteContact, RemoteEmployee, RemoteStudent, one
from sync.facts.tolerant import decode


def read(row, shape=RemoteStudent):
    return decode(json.dumps(row).encode(), msgspec.json.Decoder(shape))


WRONG = [7, True, "text", ["a"], {"a": 1}, {"data": "text"}, {"data": {"a": []}}, {"date": 7}, {"data": [7]}]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
@pytest.mark.parametrize("field", ["upi", "forename", "surname", "updated_at", "education_details", "year"])
def test_a_students_field_of_any_wrong_shape_costs_the_field(field, wrong):
    row = read({"id": "S1", "forename": "Asha", "surname": "Patel", field: wrong})

    assert row.id == "S1"
    assert {"Asha", "Patel"} - {row.forename, row.surname} <= {"Asha" if field == "forename" else "Patel"}


@pytest.mark.parametrize("wrong", WRONG, ids=str)
@pytest.mark.parametrize("field", ["name", "subject", "academic_year", "year_group", "updated_at"])
def test_a_classs_field_of_any_wrong_shape_costs_the_field(field, wrong):
    row = read({"id": "C1", "students": {"data": [{"id": "S1"}]}, field: wrong}, RemoteClass)

    assert [member.id for member in row.students.data] == ["S1"]


def test_a_class_with_one_unreadable_member_is_a_class_whose_members_are_not_known():
    row = read({"id": "C1", "name": "9x", "students": {"data": [{"id": "S1"}, {"id": 7}]}}, RemoteClass)

    assert (row.name, row.students) == ("9x", None)


def test_a_number_that_should_be_a_text_is_one_and_the_other_way_round():
    student = read({"id": "S1", "year": {"data": {"name": None, "code": 9}}})
    contact = read({"id": "P1", "relationship": {"priority": " 1", "relationship": 3}}, RemoteContact)

    assert one(student.year).code == "9"
    says = relation(contact.relationship)
    assert (says.priority, says.relationship) == (1, "3")


@pytest.mark.parametrize("priority", ["high", "", "1st", 1.5, [], {}, True])
def test_a_priority_that_is_none_is_unknown(priority):
    contact = read({"id": "P1", "relationship": {"priority": priority, "parental_responsibility": True}}, RemoteContact)

    says = relation(contact.relationship)
    assert says.priority is None
    assert says.responsibility is True


@pytest.mark.parametrize("row", [{"id": 7}, {"id": None}, {}, [], "S1", 7, None], ids=str)
def test_without_an_id_nothing_is_read(row):
    with pytest.raises(msgspec.DecodeError):
        read(row)


@pytest.mark.parametrize("wrong", [{"a": 1}, ["x"], "perhaps", 7], ids=str)
@pytest.mark.parametrize("name", ["court_order", "parental_responsibility"])
def test_rights_that_cannot_be_read_are_never_taken_for_nothing(name, wrong):
    contact = read({"id": "P1", "surname": 7, "relationship": {name: wrong, "relationship": {}}}, RemoteContact)

    assert not relation(contact.relationship).is_clear


@pytest.mark.parametrize(
    ("shape", "row"),
    [
        (RemoteEmployee, {"employment_details": {"data": {"current": {"a": 1}}}}),
        (RemoteEmployee, {"employment_details": "no"}),
        (RemoteContact, {"relationship": 7}),
    ],
)
def test_evidence_and_rights_that_cannot_be_read_leave_the_row_unreadable(shape, row):
    with pytest.raises(msgspec.DecodeError):
        read({"id": "X1", "forename": 7} | row, shape)
