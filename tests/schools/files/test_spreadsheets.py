"""What schools upload: workbooks and CSV files as they come, read or refused with the right reason."""

import io
import zipfile

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from schools.files import spreadsheets
from schools.files.encodings import CODE_PAGES, readings
from schools.files.spreadsheets import FileRefusedError
from tests.tools.workbooks import ods, packed, xlsx

ROWS = [["Class", "Forename", "Surname"], ["9x", "Zoë", "Nuñez"]]
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


def rows_of(content):
    return spreadsheets.read(content).sheets[0][1]


@pytest.mark.parametrize("write", [xlsx, ods])
def test_a_workbook_is_read_as_its_cells_say(write):
    assert rows_of(write(ROWS)) == ROWS


def test_numbers_dates_and_formulas_are_read_as_a_person_reads_the_cell():
    (row,) = rows_of(xlsx([[7.0, 7.5, 820200123456, ("d", 45536), ("f", "A1&B1", "9x/Ma1"), None, "07"]]))

    assert row == ["7", "7.5", "820200123456", "2024-09-01", "9x/Ma1", "", "07"]


def test_empty_and_hidden_sheets_are_left_out():
    book = spreadsheets.read(xlsx([], [["secret"]], ROWS, hidden_sheets=[1]))

    assert [name for name, _ in book.sheets] == ["Sheet3"]


def test_rows_that_the_workbook_hides_are_counted():
    book = spreadsheets.read(xlsx(ROWS, hidden_rows=[2]))

    assert (book.hidden, len(book.sheets[0][1])) == (1, 2)


def test_five_thousand_rows_are_read():
    assert len(rows_of(xlsx([ROWS[0], *[["9x", f"Tobi{n}", "Okoro"] for n in range(5000)]]))) == 5001


def cut(content):
    return content[: len(content) // 2]


def lying_about_its_size():
    """A workbook with a 200 MB member that claims to be 10 bytes."""
    content = xlsx(ROWS, raw=" " * 200_000_000)
    size = zipfile.ZipFile(io.BytesIO(content)).getinfo("xl/worksheets/sheet1.xml").file_size
    return content.replace(size.to_bytes(4, "little"), (10).to_bytes(4, "little"))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: b"", "The file is empty"),
        (lambda: b" \r\n\t", "The file is empty"),
        (lambda: b"a," * 3_000_000, "larger than 5 MB"),
        (lambda: b"x" * 50_000_000, "larger than 5 MB"),
        (lambda: b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(range(256)) * 20, "This is a picture"),
        (lambda: b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "This is a picture"),
        (lambda: b"RIFF\x10\x00\x00\x00WEBPVP8 " + bytes(range(256)), "looks like a picture or a program"),
        (lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "This is a PDF file"),
        (lambda: b"<!DOCTYPE html><html><table><tr><td>9x", "This is a web page"),
        (lambda: cut(xlsx(ROWS)), "may be damaged"),
        (lambda: packed({"word/document.xml": "<w/>"}), "a document or a folder of files"),
        (lambda: spreadsheets.OLE + bytes(600), "may be damaged"),
        (lambda: spreadsheets.OLE + bytes(600) + spreadsheets.LOCKED_INSIDE, "has a password"),
        (lambda: xlsx([], []), "The workbook is empty"),
        (lambda: xlsx(ROWS, extra={"xl/media/huge.bin": bytes(60_000_000)}), "far larger inside"),
        (lambda: xlsx(ROWS, raw=FAR), "far larger inside"),
        (lying_about_its_size, "Nothing was stored"),
        (lambda: b'a,b\n"never closed,b\n' + b"c,d\n" * 100_000, "a quotation mark that is never closed"),
    ],
    ids=[
        "empty", "blank", "too large", "50 MB", "photograph", "picture", "another picture", "PDF", "web page", "cut",
        "document", "no workbook", "password", "empty workbook", "bomb", "far cell", "lying bomb",
        "open quotation mark",
    ],
)  # fmt: skip
def test_a_file_that_is_not_a_list_is_refused_with_the_reason_and_what_to_do(make, told):
    with pytest.raises(FileRefusedError, match=told) as refused:
        spreadsheets.read(make())

    assert "Nothing was stored." in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", *CODE_PAGES])
