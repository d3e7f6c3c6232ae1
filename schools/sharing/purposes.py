"""What this product does with what a school shares: every field with its purpose, its permission in Wonde and its end.

Pure, and the only place where it is said. A sync asks for a field and keeps it only if a purpose that names it is on at
the school (its own key) and Wonde gives it (the school's key there). What the school has agreed to, what is asked anew
by a later version and the page "Sharing" are read from here.

How Wonde spells the permission of a field is [inferred] throughout, but for `contacts.read` [documented sample].
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

ROSTER, STAFF_SIGN_IN, WEEKLY_MAIL = "roster", "staff_sign_in", "weekly_mail"
GENDER, BIRTHDAY, EAL, PUPIL_PREMIUM, SEN = "gender", "birthday", "eal", "pupil_premium", "sen"
Agreed = Mapping[str, Collection[str]]  # purpose -> the fields of it that a school has agreed to


@dataclass(frozen=True)
class Asked:
    """One field that a purpose asks for.

    name: kind and column, as `sync.facts.kinds` declares them. wonde: the permission that gives it. since: the version
    of this declaration that first asked for it.
    """

    name: str
    wonde: str
    since: int = 1

    @property
    def kind(self) -> str:
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Purpose:
    """What some fields are for.

    why: to whom it is of use, said to a school. needs: permissions in Wonde without which it cannot be. always: whether
    the product does not work without it, so that it cannot be switched off alone. on_at_first: whether it is on where
    nobody has said anything. special_category: whether the law asks for a confirmation of its own. keeps: how long its
    fields are kept. lost: what stops for whom when it is switched off. beside: what Wonde sends along with it, said to
    a school.
    """

    key: str
    title: str
    why: str
    keeps: str
    lost: str
    asked: tuple[Asked, ...]
    needs: tuple[str, ...] = ()
    always: bool = False
    on_at_first: bool = False
    special_category: bool = False
    clause: str = ""
    beside: str = ""
    fields: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", frozenset(each.name for each in self.asked))

    @property
    def is_offered(self) -> bool:
        """Whether a school has it only where somebody there switched it on: nobody is ever asked about it."""
        return not (self.always or self.on_at_first)

    def cannot_do_without(self, asked: Asked) -> bool:
        """Whether it stops where one of its fields is not agreed to: class lists never do."""
        return not self.always and asked.wonde in self.needs


def _asked(wonde: str, kind: str, *columns: str, since: int = 1) -> tuple[Asked, ...]:
    return tuple(Asked(f"{kind}.{column}", wonde, since) for column in columns)


def _detail(key: str, title: str, why: str, lost: str, clause: str, wonde: str, **more: Any) -> Purpose:
    """A purpose with one field of a student's details, offered and never asked for. Nobody reads it on a page."""
    keeps = "until the student leaves, and as long as leavers are kept"
    asked = _asked(wonde, "details", key, since=2)
    return Purpose(key, title, why, keeps, lost, asked, needs=(wonde,), clause=clause, **more)


_EXTENDED = "students.extended_details.read"  # whether Wonde has one for each field of that block is [unknown]
_BESIDE = (
    "Wonde sends it in one block with much else, such as religion or ethnicity, as far as your school grants that. We "
    "take what you switch on here, and read nothing else of it."
)

