"""The two keys of a field: a purpose that is on at the school, and Wonde's permission. What either shuts off is emptied
the same night, and before anything else is looked at it is on neither side."""

from dataclasses import replace

from tests.sync.oracle.rows.people import row_of
from tests.sync.oracle.words import DETAILS, LINKS

# (kind or link, column) -> the permission that gives it, and nothing else of its row.
PERMISSIONS = {
    ("students", "upn"): "students.upn.read",
    ("students", "year_group"): "students.education_details.read",
    ("employees", "email"): "employees.contact_details.read",
    ("contacts", "email"): "contacts.contact_details.read",
    ("guardianships", "priority"): "contacts.priority.read",
    ("guardianships", "responsibility"): "contacts.parental_responsibility.read",
    ("details", "gender"): "students.gender.read",
    ("details", "birthday"): "students.date_of_birth.read",
    ("details", "eal"): "students.extended_details.read",
    ("details", "pupil_premium"): "students.extended_details.read",
    ("details", "sen"): "students.extended_details.read",
}
NOTHING = {"priority": None, "responsibility": None}


def with_both_keys(ours, wonde):
    """Both sides without whatever the school does not share or Wonde does not give: no row of ours, present or former,
    says anything of it."""
    wonde = _as_shared(ours.purposes, wonde)
    shut = refused(wonde) | {("details", name) for name in DETAILS if name not in ours.purposes}
    if "staff_sign_in" not in ours.purposes:
        shut |= {("employees", "email")}
    if shut >= {("details", name) for name in DETAILS}:
        wonde = replace(wonde, details={})
    return _emptied(_without_parents(ours) if "weekly_mail" not in ours.purposes else ours, shut), wonde


def _as_shared(purposes, wonde):
    """Their side of what purposes that are on ask for; of parents it is as if Wonde did not share them."""
    details = {
        wonde_id: {name: value if name in purposes else "" for name, value in says.items()}
        for wonde_id, says in wonde.details.items()
    }
    wonde = replace(wonde, details=details)
    if "staff_sign_in" not in purposes:
        staff = {wonde_id: raw | {"contact_details": None} for wonde_id, raw in wonde.rows["employees"].items()}
        wonde = replace(wonde, rows=wonde.rows | {"employees": staff})
    if "weekly_mail" not in purposes:
        rows, unreadable = wonde.rows | {"contacts": {}}, wonde.unreadable | {"contacts": set()}
        wonde = replace(wonde, rows=rows, unreadable=unreadable, links={}, denied=wonde.denied | {"contacts"})
    return wonde


def _without_parents(ours):
    """Erased: no row of theirs is anybody's, no link lasts, and nothing of them waits."""

    def without(of):
        return {key: value for key, value in of.items() if key[0] not in ("contacts", "guardianships")}

    return replace(
        ours,
        rows=ours.rows | {"contacts": {}},
        stays=ours.stays | {"guardianships": {}},
        holds={key for key in ours.holds if key[0] not in ("contacts", "guardianships")},
        limits=without(ours.limits),
        kept=without(ours.kept),
    )


def _emptied(ours, shut):
    """Without the columns that are shut. Where all of a student's details are, the row has ended as well."""

    def emptied(name, table):
        empty = {column: NOTHING.get(column, "") for kind, column in shut if kind == name}
        if empty.keys() >= {*DETAILS}:
            empty["here"] = False
        return {pk: row | empty for pk, row in table.items()}

    return replace(
        ours,
        rows={kind: emptied(kind, table) for kind, table in ours.rows.items()},
        stays={link: emptied(link, table) for link, table in ours.stays.items()},
        details=emptied("details", ours.details),
    )


def refused(wonde):
    """The fields whose permission every line of Wonde's list about it says no to, while somebody of the kind came and
    nobody with a value."""
    return {
        (kind, column)
        for (kind, column), permission in PERMISSIONS.items()
        if wonde.approved.get(permission) == {False} and _came_without(wonde, kind, column)
    }


def _came_without(wonde, kind, column):
    if kind in LINKS:
        name = {"priority": "priority", "responsibility": "parental_responsibility"}[column]
        said = [says[name] for links in wonde.links.values() for says in links.values()]
        return bool(wonde.rows["contacts"]) and all(each is None for each in said)
    if kind == "details":
        values = [says[column] for says in wonde.details.values()]
    else:
        values = [row_of(kind, raw)[column] for raw in wonde.rows[kind].values()]
    return bool(values) and not any(values)
