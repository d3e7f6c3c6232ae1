"""The file the school hands on: a page to read, and the same as data, in one archive."""

import io
import json
import zipfile

from django.template.loader import render_to_string
from django.utils import timezone

from schools.files.csv_out import as_csv
from schools.web.context_processors import product
from sync.copies.told import resolved
from sync.templatetags.reasons import plainly

LARGEST = 60_000_000  # bytes of the file: sealed it is a third more, and one row of the database carries it
HEAD = ["part", "entry", "field", "value", "where from", "first read", "last read", "what for", "kept until"]


class TooLargeError(Exception):
    """Why there is no file, in a sentence for the person who asked for one."""


def make(held, decided):
    """The archive's bytes: read-me.html, data.json and data.csv of `Held`, as the school has `Decided`. Raises
    TooLargeError."""
    with timezone.override(held.school.zone):
        return _zipped(_files(held, resolved(held.parts, decided)))


def _files(held, parts):
    about = {"school": held.school.name, "what": held.what, "name": held.name, "as of": held.at.isoformat()}
    context = {"held": held, "parts": [(part, _head(part)) for part in parts], **product(None)}
    return {
        "read-me.html": render_to_string("sync/copies/read_me.html", context),
        "data.json": json.dumps(about | {"parts": [_data(part) for part in parts]}, ensure_ascii=False, indent=1),
        "data.csv": as_csv(HEAD, _lines(parts)),
    }


def _zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    if out.tell() > LARGEST:
        raise TooLargeError("There is more than one file takes. Support makes the copy on the server: ask them.")
    return out.getvalue()


def _head(part):
    """The labels of a part whose rows are many and alike, as the head of a table; [] for one told row by row."""
    heads = {tuple(fact.label for fact in row.facts) for row in part.rows}
    is_table = len(part.rows) > 1 and len(heads) == 1 and not any(fact.until for fact in part.rows[0].facts)
    return list(heads.pop()) if is_table else []


def _data(part):
    said = {"title": part.title, "from": part.source, "for": part.purpose, "kept": part.until, "note": part.note}
    return _said(said) | {"entries": [[_fact(fact) for fact in row.facts] for row in part.rows]}


def _fact(fact):
    said = {
        "from": fact.source, "first read": fact.first, "last read": fact.last, "for": fact.purpose, "kept": fact.until
    }  # fmt: skip
    return {"field": fact.label, "value": fact.value} | _said(said)


def _said(values):
    return {name: value for name, value in values.items() if value}


def _lines(parts):
    for part in parts:
        for number, row in enumerate(part.rows, start=1):
            for fact in row.facts:
                yield [
                    part.title, number, fact.label, plainly(fact.value), fact.source or part.source, fact.first,
                    fact.last, fact.purpose or part.purpose, fact.until or part.until,
                ]  # fmt: skip
