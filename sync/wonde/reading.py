"""One complete read of one school: what we ask Wonde, in what order, and when a read counts as complete."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import chain

import msgspec
from msgspec import Struct, structs

from sync.facts.asked import brings_only_details, includes, is_asked, rows_asked, without
from sync.facts.contacts import contacts_of
from sync.facts.details import details_row
from sync.facts.errors import IncompleteRead, InvalidInclude, NotFound, ScopeDenied, WondeRefused
from sync.facts.kinds import CLASSES, CONTACTS, DETAILS, EMPLOYEES, KINDS, NESTED, READ, STUDENTS, Source
from sync.facts.permissions import by_identity, granted_rights, refused_fields
from sync.facts.rows import current_of, days_of, employee_row, student_row
from sync.facts.shapes import Moment, Permission, RemoteClass, RemoteEmployee, RemoteStudent, one
from sync.facts.snapshot import CONTRADICTED, NOT_ASKED, NOT_OFFERED, REFUSED, WITHDRAWN, Rows, Snapshot
from sync.rules.selection import own_subject
from sync.wonde.access import read_standing
from sync.wonde.client import READS, Wonde

MEMBERS = "students,employees"
GROUPS = Source("groups", "groups.read", essential=("students", "employees"), params=(("type", "REGISTRATION"),))


class School(Struct, frozen=True):
    """Which school is asked for, and what Wonde says of it beforehand. path: below /v1.0/. asked: the fields that may
    be asked for. approved: scope -> whether it is shown as approved; what is missing is not known. counts: kind -> how
    many rows there are, where Wonde says."""

    wonde: Wonde
    path: str
    asked: frozenset[str]
    approved: dict[str, bool | None]
    counts: dict[str, int]

    def refused(self, scope):
        """What a 403 means: one answer alone is a refusal, not a withdrawn permission."""
        return CONTRADICTED if self.approved.get(scope) else REFUSED


class Found(Struct, frozen=True):
    """Every row of a kind. denied: kinds that were not read so far, and why. notes: what was left out, in words."""

    rows: Rows
    denied: dict[str, str]
    notes: list[str]


class Classes(Struct, frozen=True):
    """The classes, or registration groups, of a school. members: class -> the same row with its members."""

    found: Found
    form: str = "class"
    members: dict[str, RemoteClass] = {}


def read_school(wonde, wonde_id, subjects, asked, outside=(), may_use_groups=True, step=lambda name: None):
    """Everything Wonde says about the school `wonde_id`: a `Snapshot`, or an exception.

    subjects: folded codes and names of those the school uses the product for; members are asked for of their classes.
    asked: the fields that may be asked for (`schools.sharing.keys`). outside: Wonde ids of imported classes of other
    subjects, whose members are asked for one by one. may_use_groups: a school that lists no classes gets its
    registration groups as classes, unless we know classes of it. step: called with what is read next. Raises SyncError
    if the read is not complete.
    """
    step("school")
    told, status = read_standing(wonde, wonde_id)
    permissions, notes = _permissions(wonde, f"schools/{wonde_id}")
    approved = {identity: each.granted for identity, each in by_identity(permissions).items()}
    denied = {name: WITHDRAWN for name in (*READ, *NESTED) if approved.get(KINDS[name].scope) is False}
    denied |= dict.fromkeys(without(asked), NOT_ASKED)
    kinds = [name for name in (*READ, *NESTED) if name not in denied]
    school = School(wonde, f"schools/{wonde_id}", asked, approved, _counts(wonde, f"schools/{wonde_id}", kinds))
    classes = _classes(school, subjects, frozenset(outside), may_use_groups, denied, step)
    step("staff")
    employees = _read(school, "employees", EMPLOYEES.source, RemoteEmployee, classes.found.denied)
    step("students")
    students = _read(school, "students", STUDENTS.source, RemoteStudent, employees.denied)
    contacts = structs.replace(
        contacts_of(students.rows if is_asked(CONTACTS, asked) else Rows()), counted=school.counts.get("contacts")
    )
    denied = students.denied
    people = {
        "employees": rows_asked(EMPLOYEES, employees.rows.each(employee_row), asked),
        "students": rows_asked(STUDENTS, students.rows.each(student_row), asked),
        "contacts": rows_asked(CONTACTS, contacts.rows, asked),
        "details": _details(students.rows, asked),
    }
    if students.rows.rows and not contacts.links:  # null for everybody: so Wonde shows what is not granted
        denied = {"contacts": school.refused(CONTACTS.nested.scope)} | denied
    return Snapshot(
        school=told,
        employees=people["employees"],
        classes=classes.found.rows,
        students=people["students"],
        members=classes.members,
        form=classes.form,
        denied=denied,
        notes=[*notes, *classes.found.notes, *employees.notes, *students.notes],
        newest=_newest(employees.rows, classes.found.rows, students.rows),
        offline=status.online is False,
        contacts=structs.replace(contacts, rows=people["contacts"]),
        details=people["details"].rows,
        days=days_of(students.rows),
        current=current_of(employees.rows),
        permissions=permissions,
        rights=granted_rights(permissions, contacts),
        refused=refused_fields(permissions, people, contacts),
    )


def _details(students, asked):
    return rows_asked(DETAILS, students.each(details_row), asked) if is_asked(DETAILS, asked) else Rows()


def _permissions(wonde, path):
    """(Wonde's list of this school's permissions, notes); None where it does not show it or it cannot be read."""
    try:
        listed = wonde.one(f"meta/{path}/permissions", list[msgspec.Raw])
    except (NotFound, ScopeDenied):
        return None, []
    except IncompleteRead:
        return None, ["Wonde's list of this school's permissions could not be read."]
    permissions = []
    for raw in listed:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            permissions.append(msgspec.json.decode(raw, type=Permission))
    return permissions, []


def _counts(wonde, path, kinds):
    """How many rows of each kind Wonde says there are; nothing for kinds it does not count. Where it refuses to count
    those that come inside others, the others are counted all the same."""
    try:
        counted = wonde.one(f"{path}/counts", dict | None, include=",".join(kinds)) or {}
    except InvalidInclude:
        alone = [kind for kind in kinds if kind in READ]
        return _counts(wonde, path, alone) if alone != kinds else {}
    except (NotFound, ScopeDenied):
        return {}
    return {kind: entry["data"]["count"] for kind, entry in counted.items() if _is_count(entry)}


def _classes(school, subjects, outside, may_use_groups, denied, step):
    """The classes with the members of those that matter; of a school without any, its registration groups."""
    step("classes")
    found = _read(school, "classes", CLASSES.source, RemoteClass, denied)
    if found.rows.read:
        step("members of classes")
        return Classes(found, members=_members(school, found.rows.rows, subjects, outside))
    if not may_use_groups or "classes" in found.denied:
        return Classes(found)
    step("registration groups")
    groups = _read(school, "classes", GROUPS, RemoteClass, found.denied, counted=False)
    notes = [*found.notes, *groups.notes]
    if "classes" in groups.denied:
        notes.append("Wonde lists no classes and does not let us read registration groups.")
    groups = structs.replace(groups, notes=notes)
    if not groups.rows.read:
        return Classes(structs.replace(groups, rows=found.rows))
    return Classes(groups, "registration", groups.rows.rows)


def _read(school, name, source, shape, denied, counted=True):
    """Every row of the kind `name`; none, with the reason in `denied`, where it is not granted or not offered.

    Kinds that come inside it are asked for with it; where Wonde refuses them they are denied in its place.
    counted: whether Wonde's count of the kind is of these rows.
    """
    if school.approved.get(source.scope) is False:
        denied = {name: WITHDRAWN} | denied
    optional, notes = includes(KINDS[name], source.optional, school.asked), []
    while name not in denied:
        inside = {
            nested: includes(kind, kind.nested.includes, school.asked)
            for nested, kind in NESTED.items()
            if kind.nested.within == name and nested not in denied
        }
        params = dict(source.params)
        if include := ",".join([*source.essential, *optional, *chain.from_iterable(inside.values())]):
            params["include"] = include
        try:
            rows = _complete(school, f"{school.path}/{source.path}", shape, name if counted else None, params)
            return Found(rows, denied, notes)
        except InvalidInclude as error:
            optional, refused, note = _without(error, name, source, optional, inside)
            denied, notes = denied | refused, [*notes, note]
        except ScopeDenied:
            if spare := [include for include in optional if brings_only_details(KINDS[name], include)]:
                optional = [include for include in optional if include not in spare]
                notes.append(f"Wonde refused us {name}, so it was asked again without {', '.join(spare)}.")
                continue
            scopes = {nested: KINDS[nested].scope for nested in inside} or {name: source.scope}
            denied = denied | {kind: school.refused(scope) for kind, scope in scopes.items()}
    return Found(Rows(), denied, notes)


def _without(error, name, source, optional, inside):
    """Wonde does not offer an include for this MIS: (the optional ones to ask for next, what is denied, a note). Where
    it was that of a kind inside, or something essential, that kind is denied."""
    label = KINDS[name].label

    def named(includes):
        return [include for include in includes if include in str(error)]

    if inside and not named(optional) and (not optional or named(chain.from_iterable(inside.values()))):
        note = f"Wonde does not offer {', '.join(inside)} for this MIS ({error})."
        return optional, dict.fromkeys(inside, NOT_OFFERED), note
    if not optional or named(source.essential):
        note = f"Wonde does not offer what we need of {label} for this MIS ({error})."
        return [], {name: NOT_OFFERED}, note
    left_out = named(optional) or optional
    note = f"Wonde does not offer {', '.join(left_out)} of {label} for this MIS."
    return [include for include in optional if include not in left_out], {}, note


def _complete(school, path, shape, counted, params):
    """Every row at `path`. A broken read is repeated. Fewer rows than Wonde counts are believed once three reads agree
    on every id: then somebody is hidden from us, not missing."""
    problem, agreed, counts = "", [], school.counts
    for _ in range(READS):
        try:
            rows = school.wonde.rows(path, shape, **params)
        except IncompleteRead as error:
            problem = str(error)
            continue
        rows = structs.replace(rows, counted=counts.get(counted))
        short = rows.hidden
        if not short:
            return rows
        agreed.append((rows.rows.keys() | rows.unreadable, short))
        if len(agreed) == READS and all(read == agreed[0] for read in agreed):
            return rows
        problem = f"{short} fewer rows came than Wonde counts."
        counts = counts | _counts(school.wonde, school.path, [counted])
    raise IncompleteRead(
        f"{path} could not be read in full, {READS} times: {problem} Nothing was changed. It is tried again by itself."
    )


def _members(school, classes, subjects, outside):
    """Members and teachers of the classes of the school's own subjects, and of those brought in from elsewhere."""
    path, members = f"{school.path}/classes", {}
    own = dict.fromkeys(one(row.subject).id for row in classes.values() if own_subject(row, subjects))
    try:
        for subject in own:
            params = {"class_subject": subject, "include": MEMBERS}
            members |= _complete(school, path, RemoteClass, None, params).rows
        for wonde_id in sorted(outside & classes.keys() - members.keys()):
            with suppress(IncompleteRead, NotFound, ScopeDenied):  # it stays as it is: not known who is in it tonight
                members[wonde_id] = school.wonde.one(f"{path}/{wonde_id}", RemoteClass, include=MEMBERS)
    except InvalidInclude as error:
        raise WondeRefused(
            f"Wonde does not offer the members of classes for this school's MIS ({error}), and without them nobody can "
            "be placed. Nothing was changed. Ask Wonde which include this MIS has."
        ) from error
    return members


def _is_count(entry):
    return (
        isinstance(entry, dict) and isinstance(entry.get("data"), dict) and isinstance(entry["data"].get("count"), int)
    )


def _newest(*sources):
    """The latest believable `updated_at` of all rows, as UTC text, which sorts as text. One in the future would be the
    newest for good."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    moments = {row.updated_at.date for rows in sources for row in rows.rows.values() if row.updated_at}
    for text in sorted(moments, reverse=True):
        if (day := Moment(text).day()) and day <= tomorrow:
            return text
    return ""