def test_a_csv_file_is_read_in_any_encoding(encoding):
    book = spreadsheets.read("Class;Forename;Surname\r\n9x;Zoë;Müller\r\n9x;René;Kähler\r\n".encode(encoding))

    assert book.sheets[0][1][1:] == [["9x", "Zoë", "Müller"], ["9x", "René", "Kähler"]]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ("sep=;\nclass;name\n9x, top;Okoro\n", ["9x, top", "Okoro"]),
        ("Class list, term 1\nclass;name;form\n9x;Okoro;A\n9y;Lee;B\n", ["9y", "Lee", "B"]),
        ("class\tname\n9x\tOkoro, T\n", ["9x", "Okoro, T"]),
        ("class|name\r9x|Okoro\r", ["9x", "Okoro"]),
        ('class,name\n9x,"Okoro\nTobi"\n', ["9x", "Okoro\nTobi"]),
        ("class,name\n9x,Okoro\n\x1a", ["9x", "Okoro"]),
    ],
    ids=["sep", "title", "tabs", "an old Mac", "quoted line", "DOS"],
)
def test_cells_are_separated_the_way_the_file_does_it(text, row):
    assert [line for line in rows_of(text.encode()) if any(line)][-1] == row


def letters(encoding):
    """The accented letters in a code page that names use."""
    every = bytes(range(0x80, 0x100)).decode(encoding, "ignore")
    return [char for char in every if char.isalpha() and char not in "ªºƒﬁﬂµſŉıπΩ"]


def names(encoding):
    small = st.sampled_from([char for char in letters(encoding) if char.islower()] + list("aeinorst"))
    large = st.sampled_from([char for char in letters(encoding) if char.isupper()] + list("ABJMOS"))
    usual = st.builds(lambda first, rest: first + "".join(rest), large, st.lists(small, min_size=2, max_size=8))
    capitals = st.lists(large, min_size=3, max_size=8).map("".join)
    doubled = st.builds("{}-{}".format, usual, usual)
    return st.lists(st.one_of(usual, doubled, capitals), min_size=1, max_size=12)


def is_utf8(content):
    try:
        return bool(content.decode())
    except UnicodeDecodeError:
        return False


@pytest.mark.parametrize("encoding", CODE_PAGES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_names_in_a_code_page_are_read_correctly_or_shown_for_a_person_to_choose(encoding, data):
    text = "class,name\n" + "".join(f"9x,{name}\n" for name in data.draw(names(encoding)))
    assume(text.isascii() or not is_utf8(text.encode(encoding)))  # "Ăł" on Windows is "ó" everywhere else

    found, likely = readings(text.encode(encoding))

    assert text in list(found.values())[:likely]
    if likely == 1:
        assert next(iter(found.values())) == text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@settings(max_examples=40, deadline=None)
@given(made=names("cp1252"))
def test_names_in_unicode_are_never_guessed(encoding, made):
    text = "class,first name,surname\n" + "".join(f"9x,{name},Okoro\n" for name in made)

    found, likely = readings(text.encode(encoding))

    assert (list(found.values()), likely) == ([text], 1)


@pytest.mark.parametrize("name", ["Siân", "Ó Briain", "Łukasz", "Úna", "Lü", "李小龍", "محمد", "O’Neill", "Zoe\u0308"])
def test_utf8_without_a_byte_order_mark_is_certain_if_it_makes_names(name):
    assert readings(f"{name}\n".encode()) == ({"utf-8": f"{name}\n"}, 1)


def test_text_that_is_utf8_by_chance_and_names_in_a_code_page_is_asked_about():
    found, likely = readings("Ôüü\n".encode("cp850"))

    assert list(found.values())[:likely] == ["\u2041\n", "Ôüü\n"]
