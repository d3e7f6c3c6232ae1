"""Whether the weekly mail about a student goes to a contact, step by step as `parents.rules.rule` decides it. Pure."""

from dataclasses import dataclass

from parents.rules.rule import WHY

SAID_NO = ("parent", "parent_child", "complaint", "bounce", "not_mine", "staff")
# What has to be so, in the order in which it is asked, and the codes of WHY that say that it is not.
STEPS = {
    "Nobody has blocked them for this student": ("blocked",),
    "The last sync confirmed them": ("perhaps_hidden", "student_missing", "identity", "not_listed", "unreadable"),
    "They have parental responsibility": ("no_responsibility", "responsibility_unknown"),
    "Their address can be written to": ("no_address", "bad_address", "school_address", "shared_address"),
    "They are first to be asked": ("lower_priority",),
    "Nobody has said no to it, and it gets through": SAID_NO,
}
LEAVES = "The school’s weekly mail leaves"


@dataclass(frozen=True)
class Step:
    """label: what has to be so. is_so: None where a step before it says no already. why: what is so instead."""

    label: str
    is_so: bool | None
    why: str = ""

    @property
    def answer(self) -> str:
        """ "yes", "no" or "not asked"."""
        return "not asked" if self.is_so is None else "yes" if self.is_so else "no"


def steps(code: str, school_stands: str) -> list[Step]:
    """The whole chain of a contact with the verdict `code` ("" where it is mailed). school_stands: why no mail of the
    school leaves, as a sentence, or ""."""
    told: list[Step] = []
    for label, codes in STEPS.items():
        if any(step.is_so is False for step in told):
            told.append(Step(label, None))
        elif code in codes:
            told.append(Step(label, False, WHY[code]))
        else:
            told.append(Step(label, True))
    return [*told, Step(LEAVES, not school_stands, school_stands)]
