"""The words of the oracle: what a table and a link is, which reasons are somebody's word, how texts are read."""

import re
import unicodedata
from datetime import date, timedelta

PERSON = ("wonde_id", "upi", "title", "forename", "surname", "email")
ROWS = {
    "employees": ("schools_employee", PERSON),
    "classes": (
        "classes_schoolclass",
        ("wonde_id", "form", "name", "subject", "year_group", "academic_year", "status", "reason"),
    ),
    "students": ("students_student", ("wonde_id", "upi", "upn", "forename", "surname", "year_group")),
    "contacts": ("parents_contact", PERSON),
}
# Link -> table, its ends (column -> kind), and what else it says. The last end is whose place it is.
LINKS = {
    "teachings": ("classes_teaching", {"school_class": "classes", "employee": "employees"}, ("main",)),
    "enrolments": ("classes_enrolment", {"school_class": "classes", "student": "students"}, ()),
    "guardianships": (
        "parents_guardianship",
        {"student": "students", "contact": "contacts"},
        ("relationship", "priority", "responsibility", "doubt"),
    ),
}
# What a school may share of a student beside the class lists, each for a purpose of the same name.
DETAILS = ("gender", "birthday", "eal", "pupil_premium", "sen")
AT_FIRST = {"weekly_mail", "staff_sign_in"}  # purposes that are on where a school has said nothing
PURPOSES = (*sorted(AT_FIRST), *DETAILS)  # that can be switched off
PLACES = {"employees": "teachings", "students": "enrolments", "contacts": "guardianships"}
IDENTIFIERS = {"employees": ("upi",), "classes": (), "students": ("upi", "upn"), "contacts": ("upi",)}
BY_PERSON = {
    "not_current",
    "excluded_class",
    "other_academic_year",
    "no_parental_responsibility",
    "court_order",
    "blocked",
    "left_out_here",
}
LOOKED_AT_AGAIN = {
    "no_students", "no_subject", "other_subject", "other_year_group", "other_academic_year", "asks_first",
    "awaits_rollover",
}  # fmt: skip
WEEK = timedelta(days=7)


def column_of(link, kind):
    return next(column for column, end in LINKS[link][1].items() if end == kind)


def ends_of(link, stay):
    return tuple(stay[end] for end in LINKS[link][1])


def said_of(link, stay):
    return {name: stay[name] for name in LINKS[link][2]}


def tidy(text, but=""):
    """Without spaces, unseen signs, and those in `but`, at its ends."""
    text = text or ""
    while text and _clings(text[0], but):
        text = text[1:]
    while text and _clings(text[-1], but):
        text = text[:-1]
    return text


def _clings(sign, but):
    return sign.isspace() or unicodedata.category(sign) in ("Cc", "Cf") or sign in but


def tidy_address(text):
    """As we keep an address: what stands around it when it is copied is no part of it."""
    around = "<>()[]{}\"'`´‘’“”«»,;:"
    text = tidy(text, around).rstrip(".").lower()
    return tidy(text.removeprefix("mailto:"), around)


def inside(row, name):
    """What Wonde wraps in `data`."""
    wrapped = row.get(name)
    inner = wrapped.get("data") if isinstance(wrapped, dict) else None
    return inner if isinstance(inner, dict) else {}


def day_of(moment):
    """A day that somebody can mean, from 1990 to 2100; the zero dates of an MIS are none."""
    found = re.match(r"(\d{4})-(\d\d)-(\d\d)", moment["date"] if isinstance(moment, dict) else "")
    if not found or not 1990 <= int(found[1]) <= 2100:
        return None
    try:
        return date(*map(int, found.groups()))
    except ValueError:
        return None


def year_group(text):
    """ "7" for "7", "07" and "Year 7"; "R" for Reception."""
    plain = re.sub(r"^(year|yr) ", "", text.strip().lower())
    if plain.isdigit():
        return str(int(plain))
    return {"r": "R", "reception": "R"}.get(plain, text.strip())


def real(name, text):
    """A UPI or UPN as it is compared; what is typed instead of one ("N/A", "0") is nothing."""
    bare = "".join(text.split())
    if name == "upi":
        token = re.fullmatch("[0-9A-Za-z_-]{16,64}", bare) and re.search("[0-9]", bare) and len({*bare}) > 5
        return bare if token else ""
    letters, bare = "ABCDEFGHJKLMNPQRTUVWXYZ", bare.upper()
    if not re.fullmatch(rf"[{letters}][0-9]{{11}}[0-9{letters}]", bare) or bare[1:4] == "000":
        return ""
    values = [letters.index(sign) if sign in letters else int(sign) for sign in bare[1:]]
    return bare if bare[0] == letters[sum(value * (2 + place) for place, value in enumerate(values)) % 23] else ""


def alike(one, other):
    """Whether two people share a word of the name or the year group."""
    words = [{*re.split("[ -]+", f"{row['surname']} {row['forename']}".lower())} - {""} for row in (one, other)]
    same_year = one.get("year_group") and one["year_group"] == other["year_group"]
    return bool(words[0] & words[1] or same_year)


def natural(name):
    """As classes sort: by their words, numbers as numbers."""
    plain = re.sub(r"[^\w'-]|_", " ", name.lower().replace("&", " and "))
    return re.sub(r"\d+", lambda digits: digits[0].zfill(4), " ".join(plain.split()))


def of_subject(raw, rules):
    """Whether Wonde's class is of a subject the school uses the product for."""
    subject, wanted = inside(raw, "subject"), {name.lower() for name in rules["subjects"]}
    return bool({(subject.get("code") or "").lower(), (subject.get("name") or "").lower()} & wanted)
