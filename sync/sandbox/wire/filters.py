"""Query parameters that choose rows. Unknown parameters, and values that cannot be read, are ignored, just as a
misspelt name is.
"""

from datetime import UTC, datetime

from sync.sandbox import choices

TRUTHS = {"true": True, "1": True, "false": False, "0": False}


def parse_moment(text):
    """An aware UTC datetime from any of the spellings clients use, or None. Without a zone it is UTC [inferred]."""
    try:
        value = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def changed_at(row):
    """When a row last changed. For deletions, the later of deleted and restored [unknown]; None for rows without a
    moment.
    """
    if hasattr(row, "deleted_at"):
        return max(row.deleted_at, row.restored_at or row.deleted_at)
    return getattr(row, "updated_at", None)


def _updated_after(world, value):
    bound = parse_moment(value)
    if bound is None:
        return None
    if choices.UPDATED_AFTER_INCLUDES_BOUND:
        return lambda row: (moment := changed_at(row)) is None or moment >= bound
    return lambda row: (moment := changed_at(row)) is None or moment > bound


def _updated_before(world, value):
    bound = parse_moment(value)
    return bound and (lambda row: (moment := changed_at(row)) is None or moment < bound)


def _listed(find):
    """A comma list that must contain what `find` returns for a row."""

    def make(world, value):
        wanted = {part.strip() for part in value.split(",")}
        return lambda row: find(row) in wanted

    return make


def _equal(find):
    def make(world, value):
        return lambda row: find(row) == value

    return make


def _has(count):
    """A boolean filter on whether `count` (world, row) finds anything."""

    def make(world, value):
        wanted = TRUTHS.get(value.lower())
        return None if wanted is None else lambda row: bool(count(world, row)) == wanted

    return make


def _start(compare):
    def make(world, value):
        bound = parse_moment(value)
        return bound and (
            lambda row: row.employment_start_date is not None and compare(row.employment_start_date, bound.date())
        )

    return make


def _deletion_type(world, value):
    wanted = {part.strip().lower() for part in value.split(",")}
    return lambda row: row.type in wanted


COMMON = {"updated_after": _updated_after, "updated_before": _updated_before}
PEOPLE = {"only_mis_ids": _listed(lambda row: row.mis_id)}
FILTERS = {
    "students": PEOPLE | {"only_upns": _listed(lambda row: row.upn)},
    "employees": PEOPLE
    | {
        "has_class": _has(lambda world, row: world.index.teachings_of_employee.get(row.id)),
        "has_group": _has(lambda world, row: world.index.groups_of_employee.get(row.id)),
        "has_role": _has(lambda world, row: row.role_text),
        "has_contract": _has(lambda world, row: row.employment_start_date),
        "employment_start_after": _start(lambda day, bound: day >= bound),
        "employment_start_before": _start(lambda day, bound: day < bound),
    },
    "groups": {
        "type": _listed(lambda row: row.type),
        "has_students": _has(lambda world, row: row.students),
        "has_employees": _has(lambda world, row: row.employees),
    },
    "classes": {
        "has_students": _has(lambda world, row: row.students),
        "has_lessons": _has(lambda world, row: row.slots),
        "class_name": _equal(lambda row: row.name),
        "class_subject": _equal(lambda row: row.subject),
        "type": _listed(lambda row: None),
    },
    "subjects": {"subject_code": _equal(lambda row: row.code), "subject_name": _equal(lambda row: row.name)},
    "deletions": {"type": _deletion_type},
}


def choose(kind, world, rows, params):
    """The rows that every filter among `params` lets through.

    kind: key of FILTERS; params: {name: text} as the caller sent them
    """
    table = COMMON | FILTERS.get(kind, {})
    for name, value in params.items():
        if (make := table.get(name)) and value and (keep := make(world, value)):
            rows = [row for row in rows if keep(row)]
    return rows
