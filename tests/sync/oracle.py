"""What our tables must hold after a sync, worked out a second time: slowly, plainly, and without a line of the engine.

`theirs()` asks Wonde over HTTP, `tables()` reads our database by SQL, `expected()` says what the one must make of the
other, and `differences()` what does not agree. The rules are those of docs/architecture.md in their plainest form;
speed does not matter here. An import contract keeps it from importing anything of the product. Not for the summer gap
and rollovers.
"""

import json
import re
from collections import Counter, defaultdict
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from django.db import connection

PERSON = ("wonde_id", "upi", "title", "forename", "surname", "email")
ROWS = {
    "employees": ("schools_employee", PERSON),
    "classes": (
        "classes_schoolclass",
        ("wonde_id", "form", "name", "subject", "year_group", "academic_year", "status", "reason"),
    ),
    "students": ("students_student", ("wonde_id", "upi", "upn", "forename", "surname", "year_group")),
    "contacts": ("parents_contact", PERSON),
}
# Link -> table, its ends (column -> kind), and what else it says. The last end is whose place it is.
LINKS = {
    "teachings": ("classes_teaching", {"school_class": "classes", "employee": "employees"}, ("main",)),
    "enrolments": ("classes_enrolment", {"school_class": "classes", "student": "students"}, ()),
    "guardianships": (
        "parents_guardianship",
        {"student": "students", "contact": "contacts"},
        ("relationship", "priority", "responsibility"),
    ),
}
PLACES = {"employees": "teachings", "students": "enrolments", "contacts": "guardianships"}
IDENTIFIERS = {"employees": ("upi",), "classes": (), "students": ("upi", "upn"), "contacts": ("upi",)}
BY_PERSON = {
    "not_current",
    "excluded_class",
    "other_academic_year",
    "no_parental_responsibility",
    "court_order",
    "blocked",
}
LOOKED_AT_AGAIN = {
    "no_students", "no_subject", "other_subject", "other_year_group", "other_academic_year", "asks_first",
}  # fmt: skip
WEEK = timedelta(days=7)


def column_of(link, kind):
    return next(column for column, end in LINKS[link][1].items() if end == kind)


# --- their side


@dataclass
class Theirs:
    """mis: its name. rows: kind -> Wonde id -> what Wonde sent. unreadable: ids that came with nonsense. nameless:
    kinds with a row without an id. denied: kinds not shared. form: what stands for a class. members: class ->
    (students, {employee: main}), None where not known. links: student -> {contact: relationship, None if it cannot
    be read}.
    """

    mis: str
    rows: dict
    unreadable: dict
    nameless: set
    denied: set
    form: str
    members: dict
    links: dict

    def nobody(self, kind):
        return not self.rows[kind] and not self.unreadable[kind] and kind not in self.nameless


def theirs(base, token, school_id, ours):
    """Everything Wonde says now. base: such as http://127.0.0.1:PORT; ours: `tables()`."""
    root = f"{base}/v1.0/schools/{school_id}"

    def ask(path="", **params):
        """Every row at a path, or None where we may not read it."""
        found, url = [], f"{root}{path}?{urlencode({**params, 'per_page': 200}, safe=',')}"
        while url:
            try:
                with urlopen(Request(url, headers={"Authorization": f"Bearer {token}"})) as response:
                    body = json.load(response)
            except HTTPError as error:
                if error.code in (403, 404):
                    return None
                raise
            found += body["data"] if isinstance(body["data"], list) else [body["data"]]
            url = body.get("meta", {}).get("pagination", {}).get("next")
        return found

    (school,) = ask()
    out = Theirs(school["mis"], {}, {}, set(), set(), "class", {}, {})

    def sort(kind, listed):
        if listed is None:
            out.denied.add(kind)
        out.rows[kind] = {row["id"]: row for row in listed or [] if "id" in row and _readable(row)}
        out.unreadable[kind] = {row["id"] for row in listed or [] if "id" in row and not _readable(row)}
        out.nameless |= {kind for row in listed or [] if "id" not in row}

    def members_of(listed):
        for row in listed:
            people = [row.get("students"), row.get("employees")]
            if "id" in row and _readable(row):
                known = [isinstance(each, dict) for each in people]
                students = list(dict.fromkeys(m["id"] for m in people[0]["data"])) if known[0] else None
                teachers = _teachers(people[1]["data"]) if known[1] else None
                out.members[row["id"]] = (students, teachers)

    sort("classes", ask("/classes", include="subject"))
    both = {"include": "students,employees"}
    if not out.nobody("classes"):
        subjects = {row["subject"]["data"]["id"] for row in out.rows["classes"].values() if _own(row, ours)}
        for subject in subjects:
            members_of(ask("/classes", class_subject=subject, **both))
        for wonde_id in _wanted(ours) & out.rows["classes"].keys() - out.members.keys():
            members_of(ask(f"/classes/{wonde_id}", **both) or [])
    elif "classes" not in out.denied and not _has_classes(ours):
        groups = ask("/groups", type="REGISTRATION", **both)
        if groups:
            sort("classes", groups)
            members_of(groups)
            out.form = "registration"
    sort("employees", ask("/employees", include="employment_details,contact_details"))
    sort("students", ask("/students", include="education_details,year,contacts,contacts.contact_details"))
    _contacts(out)
    return out


def _contacts(out):
    """Parents and carers come inside their students."""
    out.rows["contacts"], out.unreadable["contacts"] = {}, set()
    for student in out.rows["students"].values():
        if isinstance(student.get("contacts"), dict):
            out.links[student["id"]] = {row["id"]: row["relationship"] for row in student["contacts"]["data"]}
            for row in student["contacts"]["data"]:
                out.rows["contacts"].setdefault(row["id"], row)
    if "students" in out.denied or (out.rows["students"] and not out.links):
        out.denied.add("contacts")


