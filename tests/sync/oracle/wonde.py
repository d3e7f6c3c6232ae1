"""Their side: everything Wonde says about a school now, asked over HTTP and as it came."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from tests.sync.oracle.rows.details import said_of_student
from tests.sync.oracle.words import of_subject


@dataclass
class Theirs:
    """mis: its name. rows: kind -> Wonde id -> what Wonde sent. unreadable: ids that came with nonsense. nameless:
    kinds with a row without an id. denied: kinds not shared. form: what stands for a class. members: class ->
    (students, {employee: main}), None where not known. links: student -> {contact: relationship, None if it cannot
    be read}. counts: kind -> how many Wonde says there are. deletions: (Wonde id, type, when it was last deleted or
    restored, whether it is deleted still), in Wonde's order. approved: permission -> every answer
    that Wonde's list gives about it. details: student -> column -> what may be kept of it, "" for nothing.
    """

    mis: str
    rows: dict
    unreadable: dict
    nameless: set
    denied: set
    form: str
    members: dict
    links: dict
    counts: dict
    deletions: list
    approved: dict
    details: dict

    def nobody(self, kind):
        return not self.rows[kind] and not self.unreadable[kind] and kind not in self.nameless


def theirs(base, token, school_id, ours):
    """Everything Wonde says now. base: such as http://127.0.0.1:PORT; ours: `tables()`."""
    root = f"schools/{school_id}"

    def ask(path="", root=root, **params):
        """Every row at a path, or None where we may not read it."""
        found, url = [], f"{base}/v1.0/{root}{path}?{urlencode({**params, 'per_page': 200}, safe=',')}"
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
    out = Theirs(school["mis"], {}, {}, set(), set(), "class", {}, {}, {}, [], {}, {})

    def sort(kind, listed):
        if listed is None:
            out.denied.add(kind)
        out.rows[kind] = {
            row["id"]: _as_far_as_it_can_be_read(row) for row in listed or [] if "id" in row and _readable(row)
        }
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
        subjects = {row["subject"]["data"]["id"] for row in out.rows["classes"].values() if of_subject(row, ours.rules)}
        for subject in subjects:
            members_of(ask("/classes", class_subject=subject, **both))
        for wonde_id in _wanted(ours) & out.rows["classes"].keys() - out.members.keys():
            members_of(ask(f"/classes/{wonde_id}", **both) or [])
    elif "classes" not in out.denied and not _has_classes(ours):
        groups = ask("/groups", type="REGISTRATION", **both)
        if groups is None:
            out.denied.add("classes")
        if groups:
            sort("classes", groups)
            members_of(groups)
            out.form = "registration"
    sort("employees", ask("/employees", include="employment_details,contact_details"))
    includes = "education_details,extended_details,year,contacts,contacts.contact_details"
    sort("students", ask("/students", include=includes))
    out.details = {wonde_id: said_of_student(raw) for wonde_id, raw in out.rows["students"].items()}
    _contacts(out)
    (counts,) = ask("/counts", include="students,employees,contacts")
    out.counts = {kind: entry["data"]["count"] for kind, entry in counts.items() if entry}
    for row in ask("/deletions"):
        deleted, restored = _moment(row["deleted_at"]), _moment(row["restored_at"])
        lasts = not restored or restored < deleted
        out.deletions.append((row["id"], row["type"], max(deleted, restored or deleted), lasts))
    for row in ask("/permissions", root=f"meta/{root}") or []:
        out.approved.setdefault(row["identity"], set()).add(row.get("approved"))
    return out


def _moment(sent):
    return sent and datetime.fromisoformat(sent["date"]).replace(tzinfo=UTC)


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
    """Whether somebody is current is never guessed; whatever else cannot be read is not there."""
    details = row.get("employment_details")
    inner = details.get("data") if isinstance(details, dict) else details
    current = inner.get("current") if isinstance(inner, dict) else None
    is_told = isinstance(details, dict | None) and isinstance(inner, dict | list | None)
    return is_told and isinstance(current, bool | None)


def _as_far_as_it_can_be_read(row):
    texts = ("upi", "title", "forename", "surname", "name", "academic_year", "year_group", "gender")
    plain = {name: str(row[name]) if isinstance(row.get(name), str | int) else None for name in texts}
    return row | {name: text for name, text in plain.items() if name in row}


def _teachers(listed):
    return {row["id"]: bool((row.get("meta") or {}).get("is_main_teacher")) for row in listed}


def _wanted(ours):
    """Classes whose members are asked for whatever their subject."""
    rows = ours.rows["classes"]
    wanted = {pk for pk in rows if rows[pk]["status"] == "in" or ours.decisions.get(pk) == "in"}
    return {rows[pk]["wonde_id"] for pk in wanted if rows[pk]["here"]}


def _has_classes(ours):
    return any(
        row["here"] and row["status"] == "in" and row["form"] == "class" for row in ours.rows["classes"].values()
    )
