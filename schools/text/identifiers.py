"""The identifiers an MIS gives people, told apart from what gets typed into those columns. Pure.

"N/A", "TBC", "0" and "-" appear there too. Taken as identifiers they would make strangers one person, so text that
cannot be an identifier is never compared, matched or counted.
"""

import re
import unicodedata

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"  # 23: without I, O and S
_VALUES = {str(digit): digit for digit in range(10)} | {letter: value for value, letter in enumerate(LETTERS)}
_UPN = re.compile(rf"[{LETTERS}](?!000)[0-9]{{11}}[0-9{LETTERS}]")
_UPI = re.compile(r"[0-9A-Za-z_-]{16,64}")
FEWEST_SIGNS = 6  # different characters in a UPI, at least: "0000000000000000" is not one


def upn(text: str) -> str:
    """`text` as a Unique Pupil Number, in capitals and without spaces or invisible characters; "" if it is not one.

    A check letter, three digits of the local authority (never 000), four of the school, two of the year and a serial of
    three; in a temporary UPN the last of these is a letter.
    Source: Government Data Standards Catalogue, "Unique Pupil Number" 2.0; DfE, "Unique pupil numbers: a guide".
    """
    bare = _bare(text).upper()
    return bare if _UPN.fullmatch(bare) and bare[0] == check_letter(bare[1:]) else ""


def check_letter(rest: str) -> str:
    """The letter a UPN begins with; rest: its other twelve characters. A temporary UPN's letter counts as its place
    among LETTERS."""
    return LETTERS[sum(weight * _VALUES[sign] for weight, sign in enumerate(rest, 2)) % len(LETTERS)]


def upi(text: str) -> str:
    """`text` as Wonde's UPI, without spaces or invisible characters; "" if it is not one.

    Wonde documents 32 hex characters. Any token of 16 to 64 letters, digits, dashes and underscores counts, so that a
    different hash one day still works; a word, a short number or one repeated character never does.
    """
    bare = _bare(text)
    token = _UPI.fullmatch(bare) and len(set(bare)) >= FEWEST_SIGNS and any(sign.isdigit() for sign in bare)
    return bare if token else ""


def _bare(text: str) -> str:
    """Without spaces, control characters and invisible ones."""
    if text.isalnum() and text.isascii():
        return text
    return "".join(sign for sign in text if unicodedata.category(sign)[0] not in "ZC")