def _readable(row):
    texts = ("upi", "title", "forename", "surname", "name", "academic_year", "year_group")
    return all(row.get(name) is None or isinstance(row[name], str) for name in texts)


def _teachers(listed):
    return {row["id"]: bool((row.get("meta") or {}).get("is_main_teacher")) for row in listed}


def _inside(row, name):
    wrapped = row.get(name)
    inner = wrapped.get("data") if isinstance(wrapped, dict) else None
    return inner if isinstance(inner, dict) else {}


def _own(row, ours):
    subject, wanted = _inside(row, "subject"), {name.lower() for name in ours.rules["subjects"]}
    return bool({(subject.get("code") or "").lower(), (subject.get("name") or "").lower()} & wanted)


def _wanted(ours):
    """Classes whose members are asked for whatever their subject."""
    rows = ours.rows["classes"]
    wanted = {pk for pk in rows if rows[pk]["status"] == "in" or ours.decisions.get(pk) == "in"}
    return {rows[pk]["wonde_id"] for pk in wanted if rows[pk]["here"]}


def _has_classes(ours):
    return any(
        row["here"] and row["status"] == "in" and row["form"] == "class" for row in ours.rows["classes"].values()
    )


# --- our side


@dataclass
class Tables:
    """rows: kind -> primary key -> columns, and `here`. stays: link -> primary key -> columns, `joined_at`, `left_at`.
    holds: (kind, primary key) of what waits. gone: removals by absence so far: (when, kind, primary key)."""

    rows: dict
    stays: dict
    holds: set
    decisions: dict
    members: dict
    choices: set
    made_at: dict
    rules: dict
    mis: str
    sizes: list
    gone: list

    def here(self, kind):
        return {pk: row for pk, row in self.rows[kind].items() if row["here"]}

    def lasting(self, link):
        return {pk: stay for pk, stay in self.stays[link].items() if stay["left_at"] is None}


def tables(school):
    """What we hold of a school (its primary key)."""
    with connection.cursor() as cursor:

        def select(columns, table, where="school_id = %s"):
            cursor.execute(f"SELECT {', '.join(columns)} FROM {table} WHERE {where}", [school])
            return [dict(zip(columns, values, strict=True)) for values in cursor.fetchall()]

        rows = {}
        for kind, (table, columns) in ROWS.items():
            listed = select(("id", "left_at", *columns), table, "school_id = %s AND wonde_id IS NOT NULL")
            rows[kind] = {row.pop("id"): row | {"here": row.pop("left_at") is None} for row in listed}
        stays = {}
        for link, (table, ends, values) in LINKS.items():
            listed = select(("id", "joined_at", "left_at", *(f"{end}_id" for end in ends), *values), table)
            for row in listed:
                row |= {end: row.pop(f"{end}_id") for end in ends}
            stays[link] = {row.pop("id"): row for row in listed}
        classes = select(("id", "decision", "member_ids", "created_at"), "classes_schoolclass")
        choices = select(("student_id", "wonde_id", "school_class_id", "verdict"), "classes_choice")
        runs = select(("id", "started_at", "status", "sizes"), "sync_syncrun")
        moments = {run["id"]: run["started_at"] for run in runs}
        changes = select(("run_id", "kind", "row_id", "verb", "cause"), "sync_change")
        (rules,) = select(
            ("subjects", "year_groups", "year_starts", "kind_share", "kind_free", "class_share", "class_free",
             "paused_at", "asks_first"), "sync_connection",
        )  # fmt: skip
        (school_row,) = select(("mis",), "schools_school", "id = %s")
        return Tables(
            rows=rows,
            stays=stays,
            holds={(row["kind"], row["row_id"]) for row in select(("kind", "row_id"), "sync_hold")},
            decisions={row["id"]: row["decision"] for row in classes if row["decision"]},
            members={row["id"]: row["member_ids"] for row in classes if row["member_ids"]},
            choices={(row["student_id"] or row["wonde_id"], row["school_class_id"], row["verdict"]) for row in choices},
            made_at={row["id"]: row["created_at"] for row in classes},
            rules=rules,
            mis=school_row["mis"],
            sizes=sorted(
                (
                    (run["started_at"], json.loads(run["sizes"]) if isinstance(run["sizes"], str) else run["sizes"])
                    for run in runs
                    if run["status"] == "applied"
                ),
                key=lambda entry: entry[0],
            ),
            gone=[
                (moments[change["run_id"]], change["kind"], change["row_id"])
                for change in changes
                if change["verb"] == "remove" and change["cause"] == "absence"
            ],
        )


# --- what must be


@dataclass
class Expected:
    """rows: kind -> key -> columns, and `here`; links: link -> (ends) -> columns and `pk`, None for one that begins.
    A key is our primary key, or the Wonde id of a new row. gone: (kind, primary key) -> cause."""

    rows: dict
    links: dict
    holds: set
    members: dict
    choices: set
    gone: dict = field(default_factory=dict)


def unchanged(ours):
    links = {
        link: {_ends(link, stay): _said(link, stay) | {"pk": pk} for pk, stay in ours.lasting(link).items()}
        for link in LINKS
    }
    return Expected(deepcopy(ours.rows), links, set(ours.holds), dict(ours.members), set(ours.choices))


def _ends(link, stay):
    return tuple(stay[end] for end in LINKS[link][1])


def _said(link, stay):
    return {name: stay[name] for name in LINKS[link][2]}


