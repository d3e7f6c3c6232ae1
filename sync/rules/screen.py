"""Which rows are in. Everything else is withheld with a reason, and the ledger shows that nobody was forgotten."""

from collections.abc import Mapping
from typing import Any

from sync.facts.kinds import KINDS, NESTED, READ, TEACHINGS, EnrolmentRow, Key, TeachingRow
from sync.facts.rows import contact_row, employee_row, student_row
from sync.facts.sides import Ledger, Ours, Screened
from sync.facts.snapshot import NOT_OFFERED, Rows, Snapshot
from sync.rules.match import Theirs, match
from sync.rules.policy import Policy, is_at_the_years_end, top_year
from sync.rules.reasons import ASIDE, REASONS
from sync.rules.screen_contacts import screen_contacts
from sync.rules.selection import Candidate, in_order, own_subject, select
from sync.rules.silence import days_of, is_current, silent, stated

SOMEONE_ELSE = "perhaps_someone_else"


def screen(snapshot: Snapshot, ours: Ours, policy: Policy) -> Screened:
    """Apply the rules of who and what may be kept to everything Wonde has. Raises LedgerError where a row got lost."""
    return _Screening(snapshot, ours, policy).run()


class _Screening:
    """The working state of one screening; each step reads what the ones before it settled."""

    def __init__(self, snapshot: Snapshot, ours: Ours, policy: Policy) -> None:
        self.snapshot, self.ours, self.policy = snapshot, ours, policy
        self.out = Screened(
            theirs={kind: {} for kind in KINDS},
            withheld={kind: {} for kind in KINDS},
            present={kind: set() for kind in KINDS},
            ended={kind: {} for kind in KINDS},
            ledger={kind: Ledger() for kind in KINDS},
        )
        self.keys = self.out.keys
        self.expected: set[tuple[str, str]] = set()  # who would have a place, (kind, Wonde id), were they not withheld
        self.unsure: set[str] = set()  # kinds of which no absence is concluded, because what ties them is set aside
        # Wonde id -> what we would keep of each person
        self.rows: dict[str, dict[str, Any]] = {
            "students": {row.id: student_row(row) for row in snapshot.students.rows.values()},
            "employees": {row.id: employee_row(row) for row in snapshot.employees.rows.values()},
            "contacts": {row.id: contact_row(row) for row in snapshot.source("contacts").rows.values()},
        }
        self.members = {name: _members_of_classes(snapshot, name) for name in ("students", "employees")}
        # Wonde id -> why not, before any class
        self.why: dict[str, dict[str, str]] = {"employees": {}, "students": {}, "contacts": {}}

    def run(self) -> Screened:
        self._set_aside()
        self._identify("students", self.rows["students"])
        self._identify("employees", self.rows["employees"])
        self._identify("classes", {row.id: Theirs(row.id) for row in self.snapshot.classes.rows.values()})
        self._evidence()
        self._classes()
        self._enrolments()
        self._teachings()
        self._people("students", "enrolments", "student")
        self._people("employees", "teachings", "employee")
        if self.snapshot.contacts and "contacts" not in self.out.aside:
            contacts = self.snapshot.contacts
            self._identify("contacts", self.rows["contacts"])
            screen_contacts(contacts, self.ours, self.policy, self.rows, self.why["contacts"], self.out)
            self.out.ledger["guardianships"].keys = dict(contacts.keys)
        self.out.unlike = [
            (kind, wonde_id, key)
            for kind, wonde_id, key in self.out.unlike
            if self.out.withheld[kind].get(wonde_id) == SOMEONE_ELSE
        ]
        for kind, why in self.out.aside.items():
            self.out.ledger[kind].aside = why
        for kind, ledger in self.out.ledger.items():
            ledger.check(kind)
        return self.out

    def _set_aside(self) -> None:
        """Kinds that were not granted or came back empty, and what hangs from them: unknown is not absent."""
        for kind in READ:
            if kind in self.snapshot.denied:
                self.out.aside[kind] = self._denied(kind)
            elif not self.snapshot.source(kind).read and self.ours.rows[kind]:
                self.out.aside[kind] = "emptied"
        for link in ("enrolments", "teachings"):
            for parent in KINDS[link].parents.values():
                if parent in self.out.aside:
                    self.out.aside.setdefault(link, self.out.aside[parent])
                    if self.ours.rows[parent] and (KINDS[link].is_place or parent == "classes"):
                        self.unsure |= set(KINDS[link].parents.values()) - {parent}  # a class needs no teacher
        for kind, nested in NESTED.items():
            why = self.out.aside.get(nested.nested.within, "") if nested.nested else ""
            if not why and (kind in self.snapshot.denied or self.snapshot.contacts is None):
                why = self._denied(kind)
            elif not why and not self.snapshot.source(kind).read and self.ours.rows[kind]:
                why = "emptied"
            if why:
                self.out.aside |= {kind: why, nested.link: why}

    def _denied(self, kind: str) -> str:
        """Whether Wonde did not let us read the kind, or does not have it for this MIS."""
        return "not_offered" if self.snapshot.denied.get(kind) == NOT_OFFERED else "denied"

    def _identify(self, kind: str, theirs: Mapping[str, Any]) -> None:
        """Match a kind, and note what could not be read."""
        source: Rows[Any] = self.snapshot.source(kind)
        everyone = {**self.ours.former.get(kind, {}), **self.ours.rows[kind]}
        unreadable = {wonde_id: Theirs(wonde_id) for wonde_id in source.unreadable}  # here, so nobody else is they
        pairs, said = self.ours.pairs.get(kind), self.ours.said.get(kind)
        matching = match(KINDS[kind], {**unreadable, **theirs}, everyone, pairs, said)
        self.keys[kind] = matching.keys
        for wonde_id, key in matching.unlike.items():
            self.why[kind][wonde_id] = SOMEONE_ELSE
            self.out.unlike.append((kind, wonde_id, key))
        for wonde_id in matching.waiting:
            self.why[kind][wonde_id] = "duplicate"
        self.out.present[kind] = {self.keys[kind][wonde_id] for wonde_id in source.unreadable}
        if source.anonymous:
            self.out.unsure.add(kind)
        if kind in self.unsure | self.out.unsure:
            self.out.present[kind] |= self.ours.rows[kind].keys() - set(self.keys[kind].values())
        ledger = self.out.ledger[kind]
        ledger.read, ledger.hidden = source.read, source.hidden
        ledger.unreadable = len(source.unreadable) + source.anonymous

    def _evidence(self) -> None:
        """People the MIS itself says are not, or not yet, here."""
        self.out.stated, self.out.silent = stated(self.snapshot), silent(self.snapshot)
        no_dates = "dates" in self.policy.known & self.out.silent
        top = top_year(row.year_group for row in self.rows["students"].values())
        for student in self.snapshot.students.rows.values():
            starts, leaves = days_of(student)
            starts_later = bool(starts and starts > self.policy.today)
            if starts_later or (leaves and leaves < self.policy.today):
                self.why["students"][student.id] = "not_current"
                is_top = bool(top) and self.rows["students"][student.id].year_group == top
                if leaves and is_top and not starts_later and is_at_the_years_end(leaves, self.policy.last_day):
                    self.out.graduates.add(self.keys["students"][student.id])
            elif no_dates and not self._is_here("students", student.id):
                self.why["students"].setdefault(student.id, "status_unknown")
        says = "current" in self.policy.known | self.out.stated
        for employee in self.snapshot.employees.rows.values():
            current = is_current(employee)
            if current is False:  # null is not known, which is not "no"
                self.why["employees"][employee.id] = "not_current"
            elif current is None and says and not self._is_here("employees", employee.id):
                self.why["employees"][employee.id] = "status_unknown"

    def _is_here(self, kind: str, wonde_id: str) -> bool:
        return self.keys[kind][wonde_id] in self.ours.rows[kind]

    def _classes(self) -> None:
        here = self.snapshot.students.rows.keys() - self.why["students"].keys()
        before = {**self.ours.former.get("classes", {}), **self.ours.rows["classes"]}
        candidates = {}
        for wonde_id, remote in self.snapshot.classes.rows.items():
            members = self.members["students"].get(wonde_id)
            students = None if members is None else frozenset(members) & here
            key = self.keys["classes"][wonde_id]
            row: Any = before.get(key)
            decision = self.ours.decisions.classes.get(key, "")
            candidates[wonde_id] = Candidate(remote, self.snapshot.form, row, students, decision)
        years = {wonde_id: row.year_group for wonde_id, row in self.rows["students"].items()}
        self.classes = select(candidates, self.policy, years)
        self.order = {wonde_id: place for place, wonde_id in enumerate(in_order(self.classes, candidates))}
        for wonde_id, row in self.classes.items():
            key = self.keys["classes"][wonde_id]
            self.out.theirs["classes"][key] = row
            if row.status == "in":
                self.out.ledger["classes"].imported += 1
                if wonde_id not in self.members["students"]:
                    self.out.present["classes"].add(key)
                continue
            self.out.withheld["classes"][key] = row.reason
            self.out.ledger["classes"].withheld[row.reason] += 1
            self._keep_members(key, candidates[wonde_id])
            was: Any = self.ours.rows["classes"].get(key)
            if was is not None:  # also one that a person put out since: its places are still ours
                self.out.ended["classes"][key] = row.reason

    def _keep_members(self, key: Key, candidate: Candidate) -> None:
        """Of a class that is out we keep who is in it only by Wonde id, and only of the school's own subjects."""
        if candidate.form == "registration" or own_subject(candidate.remote, self.policy.subjects):
            kept = self.ours.decisions.members.get(key, []) if candidate.students is None else candidate.students
            self.out.members[key] = sorted(kept)

    def _links(self, link: str, people: str, name: str) -> list[tuple[str, str]]:
        """Memberships (class, person) of imported classes and kept people, as Wonde ids; the rest goes into the ledger.

        A stay in a class, or of a person, that could not be read in full is present: it stays as it is.
        """
        ledger, wanted = self.out.ledger[link], []
        listed = self.snapshot.source(people)
        nobody_listed = ASIDE[self._denied(people)] if people in self.snapshot.denied else "hidden_at_source"
        for class_id, row in self.classes.items():
            members = self.members[name].get(class_id, [])
            ledger.read += len(members)
            if row.status == "out" and members:
                ledger.withheld[row.reason] += len(members)
                continue
            for person in members:
                if person in self.why[people]:
                    ledger.withheld[self.why[people][person]] += 1
                    self.expected.add((people, person))
                elif person in listed.unreadable and self.keys[people][person] not in self.ours.rows[people]:
                    ledger.unreadable += 1
                elif person not in listed.rows and person not in listed.unreadable:
                    ledger.withheld[nobody_listed] += 1
                else:
                    wanted.append((class_id, person))
        for column, parent in KINDS[link].parents.items():
            unsure = set(self.out.present[parent])
            if parent == "classes":
                unsure |= {
                    self.keys["classes"][class_id]
                    for class_id, row in self.classes.items()
                    if row.status == "in" and class_id not in self.members[name]
                }
            if unsure:
                stays = self.ours.rows[link].items()
                self.out.present[link] |= {key for key, stay in stays if getattr(stay, column) in unsure}
        return wanted

    def _enrolments(self) -> None:
        """One class per student: the one a person chose, else the present one, else the first in order."""
        classes, ledger = self.keys["classes"], self.out.ledger["enrolments"]
        decisions = self.ours.decisions.with_keys(self.keys["students"])
        choices: dict[Key, list[Key]] = {}
        for class_id, student in sorted(
            self._links("enrolments", "students", "students"), key=lambda pair: self.order[pair[0]]
        ):
            choices.setdefault(self.keys["students"][student], []).append(classes[class_id])
        for student_key, offered in choices.items():
            now: Any = self.ours.rows["enrolments"].get(student_key)
            present = now and now.school_class in self.out.present["classes"]
            stays = now.school_class if present else decisions.place(student_key, offered, now and now.school_class)
            self.out.theirs["enrolments"][student_key] = EnrolmentRow(student_key, stays)
            ledger.imported += 1 if stays in offered else 0
            further = [key for key in offered if key != stays]
            if further:
                ledger.withheld["second_class"] += len(further)
            self.out.second += [(student_key, key) for key in further]
        if "enrolments" not in self.out.aside and not self.out.present["classes"]:
            self.out.over = decisions.over(choices)

    def _teachings(self) -> None:
        key_of = TEACHINGS.key_of
        for class_id, employee in self._links("teachings", "employees", "employees"):
            teachers: Any = self.snapshot.members[class_id].employees
            main = any(t.id == employee and t.meta and t.meta.is_main_teacher for t in teachers.data)
            row = TeachingRow(self.keys["classes"][class_id], self.keys["employees"][employee], main)
            self.out.theirs["teachings"][key_of(row)] = row
            self.out.ledger["teachings"].imported += 1

    def _people(self, kind: str, link: str, column: str) -> None:
        """Keep who is in an imported class, or whose place there could not be read; the others are counted."""
        placed = {getattr(row, column) for row in self.out.theirs[link].values()}
        for key, stay in self.ours.rows[link].items():
            if link in self.out.aside or key in self.out.present[link]:
                placed.add(getattr(stay, column))
        if self.policy.between:
            excluded = {key for key, reason in self.out.ended["classes"].items() if reason == "excluded_class"}
            stays = KINDS[link].of(self.ours.rows).values()
            put_out = {getattr(row, column) for row in stays if row.school_class in excluded}
            placed |= self.ours.rows[kind].keys() - put_out
        ledger = self.out.ledger[kind]
        for wonde_id, row in self.rows[kind].items():
            key = self.keys[kind][wonde_id]
            reason = self.why[kind].get(wonde_id)
            if reason == SOMEONE_ELSE and (kind, wonde_id) not in self.expected:
                reason = None  # nobody needs to ask about somebody who would not come in
            if reason is None and key not in placed:
                reason = "not_in_imported_class" if kind == "students" else "teaches_no_imported_class"
            if reason is None:
                self.out.theirs[kind][key] = row
                ledger.imported += 1
                continue
            self.out.withheld[kind][key] = reason
            ledger.withheld[reason] += 1
            if REASONS[reason].evidence:
                self.out.ended[kind][key] = reason


def _members_of_classes(snapshot: Snapshot, name: str) -> dict[str, list[str]]:
    """Wonde ids of the students or employees of each class, each once; a class is missing where they were not asked for
    or could not be read."""
    listed: dict[str, Any] = {class_id: getattr(row, name) for class_id, row in snapshot.members.items()}
    return {
        class_id: list(dict.fromkeys(member.id for member in members.data))
        for class_id, members in listed.items()
        if members
    }
