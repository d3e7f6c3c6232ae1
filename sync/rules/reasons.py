"""Why a row Wonde has is not imported, or why one of ours ends: the codes, and what follows from each.

The words for each are in `sync.wording.reasons`.
"""

from msgspec import Struct


class Reason(Struct, frozen=True):
    """evidence: the MIS or a person says exactly this. is_presence: the MIS says whether somebody is here; when it says
    so of too many at once, that waits for a person."""

    evidence: bool = False
    is_presence: bool = False


PERHAPS_HIDDEN = "perhaps_hidden"

REASONS = {
    "not_in_imported_class": Reason(),
    "teaches_no_imported_class": Reason(),
    "not_current": Reason(evidence=True, is_presence=True),
    "duplicate": Reason(),
    "perhaps_someone_else": Reason(),
    "second_class": Reason(),
    "excluded_class": Reason(evidence=True),
    "other_subject": Reason(),
    "no_subject": Reason(),
    "other_year_group": Reason(),
    "other_academic_year": Reason(evidence=True, is_presence=True),
    "intervention_group": Reason(),
    "asks_first": Reason(),
    "no_students": Reason(),
    "no_kept_student": Reason(),
    "no_parental_responsibility": Reason(evidence=True),
    "parental_responsibility_unknown": Reason(),
    "status_unknown": Reason(),
    "court_order_unknown": Reason(),
    "court_order": Reason(evidence=True),
    "blocked": Reason(evidence=True),
    "left_out_here": Reason(evidence=True),
    "awaits_rollover": Reason(),
    "permission_not_granted": Reason(),
    "not_offered": Reason(),
    "hidden_at_source": Reason(),
    PERHAPS_HIDDEN: Reason(),
}

# Why a whole kind was set aside (`Screened.aside`) -> what is then true of each of its rows.
ASIDE = {
    "denied": "permission_not_granted",
    "not_asked": "permission_not_granted",
    "not_offered": "not_offered",
    "emptied": "emptied",
}