def expected(ours, wonde, now, blocks=(), approved=None, pairs=None):
    """What must stand in our tables once a run that begins at `now` (aware, UTC) was applied.

    blocks: (student's identifiers, contact's identifiers), any of which recognises them. approved: the `holds` that a
    person said yes to. pairs: kind -> Wonde id -> primary key, as a person settled after a change of MIS.
    """
    return _Night(ours, wonde, now, blocks, approved, pairs or {}).run()


def undone(ours, changes, touched, everything):
    """What must stand once a run was undone: `changes` of it, rows of `sync_change`; touched: (kind, primary key) of
    rows that later runs changed. everything: also what it brought and changed, not only what it removed.

    Never back: whom the MIS, a person or an erasure ended.
    """
    out = unchanged(ours)
    out.holds = set()
    free = [change for change in changes if (change["kind"], change["row_id"]) not in touched]
    for change in free:
        kind, pk, values = change["kind"], change["row_id"], change["values"] or {}
        if kind not in ROWS or pk not in out.rows[kind]:
            continue
        row = out.rows[kind][pk]
        if change["verb"] == "remove" and change["cause"] in ("absence", "approved"):
            row["here"] = True
        elif everything and change["verb"] in ("create", "return") and row["here"]:
            out.gone[kind, pk] = "undone"
            row["here"] = False
        elif everything and change["verb"] == "update" and row["here"]:
            put_out = "reason" in values and row["reason"] in BY_PERSON
            row |= {} if put_out else {name: old for name, (old, new) in values.items() if row.get(name) == new}
    for change in free:
        link, pk, values = change["kind"], change["row_id"], change["values"] or {}
        if link not in LINKS:
            continue
        stay = ours.stays[link][pk]
        lasting, ends = stay["left_at"] is None, _ends(link, stay)
        if change["verb"] == "remove" and change["cause"] in ("absence", "approved", "follows"):
            taken = {each[-1] if link == "enrolments" else each for each in out.links[link]}
            if (
                not lasting
                and _both_here(out, link, ends)
                and (ends[-1] if link == "enrolments" else ends) not in taken
            ):
                out.links[link][ends] = _said(link, stay) | {"pk": pk}
        elif not everything or not lasting:
            continue
        elif change["verb"] in ("create", "return"):
            out.gone[link, pk] = "undone"
            del out.links[link][ends]
        else:
            before = stay | {name: old for name, (old, _) in values.items()}
            there = _ends(link, before)
            if _both_here(out, link, there):
                del out.links[link][ends]
                out.links[link][there] = _said(link, before) | {"pk": pk if there == ends else None}
    for link, (_, kinds, _) in LINKS.items():  # a new class stays while somebody cannot go back from it
        for ends in out.links[link]:
            for kind, key in zip(kinds.values(), ends, strict=True):
                if out.gone.pop((kind, key), None):
                    out.rows[kind][key]["here"] = True
    return out


def _both_here(out, link, ends):
    rows = [out.rows[kind].get(key) for kind, key in zip(LINKS[link][1].values(), ends, strict=True)]
    return all(row and row["here"] and row.get("status") != "out" for row in rows)


