"""From bytes to typed rows: what is kept, what is unreadable, what makes a read incomplete."""

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.facts.errors import IncompleteRead
from sync.facts.shapes import RemoteClass, RemoteEmployee, RemoteSchool, RemoteStudent, one
from sync.facts.snapshot import decode_one, decode_page, rows_of


def page(*rows, **pagination):
    return json.dumps({"data": rows, "meta": {"pagination": {"next": None, "more": False} | pagination}}).encode()


def decoded(*rows, shape=RemoteStudent):
    return decode_page(page(*rows), shape)


def test_only_the_fields_we_use_are_kept():
    row = {"id": "S1", "forename": "Asha", "legal_forename": "Somebody else", "date_of_birth": {"date": "2015-01-01"}}

    (student,) = decoded(row).rows

    assert student.forename == "Asha"
    assert "Somebody else" not in repr(student)
    assert "2015" not in repr(student)


@pytest.mark.parametrize(
    "field", ["upi", "forename", "surname", "updated_at", "education_details", "year"], ids=lambda name: name
)
def test_every_field_but_the_id_may_be_null_or_absent(field):
    page = decoded({"id": "S1", field: None}, {"id": "S2"})

    assert [row.id for row in page.rows] == ["S1", "S2"]
    assert (page.unreadable, page.anonymous) == ([], 0)


@pytest.mark.parametrize("nothing", [None, {"data": None}, {"data": []}, {}], ids=str)
def test_a_to_one_include_without_anything_is_nothing_in_each_of_its_spellings(nothing):
    (student,) = decoded({"id": "S1", "education_details": nothing}).rows

    assert one(student.education_details) is None


def test_a_row_of_which_the_essential_is_of_the_wrong_shape_is_unreadable_and_the_others_stay():
    page = decoded(BROKEN | {"id": "E1"}, {"id": "E2"}, shape=RemoteEmployee)

    assert [row.id for row in page.rows] == ["E2"]
    assert page.unreadable == ["E1"]


NO_DATES = [
    "", "0000-00-00 00:00:00", "-0001-11-30 00:00:00.000000", "0001-01-01", "1900-01-01", "1970-01-01 00:00:00",
    "1989-12-31", "2101-01-01", "9999-12-31", "2026-13-01", "2026-02-30", "soon", "never", "05/10/2026",
]  # fmt: skip


@pytest.mark.parametrize("date", [*NO_DATES, 0, None, ["2026"]], ids=str)
@pytest.mark.parametrize("field", ["leaving_date", "admission_date"])
def test_a_date_that_cannot_be_meant_is_unknown_and_never_costs_its_row(field, date):
    education = {"data": {field: {"date": date}, "upn": "H801200001001"}}

    (student, _) = decoded({"id": "S1", "education_details": education}, {"id": "S2"}).rows

    found = getattr(one(student.education_details), field)
    assert found is None or found.day() is None
    assert one(student.education_details).upn == "H801200001001"


@pytest.mark.parametrize("date", ["1990-01-01", "2026-02-28 23:59:59.000000", "2100-12-31"])
def test_a_date_of_somebody_at_a_school_is_one(date):
    (student,) = decoded({"id": "S1", "updated_at": {"date": date}}).rows

    assert student.updated_at.day().isoformat() == date[:10]


@pytest.mark.parametrize("moment", [*({"date": date} for date in NO_DATES), "2026-10-05", 7, {}, []], ids=str)
def test_a_bad_updated_at_never_costs_a_row(moment):
    assert [row.id for row in decoded({"id": "S1", "updated_at": moment}).rows] == ["S1"]


def test_the_calendar_day_of_a_moment_is_never_converted_to_another_zone():
    moment = {"date": "2026-10-05 00:00:00.000000", "timezone_type": 3, "timezone": "Pacific/Auckland"}

    (student,) = decoded({"id": "S1", "updated_at": moment}).rows

    assert student.updated_at.day().isoformat() == "2026-10-05"


