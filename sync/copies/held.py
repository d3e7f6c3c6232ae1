"""Everything we hold about one person, in parts: for a copy, and for whoever may look at all of it.

It follows the same paths as an erasure, so what is told is what would be erased, and something more: what outlives it.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import models
from django.utils import timezone

from parents.models import AddressChoice, Block
from schools.erasing import hanging, model_of
from schools.models import AuditEntry, LastRead, School, User
from schools.sharing import purposes
from sync.copies import past
from sync.copies.told import Fact, Part, Row, Words, ids
from sync.copies.values import Whom, of_row, plain, related
from sync.erasing.rows import KEEP, something_held
from sync.facts.kinds import KINDS, LINKS
from sync.models import Change
from sync.wording.held_data import ours
from sync.wording.sentences import DayOfYear

# Rows about a wish of somebody else: the school decides about each, and why is never said.
NAMED_NOT_EXPLAINED = (Block, AddressChoice)
WORKED_OUT, DECIDED_HERE, MADE_HERE = "worked out by us", "decided here", "made here"
SOURCES = {  # of rows that were not made here
    "students.WeeklyProgress": "the learning product",
    "classes.Choice": "the school",
    "parents.Block": "the school",
    "schools.LeadRight": "the school",
}


@dataclass(frozen=True)
class Held:
    """school, kind, pk: whom it is about. what: "student". name: theirs. parts: undecided. ids: {kind: [pk]} of whoever
    is named or meant."""

    school: School
    kind: str
    pk: int
    what: str
    name: str
    at: datetime
    parts: list[Part]
    ids: dict[str, list[int]]


def everything_about(school, kind, pk, for_parent=False):
    """What we hold about row `pk` of `kind` at `school`, as `Held`; None if there is no such person, or the school does
    not share the kind. for_parent: whether a parent asks for a child: then wishes of others are left out until somebody
    includes them."""
    model = model_of(KINDS[kind].table)
    row = model._base_manager.filter(something_held(kind, model), school=school, pk=pk).first()
    if row is None or kind in school.frozen or school.revoked_at:
        return None
    whom = Whom(school, kind, row)
    parts = [
        *_of_the_mis(whom),
        Part("What we add", (_own(whom),), MADE_HERE, "to keep the person’s record", "with the person’s record"),
        *_account(whom),
        *_links(whom),
        *_hanging(whom, type(row), pk, for_parent),
        *past.parts(whom, for_parent),
    ]
    parts = [part for part in parts if part.rows]
    return Held(school, kind, pk, KINDS[kind].one, str(row), timezone.now(), parts, _ids(whom, parts))


def _ids(whom, parts):
    """Whoever is named or meant; who did something by a sign-in is a member of staff here."""
    found = ids(parts) | {}
    users = found.pop("users", [])
    staff = model_of(KINDS["employees"].table)._base_manager.filter(school=whom.school, user__in=users)
    for kind, pks in (("employees", staff.values_list("pk", flat=True)), (whom.kind, [whom.row.pk])):
        if pks:
            found[kind] = sorted({*found.get(kind, ()), *pks})
    return found


# --- What the MIS says -------------------------------------------------------------------------------------------


def _of_the_mis(whom):
    kind = KINDS[whom.kind]
    read = LastRead.objects.filter(school=whom.school).values_list("read_at", flat=True).first()
    last = whom.row.left_at or read
    since = _since(whom)
    facts = [
        Fact(
            column.label,
            plain(getattr(whom.row, name)),
            first=_day(since.get(name, whom.row.created_at), whom),
            last=_day(last, whom),
            **_of_column(kind, name, whom),
        )
        for name, column in kind.columns.items()
        if not column.derived
    ]
    return [Part(f"What {whom.mis} says of them", (Row(tuple(facts)),), f"{whom.mis}, through Wonde")]


def _since(whom):
    """When a sync first read each value that has changed since: {column: moment}."""
    changes = Change.objects.filter(school=whom.school, kind=whom.kind, row_id=whom.row.pk, verb=Change.Verb.UPDATE)
    return {name: at for values, at in changes.order_by("pk").values_list("values", "at") for name in values or ()}


def _of_column(kind, name, whom):
    """Where one mirrored field comes from, what for and how long: as the purposes that name it say."""
    column, asking = kind.columns[name], purposes.named_by(f"{kind.name}.{name}")
    source = f"{whom.mis}, through Wonde" if name in kind.given else DECIDED_HERE if column.decided else WORKED_OUT
    titles = "; ".join(purpose.title for purpose in asking)
    return {
        "source": source,
        "purpose": ": ".join(filter(None, [titles, column.purpose])),
        "until": "; ".join(dict.fromkeys(purpose.keeps for purpose in asking)),
    }


def _links(whom):
    """What ties them to others: whom, as what they are to them, and what is said of the tie."""
    for link in LINKS.values():
        model = model_of(link.table)
        for column in [name for name, parent in link.parents.items() if parent == whom.kind]:
            others = [name for name in link.parents if name != column]
            if any(link.parents[name] in whom.school.frozen for name in others):
                continue
            rows = model._base_manager.filter(school=whom.school, **{column: whom.row.pk}).select_related(*others)
            told = tuple(Row(_of_link(link, row, others, whom)) for row in rows.order_by("pk"))
            yield Part(link.label.capitalize(), told, f"{whom.mis}, through Wonde")


def _of_link(link, row, others, whom):
    facts = [
        Fact(link.columns[name].label, (whom.meant(link.parents[name], getattr(row, name)),),
             **_of_column(link, name, whom))
        for name in others
    ]  # fmt: skip
    for name, column in link.columns.items():
        value = getattr(row, link.stored_as(name))
        if name in link.parents or value in ("", None):
            continue
        facts.append(Fact(column.label, _told(column, value), **_of_column(link, name, whom)))
    return (*facts, Fact("from", plain(row.joined_at)), Fact("until", plain(row.left_at)))


def _told(column, value):
    """A value of a tie, as it is told."""
    if column.decided:
        return Words(past.why_in_words(value))
    return DayOfYear(value) if column.yearless else plain(value)


def _day(moment, whom):
    return moment.astimezone(whom.school.zone).date().isoformat() if moment else ""


# --- What was made here ------------------------------------------------------------------------------------------


def _own(whom):
    taken = {*KINDS[whom.kind].columns, "user"}
    return Row((Fact("our number of them", whom.row.pk), *of_row(whom.row, whom, taken)))


def _account(whom):
    user = getattr(whom.row, "user", None)
    if user is None:
        return []
    told = Part("Their sign-in", (Row(of_row(user, whom)),), **_of_table(User))
    return [told, *_hanging(whom, User, user.pk, for_parent=False, but={type(whom.row)})]


def _hanging(whom, model, pk, for_parent, but=()):
    """Rows of other tables that belong to them. Of rows that somebody else owns and that only say who made them, how
    many: what is in those is about others."""
    made = []
    for other, field in hanging(model, keep=KEEP):
        if other in but or other is AuditEntry:
            continue
        rows = other._base_manager.filter(**{field.name: pk})
        title = str(other._meta.verbose_name_plural).capitalize()
        if field.name not in {model._meta.model_name, "user"}:
            title = f"{title} ({field.verbose_name})"
        if model is User and field.remote_field.on_delete is models.SET_NULL:
            made.append(Fact(title, rows.count()))
            continue
        rows = rows.select_related(*related(other)).order_by("pk")
        told = tuple(_row(row, field, whom, for_parent) for row in rows)
        yield Part(title, told, **_of_table(other))
    made = tuple(fact for fact in made if fact.value)
    if made:
        yield Part("What they did here, as numbers", (Row(made),), MADE_HERE, "to answer who did what")


def _row(row, field, whom, for_parent):
    if not isinstance(row, NAMED_NOT_EXPLAINED):
        return Row(of_row(row, whom, {field.name}))
    return past.wish(row, whom, for_parent, but={field.name})


def _of_table(model):
    """Where the rows of one of our own tables come from, what for and how long: as the page "What we hold" says."""
    held = ours(model._meta.label)
    source = SOURCES.get(model._meta.label, MADE_HERE)
    return {"source": source} | ({"purpose": held.purpose, "until": held.until} if held else {})
