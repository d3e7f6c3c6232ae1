"""Our side: everything our database holds of a school, read by plain SQL."""

import json
from dataclasses import dataclass

from django.db import connection

from tests.sync.oracle.words import AT_FIRST, DETAILS, LINKS, ROWS

HIDDEN = "school_id = %s AND perhaps_hidden_since IS NOT NULL"


@dataclass
class Tables:
    """rows: kind -> primary key -> columns, and `here`. stays: link -> primary key -> columns, `joined_at`, `left_at`.
    holds: (kind, primary key) of what waits. limits: the limit that holds each. kept: of whom a person said that they
    stay, not only with others, the limit. gone: removals by absence so far:
    (when, kind, primary key). hidden: kind -> primary keys of people who are perhaps no longer shared. beyond: how many
    more Wonde counted by the last read. read_before: from when that was. deleted: (kind, primary key) of what waits and
    Wonde calls deleted. announced: the change of MIS that Wonde told of, or nothing. details: student -> columns, `pk`
    and `here`. purposes: those that are on."""

    rows: dict
    stays: dict
    holds: set
    limits: dict
    kept: dict
    decisions: dict
    members: dict
    choices: set
    made_at: dict
    rules: dict
    mis: str
    sizes: list
    gone: list
    hidden: dict
    beyond: dict
    read_before: object
    deleted: set
    announced: list
    details: dict
    purposes: set

    @property
    def rolled(self):
        """The year in use, and when its rollover was confirmed."""
        return self.rules["rolled_year"], self.rules["rolled_at"]

    def here(self, kind):
        return {pk: row for pk, row in self.rows[kind].items() if row["here"]}

    def lasting(self, link):
        return {pk: stay for pk, stay in self.stays[link].items() if stay["left_at"] is None}


def tables(school):
    """What we hold of a school (its primary key)."""
    with connection.cursor() as cursor:

        def select(columns, table, where="school_id = %s"):
            named = ", ".join(f'"{column}"' for column in columns)
            cursor.execute(f"SELECT {named} FROM {table} WHERE {where}", [school])
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
        details = select(("student_id", "id", "left_at", *DETAILS), "students_details")
        said = select(("key", "off_at"), "schools_schoolpurpose")
        classes = select(("id", "decision", "member_ids", "created_at"), "classes_schoolclass")
        choices = select(("student_id", "wonde_id", "school_class_id", "verdict"), "classes_choice")
        holds = select(("kind", "row_id", "limit", "kept_at", "deleted_in_mis"), "sync_hold")
        runs = select(
            ("id", "started_at", "status", "sizes", "trigger", "beyond", "wonde_newest"),
            "sync_syncrun",
            "school_id = %s ORDER BY started_at",
        )
        read = [run for run in runs if run["status"] == "applied" and run["trigger"] not in ("undo", "left_out")]
        last = read[-1] if read else {"beyond": {}, "started_at": None, "wonde_newest": None}
        moments = {run["id"]: run["started_at"] for run in runs}
        changes = select(("run_id", "kind", "row_id", "verb", "cause"), "sync_change")
        (rules,) = select(
            ("subjects", "year_groups", "year_starts", "year_ends", "rolled_year", "rolled_at", "kind_share",
             "kind_free", "class_share", "class_free", "paused_at", "asks_first", "facts_known"), "sync_connection",
        )  # fmt: skip
        (school_row,) = select(("mis",), "schools_school", "id = %s")
        return Tables(
            rows=rows,
            stays=stays,
            holds={(row["kind"], row["row_id"]) for row in holds},
            limits={(row["kind"], row["row_id"]): row["limit"] for row in holds},
            kept={
                (row["kind"], row["row_id"]): row["limit"]
                for row in holds
                if row["kept_at"] and row["kind"] in ROWS and row["limit"] != "with"
            },
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
                    if run["status"] == "applied" and run["trigger"] != "left_out"
                ),
                key=lambda entry: entry[0],
            ),
            gone=[
                (moments[change["run_id"]], change["kind"], change["row_id"])
                for change in changes
                if change["verb"] == "remove" and change["cause"] == "absence"
            ],
            hidden={
                kind: {row["id"] for row in select(("id", "perhaps_hidden_since"), ROWS[kind][0], HIDDEN)}
                for kind in ("students", "employees", "contacts")
            },
            beyond=json.loads(last["beyond"]) if isinstance(last["beyond"], str) else last["beyond"],
            read_before=min((last[name] for name in ("started_at", "wonde_newest") if last[name]), default=None),
            deleted={(row["kind"], row["row_id"]) for row in holds if row["deleted_in_mis"]},
            announced=select(("scheduled_at", "completed_at", "until"), "sync_announcedmove"),
            details={
                row.pop("student_id"): row | {"pk": row.pop("id"), "here": row.pop("left_at") is None}
                for row in details
            },
            purposes={row["key"] for row in said if row["off_at"] is None} | (AT_FIRST - {row["key"] for row in said}),
        )
