"""The sheets of an uploaded file as text: a workbook (.xlsx, .xls, .xlsb, .ods) or a CSV file.

Nothing is taken on trust, neither the file's name nor the sizes it declares.
"""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from schools.files import workbook_reader
from schools.files.encodings import UTF8, NotTextError, readings

MOST_BYTES, MOST_UNPACKED = 5_000_000, 50_000_000
END_OF_FILE = b"\x1a"  # written by DOS programs
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LOCKED_INSIDE = "EncryptedPackage".encode("utf-16-le")
HIDDEN = re.compile(rb"<row\b[^>]*\bhidden=\"(?:1|true)\"")
SAVE_AS = "In your spreadsheet, choose “Save as” and then “Excel workbook (.xlsx)” or “CSV UTF-8”."
KNOWN = {  # how the usual wrong files begin
    b"%PDF": "This is a PDF file, not a spreadsheet.",
    b"\x89PNG": "This is a picture, not a spreadsheet.",
    b"\xff\xd8\xff": "This is a picture, not a spreadsheet.",
    b"GIF8": "This is a picture, not a spreadsheet.",
    b"{\\rtf": "This is a text document, not a spreadsheet.",
}
WEB_PAGE = re.compile(rb"\s*(?:<!doctype html|<html|<\?xml)", re.IGNORECASE)


class FileRefusedError(Exception):
    """Why a file cannot be used at all, in a sentence for the person who chose it."""


@dataclass
class Book:
    """sheets: [(name, rows of texts)]; a CSV file has one, without a name. encodings: those it may be in, the likeliest
    first; its cells are read in the first. likely: how many of them are likely. hidden: how many rows are hidden."""

    sheets: list[tuple[str, list[list[str]]]]
    encodings: list[str] = field(default_factory=lambda: [UTF8])
    likely: int = 1
    hidden: int = 0


def read(content: bytes) -> Book:
    """Read an uploaded file. Raises FileRefusedError with the reason and what to do."""
    if not content.strip():
        raise FileRefusedError("The file is empty. Nothing was stored.")
    if len(content) > MOST_BYTES:
        raise _refused(f"The file is larger than {MOST_BYTES // 1_000_000} MB.", "Leave out pictures and other sheets.")
    for start, what in KNOWN.items():
        if content.startswith(start):
            raise _refused(what, SAVE_AS)
    if content.startswith(OLE) and LOCKED_INSIDE in content:
        raise _locked()
    if content.startswith(ZIP):
        hidden = _measured(content)
        return Book(_workbook(content), hidden=hidden)
    if content.startswith(OLE):
        return Book(_workbook(content))
    if WEB_PAGE.match(content):
        raise _refused("This is a web page, not a spreadsheet, whatever its name says.", f"Open it. {SAVE_AS}")
    return _text(content)


def _refused(what: str, next_step: str) -> FileRefusedError:
    return FileRefusedError(f"{what} Nothing was stored. {next_step}")


def _locked() -> FileRefusedError:
    return _refused("The workbook has a password.", "Remove it in your spreadsheet, and upload the file again.")


def _measured(content: bytes) -> int:
    """How many rows of a zipped workbook are hidden. Raises FileRefusedError if it unpacks to too much, or to no
    workbook. Declared sizes are checked first; `workbook_reader` cuts off a file that lies about them."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            names = packed.namelist()
            if sum(member.file_size for member in packed.infolist()) > MOST_UNPACKED:
                raise _too_much()
            if not any(name in names for name in ("xl/workbook.xml", "xl/workbook.bin", "content.xml")):
                raise _refused("This is no workbook; it looks like a document or a folder of files.", SAVE_AS)
            pages = [name for name in names if name.startswith("xl/worksheets/") and name.endswith(".xml")]
            return sum(len(HIDDEN.findall(packed.read(name))) for name in pages)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError):
        raise _damaged() from None


def _too_much() -> FileRefusedError:
    return _refused("The workbook is far larger inside than a school’s list.", "Copy the list alone into a new one.")


def _damaged() -> FileRefusedError:
    return _refused("The workbook can’t be read; it may be damaged.", f"Open it and save it anew. {SAVE_AS}")


def _workbook(content: bytes) -> list[tuple[str, list[list[str]]]]:
    """The visible sheets that are not empty, read by a process that may use no more than a class list could need."""
    reader = [sys.executable, "-I", workbook_reader.__file__]
    try:
        done = subprocess.run(reader, input=content, capture_output=True, env={}, timeout=60, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise _too_much() from None
    if done.returncode == workbook_reader.LOCKED:
        raise _locked()
    if done.returncode < 0 or b"MemoryError" in done.stderr:
        raise _too_much()
    if done.returncode:
        raise _damaged()
    sheets = [(name, rows) for name, rows in json.loads(done.stdout) if any(any(row) for row in rows)]
    if not sheets:
        raise FileRefusedError("The workbook is empty. Nothing was stored.")
    return sheets


def _text(content: bytes) -> Book:
    try:
        found, likely = readings(content.rstrip(END_OF_FILE))
    except NotTextError:
        raise _refused("This is not a spreadsheet; it looks like a picture or a program.", SAVE_AS) from None
    return Book([("", _cells(next(iter(found.values()))))], list(found), likely)


def _cells(text: str) -> list[list[str]]:
    """The cells of each line. Raises FileRefusedError."""
    said = re.match(r"sep=(.)\r?\n?", text)
    delimiter = said[1] if said else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = list(reader)
    except csv.Error:
        raise FileRefusedError(
            f"The file can’t be read from line {reader.line_num:,} or a little before: most likely a cell begins with "
            "a quotation mark that is never closed. Nothing was stored. Remove it and upload the file again."
        ) from None
    return [[], *rows[1:]] if said else rows


def _delimiter(text: str) -> str:
    """What separates the cells: the character that gives the most lines the same number of cells."""

    def agreement(delimiter: str) -> tuple[int, int]:
        reader = csv.reader(io.StringIO(text[:20_000], newline=""), delimiter=delimiter)
        widths: Counter[int] = Counter()
        with suppress(csv.Error):
            widths.update(len(row) for row, _ in zip(reader, range(50), strict=False) if any(row))
        widths.pop(1, None)
        width, lines = max(widths.items(), key=lambda item: (item[1], item[0]), default=(0, 0))
        return lines, width

    return max(",;\t|", key=agreement)
