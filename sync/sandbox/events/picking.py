"""What events have in common: choosing who they happen to, and keeping memberships and links in order."""

from sync.sandbox.world import curriculum


class EventError(ValueError):
    """An event that cannot happen here. The message is one sentence for the person who asked."""


def find(table, wanted, what):
    """The row with this id. Raises EventError if the school has none."""
    try:
        return table[wanted]
    except (KeyError, TypeError):
        raise EventError(f"This school has no {what} with id {wanted!r}.") from None


def pick(rng, args, rows, what, table=None):
    """The rows an event happens to: those named by `args` ("student", "students"), else `count` of `rows` at random.

    rows: the candidates for a random choice; table: where named ids are looked up (default: among the candidates)
    """
    table = table if table is not None else {row.id: row for row in rows}
    if named := args.get(f"{what}s") or ([args[what]] if args.get(what) else None):
        return [find(table, wanted, what) for wanted in named]
    count = args.get("count", 1)
    if count > len(rows):
        raise EventError(f"This school has only {len(rows)} of what was asked for ({what}, {count} times).")
    return rng.sample(list(rows), count)


def maths_sets(world):
    """Ordinary maths classes of this year with students; registration groups where no classes are published."""
    sets = [
        row
        for row in curriculum.maths_classes(world)
        if row.students and not curriculum.is_intervention(row) and row.academic_year in (None, world.academic_year)
    ]
    return sets or [row for row in world.groups.values() if row.type == "REGISTRATION" and row.students]


def set_of(world, group_id):
    """A class, or a registration group. Raises EventError."""
    return find({**world.groups, **world.classes}, group_id, "class")


def year_of(world, group):
    """The year group most of a class's students are in, or None."""
    years = [world.students[member].year for member in group.students if member in world.students]
    return max(sorted(set(years)), key=years.count) if years else getattr(group, "year", None)


def siblings_of(world, group):
    """Other sets of the same subject and year: where a student of this class may move to."""
    year = year_of(world, group)
    subject = getattr(group, "subject", None)
    return [
        row
        for row in maths_sets(world)
        if row is not group and getattr(row, "subject", None) == subject and year_of(world, row) == year
    ]


def put(world, student, *groups):
    """Make a student a member of classes or groups."""
    for group in groups:
        if student.id not in group.students:
            group.students.append(student.id)
            world.touch(group)
    world.touch(student)


def take(world, student, *groups):
    """End a student's membership of classes or groups."""
    for group in groups:
        if student.id in group.students:
            group.students.remove(student.id)
            world.touch(group)
    world.touch(student)


def memberships(world, student):
    """Every class and group a student is in."""
    return [row for table in (world.classes, world.groups) for row in table.values() if student.id in row.students]


def place(world, rng, student, group=None):
    """Give a student the groups and classes of their year: those of a classmate, so that the timetable is consistent.

    group: a class or registration group the student must be in
    """
    mates = [other for other in world.students.values() if other.year == student.year and other.id != student.id]
    if group is not None and group.students:
        mates = [other for other in mates if other.id in group.students] or mates
    if mates:
        mate = rng.choice(mates)
        groups = [row for row in memberships(world, mate) if not _special(row)]
        subjects = set()
        for row in groups:  # one class per subject, even if the classmate has two
            key = getattr(row, "subject", None) or row.id
            if key not in subjects:
                subjects.add(key)
                put(world, student, row)
    if group is not None:
        for other in siblings_of(world, group):
            take(world, student, other)
        put(world, student, group)


def _special(row):
    if hasattr(row, "type"):
        return row.type in ("USER", "MISC", "BOARDING")
    return curriculum.is_intervention(row) or row.subject is None


def unlink_orphans(world, contact_ids):
    """Delete contacts that no student on roll has any more. Returns the contacts deleted."""
    held = {link.contact for student in world.students.values() for link in student.links}
    gone = [world.contacts[contact] for contact in contact_ids if contact not in held and contact in world.contacts]
    for contact in gone:
        world.remove("contacts", contact)
        world.archive[contact.id] = contact
    return gone
