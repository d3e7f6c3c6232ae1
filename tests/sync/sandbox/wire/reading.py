"""What tests read from rows."""


def members(rows):
    """{class id: set of student ids} from rows with students included."""
    return {wonde_id: {student["id"] for student in row["students"]["data"]} for wonde_id, row in rows.items()}


def maths_sets_of(table, student):
    row = table("students", include="classes.subject")[student]
    return [
        group["id"] for group in row["classes"]["data"] if (group["subject"] or {}).get("data", {}).get("code") == "Ma"
    ]


def link_of(table, event):
    contacts = table("students", include="contacts")[event["student"]]["contacts"]["data"]
    return next(row["relationship"] for row in contacts if row["id"] == event["contact"])


def maths_of(sandbox, school):
    """The id of the school's mathematics subject, or None."""
    subjects = sandbox.get(f"schools/{school}/subjects")["data"]
    return next((row["id"] for row in subjects if (row["name"] or "").startswith("Math")), None)


def rows(sandbox, school, path, include="", **params):
    """Every row of a list of the school."""
    asked = ({"include": include} if include else {}) | params
    return sandbox.every(f"schools/{school}/{path}", per_page=200, **asked)