@pytest.mark.parametrize("row", [{}, {"id": None}, {"id": ""}, {"id": 7}, {"id": "x" * 33}, [], "S1", None], ids=str)
def test_a_row_without_a_usable_id_could_be_anyone(row):
    page = decoded(row, {"id": "S2"})

    assert [each.id for each in page.rows] == ["S2"]
    assert (page.unreadable, page.anonymous) == ([], 1)


def test_members_that_were_not_asked_for_differ_from_no_members():
    not_asked, none, nobody = decoded(
        {"id": "C1"}, {"id": "C2", "students": None}, {"id": "C3", "students": {"data": []}}, shape=RemoteClass
    ).rows

    assert not not_asked.students
    assert none.students is None
    assert nobody.students.data == []


WHOLE = page({"id": "S1", "forename": "Zoë"}, {"id": "S2"})


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_page_cut_anywhere_is_an_incomplete_read(length):
    with pytest.raises(IncompleteRead):
        decode_page(WHOLE[:length], RemoteStudent)


@pytest.mark.parametrize(
    "body", [b"<html>Back soon", b"[]", b'["a"]', b"{}", b'{"data": null}', b'{"data": {}}', b'"text"', b"7", b"null"]
)
def test_what_is_no_list_of_wondes_is_an_incomplete_read(body):
    with pytest.raises(IncompleteRead):
        decode_page(body, RemoteStudent)


@given(st.binary(max_size=60))
def test_no_bytes_are_taken_for_anything_but_a_page_or_an_incomplete_read(body):
    with suppress(IncompleteRead):
        decode_page(body, RemoteStudent)


def test_more_pages_without_an_address_is_an_incomplete_read():
    with pytest.raises(IncompleteRead, match="more pages"):
        decode_page(page({"id": "S1"}, more=True), RemoteStudent)


def test_a_short_list_may_come_without_pagination():
    assert decode_page(b'{"data": [{"id": "S1"}], "meta": {"includes": []}}', RemoteStudent).next is None
    assert decode_page(b'{"data": [{"id": "S1"}]}', RemoteStudent).next is None


@pytest.mark.parametrize("body", [b'{"data": {"id": "A1"}}', b'{"data": [] }', b"{}", b"<html>", b""])
def test_one_object_of_another_shape_is_an_incomplete_read(body):
    with pytest.raises(IncompleteRead):
        decode_one(body, RemoteSchool)


def test_a_school_and_its_mis_are_named_in_one_line_that_fits_its_column():
    """An MIS that is compared with what we kept of it must be the same the night after."""
    told = {"id": "A1", "name": " St Aldhelm\u0000\n " * 100, "mis": " SIMS \t.net " + "x" * 100}
    school = decode_one(msgspec.json.encode({"data": told}), RemoteSchool)

    assert school.name.startswith("St Aldhelm St Aldhelm ")
    assert len(school.name) == 200
    assert school.mis.startswith("SIMS .net xxx")
    assert len(school.mis) == 60


BROKEN = {"id": "S1", "employment_details": "no"}


@pytest.mark.parametrize(
    ("first", "second"),
    [({"id": "S1"}, {"id": "S1"}), (BROKEN, {"id": "S1"}), ({"id": "S1"}, BROKEN), (BROKEN, BROKEN)],
    ids=["both readable", "first unreadable", "second unreadable", "both unreadable"],
)
def test_an_id_that_comes_twice_is_an_incomplete_read(first, second):
    pages = [decoded(first, shape=RemoteEmployee), decoded(second, shape=RemoteEmployee)]

    with pytest.raises(IncompleteRead, match="twice"):
        rows_of(pages)


def test_an_id_that_comes_twice_within_a_page_is_an_incomplete_read():
    with pytest.raises(IncompleteRead, match="twice"):
        rows_of([decoded({"id": "S1"}, {"id": "S1"})])


def test_everything_that_came_counts_as_read():
    first = decoded({"id": "S1"}, {"id": "S2"}, BROKEN | {"id": "S3"}, {}, shape=RemoteEmployee)

    assert rows_of([first, decoded({"id": "S4"})]).read == 5
