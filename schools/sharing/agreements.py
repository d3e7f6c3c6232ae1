"""The agreement about data, version by version: a text file that the operator gives.

The newest is what schools are asked to agree to. A file is Markdown of headings, paragraphs and lists, and begins with
its title, its version and its first day (docs/agreement-sample.md); HTML in it is text like any other.
"""

import difflib
import hashlib
import re
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from django.db import transaction

from schools.models import Agreement

SUB_PROCESSORS = "sub-processors"
LONGEST = 200_000  # characters
_HEAD = re.compile(
    r"# (?P<title>[^\n]{1,200})\n+Version: (?P<version>[\w.-]{1,20})\nIn force from: (?P<day>\d{4}-\d\d-\d\d)\n",
    re.ASCII,
)


class AgreementRefusedError(Exception):
    """Why a text was not taken, in a sentence for the operator."""


@dataclass(frozen=True)
class Block:
    """A piece of the text. sort: "heading", "list" or "paragraph"; lines: the items of a list, or the one text."""

    sort: str
    lines: tuple[str, ...]


def newest():
    """The version that schools are asked to agree to; None before the operator has given any."""
    return Agreement.objects.first()


@transaction.atomic
def add(text):
    """Take a new version. Returns (the `Agreement`, whether it is new); one that is here with the same text stays.

    Raises AgreementRefusedError if the file does not say what it must, its version is here with another text, or it
    would be in force before the version it replaces.
    """
    text = text.replace("\r\n", "\n")
    head = _HEAD.match(text)
    if head is None or "\0" in text or len(text) > LONGEST:
        raise AgreementRefusedError(
            "The file must begin with “# Title”, “Version: …” and “In force from: 2026-09-01”, each on a line, as in "
            "docs/agreement-sample.md, and be at most 200,000 characters long."
        )
    try:
        day = date.fromisoformat(head["day"])
    except ValueError:
        raise AgreementRefusedError(f"{head['day']} is no date.") from None
    if not sub_processors(text):
        raise AgreementRefusedError("The file names no sub-processors: list them under “## Sub-processors”.")
    before = Agreement.objects.select_for_update().first()
    same = Agreement.objects.filter(version=head["version"]).first()
    if same and same.body == text:
        return same, False
    if same:
        raise AgreementRefusedError(f"Version {same.version} is here with another text. Give yours a new version.")
    if before and day < before.effective_on:
        raise AgreementRefusedError(f"It would be in force before {before}, which it replaces. Give a later day.")
    made = Agreement.objects.create(
        version=head["version"],
        title=head["title"].strip(),
        effective_on=day,
        body=text,
        sha256=digest(text),
        replaces=before,
    )
    return made, True


def digest(text):
    """As `sha256sum` says it of the file."""
    return hashlib.sha256(text.encode()).hexdigest()


def is_unchanged(agreement):
    """Whether the stored text is the one that was given."""
    return digest(agreement.body) == agreement.sha256


def blocks(text):
    """The text below its head, as `Block`s."""
    head = _HEAD.match(text)  # none in a text that somebody has changed
    below = text[head.end() :] if head else text
    return [_block(part) for part in re.split(r"\n\s*\n", below) if part.strip()]


def _block(part):
    lines = [line.strip() for line in part.strip().splitlines()]
    if lines[0].startswith("#"):
        return Block("heading", (" ".join(lines).lstrip("# "),))
    if lines[0].startswith("- "):
        items = re.split(r"\n- ", "\n".join(lines).removeprefix("- "))
        return Block("list", tuple(" ".join(item.split()) for item in items))
    return Block("paragraph", (" ".join(lines),))


def sub_processors(text):
    """Who else works with the data, as the text lists them below its heading for them."""
    found = blocks(text)
    for heading, listed in pairwise(found):
        if heading.sort == "heading" and heading.lines[0].lower() == SUB_PROCESSORS and listed.sort == "list":
            return listed.lines
    return ()


def differences(before, after):
    """What changed between two texts, paragraph by paragraph: [(sign, paragraph)]; sign: "" for what stays, "-" for
    what went, "+" for what came. Where much stays, only what stands beside a change is kept, and "…" for the rest."""
    ours, theirs = (_lines(text) for text in (before, after))
    found = []
    for group in difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_grouped_opcodes(1):
        found.append(("…", ""))
        for tag, a, b, c, d in group:
            if tag == "equal":
                found += [("", line) for line in ours[a:b]]
            else:
                found += [("-", line) for line in ours[a:b]] + [("+", line) for line in theirs[c:d]]
    return found[1:]


def _lines(text):
    return [line for block in blocks(text) for line in block.lines]