class _Night:
    def __init__(self, ours, wonde, now, blocks, approved, pairs):
        self.ours, self.wonde, self.now, self.blocks, self.approved = ours, wonde, now, blocks, approved
        self.pairs, self.rules = pairs, ours.rules
        self.today = now.date()
        starts = tuple(int(part) for part in self.rules["year_starts"].split("-"))
        self.year = self.today.year if (self.today.month, self.today.day) >= starts else self.today.year - 1
        self.keys = {}  # kind -> Wonde id -> our primary key, or the Wonde id itself
        self.why = defaultdict(dict)  # kind -> key -> why Wonde's row is not kept
        self.kept = defaultdict(dict)  # kind -> key -> the row as it is to be
        self.safe = {name: set() for name in (*ROWS, *LINKS)}  # ours of whom nothing can be concluded tonight
        self.wanted = defaultdict(dict)  # link -> ends -> what it says
        self.still = {}  # guardianships that are not wanted, but say something new while they are still here

    def run(self):
        self.out = unchanged(self.ours)
        if not self.pairs and self._looks_like_another_mis():
            self.out.holds = set()  # a change of MIS: nothing moves before a person says who is who
            return self.out
        self._what_is_not_known()
        for kind in ("students", "employees", "classes"):
            self._who_is_who(kind)
        self._not_current()
        self._classes()
        self._places()
        self._teachers()
        self._people("students")
        self._people("employees")
        if "contacts" not in self.aside:
            self._who_is_who("contacts")
            self._parents()
        self._values_that_vanished()
        self._going()
        self._paused() if self.rules["paused_at"] else self._limits()
        self._write()
        return self.out

    # --- reading

    def _looks_like_another_mis(self):
        """Its name is another, or most ids of a kind went while new ones came; but new classes of the same people are
        only a new timetable."""
        if self.ours.mis and self.wonde.mis != self.ours.mis:
            return any(self.ours.here(kind) for kind in ROWS)
        renewed, stay = set(), {}
        for kind in ("students", "employees", "classes"):
            listed = {*self.wonde.rows[kind], *self.wonde.unreadable[kind]}
            here = {row["wonde_id"] for row in self.ours.here(kind).values() if row.get("status") != "out"}
            stay[kind] = 2 * len(here & self.wonde.rows[kind].keys()) >= len(here)
            gone, came = here - listed, listed - {row["wonde_id"] for row in self.ours.rows[kind].values()}
            if listed and len(gone) > 5 and 2 * len(gone) > len(here) and 2 * len(came) > len(gone):
                renewed.add(kind)
        return bool(renewed - {"classes"}) or bool(renewed and not (stay["students"] and stay["employees"]))

    def _what_is_not_known(self):
        self.aside, self.in_doubt = set(), set(self.wonde.nameless)
        for kind in ("employees", "classes", "students"):
            if kind in self.wonde.denied or (self.wonde.nobody(kind) and self.ours.here(kind)):
                self.aside.add(kind)
        for link in ("enrolments", "teachings"):
            for kind in set(LINKS[link][1].values()) & self.aside:
                self.aside.add(link)
                if self.ours.here(kind):
                    self.in_doubt |= set(LINKS[link][1].values()) - {kind}
        no_contacts = self.wonde.nobody("contacts") and self.ours.here("contacts")
        if "students" in self.aside or "contacts" in self.wonde.denied or no_contacts:
            self.aside |= {"contacts", "guardianships"}

    def _row(self, kind, raw):
        """Wonde's row as we keep it."""
        row = {name: (raw.get(name) or "").strip() for name in ROWS[kind][1] if name not in ("wonde_id", "email")}
        row["wonde_id"] = raw["id"]
        if kind == "students":
            education, year = _inside(raw, "education_details"), _inside(raw, "year")
            row["upn"] = (education.get("upn") or "").strip()
            row["year_group"] = year_group(
                education.get("current_nc_year") or year.get("code") or year.get("name") or ""
            )
        if kind in ("employees", "contacts"):
            emails = _inside(raw, "contact_details").get("emails") or {}
            order = (
                ("work", "email", "primary", "home") if kind == "employees" else ("email", "primary", "home", "work")
            )
            row["email"] = next(((emails[slot] or "").strip().lower() for slot in order if emails.get(slot)), "")
        return row

    def _who_is_who(self, kind):
        rows, mine = self.wonde.rows[kind], self.ours.rows[kind]
        known = {row["wonde_id"]: pk for pk, row in mine.items()}
        keys = {wonde_id: known[wonde_id] for wonde_id in {*rows, *self.wonde.unreadable[kind]} if wonde_id in known}
        for wonde_id, pk in self.pairs.get(kind, {}).items():
            if wonde_id in {*rows, *self.wonde.unreadable[kind]} and wonde_id not in keys and pk not in keys.values():
                keys[wonde_id] = pk
        told = {wonde_id: self._row(kind, raw) for wonde_id, raw in rows.items()} if IDENTIFIERS[kind] else {}
        for name in IDENTIFIERS[kind]:
            found = {}
            for wonde_id, row in told.items():
                same = [other for other in told.values() if other[name] == row[name]]
                free = [pk for pk, own in mine.items() if own[name] == row[name] and pk not in keys.values()]
                if row[name] and wonde_id not in keys and len(same) == 1 and len(free) == 1:
                    found[wonde_id] = free[0]
            keys |= found
        if kind == "students":
            for wonde_id, row in told.items():
                others = [other["upn"] for other in told.values() if other is not row]
                others += [mine[pk]["upn"] for pk in keys.values()]
                if wonde_id not in keys and row["upn"] and row["upn"] in others:
                    self.why[kind][wonde_id] = "duplicate"
        self.keys[kind] = {wonde_id: keys.get(wonde_id, wonde_id) for wonde_id in {*rows, *self.wonde.unreadable[kind]}}
        self.safe[kind] |= {keys[wonde_id] for wonde_id in self.wonde.unreadable[kind] if wonde_id in keys}
        if kind in self.in_doubt:
            self.safe[kind] |= self.ours.here(kind).keys() - set(keys.values())

    def _not_current(self):
        for wonde_id, raw in self.wonde.rows["students"].items():
            education = _inside(raw, "education_details")
            left, starts = (_day(education.get(name)) for name in ("leaving_date", "admission_date"))
            if (left and left < self.today) or (starts and starts > self.today):
                self.why["students"][self.keys["students"][wonde_id]] = "not_current"
        for wonde_id, raw in self.wonde.rows["employees"].items():
            if _inside(raw, "employment_details").get("current") is False:
                self.why["employees"][self.keys["employees"][wonde_id]] = "not_current"

    # --- classes

    def _classes(self):
        rows, here = {}, set()
        for wonde_id, key in self.keys["students"].items():
            if wonde_id in self.wonde.rows["students"] and key not in self.why["students"]:
                here.add(wonde_id)
        years = {each: self._row("students", raw)["year_group"] for each, raw in self.wonde.rows["students"].items()}
        self.students, own = {}, {}
        for wonde_id, raw in self.wonde.rows["classes"].items():
            listed = self.wonde.members.get(wonde_id, (None, None))[0]
            self.students[wonde_id] = None if listed is None else set(listed) & here
            subject, before = _inside(raw, "subject"), self.ours.rows["classes"].get(self.keys["classes"][wonde_id], {})
            usual = Counter(years[each] for each in self.students[wonde_id] or () if years[each])
            rows[wonde_id] = {
                "wonde_id": wonde_id,
                "form": self.wonde.form,
                "name": (raw.get("name") or "").strip(),
                "subject": subject.get("name") or subject.get("code") or "",
                "year_group": year_group(raw.get("year_group") or "")
                or (min(usual, key=lambda year: (-usual[year], year)) if usual else before.get("year_group", "")),
                "academic_year": raw.get("academic_year") or "",
            }
            own[wonde_id] = _own(raw, self.ours)
        verdicts = {wonde_id: self._by_rule(wonde_id, row, own[wonde_id]) for wonde_id, row in rows.items()}
        self.order = sorted(
            rows, key=lambda each: (-len(self.students[each] or ()), _natural(rows[each]["name"]), each)
        )
        taken = set().union(*(self.students[each] or () for each in rows if verdicts[each] == "in"))
        for wonde_id in self.order:
            if not verdicts[wonde_id]:
                students = self.students[wonde_id]
                if 2 * len(students & taken) > len(students):
                    verdicts[wonde_id] = "intervention_group"
                else:
                    verdicts[wonde_id] = "asks_first" if self.rules["asks_first"] else "in"
                    taken = taken | students
        self.members = {}
        for wonde_id, row in rows.items():
            key, verdict = self.keys["classes"][wonde_id], verdicts[wonde_id]
            comes_in = verdict == "in"
            row |= {"status": "in" if comes_in else "out", "reason": "" if comes_in else verdict}
            self.kept["classes"][key] = row
            if comes_in and self.wonde.members.get(wonde_id, (None,))[0] is None:
                self.safe["classes"].add(key)
            if not comes_in:
                self.why["classes"][key] = verdict
                if own[wonde_id] or self.wonde.form == "registration":
                    known, before = self.students[wonde_id], self.ours.members.get(key, [])
                    self.members[key] = sorted(before if known is None else known)
        for pk in self.ours.members.keys() & self.safe["classes"] - self.members.keys():
            self.members[pk] = self.ours.members[pk]
        self.imported = [each for each in self.order if verdicts[each] == "in"]

    def _by_rule(self, wonde_id, row, own):
        """ "in", why not, or "" where it depends on the other classes."""
        key = self.keys["classes"][wonde_id]
        before, decision = self.ours.rows["classes"].get(key), self.ours.decisions.get(key)
        stated = re.search(r"(19|20)\d\d", row["academic_year"])
        year = int(stated[0]) if stated else self.year
        if decision == "out":
            return "excluded_class"
        if decision == "in" or (before and before["status"] == "in"):
            return "other_academic_year" if year < self.year else "in"
        if before and before["reason"] not in LOOKED_AT_AGAIN:
            return before["reason"]
        if self.wonde.form == "class" and not (row["subject"] and own):
            return "other_subject" if row["subject"] else "no_subject"
        if year != self.year:
            return "other_academic_year"
        if not self.students[wonde_id]:
            return "no_students"
        years = {name.lower() for name in self.rules["year_groups"]}
        return "other_year_group" if years and row["year_group"].lower() not in years else ""

    # --- places

    def _named(self, number, kind):
        """(class, person) of every member of an imported class who is listed and may be kept, as Wonde ids."""
        for wonde_id in self.imported:
            for person in self.wonde.members.get(wonde_id, (None, None))[number] or ():
                key = self.keys[kind].get(person)
                known = person in self.wonde.unreadable[kind] and key in self.ours.here(kind)
                if (person in self.wonde.rows[kind] or known) and key not in self.why[kind]:
                    yield wonde_id, person
        link = PLACES[kind]
        unknown = {
            self.keys["classes"][each]
            for each in self.imported
            if self.wonde.members.get(each, (None, None))[number] is None
        }
        column = column_of(link, kind)
        for pk, stay in self.ours.lasting(link).items():
            if stay["school_class"] in unknown | self.safe["classes"] or stay[column] in self.safe[kind]:
                self.safe[link].add(pk)

    def _places(self):
        """One class for each student: the chosen one, else the present one, else the first in order."""
        offered = defaultdict(list)
        for wonde_id, person in self._named(0, "students"):
            offered[self.keys["students"][person]].append(self.keys["classes"][wonde_id])
        now = {stay["student"]: stay["school_class"] for stay in self.ours.lasting("enrolments").values()}
        choices = {(self.keys["students"].get(who, who), key, verdict) for who, key, verdict in self.ours.choices}
        for student, classes in offered.items():
            chosen = [key for key in classes if (student, key, "chosen") in choices]
            free = [key for key in classes if (student, key, "left_out") not in choices] or classes
            present = now.get(student)
            if present in self.safe["classes"]:
                place = present
            elif chosen:
                place = chosen[0]
            else:
                place = present if present in free else free[0]
            self.wanted["enrolments"][place, student] = {}
        self.choices = choices
        if "enrolments" not in self.aside and not self.safe["classes"]:
            self.choices = {
                (who, key, verdict)
                for who, key, verdict in choices
                if len(offered.get(who, ())) > 1 and key in offered[who]
            }

    def _teachers(self):
        for wonde_id, person in self._named(1, "employees"):
            ends = self.keys["classes"][wonde_id], self.keys["employees"][person]
            self.wanted["teachings"][ends] = {"main": self.wonde.members[wonde_id][1][person]}

    def _people(self, kind):
        link = PLACES[kind]
        placed = {ends[1] for ends in self.wanted[link]}
        for pk, stay in self.ours.lasting(link).items():
            if link in self.aside or pk in self.safe[link]:
                placed.add(stay[column_of(link, kind)])
        for wonde_id, raw in self.wonde.rows[kind].items():
            key = self.keys[kind][wonde_id]
            if key in self.why[kind]:
                continue
            if key in placed:
                self.kept[kind][key] = self._row(kind, raw)
            else:
                self.why[kind][key] = "no_place"

    def _parents(self):
        listed, reasons = set(), defaultdict(set)
        for wonde_id, links in self.wonde.links.items():
            student = self.keys["students"][wonde_id]
            listed.add(student)
            for contact_id, says in links.items():
                contact = self.keys["contacts"][contact_id]
                row = {
                    "relationship": says["relationship"] or "",
                    "priority": says["priority"],
                    "responsibility": says["parental_responsibility"],
                }
                reason = self._against(student, contact_id, says)
                reasons[contact].add(reason)
                if not reason:
                    self.wanted["guardianships"][student, contact] = row
                    continue
                self.why["guardianships"][student, contact] = reason
                if reason == "responsibility_unknown":
                    self.still[student, contact] = row
        silent = {key for key in self.keys["students"].values() if key not in listed}
        for pk, stay in self.ours.lasting("guardianships").items():
            if stay["student"] in silent | self.safe["students"]:
                self.safe["guardianships"].add(pk)
                self.safe["contacts"].add(stay["contact"])
        for contact_id, raw in self.wonde.rows["contacts"].items():
            contact = self.keys["contacts"][contact_id]
            if "" in reasons[contact]:
                self.kept["contacts"][contact] = self._row("contacts", raw)
            else:
                weak = reasons[contact] - BY_PERSON - {"no_kept_student"}
                strong = reasons[contact] & BY_PERSON
                self.why["contacts"][contact] = min(weak or strong or {"no_kept_student"})

    def _against(self, student, contact_id, says):
        if student not in self.kept["students"]:
            return "no_kept_student"
        own = {student} | {
            value for name, value in self.kept["students"][student].items() if name in ("wonde_id", "upi", "upn")
        }
        contact = self._row("contacts", self.wonde.rows["contacts"][contact_id])
        their = {contact["wonde_id"], contact["upi"], contact["email"]} - {""}
        if any(own & set(about) and their & set(whom) for about, whom in self.blocks):
            return "blocked"
        if says["court_order"]:
            return "court_order"
        if says["parental_responsibility"] is False:
            return "no_parental_responsibility"
        return "" if says["parental_responsibility"] else "responsibility_unknown"

    # --- comparing

    def _values_that_vanished(self):
        """UPI and UPN are never overwritten by nothing, other columns not if many go empty at once."""
        for kind, rows in self.kept.items():
            lost = defaultdict(list)
            for key, row in rows.items():
                for name, value in self.ours.rows[kind].get(key, {}).items():
                    if name not in ("here", "status", "reason") and value and not row[name]:
                        lost[name].append(key)
            for name, keys in lost.items():
                if kind == "classes" and self.pairs:
                    continue
                if name in ("upi", "upn") or self._too_many_empty(len(keys), len(rows)):
                    for key in keys:
                        rows[key][name] = self.ours.rows[kind][key][name]
        lost = defaultdict(list)
        wanted = self.wanted["guardianships"]
        before = {_ends("guardianships", stay): stay for stay in self.ours.lasting("guardianships").values()}
        for ends in wanted.keys() & before.keys():
            for name in ("relationship", "priority"):
                if wanted[ends][name] in ("", None) and before[ends][name] not in ("", None):
                    lost[name].append(ends)
        for name, keys in lost.items():
            if self._too_many_empty(len(keys), len(wanted)):
                for ends in keys:
                    wanted[ends][name] = before[ends][name]

    def _too_many_empty(self, count, everybody):
        return count * 5 > everybody and (count > self.rules["kind_free"] or count == everybody)

    def _going(self):
        """Of ours, by how they go: `ended` by the MIS or a person, `absent`, or `placeless`: listed and not kept."""
        self.ended, self.absent, self.placeless = ({name: set() for name in (*ROWS, *LINKS)} for _ in range(3))
        self.put_out = {kind: set() for kind in ROWS}  # also classes that stay in the table, without their places
        for kind in ROWS.keys() - self.aside:
            reasons = self.why[kind]
            self.put_out[kind] = {key for key in self.ours.here(kind) if reasons.get(key) in BY_PERSON}
            if kind == "classes":
                self.put_out[kind] = {key for key in self.ours.here(kind) if key in reasons}
            for key in self.ours.here(kind).keys() - self.kept[kind].keys() - self.safe[kind]:
                how = self.ended if reasons.get(key) in BY_PERSON else self.placeless if key in reasons else self.absent
                how[kind].add(key)
        self.moving = set()
        for link in LINKS.keys() - self.aside:
            for pk, stay in self.ours.lasting(link).items():
                ends = _ends(link, stay)
                if ends in self.wanted[link]:
                    continue
                if self._goes_to_another(link, stay):
                    self.moving.add((link, pk))
                    continue
                if pk in self.safe[link]:
                    continue
                reason = self.why["guardianships"].get(ends) if link == "guardianships" else None
                how = self.ended if reason in BY_PERSON else self.placeless if reason else self.absent
                how[link].add(pk)

    def _goes_to_another(self, link, stay):
        if link != "enrolments":
            return False
        return any(who == stay["student"] and key != stay["school_class"] for key, who in self.wanted[link])

    # --- judging

    def _freed(self, link, stay):
        """Whether a place goes because the MIS or a person ended what it hangs from."""
        return any(stay[column] in self.put_out[kind] for column, kind in LINKS[link][1].items())

    def _leaving(self, kind):
        """Who would go although nobody said so."""
        link, counted = PLACES[kind], set(self.absent[kind])
        places = defaultdict(dict)
        for pk, stay in self.ours.lasting(link).items():
            places[stay[column_of(link, kind)]][pk] = stay
        for key in self.placeless[kind]:
            ended = [pk in self.ended[link] or self._freed(link, stay) for pk, stay in places[key].items()]
            if not ended or not all(ended):
                counted.add(key)
        if kind == "contacts":  # who goes with every child of theirs is not counted
            gone = self.absent["students"] | self.placeless["students"] | self.ended["students"]
            counted -= {
                key for key in counted if places[key] and all(s["student"] in gone for s in places[key].values())
            }
        return counted

    def _over(self, count, week_ago, free, share):
        return count > free and count * 100 > share * week_ago

    def _week(self, kind):
        """How many there were a week ago, and how many were missing since."""
        since = self.now - WEEK
        before = [sizes for moment, sizes in self.ours.sizes if moment <= since]
        after = [sizes for moment, sizes in self.ours.sizes if moment > since]
        known = before[-1] if before else after[0] if after else {}
        classes = self.ours.rows["classes"]
        gone = [
            pk
            for moment, what, pk in self.ours.gone
            if what == kind and moment > since and not (kind == "classes" and classes[pk]["status"] == "out")
        ]
        return (known.get(kind), len(gone)) if kind in known else (None, 0)

    def _limits(self):
        self.counted = {kind: self._leaving(kind) for kind in ("employees", "students", "contacts")}
        classes = self.ours.here("classes")
        self.counted["classes"] = {key for key in self.absent["classes"] if classes[key]["status"] == "in"}
        held = self._over_class_limits()
        for kind, keys in self.counted.items():
            held |= self._over_kind_limits(kind, keys)
        self.held = self._with_what_hangs(held)
        self.unsettled = self._too_much_at_once()
        waits = {(kind, key) for kind, keys in self.unsettled.items() for key in keys} | self.held
        self.released = set()
        if self.approved and waits == self.approved:
            self.released, self.held, self.unsettled, waits = self.held, set(), {}, set()
        self.out.holds = waits

    def _over_kind_limits(self, kind, keys):
        present = self.ours.here(kind)
        if kind == "classes":
            present = {key for key, row in present.items() if row["status"] == "in"}
            others = {key for key in present if key in self.put_out[kind]}
        else:
            others = self.ended[kind] | (self.placeless[kind] - keys)
        start, gone = self._week(kind)
        start = start or len(present) + gone
        everybody = len(keys) >= len(present) - len(others)
        if keys and (
            everybody or self._over(len(keys) + gone, start, self.rules["kind_free"], self.rules["kind_share"])
        ):
            return {(kind, key) for key in keys}
        return set()

    def _over_class_limits(self):
        """Students who would be left in no class, class by class; where the class goes too, the class is counted."""
        held, since = set(), self.now - WEEK
        absences = {pk for _, kind, pk in self.ours.gone if kind == "enrolments"}
        for key in self.ours.here("classes").keys() | {
            s["school_class"] for s in self.ours.lasting("enrolments").values()
        }:
            if key in self.absent["classes"]:
                continue
            begin = max(since, self.ours.made_at[key])
            stays = {pk: s for pk, s in self.ours.stays["enrolments"].items() if s["school_class"] == key}
            now = [stay["student"] for stay in stays.values() if stay["left_at"] is None]
            leaving = {student for student in now if student in self.counted["students"]}
            gone = [pk for pk, s in stays.items() if s["left_at"] and s["left_at"] > since and pk in absences]
            start = [
                s for s in stays.values() if s["joined_at"] <= begin and not (s["left_at"] and s["left_at"] <= begin)
            ]
            size = len(start) or len(now) + len(gone)
            if leaving and self._over(
                len(leaving) + len(gone), size, self.rules["class_free"], self.rules["class_share"]
            ):
                held |= {("students", student) for student in leaving}
        return held

    def _with_what_hangs(self, held):
        """A person who stays keeps the place, a place keeps its class, a class keeps who would be left in none."""
        grown = True
        while grown:
            grown = False
            for link, (_, ends, _) in LINKS.items():
                for pk in self.absent[link] | self.placeless[link]:
                    stay = self.ours.stays[link][pk]
                    near = [(kind, stay[column]) for column, kind in ends.items()]
                    if (link, pk) in held or self._freed(link, stay) or not any(end in held for end in near):
                        continue
                    others = [
                        (kind, key) for kind, key in near if (kind, key) not in held and self._would_go(kind, key)
                    ]
                    if all(self._goes_only_with(link, kind, key) for kind, key in others):
                        held = held | {(link, pk), *others}
                        grown = True
        return held

    def _would_go(self, kind, key):
        return key in self.absent[kind] or key in self.placeless[kind]

    def _goes_only_with(self, link, kind, key):
        """Whether the other end of a place that is held is held for its sake."""
        if kind == "contacts":
            return True
        if kind == "classes":
            return link == "enrolments"
        return link != "guardianships" and key in self.placeless[kind]

    def _too_much_at_once(self):
        """New details of many people at once wait: name and UPN of students, addresses of parents."""
        found = {}
        changed = set()
        for key, row in self.kept["students"].items():
            before = self.ours.here("students").get(key)
            renamed = before and (before["surname"], before["forename"]) != (row["surname"], row["forename"])
            if renamed and before["upn"] and before["upn"] != row["upn"]:
                changed.add(key)
        if len(changed) > 5:
            found["students"] = changed
        present = self.ours.here("contacts")
        changed = {
            key
            for key, row in self.kept["contacts"].items()
            if key in present and present[key]["email"] and present[key]["email"] != row["email"]
        }
        if self._over(len(changed), len(present), self.rules["kind_free"], 20):
            found["contacts"] = changed
        return found

    def _paused(self):
        """Only what the MIS or a person ended goes."""
        self.counted = {kind: self._leaving(kind) for kind in ("employees", "students", "contacts")}
        for kind in ROWS:
            stays = set(self.absent[kind]) | (self.placeless[kind] & self.counted.get(kind, set()))
            self.absent[kind] = set()
            self.placeless[kind] -= stays
        for link in LINKS:
            for going in (self.absent, self.placeless):
                going[link] = {pk for pk in going[link] if self._freed(link, self.ours.stays[link][pk])}
        self.counted, self.held, self.released, self.unsettled, self.out.holds = {}, set(), set(), {}, set()
        for kind in ROWS:
            mine = self.ours.here(kind)
            self.kept[kind] = {
                key: row if kind == "classes" and key in self.put_out[kind] else mine[key]
                for key, row in self.kept[kind].items()
                if key in mine
            }
        self.moving = set()
        for link in LINKS:
            lasting = {_ends(link, stay): _said(link, stay) for stay in self.ours.lasting(link).values()}
            self.wanted[link] = {ends: lasting[ends] for ends in self.wanted[link] if ends in lasting}

    # --- what stands then

    def _write(self):
        for kind in ROWS.keys() - self.aside:
            for key, row in self.kept[kind].items():
                if key not in self.unsettled.get(kind, ()):
                    self.out.rows[kind][key] = row | {"here": True}
            for key in self.ended[kind]:
                self._gone(kind, key, "evidence")
            for key in self.absent[kind] | self.placeless[kind]:
                if (kind, key) not in self.held:
                    counted = key in self.counted.get(kind, ()) or (kind == "classes" and key in self.absent[kind])
                    cause = "approved" if (kind, key) in self.released else "absence" if counted else "follows"
                    self._gone(kind, key, cause)
        for link in LINKS:
            self._write_links(link)
        self.out.choices = self.choices
        if "classes" not in self.aside:
            self.out.members = {
                key: ids for key, ids in self.members.items() if ids and key in self.out.rows["classes"]
            }

    def _gone(self, kind, key, cause):
        self.out.gone[kind, key] = cause
        self.out.rows[kind][key]["here"] = False

    def _write_links(self, link):
        """Places of ours that go, then those Wonde has. Whoever goes takes their places along."""
        stands = {}
        for pk, stay in self.ours.lasting(link).items():
            ends, says = _ends(link, stay), _said(link, stay)
            carried = any((kind, key) in self.out.gone for kind, key in zip(LINKS[link][1].values(), ends, strict=True))
            if (link, pk) in self.moving:
                continue
            if pk in self.ended[link]:
                self.out.gone[link, pk] = "evidence"
            elif pk in self.absent[link] | self.placeless[link] and (link, pk) not in self.held:
                cause = "absence" if pk in self.absent[link] else "follows"
                if self._freed(link, stay):
                    cause = "follows"
                self.out.gone[link, pk] = "approved" if (link, pk) in self.released else cause
            elif carried:
                self.out.gone[link, pk] = "follows"
            else:
                says = (
                    self.wanted[link].get(ends) or (self.still.get(ends) if link == "guardianships" else None) or says
                )
                stands[ends] = says | {"pk": pk}
        if link not in self.aside:
            for ends, says in self.wanted[link].items():
                goes = any(
                    (kind, key) in self.out.gone for kind, key in zip(LINKS[link][1].values(), ends, strict=True)
                )
                if ends not in stands and not goes:
                    stands[ends] = says | {"pk": None}
        self.out.links[link] = stands


