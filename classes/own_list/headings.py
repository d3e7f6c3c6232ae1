"""Which column of a school's list is which, from the headings that schools and their MIS use. Pure."""

import re

from schools.text.names import fold

COLUMNS = ("class", "year group", "first name", "surname", "username", "UPN")
NEEDED = ("class", "first name", "surname")
NAMES = ("first name", "surname")
LOOKED_AT = 30  # how many lines to look for headings in: exports have titles above them

# As exports from SIMS, Arbor, Bromcom and others, and people's own lists, call them [inferred: from what schools show],
# the preferred one first if a file has several.
CALLED = {
    "class": (
        "class", "class name", "classname", "teaching class", "teaching group", "set", "class code", "group",
        "group name", "registration form", "registration group", "reg group", "reggroup", "reg form", "form",
        "form group", "form name", "tutor group", "tutor", "registration", "reg",
    ),
    "year group": (
        "year group", "yeargroup", "year", "nc year", "ncyear", "nc year group", "national curriculum year",
        "curriculum year", "current nc year", "actual nc year", "yr", "yr group", "ncy", "year taught in",
        "school year",
    ),
    "first name": (
        "preferred first name", "preferred forename", "preferred name", "chosen first name", "chosen forename",
        "chosen name", "known as", "first name", "firstname", "forename", "forename 1", "forenames", "first names",
        "given name", "given names", "student first name", "student forename", "pupil first name", "pupil forename",
        "legal first name", "legal forename",
    ),
    "surname": (
        "preferred surname", "preferred last name", "chosen surname", "chosen last name", "surname", "last name",
        "lastname", "family name", "student surname", "student last name", "pupil surname", "pupil last name",
        "legal surname",
        "legal last name", "legal family name",
    ),
    "username": ("username", "user name", "login", "login name"),
    "UPN": ("upn", "unique pupil number"),
}  # fmt: skip


def plain(heading: str) -> str:
    """A heading in lower-case words: "Reg. Group:" is "reg group"."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", fold(heading)).split())


def columns_in(row: list[str]) -> dict[str, list[int]]:
    """Our columns -> where they are, as far as the headings in `row` say. A name has several places if a file has a
    preferred and a legal one: the first that is filled counts."""
    heads = [plain(cell) for cell in row]
    places = {column: [heads.index(name) for name in names if name in heads] for column, names in CALLED.items()}
    return {column: found if column in NAMES else found[:1] for column, found in places.items() if found}


def find(rows: list[list[str]]) -> tuple[int, dict[str, list[int]]] | None:
    """(how many lines are above the first student, our columns -> where they are); None if no line has the headings we
    need."""
    for number, row in enumerate(rows[:LOOKED_AT]):
        found = columns_in(row)
        if all(column in found for column in NEEDED):
            return number + 1, found
    return None


def best(rows: list[list[str]]) -> tuple[int, dict[str, list[int]]]:
    """As `find`, as far as can be told; a person has to say the rest. If no heading is known, the list may begin with
    the first line that is long enough: a line too many gets noticed, one too few does not."""
    heads = [columns_in(row) for row in rows[:LOOKED_AT]]
    place = max(range(len(heads)), key=lambda place: (len(heads[place]), -place))
    if heads[place]:
        return place + 1, heads[place]
    return next((place for place, row in enumerate(rows) if sum(map(bool, row)) >= len(NEEDED)), 0), {}
