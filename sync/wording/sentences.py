"""Changes and holds told in words: names as long as we hold the row, in a fixed number of queries."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial

from django.db.models import Case, Count, OuterRef, Subquery, Value, When

from classes.models import Enrolment, SchoolClass, Teaching
from parents.models import Guardianship
from parents.rules.rule import WHY
from schools.erasing import model_of
from schools.templatetags.words import and_list, count_of
from students.models import Details, Student
from sync.facts.kinds import BY_THEMSELVES, KINDS
from sync.models import Change
from sync.wording.kinds import ONE, many
from sync.wording.reasons import IN_WORDS

NO_LONGER_HELD = {
    name: f"a {kind.one} {'who' if kind.link else 'that'} is no longer held or shared"
    for name, kind in BY_THEMSELVES.items()
}
# What passed its limit (`Hold.limit`). A class's own limit is spelled "class:<id>".
LIMITS = {
    "kind": "More would leave at once than this school's limit lets pass unasked.",
    "all": "All of them would leave at once, which is rarely meant.",
    "class": "Too many students of {} would be left in no class at once.",
    "evidence": "The MIS says at once of too many that they are not here, or not any more.",
    "with": "Belongs to others that wait.",
    "identity": "Name and UPN both changed under the same id, for many students at once.",
    "addresses": "The email address changed, for many parents and carers at once.",
}
# What a limit holds, one and many, if it is not a removal.
DETAILS = {
    "identity": "changed identity,changed identities",
    "addresses": "changed address,changed addresses",
}


MODELS = {name: model_of(kind.table) for name, kind in BY_THEMSELVES.items()}


@dataclass(frozen=True)
class Named:
    """What a row is called; class_id: the class whose page shows it."""

    text: str
    class_id: int | None = None


@dataclass(frozen=True)
class ToldChange:
    """One change or hold for a page. kind: what the row is. was: what changed, as (what, before, after)."""

    row: object
    kind: str
    who: Named
    why: str = ""
    was: list = field(default_factory=list)


def day_in_full(moment):
    """ "3 October 2026", from a moment, a date, or either as text."""
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    return f"{moment.day} {moment:%B %Y}"


class DayOfYear(str):
    """A day of any year, as a row has it: "04-21"."""

    __slots__ = ()

    @property
    def in_words(self):
        """ "21 April"."""
        day = date.fromisoformat(f"2000-{self}")  # a year with a 29 February
        return f"{day.day} {day:%B}"


def changes(rows):
    """`Change`s as `ToldChange`, in their order."""
    rows = list(rows)
    known = names([(row.kind, row.row_id) for row in rows] + [key for row in rows for key in _pointed_at(row)])
    return [
        ToldChange(row, _kind(row), _called(row.kind, row.row_id, known), why(row), _what_was(row, known))
        for row in rows
    ]


def holds(rows):
    """`Hold`s as `ToldChange`, in their order."""
    rows = list(rows)
    limited = [key for key in map(_limited_class, rows) if key[1]]
    known = names([(row.kind, row.row_id) for row in rows] + limited)
    return [ToldChange(row, _kind(row), _called(row.kind, row.row_id, known), _why_held(row, known)) for row in rows]


@dataclass(frozen=True)
class Waiting:
    """How many removals wait, and how many new details by what they are, in words."""

    removals: int
    details: list

    @property
    def count(self):
        return self.removals + sum(number for number, _ in self.details)

    def __str__(self):
        """ "3 removals and 44 changed addresses"."""
        removals = [count_of(self.removals, "removal")] if self.removals else []
        return and_list(removals + [count_of(*detail) for detail in self.details])

    @property
    def verb(self):
        """What a person's yes does: "Remove 3 and take over 44 changed addresses"."""
        remove = [f"remove {self.removals:,}"] if self.removals else []
        changes = and_list([count_of(*detail) for detail in self.details])
        done = and_list(remove + ([f"take over {changes}"] if changes else []))
        return done[:1].upper() + done[1:]


def waiting(holds):
    """What a queryset of `Hold`s holds, as `Waiting`; one query."""
    numbers = Counter(dict(holds.order_by().values_list("limit").annotate(number=Count("pk"))))
    details = [(numbers.pop(limit), nouns) for limit, nouns in DETAILS.items() if numbers[limit]]
    return Waiting(numbers.total(), details)


def in_order():
    """How people read changes and holds: students first, links last, each kind by name. For `order_by`, where rows have
    a kind and a row_id."""
    places = [When(kind=kind, then=Value(place)) for place, kind in enumerate(ONE)]
    called = [
        When(kind=kind, then=Subquery(model.objects.filter(pk=OuterRef("row_id")).values("sort_name")))
        for kind, model in MODELS.items()
    ]
    return Case(*places), Case(*called, default=Value(""))


def summary(run):
    """How many rows a run changed, for support, without a query: ["students: 2 new, 1 removed", …]; [] if none."""
    told = []
    for name, kind in KINDS.items():
        verbs = run.counts.get(name, {})
        parts = [f"{verbs[verb.value]:,} {verb.label}" for verb in Change.Verb if verbs.get(verb.value)]
        if parts:
            told.append(f"{kind.label}: {', '.join(parts)}")
    return told


