"""How students sign in: usernames, made once and kept. Pure: no database, no secret."""

import re

from schools.text.names import fold, words
from students.cards.unprintable import WORDS, is_printable_number, spells_something

NOTHING_USABLE = "student"
FORENAME_IN_FULL = 12  # letters; of a longer forename with several words only the first is used
FORENAME_LIMIT = 20
INITIALS_LIMIT = 3
LIMIT = 40  # the column's
SHORT = 3  # letters; shorter words are inside too many good ones to be worth looking for


def as_typed(username):
    """A typed username as a card has it, whatever the keyboard made of it: capitals, accents, spaces, invisible
    characters. The one form it is looked up and its tries are counted in: "AshaP", " aſhap " and "áshap" are
    "ashap"."""
    return re.sub(r"[^a-z0-9.-]", "", fold(username))


def stem(forename, surname):
    """The username of somebody whose name is unique: forename and surname initials, letters a to z.

    "Asha Patel" is "ashap", "Lowri Owen-Jones" "lowrioj". If the seam would spell something a school would not print,
    the forename stands alone; without a usable forename, the surname; without either, "student".
    """
    forenames, surnames = words(forename), words(surname)
    if not forenames:
        return "".join(surnames)[:FORENAME_LIMIT] or NOTHING_USABLE
    together = "".join(forenames)
    name = (together if len(together) <= FORENAME_IN_FULL else forenames[0])[:FORENAME_LIMIT]
    initials = "".join(word[0] for word in surnames[:INITIALS_LIMIT])
    return name if spells_something(name, initials) else name + initials


def is_made_from(username, forename, surname):
    """Whether `username` is what we would make of this name, with or without a number after it."""
    return re.fullmatch(re.escape(stem(forename, surname)) + r"\d*", username.lower()) is not None


def usernames_for(names, taken):
    """A username for each of `names`, (forename, surname) pairs, in their order.

    taken: usernames nobody may get, in any letter case: everyone's at the school, including leavers' while they are
    kept.
    Unique among themselves and against `taken`, ignoring case; the same input gives the same answer.
    """
    used = {username.lower() for username in taken}
    last = {}  # stem -> the last number given, so that a thousand Mohammeds take a thousand steps, not a million
    made = []
    for forename, surname in names:
        base = stem(forename, surname)
        username, number = base, last.get(base, 1)
        while username in used:
            number += 1
            if is_printable_number(number):
                username = f"{base}{number}"
        last[base] = number
        used.add(username)
        made.append(username)
    return made


def refusal(username, taken, names=()):
    """Why a person's choice of `username` is refused, in a sentence; "" if it is allowed.

    taken: as for `usernames_for`, without the student's own. names: the student's forename and surname, which are
    always suitable, whatever they spell.
    """
    if not 2 <= len(username) <= LIMIT:
        return f"A username has 2 to {LIMIT} letters and figures."
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9.-]*", username):
        return "Only letters from a to z, figures, dots and hyphens, and a letter first: every keyboard has those."
    lower = username.lower()
    if lower in {other.lower() for other in taken}:
        return "Somebody at this school has this username, or had it not long ago."
    rest = re.sub(r"[.-]", "", lower)
    for name in sorted(("".join(words(name)) for name in names), key=len, reverse=True):
        rest = rest.replace(name, " ") if name else rest
    figures = re.findall(r"\d+", rest)
    if any(word in rest for word in WORDS if len(word) > SHORT) or rest.strip() in WORDS:
        return "A school would not print this username."
    if not all(map(is_printable_number, figures)):
        return "A school would not print this number on a card. Choose another."
    return ""
