"""What a live school's answers look like: key paths and JSON types, and never a value. Nothing is kept.

A key is shown only where each of its words is one that names of fields are made of; any other may be data (a name, an
id) and is masked. Of the permissions alone their identities are shown, by the same rule: they are names of Wonde's.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from sync.facts.errors import InvalidInclude, NotFound, ScopeDenied, WondeRefused
from sync.facts.kinds import KINDS, READ
from sync.wonde.client import Wonde

MASKED = "‹masked›"
DEEPEST = 12  # levels of an answer that are looked at
LENGTHS = (0, 4, 16, 64, 256)  # upper bounds of the classes of text, in characters
_OF_SCHEMAS = """
    absence academic access account achievement acl active additional address addresses admission advice affected
    agreement alert all allergies allergy allows alternative and any apartment application approved archived as at
    attendance attribute audit audited authority band behaviour bill bills birth birthday boarding boys campus care
    category child children class classes code codes comment comments condition contact contacts count country county
    court created current cursor custody custom data date day days declined deleted department description destination
    details dietary disabled display district division doctor domain due eal earliest editable education eligible email
    emails employee employees employment end english enrolment establishment ethnicity event events ever exclusion
    extended extra fax first flag forename form former free from fsm full gender general gifted girls given global group
    groups guardian has height hidden hierarchy home house id identifier identifiers identity in include includes
    indicator initials insurance is job kin known la label language last latest lea learner leaver leaving legal lesson
    lessons line link links list live lives local location main marital meals medical member members meta middle
    migration mis mobile mode modified more name names national nationality nature nc need needs nested new next notes
    number of offered offline online only optional order organisation other page pagination paramedical parent parental
    part payer payload per period periods permanent permission permissions person phase phone phones photo pin place
    plan position post postal postcode premium present previous primary priority protection provider pupil qualified
    rate read reason recorded region registration relationship religion required residence resident responsibility
    responsible restored restriction review role roles room rooms salutation school schools second secondary sen service
    services session setting sharing short site source staff start starting state status street student students subject
    subjects suffix support surname talented teacher teachers teaching team telephone term text time timetable
    timetables timezone title to total town traveller type types unique updated upi upn uprn url urn uuid value values
    version visible week weight with wonde work write writeback year years youth zone
"""
WORDS = frozenset(_OF_SCHEMAS.split())  # what names of fields are made of
INCLUDES = {
    "students": ("education_details", "year", "contacts", "contacts.contact_details", "extended_details"),
    "employees": ("employment_details", "contact_details"),
    "classes": ("subject", "students", "employees"),
    "contacts": ("contact_details", "students"),
    "groups": ("students", "employees"),
    "events": (),
    "deletions": (),
}
_ID = re.compile(r"[A-Z]\d{6,}|[0-9a-fA-F]{16,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Seen(Struct):
    """One answer. shapes: key path -> type -> how often. problem: why there is none, in a sentence, or "". refused: the
    includes that were left out. identities: of the permissions, as far as they may be shown."""

    path: str
    shapes: dict[str, dict[str, int]] = field(default_factory=dict)
    problem: str = ""
    refused: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()


class Mark(Struct, frozen=True):
    """Something we do not know of the real Wonde. where: the place that says so. settled: what was seen of it, given
    the answers by their last step, or "" for nothing."""

    what: str
    where: str
    settled: Callable[[Mapping[str, Seen]], str]


def probe(wonde_id: str, domain: str) -> Iterator[Seen]:
    """One page of each kind of a school. Raises SyncError where Wonde does not know our token or the school, or is
    away."""
    with Wonde(domain) as wonde:
        yield _seen(f"meta/schools/{wonde_id}", _ask(wonde, f"meta/schools/{wonde_id}"))
        yield _permissions(wonde, f"meta/schools/{wonde_id}/permissions")
        yield _seen(f"schools/{wonde_id}", _ask(wonde, f"schools/{wonde_id}"))
        yield _with_includes(wonde, f"schools/{wonde_id}/counts", READ)
        for kind, includes in INCLUDES.items():
            yield _with_includes(wonde, f"schools/{wonde_id}/{kind}", includes)


def _ask(wonde: Wonde, path: str, includes: Sequence[str] = ()) -> Any:
    """The answer, decoded; None where it is no object in JSON. Raises SyncError."""
    body = wonde.body(path, **({"include": ",".join(includes)} if includes else {}))
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _seen(path: str, answer: Any) -> Seen:
    return Seen(path, problem="no object in JSON: tell Wonde") if answer is None else Seen(path, shapes_of(answer))


def _permissions(wonde: Wonde, path: str) -> Seen:
    try:
        answer = _ask(wonde, path)
    except (NotFound, ScopeDenied) as error:
        return Seen(path, problem=_why_not(error))
    seen, listed = _seen(path, answer), answer and answer.get("data")
    rows = [row.get("identity") for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []
    seen.identities = tuple(sorted({shown(name) for name in rows if isinstance(name, str)}))
    return seen


def _with_includes(wonde: Wonde, path: str, includes: Sequence[str]) -> Seen:
    """With all includes; where Wonde refuses them together, with those that it takes one by one."""
    try:
        try:
            return _seen(path, _ask(wonde, path, includes))
        except InvalidInclude:
            taken = [include for include in includes if _takes(wonde, path, include)]
        seen = _seen(path, _ask(wonde, path, taken))
    except (NotFound, ScopeDenied) as error:
        return Seen(path, problem=_why_not(error))
    seen.refused = tuple(include for include in includes if include not in taken)
    return seen


def _takes(wonde: Wonde, path: str, include: str) -> bool:
    try:
        _ask(wonde, path, [include])
    except InvalidInclude:
        return False
    return True


def _why_not(error: WondeRefused) -> str:
    return "not there (404)" if isinstance(error, NotFound) else "the permission is not granted (403)"


# --- what may be shown ---------------------------------------------------------------------------------------------


def shapes_of(value: Any) -> dict[str, dict[str, int]]:
    """Key path -> type -> how often, of everything in an answer."""
    found: dict[str, dict[str, int]] = {}
    _walk(value, "", found, DEEPEST)
    return {path: dict(sorted(types.items())) for path, types in sorted(found.items())}


def _walk(value: Any, path: str, found: dict[str, dict[str, int]], deep: int) -> None:
    if path:
        kind = type_of(value)
        types = found.setdefault(path, {})
        types[kind] = types.get(kind, 0) + 1
    if deep and isinstance(value, dict):
        for key, inner in value.items():
            _walk(inner, f"{path}.{shown(key)}" if path else shown(key), found, deep - 1)
    elif deep and isinstance(value, list):
        for inner in value:
            _walk(inner, f"{path}[]", found, deep - 1)


def type_of(value: Any) -> str:
    """A JSON value's type; of a text how long it is, or that it looks like an id."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, list):
        return "list" if value else "empty list"
    return "object" if value else "empty object"