def names(keys):
    """What rows are called: {(kind, id): Named}, one query for each kind; rows that are gone or erased are left out."""
    wanted = {}
    for kind, pk in keys:
        wanted.setdefault(kind, set()).add(pk)
    readers = {kind: READERS[kind] for kind in wanted if kind in READERS}
    return {(kind, pk): named for kind, reader in readers.items() for pk, named in reader(wanted[kind]) if named.text}


def _kind(row):
    return ONE.get(row.kind) or many(row.kind)


def _called(kind, pk, known):
    return known.get((kind, pk)) or Named(NO_LONGER_HELD.get(kind, "a row that is no longer held or shared"))


def _pointed_at(change):
    """Keys of the rows that a change's values point at: the classes of a move."""
    parents = KINDS[change.kind].parents if change.kind in KINDS else {}
    return [
        (parents[column], pk)
        for column, values in (change.values or {}).items()
        if column in parents
        for pk in values
        if isinstance(pk, int)
    ]


def _what_was(change, known):
    """(label, before, after) of every column that may be shown; ids and sort keys are not anybody's news."""
    columns = KINDS[change.kind].columns if change.kind in KINDS else {}
    named = {
        name: [_called(columns[name].parent, pk, known).text for pk in pair]
        if name in columns and columns[name].parent
        else pair
        for name, pair in (change.values or {}).items()
    }
    return in_words(change.kind, named)


def in_words(kind, values):
    """Values before and after as [(what, before, after)]: only what may be shown, codes as sentences, and the reason
    beside a class that comes in or goes out."""
    columns = KINDS[kind].columns if kind in KINDS else {}
    told = {name: list(pair) for name, pair in values.items() if name in columns and columns[name].shown}
    if kind == "classes" and "reason" in told:
        told["reason"] = [IN_WORDS[code].sentence if code in IN_WORDS else code for code in told["reason"]]
        if "status" in told:
            reasons = told.pop("reason")
            told["status"] = [
                f"{state}: {why}" if why else state for state, why in zip(told["status"], reasons, strict=True)
            ]
    if "doubt" in told:
        told["doubt"] = [WHY[code] if code else "" for code in told["doubt"]]
    return [(columns[name].label, before, after) for name, (before, after) in told.items()]


def _limited_class(hold):
    """The key of the class whose own limit a hold passed; a class without a key for every other limit."""
    limit, _, pk = hold.limit.partition(":")
    return ("classes", int(pk)) if limit == "class" and pk.isdecimal() else ("classes", 0)


def _why_held(hold, known):
    if hold.kept_at:
        return f"Kept by {hold.kept_by or 'somebody'}: {hold.kept_because}"
    limit = LIMITS.get(hold.limit.partition(":")[0], "").format(_called(*_limited_class(hold), known).text)
    if hold.limit in DETAILS:
        return limit
    how = IN_WORDS[hold.reason].sentence if hold.reason in IN_WORDS else "is missing in the MIS"
    return f"{how[:1].upper()}{how[1:]}. {limit}"


def why(change):
    """Why a change was made, in words; "" where it needs none."""
    if change.reason in IN_WORDS:
        return IN_WORDS[change.reason].sentence
    return change.get_cause_display() if change.cause else ""


def _named(model, pks):
    return ((row.pk, Named(str(row))) for row in model.objects.shown().filter(pk__in=pks))


def _students(pks):
    return ((row.pk, Named(row.list_name)) for row in Student.objects.shown().filter(pk__in=pks))


def _classes(pks):
    return ((row.pk, Named(row.name, row.pk)) for row in SchoolClass.objects.shown().filter(pk__in=pks))


def _enrolments(pks):
    for stay in Enrolment.objects.shown().filter(pk__in=pks).select_related("student", "school_class"):
        who = stay.student.list_name or NO_LONGER_HELD["students"]
        yield stay.pk, Named(f"{who} in {stay.school_class.name}", stay.school_class_id)


def _teachings(pks):
    shown = Teaching.objects.shown().exclude(school__frozen__has_key="classes")
    for teaching in shown.filter(pk__in=pks).select_related("employee", "school_class"):
        who = str(teaching.employee) or NO_LONGER_HELD["employees"]
        yield teaching.pk, Named(f"{who}, teacher of {teaching.school_class.name}", teaching.school_class_id)


def _details(pks):
    for row in Details.objects.shown().filter(pk__in=pks).select_related("student"):
        yield row.pk, Named(f"details of {row.student.list_name or NO_LONGER_HELD['students']}")


def _guardianships(pks):
    for link in Guardianship.objects.shown().filter(pk__in=pks).select_related("contact", "student"):
        who, child = str(link.contact), link.student.list_name
        if who and child:
            yield link.pk, Named(f"{who}, for {child}")


READERS = {name: partial(_named, model) for name, model in MODELS.items()} | {
    "details": _details,
    "guardianships": _guardianships,
    "classes": _classes,
    "students": _students,
    "enrolments": _enrolments,
    "teachings": _teachings,
}
