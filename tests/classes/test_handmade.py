"""The CSV file of classes made by hand: what is read, what is refused, what is stored."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from classes.models import ImportDraft, SchoolClass, UploadedList
from classes.own_list import handmade, uploads
from classes.tasks import look_after_handmade
from schools.files.spreadsheets import FileRefusedError
from schools.mail.outgoing import send_due
from schools.models import User
from students.models import Student
from sync.rules.who_is_who import Hand, Remote, likely, propose, propose_classes
from tests.factories import (
    EnrolmentFactory,
    LeadRightFactory,
    StudentFactory,
    StudentUserFactory,
    SyncSettingsFactory,
    ago,
)
from tests.tools.cpu import ours_cpu_s
from tests.tools.pages import words
from tests.tools.people import signed_in

HEAD = "class,year group,first name,surname,username,UPN\n"


@pytest.fixture
def school(db):
    return SyncSettingsFactory(school__code="harbour").school


def read(school, text, encoding="utf-8"):
    return read_bytes((HEAD + text).encode(encoding), school)


def read_bytes(content, school):
    return handmade.read(uploads.receive(content), school)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
def test_names_arrive_whole_in_the_encodings_that_spreadsheets_write(school, encoding):
    (row,) = read(school, "8 top,8,Zoë,Nuñez,zoen,\n", encoding)

    assert (row.forename, row.surname, row.wrong) == ("Zoë", "Nuñez", [])


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_may_be_separated_in_any_usual_way_and_come_in_any_order(school, delimiter):
    content = delimiter.join(["Surname", "First Name", "CLASS"]) + "\n" + delimiter.join(["Okoro", "Tobi", "9x"]) + "\n"

    (row,) = read_bytes(content.encode(), school)

    assert (row.school_class, row.forename, row.surname, row.wrong) == ("9x", "Tobi", "Okoro", [])


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "The file is empty"),
        (b"   \n ", "The file is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "This is a picture"),
        (b"PK\x03\x04\x14\x00", "may be damaged"),
        (b"name,form\nTobi,9x\n", "The file has no column"),
        (HEAD.encode(), "no students below its headings"),
        ((HEAD + "9x,9,A,B,,\n" * 20_000).encode(), "more than 10,000 students"),
        ((HEAD + '9x,9,"A,B,,\n' + "9x,9,A,B,,\n" * 9_000 * 2).encode(), "a quotation mark that is never closed"),
        (HEAD.encode() + b"9x,9,A,B,,\n" * 500_000, "larger than 5 MB"),
    ],
    ids=[
        "empty",
        "blank",
        "photograph",
        "workbook",
        "wrong columns",
        "head only",
        "20,000 rows",
        "open quotation mark",
        "too large",
    ],
)
def test_an_unusable_file_is_refused_with_the_next_step(school, content, told):
    with pytest.raises(FileRefusedError, match=told) as refused:
        read_bytes(content, school)

    assert "Nothing was stored." in str(refused.value)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ("9x,9,,Okoro,,\n", "The first name is missing."),
        (",9,Tobi,Okoro,,\n", "The class is missing."),
        ("9x,9,Tobi,Okoro,to bi,\n", "The username may have letters"),
        ("9x,9,Tobi,Okoro,,123\n", "A UPN is a letter"),
        ("9x,9,Tobi,Okoro,,A801200001001\n", "this one is mistyped"),
        ("9x,9,Tobi,Okoro,taken,\n", "Somebody at the school has this username"),
        ("9x,9,Tobi,Okoro,Given.up,\n", "Somebody at the school has this username, or had it not long ago."),
        ("9x,9,Tobi,Okoro,,H801200001001\n", "Somebody at the school has this UPN"),
        ("9x,9,Tobi,Okoro,tobio,\n9y,9,Ann,Lee,TOBIO,\n", "The username is in line 2 already."),
        ("9x,9,Tobi,Okoro,,\n9y,9,Tobi,Okoro,,\n", "The same student is in line 2 already"),
        (f"9x,9,{'T' * 201},Okoro,,\n", "longer than 200"),
    ],
)
def test_a_wrong_row_says_what_is_wrong(school, lines, told):
    StudentUserFactory(school=school, username="Taken")
    student = StudentFactory(school=school, upn="H801200001001")
    student.former_usernames.create(school=school, username="given.up")

    assert told in " ".join(read(school, lines)[-1].wrong)


def test_stored_rows_become_classes_with_students_who_have_accounts_without_a_secret(school):
    StudentFactory(school=school).former_usernames.create(school=school, username="AnnL2")
    rows = read(school, "9x top,9,Tobi,Okoro,tobster,\n9x top,9,Ann,Lee,,\n9y,9,Ann,Leeming,,\n")

    assert handmade.store(rows, school, None) == (2, 3)

    assert set(SchoolClass.objects.values_list("name", "status", "wonde_id")) == {
        ("9x top", "in", None), ("9y", "in", None)
    }  # fmt: skip
    assert set(User.objects.filter(school=school).values_list("username", flat=True)) == {"tobster", "annl", "annl3"}
    assert not any(user.has_usable_password() for user in User.objects.filter(school=school))
    assert Student.objects.get(forename="Tobi").enrolments.get(left_at=None).school_class.name == "9x top"


def test_a_second_file_adds_to_the_same_classes(school):
    handmade.store(read(school, "9x top,9,Tobi,Okoro,,\n"), school, None)

    assert handmade.store(read(school, "9X TOP,9,Ann,Lee,,\n"), school, None) == (0, 1)


@pytest.mark.parametrize("cell", ["N/A", "n/a", "TBC", "0", "-", "unknown", "none yet"])
def test_a_placeholder_in_the_upn_column_is_neither_a_upn_nor_a_mistake(school, cell):
    rows = read(school, f"9x,9,Tobi,Okoro,,{cell}\n9x,9,Ann,Lee,,{cell}\n")

    assert [(row.upn, row.wrong) for row in rows] == [("", []), ("", [])]


@pytest.mark.parametrize("cell", ["H801200001001", " h801200001001 ", "H801 2000 01001"])
def test_a_upn_is_stored_in_one_spelling(school, cell):
    assert [(row.upn, row.wrong) for row in read(school, f"9x,9,Tobi,Okoro,,{cell}\n")] == [("H801200001001", [])]


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-x", "@a", "\tb"])
def test_a_download_holds_no_formula_and_comes_back_as_it_was(school, cell):
    rows = [handmade.StudentLine(2, cell, "9", "Tobi", "Okoro", "", "", ["Something."])]

    text = handmade.as_csv(rows)

    assert f"'{cell}" in text
    if cell.strip() == cell:
        assert read_bytes(text.encode(), school)[0].school_class == cell


def upload(client, text):
    return client.post(
        reverse("sync:import_upload", args=["harbour"]),
        {"file": SimpleUploadedFile("c.csv", text.encode())},
        follow=True,
    )


def test_nothing_is_stored_until_wrong_rows_are_corrected_or_left_out_on_purpose(school):
    client = signed_in(LeadRightFactory(school=school).user)

    page = upload(client, HEAD + "9x,9,Tobi,Okoro,,\n9x,9,,Lee,,\n")
    assert "1 line can’t be used" in words(page)
    assert "The first name is missing." in words(page)
    client.post(reverse("sync:import_upload", args=["harbour"]), {})
    assert not Student.objects.exists()

    done = client.post(reverse("sync:import_upload", args=["harbour"]), {"skip": "yes"}, follow=True)

    assert "Added. Students: 1; new classes: 1." in words(done)
    assert Student.objects.count() == 1
    again = client.post(reverse("sync:import_upload", args=["harbour"]), {"skip": "yes"}, follow=True)
    assert "Choose a file first" in words(again)
    assert Student.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_file_is_stored_once_however_often_the_button_is_pressed():
    school = SyncSettingsFactory(school__code="harbour").school
    client = signed_in(LeadRightFactory(school=school).user)
    upload(client, HEAD + "".join(f"9x,9,Tobi,Okoro,tobi{number},\n" for number in range(200)))

    def press(_):
        try:
            return client.post(reverse("sync:import_upload", args=["harbour"]), {}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(press, range(4))) == {302}

    assert Student.objects.count() == 200
    assert SchoolClass.objects.count() == 1


def test_nothing_is_stored_if_a_username_was_taken_since_the_file_was_looked_at(school):
    client = signed_in(LeadRightFactory(school=school).user)
    upload(client, HEAD + "9x,9,Tobi,Okoro,tobster,\n9x,9,Ann,Lee,,\n")
    StudentUserFactory(school=school, username="Tobster")

    page = client.post(reverse("sync:import_upload", args=["harbour"]), {}, follow=True)

    assert "Somebody at the school has this username" in words(page)
    assert not Student.objects.exists()


def test_a_line_that_has_become_wrong_since_the_file_was_looked_at_is_not_left_out_unseen(school):
    client = signed_in(LeadRightFactory(school=school).user)
    upload(client, HEAD + "9x,9,Tobi,Okoro,tobster,\n9x,9,Ann,Lee,,\n9x,9,,Poe,,\n")
    StudentUserFactory(school=school, username="Tobster")

    page = client.post(reverse("sync:import_upload", args=["harbour"]), {"skip": "yes"}, follow=True)
    assert "Since the file was looked at" in words(page)
    assert "2 lines can’t be used" in words(page)
    assert not Student.objects.exists()
    client.post(reverse("sync:import_upload", args=["harbour"]), {"skip": "yes"})

    assert [student.forename for student in Student.objects.all()] == ["Ann"]


def test_a_list_is_kept_for_an_hour_and_then_deleted(school):
    lead = LeadRightFactory(school=school).user
    upload(signed_in(lead), HEAD + "9x,9,Tobi,Okoro,,\n")
    kept = UploadedList.objects.filter(school=school, by=lead)
    UploadedList.objects.purge()
    assert kept.exists()

    kept.update(kept_at=timezone.now() - timedelta(minutes=61))
    assert UploadedList.objects.find(school, lead) is None
    UploadedList.objects.purge()

    assert not kept.exists()


def test_a_list_that_was_stored_is_not_brought_back_by_a_page_that_still_looks_at_it(school):
    lead = LeadRightFactory(school=school).user
    upload(signed_in(lead), HEAD + "9x,9,Tobi,Okoro,,\n")
    looked_at = UploadedList.objects.find(school, lead)
    signed_in(lead).post(reverse("sync:import_upload", args=["harbour"]), {})

    UploadedList.objects.keep_on(school, lead, looked_at)

    assert UploadedList.objects.find(school, lead) is None


def test_a_file_one_lead_uploaded_is_not_shown_to_another(school):
    upload(signed_in(LeadRightFactory(school=school).user), HEAD + "9x,9,Tobi,Okoro,,\n")

    other = signed_in(LeadRightFactory(school=school).user)

    assert "Choose a file first" in words(other.get(reverse("sync:import_upload", args=["harbour"]), follow=True))


def test_the_template_reads_as_a_file_without_students(school):
    client = signed_in(LeadRightFactory(school=school).user)
    template = client.get(reverse("sync:import_template", args=["harbour"]))

    with pytest.raises(FileRefusedError, match="no students below"):
        read_bytes(template.content, school)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff\xe0\x00\x10JFIF", b"name,form\nTobi,9x\n"])
def test_an_unusable_file_brings_back_the_page_with_the_reason(school, content):
    client = signed_in(LeadRightFactory(school=school).user)

    page = client.post(reverse("sync:import_upload", args=["harbour"]), {"file": SimpleUploadedFile("c.csv", content)})

    assert page.status_code == 422
    assert "Nothing was stored." in words(page)
    assert "Download the template" in words(page)
    assert not Student.objects.exists()


@pytest.mark.speed
@pytest.mark.parametrize(("upn", "told"), [("", "5,000 students in 167 classes"), ("12", "5,000 lines can’t be used")])
def test_a_file_of_5000_students_is_previewed_in_3_seconds_of_cpu(school, upn, told):
    client = signed_in(LeadRightFactory(school=school).user)
    text = HEAD + "".join(f"9x{n // 30},9,Tobi{n},Okoro{n},,{upn}\n" for n in range(5000))
    started = ours_cpu_s()

    page = upload(client, text)

    assert ours_cpu_s() - started < 3
    assert told in words(page)


def first_import(school, **when):
    return ImportDraft.objects.create(school=school, first_import_at=ago(**when))


def test_what_is_unmatched_is_erased_90_days_after_the_first_import(school):
    handmade.store(read(school, "9x,9,Tobi,Okoro,tobster,\n"), school, None)
    matched = EnrolmentFactory(school_class__school=school, school_class__name="9y", student__forename="Ann")
    first_import(school, days=91)

    look_after_handmade()

    assert set(Student.objects.values_list("pk", flat=True)) == {matched.student.pk}
    assert set(SchoolClass.objects.values_list("name", flat=True)) == {"9y"}
    assert not User.objects.filter(username="tobster").exists()
    assert school.audit_entries.filter(verb="erased 1 students made by hand").count() == 1


def test_a_matched_student_in_an_unmatched_class_is_kept(school):
    handmade.store(read(school, "9x,9,Tobi,Okoro,,\n"), school, None)
    Student.objects.update(wonde_id="S1")
    first_import(school, days=91)

    look_after_handmade()

    assert Student.objects.get().wonde_id == "S1"


def test_leads_are_warned_once_two_weeks_before(school):
    handmade.store(read(school, "9x,9,Tobi,Okoro,,\n"), school, None)
    lead = LeadRightFactory(school=school).user
    draft = first_import(school, days=75)
    look_after_handmade()
    assert mail.outbox == []
    draft.first_import_at = ago(days=77)
    draft.save()

    look_after_handmade()
    look_after_handmade()
    send_due()

    (sent,) = mail.outbox
    assert sent.to == [lead.email]
    assert "1 student in 1 class" in sent.body
    assert Student.objects.count() == 1


def test_nothing_made_by_hand_is_erased_before_a_first_import(school):
    handmade.store(read(school, "9x,9,Tobi,Okoro,,\n"), school, None)
    ImportDraft.objects.create(school=school)

    look_after_handmade()

    assert Student.objects.count() == 1


def hand(key, name="okoro tobi", year="9", upn="", school_class=1):
    return Hand(key, name, year, upn, name, school_class)


def remote(wonde_id, name="okoro tobi", year="9", upn=""):
    return Remote(wonde_id, name, year, upn, name)


def test_a_upn_takes_precedence_over_a_name():
    found = propose([hand(1, upn="U1")], [remote("A", "other name", upn="U1"), remote("B")])

    assert (found.pairs, found.how) == ({1: "A"}, {1: "UPN"})


def test_a_name_counts_only_with_the_year_group_and_only_if_both_are_unique():
    found = propose(
        [hand(1), hand(2, "lee ann"), hand(3, "lee ann"), hand(4, "pell jo", "8")],
        [remote("A"), remote("B", "lee ann"), remote("C", "pell jo", "9")],
    )

    assert found.pairs == {1: "A"}
    assert found.loose == [2, 3, 4]
    assert found.free == ["B", "C"]


def test_classes_are_matched_by_the_students_they_share():
    hands = [hand(n, f"n{n}", school_class=7 if n < 6 else 8) for n in range(1, 9)]
    pairs = {n: f"W{n}" for n in range(1, 9)}

    found = propose_classes(hands, pairs, {70: ["W1", "W2", "W3", "W4"], 80: ["W5", "W6", "W7"], 90: ["W8"]})

    assert found == {70: 7, 80: 8}


def test_only_those_whose_names_share_a_word_are_offered_by_hand():
    offered = likely(
        hand(1, "okoro tobias"), [remote("A", "smith jo"), remote("B", "okoro tobi", "8"), remote("C", "okoro t")]
    )

    assert [row.wonde_id for row in offered] == ["C", "B"]