# --- comparing


def differences(must, ours, before):
    """What our tables hold otherwise than they must, a line each. must: `Expected`; ours: `tables()` after the run."""
    told = []
    new = {
        kind: {row["wonde_id"]: pk for pk, row in ours.rows[kind].items() if pk not in before.rows[kind]}
        for kind in ROWS
    }

    def key_of(kind, key):
        return key if isinstance(key, int) else new[kind].get(key, f"nobody ({key})")

    for kind in ROWS:
        should = {key_of(kind, key): row for key, row in must.rows[kind].items()}
        for pk in should.keys() | ours.rows[kind].keys():
            if should.get(pk) != ours.rows[kind].get(pk):
                told.append(f"{kind} {pk}: must be {should.get(pk)}, is {ours.rows[kind].get(pk)}")
    for link, (_, ends, _) in LINKS.items():
        should = {
            tuple(key_of(kind, key) for kind, key in zip(ends.values(), keys, strict=True)): says
            for keys, says in must.links[link].items()
        }
        stand = {_ends(link, stay): _said(link, stay) | {"pk": pk} for pk, stay in ours.lasting(link).items()}
        for keys in should.keys() | stand.keys():
            one, other = should.get(keys), stand.get(keys)
            if one and other and one["pk"] is None and other["pk"] not in before.stays[link]:
                one = one | {"pk": other["pk"]}
            if one != other:
                told.append(f"{link} {keys}: must be {one}, is {other}")
    told += [f"held: must be {each}" for each in sorted(must.holds - ours.holds)]
    told += [f"held without cause: {each}" for each in sorted(ours.holds - must.holds)]
    should = {key_of("classes", key): ids for key, ids in must.members.items()}
    if should != ours.members:
        told.append(f"members of classes that are out: must be {should}, are {ours.members}")
    should = {(new["students"].get(who, who), key, verdict) for who, key, verdict in must.choices}
    if should != ours.choices:
        told.append(f"choices: must be {should}, are {ours.choices}")
    return told


# --- words


def _day(moment):
    return date.fromisoformat(moment["date"][:10]) if moment else None


def year_group(text):
    """ "7" for "7", "07" and "Year 7"; "R" for Reception."""
    plain = re.sub(r"^(year|yr) ", "", text.strip().lower())
    if plain.isdigit():
        return str(int(plain))
    return {"r": "R", "reception": "R"}.get(plain, text.strip())


def _natural(name):
    return re.sub(r"\d+", lambda digits: digits[0].zfill(4), " ".join(name.lower().split()))
