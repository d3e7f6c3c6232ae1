"""What a school may share of a student beside the class lists: from Wonde's spellings to ours. Pure.

Only gender, dates of birth and SEN letters are recorded; whatever else stands here of how an MIS spells something is
[inferred]. What cannot be read says nothing, and the original is kept nowhere.
"""

import re

from schools.text.tidy import tidied
from sync.facts.kinds import DetailsRow
from sync.facts.rows import fitted
from sync.facts.shapes import Extended, Json, RemoteStudent, one, yes_or_unknown

NOTHING = {"", "-", "n/a"}  # what MISs write in a field that they leave empty
# What a status of somebody learning English says of them, as the Department for Education had it.
LEARNING = {"new to english", "early acquisition", "developing competence", "competent", "fluent"}
SEN = {
    "none": "n, no, none, not sen, no sen, no special educational need, no special educational needs",
    "support": "k, sen support, a, school action, p, school action plus, school action and statutory assessment",
    "plan": "e, ehcp, ehc plan, education health and care plan, s, statement, statement of special educational needs",
}
_SEN = {phrase: level for level, phrases in SEN.items() for phrase in phrases.split(", ")}


def details_row(remote: RemoteStudent) -> DetailsRow:
    """The details of a student, named by their Wonde id until somebody knows their key."""
    extended = one(remote.extended_details) or Extended()
    said, status = extended.english_as_additional_language, extended.english_as_additional_language_status
    return DetailsRow(
        student=remote.id,
        gender=gender(remote.gender),
        birthday=str(remote.born),
        eal=eal(said, status),
        pupil_premium=answer(extended.premium_pupil_indicator),
        sen=sen(extended.sen_status),
    )


def gender(value: str | None) -> str:
    """As the MIS has it, on one line and at most as long as its column; "" where it says nothing."""
    text = " ".join(tidied(value or "").split())
    return "" if text.casefold() in NOTHING else fitted(DetailsRow("", text)).gender


def answer(value: Json) -> str:
    """ "yes", "no", or "" where it says neither."""
    return {True: "yes", False: "no", None: ""}[yes_or_unknown(value)]


def eal(said: Json, status: Json) -> str:
    """Whether English is an additional language: as the MIS says, else by how far somebody is in learning it."""
    return answer(said) or answer(status) or ("yes" if _words(status) in LEARNING else "")


def sen(value: Json) -> str:
    """ "none", "support" or "plan", from a letter or a phrase: "K", "SEN Support", "K - SEN Support"."""
    words = _words(value)
    return _SEN.get(words) or _SEN.get(re.sub("^[a-z] (?=..)", "", words), "")  # "n a" is no letter before another


def _words(value: Json) -> str:
    """A text in small letters, with nothing between its words but a space; "" of anything else."""
    return " ".join(re.findall(r"[a-z]+", value.casefold())) if isinstance(value, str) else ""
