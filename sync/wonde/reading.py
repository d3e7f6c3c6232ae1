"""One complete read of one school: what is asked of Wonde, in which order, and when a read counts as complete."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import chain

import msgspec
from msgspec import structs

from sync.facts.contacts import contacts_of
from sync.facts.errors import IncompleteRead, InvalidInclude, NotFound, ScopeDenied, WondeRefused
from sync.facts.kinds import CLASSES, CONTACTS, EMPLOYEES, KINDS, NESTED, READ, STUDENTS, Source
from sync.facts.rows import current_of, days_of, employee_row, student_row
from sync.facts.shapes import Moment, Permission, RemoteClass, RemoteEmployee, RemoteStudent, one
from sync.facts.snapshot import CONTRADICTED, NOT_OFFERED, REFUSED, WITHDRAWN, Rows, Snapshot
from sync.rules.selection import own_subject
from sync.wonde.access import read_standing
from sync.wonde.client import READS

MEMBERS = "students,employees"
GROUPS = Source("groups", "groups.read", essential=("students", "employees"), params=(("type", "REGISTRATION"),))


def read_school(wonde, wonde_id, subjects, outside=(), may_use_groups=True, step=lambda name: None):
    """Everything Wonde says about the school `wonde_id`: a `Snapshot`, or an exception.

    subjects: folded codes and names of those the school uses the product for; members are asked for of their classes.
    outside: Wonde ids of imported classes of other subjects, whose members are asked for one by one. may_use_groups: a
    school that lists no classes has its registration groups as classes, but not one whose classes we know. step: told
    what is read now. Raises SyncError where the read is not complete.
    """
    return _Reading(wonde, wonde_id, subjects, step).run(frozenset(outside), may_use_groups)


class _Reading:
    def __init__(self, wonde, wonde_id, subjects, step):
        self.wonde, self.subjects, self.step = wonde, subjects, step
        self.root, self.id = f"schools/{wonde_id}", wonde_id
        self.approved, self.denied, self.notes = {}, {}, []

    def run(self, outside, may_use_groups):
        self.step("school")
        school, status = read_standing(self.wonde, self.id)
        self.approved = self._permissions()
        scopes = {name: kind.source.scope for name, kind in READ.items()}
        scopes |= {name: kind.nested.scope for name, kind in NESTED.items()}
        self.denied = {name: WITHDRAWN for name, scope in scopes.items() if self.approved.get(scope) is False}
        self.counts = self._count()
        self.step("classes")
        classes = self._source("classes", CLASSES.source, RemoteClass)
        form, members = "class", {}
        if classes.read:
            self.step("members of classes")
            try:
                members = self._members(classes, outside)
            except InvalidInclude as error:
                raise WondeRefused(
                    f"Wonde does not offer the members of classes for this school's MIS ({error}), and without them "
                    "nobody can be placed. Nothing was changed. Ask Wonde which include this MIS has."
                ) from error
        elif may_use_groups and "classes" not in self.denied:
            self.step("registration groups")
            groups = self._source("classes", GROUPS, RemoteClass, counted=False)
            if "classes" in self.denied:
                self.notes.append("Wonde lists no classes and does not let us read registration groups.")
            elif groups.read:
                classes, form, members = groups, "registration", groups.rows
        self.step("staff")
        employees = self._source("employees", EMPLOYEES.source, RemoteEmployee)
        self.step("students")
        students = self._source("students", STUDENTS.source, RemoteStudent)
        contacts = contacts_of(students)
        if students.rows and not contacts.links:  # null for everybody: so Wonde shows what is not granted
            self.denied.setdefault("contacts", self._refused(CONTACTS.nested.scope))
        return Snapshot(
            school=school,
            employees=employees.each(employee_row),
            classes=classes,
            students=students.each(student_row),
            members=members,
            form=form,
            denied=self.denied,
            notes=self.notes,
            newest=_newest(employees, classes, students),
            offline=status.online is False,
            contacts=contacts,
            days=days_of(students),
            current=current_of(employees),
        )

    def _permissions(self):
        """Scope -> whether it is shown as approved. A scope missing here, or a list that Wonde does not show or that
        cannot be read, says nothing."""
        try:
            listed = self._optional([], f"meta/{self.root}/permissions", list[msgspec.Raw])
        except IncompleteRead:
            self.notes.append("Wonde's list of this school's permissions could not be read.")
            return {}
        said = {}
        for raw in listed:
            with suppress(msgspec.DecodeError, UnicodeDecodeError):
                permission = msgspec.json.decode(raw, type=Permission)
                said[permission.identity] = permission.approved
        return said

    def _refused(self, scope):
        """What a 403 means: one answer alone is a refusal, not a withdrawn permission."""
        return CONTRADICTED if self.approved.get(scope) else REFUSED

    def _optional(self, otherwise, path, shape, **params):
        """What stands at `path`, or `otherwise` where Wonde does not offer it to us."""
        try:
            return self.wonde.one(path, shape, **params)
        except (NotFound, ScopeDenied, InvalidInclude):
            return otherwise

    def _count(self):
        """How many rows of each kind Wonde says there are; empty where it does not say."""
        kinds = [name for name in READ if name not in self.denied]
        counted = self._optional({}, f"{self.root}/counts", dict, include=",".join(kinds))
        return {kind: entry["data"]["count"] for kind, entry in counted.items() if _is_count(entry)}

    def _source(self, name, source, shape, counted=True):
        """Every row of the kind `name`; none, with the reason in `denied`, where it is not granted or not offered.

        Kinds that come inside it are asked for with it; where Wonde refuses them they are denied in its place.
        counted: whether Wonde's count of the kind is of these rows.
        """
        if self.approved.get(source.scope) is False:
            self.denied[name] = WITHDRAWN
        optional = list(source.optional)
        while name not in self.denied:
            inside = {
                nested: kind.nested.includes
                for nested, kind in NESTED.items()
                if kind.nested.within == name and nested not in self.denied
            }
            params = dict(source.params)
            if include := ",".join([*source.essential, *optional, *chain.from_iterable(inside.values())]):
                params["include"] = include
            try:
                return self._complete(f"{self.root}/{source.path}", shape, name if counted else None, params)
            except InvalidInclude as error:
                optional = self._without(error, name, source, optional, inside)
            except ScopeDenied:
                for nested in inside:
                    self.denied[nested] = self._refused(NESTED[nested].nested.scope)
                if not inside:
                    self.denied[name] = self._refused(source.scope)
        return Rows()

    def _without(self, error, name, source, optional, inside):
        """Wonde does not offer an include for this MIS: the optional ones to ask for next. Where it was that of a kind
        inside, or something essential, that kind is denied."""
        label = KINDS[name].label

        def named(includes):
            return [include for include in includes if include in str(error)]

        if inside and not named(optional) and (not optional or named(chain.from_iterable(inside.values()))):
            self.denied |= dict.fromkeys(inside, NOT_OFFERED)
            self.notes.append(f"Wonde does not offer {', '.join(inside)} for this MIS ({error}).")
            return optional
        if not optional or named(source.essential):
            self.denied[name] = NOT_OFFERED
            self.notes.append(f"Wonde does not offer what we need of {label} for this MIS ({error}).")
            return []
        left_out = named(optional) or optional
        self.notes.append(f"Wonde does not offer {', '.join(left_out)} of {label} for this MIS.")
        return [include for include in optional if include not in left_out]

    def _complete(self, path, shape, counted, params):
        """Every row at `path`. A read that broke is made again; fewer rows than Wonde counts are believed when three
        reads agree on every id: then somebody is hidden from us, not missing."""
        problem, agreed = "", []
        for _ in range(READS):
            try:
                rows = self.wonde.rows(path, shape, **params)
            except IncompleteRead as error:
                problem = str(error)
                continue
            short = self.counts[counted] - rows.read if counted in self.counts else 0
            if short <= 0:
                return rows
            agreed.append((rows.rows.keys() | rows.unreadable, short))
            if len(agreed) == READS and all(read == agreed[0] for read in agreed):
                return structs.replace(rows, hidden=short)
            problem = f"{short} fewer rows came than Wonde counts."
            self.counts |= self._count()
        raise IncompleteRead(
            f"{path} could not be read in full, {READS} times: {problem} Nothing was changed. "
            "It is tried again by itself."
        )

    def _members(self, classes, outside):
        """Members and teachers of the classes of the school's own subjects, and of those brought in from elsewhere."""
        subjects = {}
        for row in classes.rows.values():
            if own_subject(row, self.subjects):
                subjects[one(row.subject).id] = None
        members = {}
        for subject in subjects:
            params = {"class_subject": subject, "include": MEMBERS}
            members |= self._complete(f"{self.root}/classes", RemoteClass, None, params).rows
        for wonde_id in sorted(outside & classes.rows.keys() - members.keys()):
            with suppress(IncompleteRead, NotFound, ScopeDenied):  # it stays as it is: not known who is in it tonight
                members[wonde_id] = self.wonde.one(f"{self.root}/classes/{wonde_id}", RemoteClass, include=MEMBERS)
        return members


def _is_count(entry):
    return (
        isinstance(entry, dict) and isinstance(entry.get("data"), dict) and isinstance(entry["data"].get("count"), int)
    )


def _newest(*sources):
    """The latest `updated_at` of all rows that can be meant, UTC text; it sorts as text. One that is still to come
    would be the newest for good."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    moments = {row.updated_at.date for rows in sources for row in rows.rows.values() if row.updated_at}
    for text in sorted(moments, reverse=True):
        if (day := Moment(text).day()) and day <= tomorrow:
            return text
    return ""
