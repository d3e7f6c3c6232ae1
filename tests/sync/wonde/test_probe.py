"""The probe of a live school: key paths and types come out, and no value of anybody, however odd the answer is."""

import json
import re

import hypothesis.strategies as st
import pytest
from django.core.management import call_command
from hypothesis import given

from sync.sandbox import choices
from sync.wonde.probe import MASKED, WORDS, shapes_of, shown, type_of
from tests.sync.tables import versions
from tests.sync.world import a_sandbox

SECRET = "Zyxwvutsr"  # in every text and every odd key: no word of a schema has it

texts = st.one_of(
    st.just(""), st.text(max_size=9).map(lambda text: f"{SECRET}{text}"), st.sampled_from(["A1203984756", "Okoro"])
)
keys = st.one_of(
    st.sampled_from(["data", "court_order", "forename"]), st.text(max_size=9).map(lambda text: f"{text}{SECRET}")
)
odd = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(10**6, 10**9), st.floats(min_value=10**6), texts),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(keys, inner, max_size=4)),
    max_leaves=20,
)


@given(odd)
def test_whatever_the_answer_is_no_value_and_no_key_that_may_be_data_comes_out(answer):
    said = json.dumps(shapes_of({"data": answer}), ensure_ascii=False)

    assert SECRET not in said
    assert "Okoro" not in said
    assert "A1203984756" not in said
    assert not re.search(r"\d{6}", said)
    for path in shapes_of({"data": answer}):
        assert {*re.split(r"[.\[\]]+", path)} <= {"data", "court_order", "forename", MASKED, ""}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (False, "true or false"),
        (20417, "number"),
        ("", "empty text"),
        ("Tobi", "text to 4"),
        ("Okoro", "text to 16"),
        ("x" * 300, "text over 256"),
        ("A1203984756", "id-like"),
        ("0f8fad5bd9cb469fa16570867728950e", "id-like"),
        ([], "empty list"),
        ({}, "empty object"),
    ],
)
def test_of_a_value_only_its_type_is_told_and_of_a_text_how_long_it_is(value, kind):
    assert type_of(value) == kind


@pytest.mark.parametrize("key", ["tobi", "Tobi Okoro", "A1203984756", "H801200001001", "okoro_tobi", "tobi.okoro", ""])
def test_a_key_that_may_be_a_name_or_an_id_is_masked(key):
    assert shown(key) == MASKED


@pytest.mark.parametrize("key", ["court_order", "parental_responsibility", "contacts.court_order.read", "all_day"])
def test_a_key_made_of_words_of_a_schema_is_shown(key):
    assert shown(key) == key


def told(capsys, *args):
    call_command("wonde_probe", *args)
    return capsys.readouterr().out


@pytest.mark.django_db
def test_a_school_is_probed_in_one_page_a_kind_and_nothing_of_its_people_is_said_or_stored(settings, capsys):
    with a_sandbox(settings, students=40) as running:
        school = running.school_ids[0]
        world, before = running.sandbox.registry.world(school), versions()

        said = told(capsys, school)

    assert versions() == before
    assert "data[].contacts.data[].relationship.court_order" in said
    assert f"choices.COURT_ORDER_KEY): bill_payer, {choices.COURT_ORDER_KEY}, email_bills" in said
    assert "phones of a contact (sandbox/wire/shapes.py): home, mobile, phone, primary, work" in said
    assert "students.upn.read" in said
    of_people = {
        value
        for table in (world.students, world.employees, world.contacts)
        for row in table.values()
        for value in (row.id, row.forename, row.surname, getattr(row, "upn", ""), getattr(row, "upi", ""))
        if value and value.lower() not in WORDS
    }
    spoken = {*re.findall(r"[\w’'-]+", said)}
    assert not {value for value in of_people if value in spoken}
    assert "@" not in said


@pytest.mark.django_db
def test_what_keeps_the_probe_from_reading_is_a_sentence_with_the_next_step(settings, capsys):
    with a_sandbox(settings, students=12) as running:
        school = running.school_ids[0]
        running.fault("forbidden", "schools/*/contacts")
        assert "the permission is not granted (403)" in told(capsys, school)
        running.clear_faults()
        running.fault("not_json", "schools/*/students")
        assert "no object in JSON" in told(capsys, school)
        running.clear_faults()

        for args, sentence in [
            (["Tobi"], "is no Wonde id of a school"),
            (["A1999999999"], "Check the school's Wonde id"),
        ]:
            with pytest.raises(SystemExit) as ended:
                told(capsys, *args)
            assert ended.value.code == 4
            assert sentence in capsys.readouterr().err

        settings.WONDE_TOKEN = "wrong"
        with pytest.raises(SystemExit):
            told(capsys, school)
        assert "Check WONDE_TOKEN." in capsys.readouterr().err