_ALL = (
    Purpose(
        key=ROSTER,
        title="Class lists",
        why="Teachers see their classes, and students get an account that stays theirs.",
        keeps="until they leave, and as long as leavers are kept",
        lost="Nothing works without class lists: to end this, stop sharing.",
        clause="1",
        always=True,
        on_at_first=True,
        asked=(
            *_asked("students.read", "students", "wonde_id", "upi", "forename", "surname"),
            *_asked("students.education_details.read", "students", "year_group"),
            *_asked("students.upn.read", "students", "upn"),
            *_asked("classes.read", "classes", "wonde_id", "form", "name", "subject", "year_group", "academic_year"),
            *_asked("classes.read", "enrolments", "student", "school_class"),
            *_asked("classes.read", "teachings", "school_class", "employee", "main"),
            *_asked("employees.read", "employees", "wonde_id", "upi", "title", "forename", "surname"),
        ),
        needs=("students.read", "classes.read"),
    ),
    Purpose(
        key=STAFF_SIGN_IN,
        title="Sign-in for staff",
        why="Teachers and leads are invited to their school address, and sign in with it.",
        keeps="until they leave, and as long as leavers are kept",
        lost="Nobody new can be invited from the MIS. Whoever has a login keeps it.",
        clause="2",
        on_at_first=True,
        asked=_asked("employees.contact_details.read", "employees", "email"),
        needs=("employees.contact_details.read",),
    ),
    Purpose(
        key=WEEKLY_MAIL,
        title="Weekly mail to parents and carers",
        why="Parents and carers with parental responsibility hear once a week what their child did.",
        keeps="until the student leaves, and as long as leavers are kept",
        lost="No parent or carer hears from us, and what we hold of them is erased.",
        clause="3",
        on_at_first=True,
        asked=(
            *_asked("contacts.read", "contacts", "wonde_id", "upi", "title", "forename", "surname"),
            *_asked("contacts.contact_details.read", "contacts", "email"),
            *_asked("contacts.read", "guardianships", "contact", "student", "relationship"),
            *_asked("contacts.priority.read", "guardianships", "priority"),
            *_asked("contacts.parental_responsibility.read", "guardianships", "responsibility"),
        ),
        needs=(
            "contacts.read",
            "contacts.contact_details.read",
            "contacts.court_order.read",
            "contacts.parental_responsibility.read",
            "contacts.priority.read",
        ),
    ),
    _detail(
        GENDER,
        "Gender",
        "The learning product gets what the MIS says, for games between teams and for its reports.",
        "The learning product no longer gets it.",
        "4",
        "students.gender.read",
    ),
    _detail(
        BIRTHDAY,
        "Birthdays",
        "The learning product can wish a happy birthday: it gets the day and the month. We drop the year.",
        "Nobody is wished a happy birthday.",
        "4",
        "students.date_of_birth.read",
    ),
    _detail(
        EAL,
        "English as an additional language",
        "The learning product gets a yes or a no, for reports on the progress of groups.",
        "The learning product no longer gets it, and its reports lack that group.",
        "4",
        _EXTENDED,
        beside=_BESIDE,
    ),
    _detail(
        PUPIL_PREMIUM,
        "Pupil Premium",
        "The learning product gets a yes or a no, for reports on the progress of groups.",
        "The learning product no longer gets it, and its reports lack that group.",
        "4",
        _EXTENDED,
        beside=_BESIDE,
    ),
    _detail(
        SEN,
        "Special educational needs",
        "The learning product gets one of none, support or plan, for reports on the progress of groups.",
        "The learning product no longer gets it, and its reports lack that group.",
        "5",
        _EXTENDED,
        special_category=True,
        beside=_BESIDE,
    ),
)

PURPOSES = {purpose.key: purpose for purpose in _ALL}
VERSION = max(asked.since for purpose in _ALL for asked in purpose.asked)

# Never asked for, whatever a purpose may say -> in a school's words. A test refuses a purpose, a shape and a request to
# Wonde that names one of them.
NEVER_ASKED = {
    "former_upn": "earlier UPNs",
    "identifiers": "other identifiers",  # where the single unique identifier would come, from 2026 on
    "nhs_number": "NHS numbers",
    "uln": "unique learner numbers",
    "national_insurance_number": "National Insurance numbers",
    "bank_accounts": "bank details",
    "photo": "photographs",
    "medical_conditions": "medical conditions",
    "medical_events": "medical events",
    "medical_notes": "medical notes",
    "doctors": "doctors",
    "child_protection_plan": "child protection plans",
    "in_care": "whether a child is in care",
    "religion": "religion",
    "ethnicity": "ethnicity",
    "exclusions": "exclusions",
    "behaviours": "behaviour",
    "attendance": "attendance",
}


def permissions(keys: Collection[str] = PURPOSES.keys()) -> frozenset[str]:
    """Every permission in Wonde that gives a field of one of these purposes, or without which one cannot be."""
    return frozenset(
        name for key in keys for name in (*PURPOSES[key].needs, *(each.wonde for each in PURPOSES[key].asked))
    )


def at_first() -> frozenset[str]:
    """The purposes that are on where a school has said nothing."""
    return frozenset(key for key, purpose in PURPOSES.items() if purpose.on_at_first)


def agreed_by_version(version: int) -> dict[str, list[str]]:
    """What a school agrees to that agrees to all that `version` asks: {purpose: names of fields}."""
    return {key: [asked.name for asked in purpose.asked if asked.since <= version] for key, purpose in PURPOSES.items()}


def asked_for(on: Iterable[str], agreed: Agreed) -> frozenset[str]:
    """The fields a sync may ask for and keep: those that purposes that are `on` name, and that are agreed to."""
    return frozenset(
        name for key in on if key in PURPOSES for name in PURPOSES[key].fields.intersection(agreed.get(key, ()))
    )


def more_asked(on: Iterable[str], agreed: Agreed) -> dict[str, list[Asked]]:
    """What purposes that are `on` ask beyond what is agreed to, in our order: {purpose: fields}; a purpose without any
    is missing."""
    said = frozenset(on)
    found = {
        key: [asked for asked in purpose.asked if asked.name not in agreed.get(key, ())]
        for key, purpose in PURPOSES.items()
        if key in said
    }
    return {key: asked for key, asked in found.items() if asked}


def named_by(name: str) -> list[Purpose]:
    """The purposes that name a field: "students.upn"."""
    return [purpose for purpose in PURPOSES.values() if name in purpose.fields]
