"""How a text file is encoded: what can be worked out, and what only a person can see. Pure.

Unicode says what it is. The older code pages do not: the same byte is "é" on Windows, "È" on an old Mac and "Ú" in DOS.
A reading is likely if every such byte gives a letter where names can have one; if two likely readings differ (a Mac's
"Jörg" is "Jšrg" in Central Europe), only somebody who reads the names can tell.
"""

import codecs
import re
import unicodedata
from contextlib import suppress

from charset_normalizer import from_bytes

UTF8, UTF16 = "utf-8", "utf-16"
CODE_PAGES = {
    "cp1252": "Windows, Western Europe",
    "mac_roman": "Mac",
    "cp850": "DOS, as some older MIS write",
    "cp1250": "Windows, Central Europe",
}
SAMPLE = 20_000  # how many characters of words with such letters are looked at
_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WORD = re.compile(rb"[^\s,;|\"]*[\x80-\xff][^\s,;|\"]*")
_NO_LETTERS = set("ªºƒﬁﬂµſŉ")
_SIGNS = set("’‘“”–—…£€°½¼¾·•§©®™ ´`")
_INSIDE = set("’‘´`–·")
_BEFORE_A_CAPITAL = re.compile(r"(?:^|[^\w])(?:Mc|Mac|Fitz|De|Le|La|Di|Da|Du|Van|O|D|L)$")


class NotTextError(Exception):
    """The bytes are not text in any encoding that schools use."""


def readings(content: bytes) -> tuple[dict[str, str], int]:
    """(encoding -> text, the likeliest first; how many of them are likely). If only one is likely, it is right as far
    as can be told; otherwise a person has to say. Raises NotTextError.
    """
    if content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide(content):
        return _unicode(content), 1
    if _CONTROL.search(content.decode("latin-1")):
        raise NotTextError
    if content.isascii():
        return {UTF8: content.decode()}, 1
    sample = b"\n".join(dict.fromkeys(_WORD.findall(content)))[:SAMPLE]
    pages, likely = _code_pages(content, sample)
    try:
        text = content.decode(UTF8)
    except UnicodeDecodeError:
        if pages:
            return pages, likely
        raise NotTextError from None
    if not _strange(sample.decode(UTF8, "ignore")):
        return {UTF8: text}, 1
    rivals = {encoding: other for encoding, other in pages.items() if _is_all_letters(sample.decode(encoding))}
    return {UTF8: text} | rivals, 1 + len(rivals)


def _unicode(content: bytes) -> dict[str, str]:
    """The text as Unicode, if the file says so or can be nothing else. Raises NotTextError."""
    encoding = UTF8 if content.startswith(codecs.BOM_UTF8) else _wide(content) or UTF16
    try:
        text = content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise NotTextError from None
    if _CONTROL.search(text):
        raise NotTextError
    return {encoding: text}


def _wide(content: bytes) -> str:
    """UTF-16 without a byte order mark: in plain letters every other byte is zero."""
    half = len(content) // 2
    if len(content) % 2 or half < 4:
        return ""
    even, odd = content[::2].count(0) / half, content[1::2].count(0) / half
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    return "utf-16-be" if even > 0.4 and odd < 0.1 else ""


def _code_pages(content: bytes, sample: bytes) -> tuple[dict[str, str], int]:
    """As `readings`, in the older code pages. sample: the words in it that have such letters."""
    texts = {}
    for encoding in CODE_PAGES:
        with suppress(UnicodeDecodeError):
            texts[encoding] = content.decode(encoding)
    strange = {encoding: _strange(sample.decode(encoding, "replace")) for encoding in texts}
    chaos = {match.encoding: match.chaos for match in from_bytes(sample, cp_isolation=list(texts), threshold=1)}
    found: dict[str, str] = {}
    for encoding in sorted(texts, key=lambda encoding: (strange[encoding], chaos.get(encoding, 1))):
        if texts[encoding] not in found.values():
            found[encoding] = texts[encoding]
    return found, sum(not strange[encoding] for encoding in found)


def _is_all_letters(text: str) -> bool:
    """Whether text that is valid UTF-8, but no name in it, could be a name in a code page: "⁁", which is "Ôüü" in
    DOS."""
    return not _strange(text) and all(char.isalpha() for char in text if char > "\x7f")


def _strange(text: str) -> int:
    """How many non-ASCII characters stand where no name would have one."""
    return sum(not _fits(text, place) for place, char in enumerate(text) if char > "\x7f")


def _fits(text: str, place: int) -> bool:
    char = text[place]
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if char in _SIGNS:
        return char in _INSIDE or not (before.isalpha() and after.isalpha())
    if char in _NO_LETTERS or not char.isalpha() or not unicodedata.name(char, "").startswith("LATIN"):
        return False
    if char.isupper() and before.islower():
        return bool(_BEFORE_A_CAPITAL.search(text[:place]))
    return not (char.islower() and text[place + 1 : place + 3].isupper() and text[place + 1 : place + 3].isalpha())
