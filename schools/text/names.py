"""Names folded to plain letters, for sorting, searching and usernames; never for deciding who somebody is. Pure.

PostgreSQL's collations differ between machines; this does not. What is stored (`sort_name`) and what somebody types
(`patterns`) go through the same fold, so a name is found as the MIS writes it and as people do.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

from schools.text.tidy import without_unseen

# Letters that Unicode does not split into a base letter and an accent.
_WHOLE = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i",
        "ŋ": "n", "ŧ": "t", "ĸ": "k", "ə": "a", "ɛ": "e", "ɔ": "o", "ɖ": "d", "ɗ": "d", "ɓ": "b", "ƙ": "k",
        "ƴ": "y", "ɣ": "g", "ʋ": "v", "ƒ": "f", "ɩ": "i", "ʊ": "u", "ɲ": "ny", "ǝ": "e", "ƈ": "c", "ƭ": "t",
        "ɨ": "i", "ʉ": "u", "ɫ": "l", "ƀ": "b", "ǥ": "g", "ɇ": "e",
    }
)  # fmt: skip
# Characters people use in place of one another. Standalone accents are typed as apostrophes.
_APOSTROPHES = "'`´’‘‚‛′‵＇ʹʺʻʼʽʾʿˈˊˋ՚ꞌ"
_DASHES = "-−⁃"  # and every character Unicode calls a dash
_NO_LETTERS = re.compile("[^a-z]+")
_SIGNS = re.compile("[^a-z0-9'-]+")
_NUMBER = re.compile(r"\d+")
_GAP = "[ '-]"  # what separates two words of a `sort_name`
_JOINED = 3  # how many words in a row may have been written as one: "van der Berg", "Vanderberg"
_MOST_WORDS = 8


def listed(person: Any) -> str:
    """Somebody with a `forename` and `surname` as a register lists them: "Okoro, Tobi"; "" without a name."""
    return ", ".join(part for part in (person.surname, person.forename) if part)


def spoken(person: Any) -> str:
    """As people speak of them, with a `title` if they have one: "Tobi Okoro", "Ms Ruth Pell"; "" without a name."""
    return " ".join(part for part in (getattr(person, "title", ""), person.forename, person.surname) if part)


def fold(text: str) -> str:
    """`text` in lower-case base letters, with one kind of apostrophe, dash and space, and nothing invisible:
    "Ó\u00a0Briain" is "o briain". Other characters and scripts stay."""
    if text.isascii() and text.isprintable():
        return " ".join(text.lower().replace("`", "'").split())
    alike = "".join(map(_alike, without_unseen(text).casefold()))
    apart = unicodedata.normalize("NFKD", alike).translate(_WHOLE)
    return " ".join("".join(char for char in apart if not unicodedata.combining(char)).split())


def _alike(char: str) -> str:
    """One character for all that mean the same, nothing for those that cannot be seen."""
    if char in _APOSTROPHES:
        return "'"
    category = unicodedata.category(char)
    if category == "Pd" or char in _DASHES:
        return "-"
    if category == "Cf":
        return ""
    return " " if category in ("Cc", "Zl", "Zp") else char


def sort_name(*names: str) -> str:
    """Names as a register sorts and a search finds them: a person's surname and then first name, or the one name of a
    class or school.

    Folded to words, with apostrophes and dashes inside them and no other punctuation: "St. Aldhelm's" is "st
    aldhelm's", "Smith & Sons" "smith and sons". Numbers sort as numbers: "9x/Ma2" is "0009x ma0002", before "10x/Ma1".
    """
    whole = fold(" ".join(names)).replace("&", " and ")
    if whole.isascii():
        plain = _SIGNS.sub(" ", whole)
    else:
        plain = "".join(char if char in "'-" or unicodedata.category(char)[0] in "LMN" else " " for char in whole)
    return _NUMBER.sub(lambda digits: digits[0].zfill(4), " ".join(plain.split()))


def patterns(typed: str, inside: bool = False, whole: bool = False) -> list[str]:
    """Regular expressions, the same in Python and PostgreSQL; a `sort_name` must match all of them to be what was
    typed. None if nothing searchable was typed.

    Every word typed begins a word of the name, in any order; or may be anywhere in it (inside), or must be a whole word
    of it (whole). Words written apart on one side and together on the other are the same: "O Neill", "ONeill" and
    "O'Neill"; "Owen Jones" and "Owen-Jones"; "8yma1" and "8y/Ma1".
    """
    said = [word for word in re.split(f"{_GAP}+", sort_name(typed)) if word][:_MOST_WORDS]
    before, after = "" if inside else f"(^|{_GAP})", f"($|{_GAP})" if whole else ""
    return [f"{before}({'|'.join(map(_spaced, _runs(said, place)))}){after}" for place in range(len(said))]


def _runs(said: list[str], place: int) -> list[str]:
    """The word at `place`, alone and joined to its neighbours."""
    return [
        "".join(said[start:end])
        for start in range(max(0, place - _JOINED + 1), place + 1)
        for end in range(place + 1, min(len(said), start + _JOINED) + 1)
    ]


def _spaced(word: str) -> str:
    return f"{_GAP}*".join(word)


class Search:
    """What somebody typed, searched for in `sort_name`s; `schools.models.named` asks the database the same."""

    def __init__(self, typed: str, inside: bool = False) -> None:
        self._any = [re.compile(pattern) for pattern in patterns(typed, inside)]
        self._whole = [re.compile(pattern) for pattern in patterns(typed, whole=True)]
        self._letters = _letters(sort_name(typed))

    def finds(self, name: str) -> bool:
        return bool(self._any) and all(pattern.search(name) for pattern in self._any)

    def closeness(self, name: str) -> int:
        """How close `name` is to what was typed: 0 for the whole name, 1 for whole words of it, 2 for less."""
        if not all(pattern.search(name) for pattern in self._whole):
            return 2
        return 0 if _letters(name) == self._letters else 1

    def only_begins(self, name: str) -> bool:
        """Whether `name` was found by no more than the beginnings of its words."""
        return self.finds(name) and self.closeness(name) == 2


def _letters(name: str) -> int:
    return len(re.sub(_GAP, "", name))


def words(name: str) -> list[str]:
    """The words of `name` in letters a to z: "Ó Briain-Łukasz" is ["o", "briain", "lukasz"], "O'Neill" is ["oneill"].

    Spaces and dashes separate words; apostrophes and all other punctuation vanish. A name in another script gives no
    words.
    """
    plain = (_NO_LETTERS.sub("", part) for part in fold(name).replace("-", " ").split())
    return [word for word in plain if word]


def share_a_word(one: str, other: str) -> bool:
    """Whether two folded names share a word, be it a first name or half a surname. Sharing none suggests two different
    people; sharing one never proves they are the same."""
    return bool(_parts(one) & _parts(other))


def _parts(name: str) -> set[str]:
    return set(words(name) or name.split())


@lru_cache(1_000)
def year_group(text: str | None) -> str:
    """A year group as we keep it: "7" for "7", "07", "Y7", "Year 7" or "Yr 7"; "R" for Reception, "N" for Nursery."""
    folded = fold(text or "")
    found = re.fullmatch(r"(?:nc ?year|year group|year|yr|y)?[. ]*0*(\d{1,2})", folded)
    if found:
        return found[1]
    if folded in {"r", "yr", "yr r", "y r", "year r", "rec", "reception", "reception year"}:
        return "R"
    if folded in {"n", "n1", "n2", "nursery"}:
        return "N"
    return (text or "").strip()[:20]
