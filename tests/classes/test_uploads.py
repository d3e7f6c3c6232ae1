"""A school's own list: an MIS's headings, year groups as people write them, choosing sheets, columns and encodings."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from classes.models import SchoolClass
from classes.own_list import handmade, headings, uploads
from schools.text.names import sort_name, year_group
from students.models import Student
from sync.people import first_import
from sync.rules.who_is_who import propose
from tests.factories import LeadRightFactory, SyncSettingsFactory
from tests.tools.pages import words
from tests.tools.people import signed_in
from tests.tools.workbooks import xlsx

HEAD = ["Class", "Year", "Forename", "Surname"]


@pytest.fixture
def school(db):
    return SyncSettingsFactory(school__code="harbour").school


@pytest.fixture
def lead(school):
    return signed_in(LeadRightFactory(school=school).user)


def read(school, *rows):
    return handmade.read(uploads.receive(xlsx([*rows])), school)


def at(name="import_upload"):
    return reverse(f"sync:{name}", args=["harbour"])


def send(client, content, name="list.xlsx"):
    return client.post(at(), {"file": SimpleUploadedFile(name, content)}, follow=True)


def students():
    return set(Student.objects.values_list("forename", "surname", "year_group"))


@pytest.mark.parametrize(
    "head",
    [
        ["Class", "Year", "First name", "Surname", "UPN"],
        ["Registration Form", "Year taught in", "Forename", "Surname", "UPN"],
        ["Registration Group", "Year Group", "Legal First Name", "Legal Last Name", "Unique Pupil Number"],
        ["Reg. Group:", "NC Year", "Preferred Forename", "Legal surname", "UPN"],
        ["TUTOR GROUP", "Curriculum Year", "Given Name", "Family name", "upn"],
        ["Form", "Yr", "First_Name", "LastName", "UPN"],
    ],
)
def test_headings_are_understood_as_both_an_mis_and_people_write_them(school, head):
    (row,) = read(school, ["Students of 9A, autumn"], [], head, ["9A", "Year 9", "Tobi", "Okoro", "h801200001001"])

    assert (row.number, row.school_class, row.year_group, row.forename, row.surname, row.upn, row.wrong) == (
        4, "9A", "9", "Tobi", "Okoro", "H801200001001", [],
    )  # fmt: skip


def test_the_preferred_name_counts_or_the_legal_one_if_it_is_empty(school):
    rows = read(
        school, ["Class", "Legal forename", "Preferred forename", "Surname"],
        ["9A", "Oluwatobi", "Tobi", "Okoro"], ["9A", "Ann", "", "Lee"],
    )  # fmt: skip

    assert [row.forename for row in rows] == ["Tobi", "Ann"]


def test_a_class_takes_precedence_over_the_registration_group(school):
    (row,) = read(school, ["Reg Group", "Class", "Forename", "Surname"], ["9A", "9x/Ma1", "Tobi", "Okoro"])

    assert row.school_class == "9x/Ma1"


@pytest.mark.parametrize("year", ["Year 7", "Y7", "07", "7", "Yr 7", "yr7", "Year 07", 7, 7.0, "7.0", "NC Year 7"])
def test_a_year_group_matches_the_mis_however_it_is_written(school, year):
    (row,) = read(school, HEAD, ["7A", year, "Tobi", "Okoro"])

    assert row.year_group == "7"


@pytest.mark.parametrize("year", ["Reception", "R", "YR", "Year R", "Rec"])
def test_reception_is_reception(year):
    assert year_group(year) == "R"


def test_students_made_by_hand_in_year_7_are_found_in_the_mis_by_name_and_year(school):
    handmade.store(read(school, HEAD, *[["7A", "Year 7", f"Tobi{n}", "Okoro"] for n in range(20)]), school, None)
    Student.objects.filter(forename="Tobi3").update(year_group="Year 7")  # stored before year groups were understood
    hands = first_import.hands_of(school)

    remotes = [
        first_import.Remote(f"A{n}", sort_name("Okoro", f"Tobi{n}"), "7", "", f"Okoro, Tobi{n}") for n in range(20)
    ]

    assert len(propose(hands, remotes).pairs) == 20


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (["9A", "9", "Zo\ufffd", "Okoro"], "A letter of the first name was lost before the file was made"),
        (["9A", "9", "T" * 201, "Okoro"], "The first name is longer than 200 characters."),
        (["9A", "9", "T" * 200, "O" * 200], "together are longer than 400"),
        (["9A", "9", "ß" * 190, "O" * 190], "together are longer than 400"),
        (["1a" * 90, "9", "Tobi", "Okoro"], "too many numbers or signs in its name"),
        (["9A", "the year after the one before", "Tobi", "Okoro"], "The year group is longer than 20"),
        ([("d", 46204), "9", "Tobi", "Okoro"], "The class is a date (2026-07-01): the spreadsheet has made one of it"),
    ],
    ids=["lost letter", "long", "long together", "long when folded", "numbers", "long year", "date"],
)
def test_what_cannot_be_kept_or_cannot_be_meant_is_a_sentence_about_its_line(school, lead, row, told):
    page = send(lead, xlsx([HEAD, row, ["9B", "9", "Ann", "Lee"]]))

    assert page.status_code == 200
    assert told in words(page)
    lead.post(at(), {"skip": "yes"})
    assert students() == {("Ann", "Lee", "9")}


def test_the_longest_names_that_fit_are_stored(school):
    rows = read(school, HEAD, ["c" * 200, "9", "T" * 199, "O" * 200])

    assert handmade.store(rows, school, None) == (1, 1)


def test_names_are_composed_and_kept_on_one_line(school):
    (row,) = read(school, HEAD, ["9A", "9", "Zoe\u0308", " Van\n der  Berg "])

    assert (row.forename, row.surname) == ("Zoë", "Van der Berg")


# Classes of one name


def test_a_set_of_two_years_is_two_classes(school):
    rows = read(
        school, HEAD, ["Set 1", "7", "Tobi", "Okoro"], ["Set 1", "8", "Ann", "Lee"], ["Set 1", "Y7", "Jo", "Poe"]
    )

    assert handmade.usually_together(rows) == []
    assert handmade.store(rows, school, None) == (2, 3)
    assert set(SchoolClass.objects.values_list("name", "year_group")) == {("Set 1", "7"), ("Set 1", "8")}


def test_a_second_file_finds_each_of_them_again(school):
    handmade.store(read(school, HEAD, ["Set 1", "7", "T", "O"], ["Set 1", "8", "A", "L"]), school, None)

    assert handmade.store(read(school, HEAD, ["set 1", "Year 8", "Jo", "Poe"]), school, None) == (0, 1)
    assert Student.objects.get(forename="Jo").enrolments.get().school_class.year_group == "8"


def test_a_mixed_age_class_in_a_primary_school_is_one_class_unless_somebody_says_otherwise(school, lead):
    page = send(
        lead, xlsx([HEAD, ["Oak", "3", "Tobi", "Okoro"], ["Oak", "4", "Ann", "Lee"], ["Oak", "3", "Jo", "Poe"]])
    )
    assert "Oak is one class: Year 3 and Year 4" in words(page)
    assert "3 students in 1 class" in words(page)

    page = lead.post(at(), {"say": "together"}, follow=True)
    assert "3 students in 2 classes" in words(page)
    lead.post(at(), {"say": "together", "together": ["oak"]})
    lead.post(at(), {})

    assert set(SchoolClass.objects.values_list("name", "year_group")) == {("Oak", "3")}


def test_a_student_without_a_year_group_is_in_the_only_class_of_that_name(school):
    handmade.store(read(school, HEAD, ["9A", "9", "Tobi", "Okoro"], ["9A", "", "Ann", "Lee"]), school, None)
    handmade.store(read(school, HEAD, ["9A", "", "Jo", "Poe"]), school, None)

    assert SchoolClass.objects.count() == 1


# Sheets, columns, letters


def test_the_first_sheet_with_a_list_is_read_and_another_can_be_chosen(school, lead):
    book = xlsx([["Notes"], ["Ask Ms Pell"]], [HEAD, ["9A", "9", "Tobi", "Okoro"]], [HEAD, ["9B", "9", "Ann", "Lee"]])
    assert "Okoro, Tobi" in words(send(lead, book))

    page = lead.post(at(), {"say": "sheet", "sheet": "2"}, follow=True)
    assert "Lee, Ann" in words(page)
    lead.post(at(), {})

    assert students() == {("Ann", "Lee", "9")}


STRANGE = [["Klasse", "Vorname", "Name", "SEN"], ["9A", "Tobi", "Okoro", "secret"], ["9A", "Ann", "Lee", "secret"]]


def test_columns_with_unknown_headings_are_named_by_hand(school, lead):
    page = send(lead, xlsx(STRANGE))
    assert "Which column is which?" in words(page)
    assert "Vorname" in words(page)
    assert 'value="1" required' in page.text

    named = {"column-0": "class", "column-1": "first name", "column-2": "surname", "column-3": "", "first": "2"}
    assert "2 students in 1 class" in words(lead.post(at("import_columns"), named, follow=True))
    lead.post(at(), {})

    assert students() == {("Tobi", "Okoro", ""), ("Ann", "Lee", "")}


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"column-0": "class", "column-1": "surname"}, "Say which column is the first name."),
        ({}, "Say which column is the class and which the first name and which the surname."),
        (
            {"column-0": "class", "column-1": "surname", "column-2": "surname", "column-3": "first name"},
            "Only one column can be the surname.",
        ),
    ],
)
def test_missing_columns_are_pointed_out_and_those_chosen_stay(school, lead, named, told):
    send(lead, xlsx(STRANGE))

    page = lead.post(at("import_columns"), {"first": "2", **named})

    assert page.status_code == 422
    assert told in words(page)
    assert page.text.count(" selected") == len(named)


def test_nothing_is_kept_from_unused_columns():
    known = uploads.receive(xlsx([[*HEAD, "SEN"], ["9A", "9", "Tobi", "Okoro", "secret"]]))
    named = uploads.receive(xlsx(STRANGE))
    named.current.use(1, {"class": [0], "first name": [1], "surname": [2]})

    for upload in (known, named):
        assert "secret" not in str(uploads.as_data(upload))


def test_an_ambiguous_accent_is_asked_about_before_anything_is_stored(school, lead):
    text = "Class,Forename,Surname\n9A,Hélène,Okoro\n9A,Tobi,Lee\n"
    page = send(lead, text.encode("cp1252"), "list.csv")
    assert "How are these names spelt?" in words(page)
    assert "Hélène Okoro" in words(page)
    assert "Hélčne Okoro" in words(page)
    assert "Add 2 students" not in words(page)
    lead.post(at(), {})
    assert not Student.objects.exists()

    page = lead.post(at(), {"say": "encoding", "encoding": "cp1252"}, follow=True)
    assert "Add 2 students" in words(page)
    lead.post(at(), {})

    assert students() == {("Hélène", "Okoro", ""), ("Tobi", "Lee", "")}


def test_names_with_accents_are_shown_first(school, lead):
    plain = "".join(f"9A,Tobi{n},Okoro\n" for n in range(40))
    page = send(lead, f"Class,Forename,Surname\n{plain}9A,René,Lee\n".encode("mac_roman"), "list.csv")

    assert "Lee, René" in words(page)
    assert "The names are spelt like this" in words(page)


def test_accents_in_unused_columns_are_not_asked_about(school, lead):
    text = "Class,Forename,Surname,Town\n9A,Tobi,Okoro,Hélčne\n"

    page = send(lead, text.encode("cp1250"), "list.csv")

    assert "spelt" not in words(page)
    assert "Add 1 student" in words(page)


def test_the_page_says_that_hidden_rows_are_read_too(school, lead):
    page = send(lead, xlsx([HEAD, ["9A", "9", "Tobi", "Okoro"], ["9A", "9", "Ann", "Lee"]], hidden_rows=[3]))

    assert "The workbook hides 1 row" in words(page)
    assert "2 students in 1 class" in words(page)


def test_the_columns_page_without_a_file_leads_back(school, lead):
    assert lead.get(at("import_columns")).url == at("import_match")


def test_a_list_without_headings_can_be_read_from_its_first_line(school, lead):
    send(lead, b"9A;Tobi;Okoro\n9A;Ann;Lee\n", "list.csv")
    named = {"column-0": "class", "column-1": "first name", "column-2": "surname", "first": "1"}

    lead.post(at("import_columns"), named, follow=True)
    lead.post(at(), {})

    assert len(students()) == 2


def test_every_known_heading_is_written_in_the_form_it_is_compared_in():
    names = [name for called in headings.CALLED.values() for name in called]

    assert [headings.plain(name) for name in names] == names
    assert len(set(names)) == len(names)
