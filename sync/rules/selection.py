"""Which classes are in: decided by rule when first seen; after that only a person, or the end of the class, changes
it."""

from collections import Counter
from collections.abc import Mapping

from msgspec import Struct

from schools.text.names import fold, sort_name, year_group
from schools.text.tidy import tidied
from sync.facts.kinds import ClassRow
from sync.facts.rows import fitted
from sync.facts.shapes import RemoteClass, Subject, one
from sync.rules.policy import Policy, stated_year

# Reasons that rest on a plain fact in the MIS. The fact is checked again every night; "in", a person's word and
# "intervention group" stay as decided, or classes would come and go as their members do.
FACTS = {
    "no_students", "no_subject", "other_subject", "other_year_group", "other_academic_year", "asks_first",
    "awaits_rollover",
}  # fmt: skip


class Candidate(Struct):
    """A class as Wonde has it, with what we know about it. students: Wonde ids of its current members, None if they
    were not read. before: our row, if we have one. decision: "in" or "out" if a person decided, else "".
    """

    remote: RemoteClass
    form: str
    before: ClassRow | None
    students: frozenset[str] | None
    decision: str = ""


def own_subject(remote: RemoteClass, subjects: frozenset[str]) -> bool:
    """Whether the class is in one of `subjects`, the folded codes and names of those the school uses the product
    for."""
    subject = one(remote.subject)
    if not isinstance(subject, Subject):
        return False
    return fold(subject.code or "") in subjects or fold(subject.name or "") in subjects


def select(candidates: Mapping[str, Candidate], policy: Policy, years: Mapping[str, str]) -> dict[str, ClassRow]:
    """Decide every class. candidates: by Wonde id. years: student's Wonde id -> year group.

    Candidates are taken by size, then name, then id. One with more than half of its members in classes already taken is
    an intervention group. Lessons a week are not read (docs/decisions/0018-lessons-only-in-the-check.md).
    """
    rows = {wonde_id: _row(candidate, years) for wonde_id, candidate in candidates.items()}
    decided = {wonde_id: _settled(candidates[wonde_id], row, policy) for wonde_id, row in rows.items()}
    taken: set[str] = set()
    for wonde_id, verdict in decided.items():
        if verdict == "in":
            taken |= candidates[wonde_id].students or frozenset()
    for wonde_id in in_order(rows, candidates):
        if decided[wonde_id]:
            continue
        students = candidates[wonde_id].students or frozenset()
        if 2 * len(students & taken) > len(students):
            decided[wonde_id] = "intervention_group"
        else:
            decided[wonde_id] = "asks_first" if policy.asks_first else "in"
            taken |= students
    return {wonde_id: _with(row, decided[wonde_id]) for wonde_id, row in rows.items()}


def in_order(rows: Mapping[str, ClassRow], candidates: Mapping[str, Candidate]) -> list[str]:
    """Wonde ids of classes in the order in which a student's class is chosen: largest first, then by name, then by
    id."""
    return sorted(rows, key=lambda key: (-len(candidates[key].students or ()), rows[key].sort_name, key))


def _row(candidate: Candidate, years: Mapping[str, str]) -> ClassRow:
    remote = candidate.remote
    subject = one(remote.subject)
    name = tidied(remote.name or "")
    row = ClassRow(
        wonde_id=remote.id,
        form=candidate.form,
        name=name,
        sort_name=sort_name(name),
        subject=(subject.name or subject.code or "") if isinstance(subject, Subject) else "",
        year_group=year_group(remote.year_group) or _usual_year(candidate, years),
        academic_year=remote.academic_year or "",
    )
    return fitted(row)


def _usual_year(candidate: Candidate, years: Mapping[str, str]) -> str:
    """The year group of most members; if none was read, what we had."""
    known = Counter(years[student] for student in candidate.students or () if years.get(student))
    if known:
        return min(known, key=lambda year: (-known[year], year))
    return candidate.before.year_group if candidate.before else ""


def _settled(candidate: Candidate, row: ClassRow, policy: Policy) -> str:
    """ "in", the reason why it is out, or "" if the order of candidates decides."""
    before = None if policy.rollover else candidate.before
    stated = stated_year(row.academic_year)
    if candidate.decision == "out":
        return "excluded_class"
    is_over = stated is not None and stated < policy.academic_year
    if candidate.decision == "in" or (before and before.status == "in"):
        return "other_academic_year" if is_over else "in"
    if before and before.reason not in FACTS:
        return before.reason
    if is_over:  # first of the facts: a class that ended keeps this reason, whatever its subject
        return "other_academic_year"
    if candidate.form == "class":
        if not row.subject:
            return "no_subject"
        if not own_subject(candidate.remote, policy.subjects):
            return "other_subject"
    if stated is not None and stated != policy.academic_year:
        return "other_academic_year"
    if not candidate.students:
        return "no_students"
    if policy.years and fold(row.year_group) not in policy.years:
        return "other_year_group"
    return "awaits_rollover" if policy.awaiting else ""


def _with(row: ClassRow, verdict: str) -> ClassRow:
    status, reason = ("in", "") if verdict == "in" else ("out", verdict)
    return ClassRow(
        row.wonde_id, row.form, row.name, row.sort_name, row.subject, row.year_group, row.academic_year, status, reason
    )
