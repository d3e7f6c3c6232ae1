"""Single fields that Wonde no longer gives: what we hold of them is emptied the same night, before anything else."""

from dataclasses import replace

from tests.sync.oracle.rows.people import row_of
from tests.sync.oracle.words import LINKS

# (kind or link, column) -> the permission that gives it, and nothing else of its row.
PERMISSIONS = {
    ("students", "upn"): "students.upn.read",
    ("students", "year_group"): "students.education_details.read",
    ("employees", "email"): "employees.contact_details.read",
    ("contacts", "email"): "contacts.contact_details.read",
    ("guardianships", "priority"): "contacts.priority.read",
    ("guardianships", "responsibility"): "contacts.parental_responsibility.read",
}
NOTHING = {"priority": None, "responsibility": None}


def without_refused(ours, wonde):
    """Our tables as they are once no row, present or former, says anything in a field that is refused."""
    columns = refused(wonde)

    def emptied(name, table):
        empty = {column: NOTHING.get(column, "") for kind, column in columns if kind == name}
        return {pk: row | empty for pk, row in table.items()}

    return replace(
        ours,
        rows={kind: emptied(kind, table) for kind, table in ours.rows.items()},
        stays={link: emptied(link, table) for link, table in ours.stays.items()},
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
    values = [row_of(kind, raw)[column] for raw in wonde.rows[kind].values()]
    return bool(values) and not any(values)
