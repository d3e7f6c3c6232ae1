"""Names folded to plain letters, for sorting, searching and usernames; never for deciding who somebody is. Pure.

PostgreSQL's collations differ between machines; this does not.
"""

import re
import unicodedata

# Letters that Unicode does not take apart into a base letter and an accent.
_WHOLE = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i",
        "ŋ": "n", "ŧ": "t", "ĸ": "k", "ə": "a", "ɛ": "e", "ɔ": "o", "ɖ": "d", "ɗ": "d", "ɓ": "b", "ƙ": "k",
        "ƴ": "y", "ɣ": "g", "ʋ": "v", "ƒ": "f", "ɩ": "i", "ʊ": "u", "ɲ": "ny", "ǝ": "e", "ƈ": "c", "ƭ": "t",
        "ɨ": "i", "ʉ": "u", "ɫ": "l", "ƀ": "b", "ǥ": "g", "ɇ": "e",
    }
)  # fmt: skip
_NO_LETTERS = re.compile("[^a-z]+")


def fold(text: str) -> str:
    """`text` in lower-case base letters: "Ó Briain" -> "o briain". Other scripts keep their letters."""
    if text.isascii():
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", text.casefold()).translate(_WHOLE)
    return " ".join("".join(char for char in apart if not unicodedata.combining(char)).split())


def sort_name(surname: str, forename: str) -> str:
    """As a register sorts: surname, then first name, folded."""
    return fold(f"{surname} {forename}")


def natural(text: str) -> str:
    """A folded name in which numbers sort as numbers: "9x/Ma2" before "10x/Ma1"."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(4), fold(text))


def words(name: str) -> list[str]:
    """The words of `name` in letters a to z: "Ó Briain-Łukasz" is ["o", "briain", "lukasz"], "O'Neill" is ["oneill"].

    Spaces and dashes part words; apostrophes and every other sign vanish. A name in another script gives no words.
    """
    folded = fold(name)
    if folded.isascii():
        parted = folded.replace("-", " ")
    else:
        parted = "".join(" " if unicodedata.category(char) == "Pd" else char for char in folded)
    plain = (_NO_LETTERS.sub("", part) for part in parted.split())
    return [word for word in plain if word]


def share_a_word(one: str, other: str) -> bool:
    """Whether two folded names have a word in common, be it a first name or half of a surname. It can speak against two
    people being one; it never says that they are."""
    return bool(_parts(one) & _parts(other))


def _parts(name: str) -> set[str]:
    return set(words(name) or name.split())