def _text(value: str) -> str:
    if _ID.fullmatch(value):
        return "id-like"
    longest = next((most for most in LENGTHS if len(value) <= most), None)
    if longest == 0:
        return "empty text"
    return f"text to {longest}" if longest else f"text over {LENGTHS[-1]}"


def shown(name: str) -> str:
    """A key, or a permission's identity, if every word of it is one that names of fields are made of; else MASKED."""
    return name if all(word in WORDS for word in re.split("[._-]", name)) else MASKED


# --- what it settles -----------------------------------------------------------------------------------------------


def _keys(kind: str, within: str) -> Callable[[Mapping[str, Seen]], str]:
    """The keys right below a path of an answer."""

    def settled(answers: Mapping[str, Seen]) -> str:
        seen = answers[kind].shapes
        keys = {path[len(within) + 1 :] for path in seen if path.startswith(f"{within}.")}
        return ", ".join(sorted(key for key in keys if "." not in key and "[" not in key))

    return settled


def _types(kind: str, path: str) -> Callable[[Mapping[str, Seen]], str]:
    return lambda answers: ", ".join(answers[kind].shapes.get(path, ()))


def _scopes(answers: Mapping[str, Seen]) -> str:
    seen = answers["permissions"].identities
    ours = {each.scope for kind in KINDS.values() for each in (kind.source, kind.nested) if each}
    if not seen:
        return ""
    missing = ", ".join(sorted(ours - {*seen})) or "none"
    return f"of ours not there: {missing}; there: {', '.join(seen)}"


MARKS = (
    Mark("a court order’s key", "facts/shapes.py, choices.COURT_ORDER_KEY",
         _keys("students", "data[].contacts.data[].relationship")),
    Mark("how permissions are spelled", "facts/kinds.py, choices.SCOPES", _scopes),
    Mark("phones of a contact", "sandbox/wire/shapes.py", _keys("contacts", "data[].contact_details.data.phones")),
    Mark("fields of an event", "choices.py, events", _keys("events", "data[]")),
    Mark("an include of one that is not there", "choices.ABSENT_TO_ONE", _types("students", "data[].year")),
    Mark("an include without its permission", "choices.INCLUDE_WITHOUT_SCOPE",
         _types("students", "data[].extended_details")),
    Mark("“current” of staff", "facts/shapes.py", _types("employees", "data[].employment_details.data.current")),
    Mark("the link to the MIS", "facts/shapes.py, Status", _keys("school", "data")),
    Mark("fields of a deletion", "choices.DELETION_TYPES", _keys("deletions", "data[]")),
)  # fmt: skip


def by_kind(answers: list[Seen]) -> dict[str, Seen]:
    """Answers by the last step of their path; that about the school itself as "school"."""
    last = {seen.path.rpartition("/")[2]: seen for seen in answers}
    return {"school": answers[0], **{name: seen for name, seen in last.items() if seen is not answers[0]}}
