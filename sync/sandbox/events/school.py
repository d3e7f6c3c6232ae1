"""Events about classes, staff, and the school's dealings with the app. Same form as in `people`."""

from sync.sandbox import choices
from sync.sandbox.events.picking import EventError, find, maths_sets, pick, put, take, year_of
from sync.sandbox.world import curriculum
from sync.sandbox.world.people import NO_EMAILS
from sync.sandbox.world.records import Teaching
from sync.sandbox.world.staff import make_employee


def _some_classes(world, rng, args):
    """Classes an event happens to: named ones, else maths sets (registration groups in schools without classes)."""
    return pick(rng, args, maths_sets(world), "class", {**world.groups, **world.classes})


def change_teacher(world, rng, args):
    """Another employee takes over a class, as main teacher."""
    happened = []
    for group in _some_classes(world, rng, args):
        present = [teaching.employee for teaching in group.teachers] if hasattr(group, "teachers") else group.employees
        spare = [
            row for row in world.employees.values() if row.current and row.teaching_staff and row.id not in present
        ]
        new = (
            find(world.employees, args["employee"], "employee") if args.get("employee") else rng.choice(spare or [None])
        )
        if new is None:
            raise EventError("This school has no other teacher.")
        if hasattr(group, "teachers"):
            group.teachers = [Teaching(new.id)]
        else:
            group.employees = [new.id]
        world.touch(group, new, *(world.employees[old] for old in present if old in world.employees))
        happened.append({"class": group.id, "employee": new.id, "before": present})
    return happened


def teacher_joins(world, rng, args):
    """A new teacher, without classes yet; with `class`, as a further teacher of it."""
    happened = []
    for _ in range(args.get("count", 1)):
        employee = world.add("employees", make_employee(world, rng, "Teacher of Mathematics"))
        employee.created_at = employee.updated_at = world.stamp()
        if args.get("class"):
            school_class = find(world.classes, args["class"], "class")
            school_class.teachers.append(Teaching(employee.id, main=not school_class.teachers))
            world.touch(school_class)
        happened.append({"employee": employee.id})
    return happened


def teacher_not_current(world, rng, args):
    """Employees stop being current; their classes still name them, as in an MIS until the timetable is changed."""
    teaching = {row.employee for group in maths_sets(world) for row in getattr(group, "teachers", ())}
    candidates = [row for row in world.employees.values() if row.current and (row.id in teaching or not teaching)]
    happened = []
    for employee in pick(rng, args, candidates, "employee", world.employees):
        employee.current = False
        employee.employment_end_date = world.now.date()
        world.touch(employee)
        happened.append({"employee": employee.id})
    return happened


def employee_email(world, rng, args):
    """An employee's address changes; with `email` null it goes."""
    happened = []
    for employee in pick(
        rng, args, [row for row in world.employees.values() if row.emails["work"]], "employee", world.employees
    ):
        address = args.get("email", f"staff{employee.mis_id}@new.example")
        employee.emails = NO_EMAILS | {"email": address, "work": address}
        world.touch(employee)
        happened.append({"employee": employee.id, "email": address})
    return happened


def new_class(world, rng, args):
    """A new maths class with students taken from the sets of one year (they leave their old set)."""
    if not world.classes:
        raise EventError("This school publishes no classes.")
    maths = curriculum.maths_classes(world)
    year = args.get("year") or rng.choice(sorted({year_of(world, row) for row in maths_sets(world)}))
    sets = [row for row in maths_sets(world) if year_of(world, row) == year]
    members = [(row, member) for row in sets for member in row.students if member in world.students]
    if not members:
        raise EventError(f"This school has no maths sets in year {year!r}.")
    chosen = rng.sample(members, min(args.get("size", 20), len(members)))
    name = args.get("name") or f"{year}n/Ma{len(maths)}"
    teacher = next((row.teachers[0].employee for row in sets if row.teachers), None)
    row = curriculum.make_class(
        world,
        rng,
        name,
        subject=sets[0].subject,
        year=year,
        members=[],
        teachers=[teacher] if teacher else [],
        slots=sets[0].slots,
    )
    row.created_at = row.updated_at = world.stamp()
    for source, member in chosen:
        take(world, world.students[member], source)
        put(world, world.students[member], row)
    return [{"class": row.id, "students": len(row.students)}]


def rename_class(world, rng, args):
    """Classes get another name."""
    happened = []
    for group in _some_classes(world, rng, args):
        group.name = args.get("name") or f"{group.name} (new)"
        world.touch(group)
        happened.append({"class": group.id, "name": group.name})
    return happened


def end_class(world, rng, args):
    """Classes are removed: a deletion each, but none for their lessons; their students no longer have a set there."""
    happened = []
    for group in _some_classes(world, rng, args):
        students = [world.students[member] for member in group.students if member in world.students]
        world.remove("classes" if group.id in world.classes else "groups", group)
        world.touch(*students)
        happened.append({"class": group.id, "students": [student.id for student in students]})
    return happened


def hide_people(world, rng, args):
    """The school stops sharing people with this app: they are absent everywhere, without a deletion unless `named`."""
    happened = []
    kind = args.get("kind", "student")
    table = getattr(world, {"student": "students", "employee": "employees", "contact": "contacts"}[kind])
    for row in pick(
        rng,
        {kind: args.get("id"), "count": args.get("count", 1)},
        [r for r in table.values() if r.id not in world.hidden],
        kind,
        table,
    ):
        world.hidden[row.id] = kind
        if args.get("named"):
            world.note_deletion(f"{kind}s", row)
        happened.append({kind: row.id})
    return happened


def show_people(world, rng, args):
    """The school shares people again: the person named, or everybody."""
    wanted = [args["id"]] if args.get("id") else list(world.hidden)
    for hidden in wanted:
        if world.hidden.pop(hidden, None) is None:
            raise EventError(f"Nobody with id {hidden!r} is hidden.")
        for deletion in world.deletions:
            if deletion.id == hidden:
                deletion.restored_at = world.stamp()
    return [{"ids": wanted}]


def count_hidden(world, rng, args):
    """`counts` counts the people whom the school does not share, or no longer does."""
    world.counts_hidden = args["counted"]
    return [{"counted": world.counts_hidden}]


def _scope(args):
    if args["scope"] not in choices.SCOPES:
        raise EventError(f"There is no scope {args['scope']!r}.")
    return args["scope"]


def _family(scope, args):
    below = [name for name, (_, _, parent) in choices.SCOPES.items() if scope == parent and not args.get("alone")]
    return [scope, *below]


def grant(world, rng, args):
    """The school grants a scope, and those below it."""
    scope = _scope(args)
    new = [name for name in _family(scope, args) if name not in world.scopes]
    world.scopes.update(new)
    return [{"scope": scope, "granted": new}]


def withdraw(world, rng, args):
    """The school withdraws a scope, and those below it."""
    scope = _scope(args)
    gone = [name for name in _family(scope, args) if name in world.scopes]
    world.scopes.difference_update(gone)
    return [{"scope": scope, "withdrawn": gone}]


def permission_list(world, rng, args):
    """The list of permissions comes in another form, or says this of a scope, whatever is granted; with neither, it
    says again what is so."""
    says = {name: value for name, value in args.items() if name not in ("scope", "form")}
    if not args:
        world.permission_list, world.permissions_say = "both", {}
    if "scope" in args:
        world.permissions_say[_scope(args)] = says
    world.permission_list = args.get("form", world.permission_list)
    return [{"form": world.permission_list, "says": world.permissions_say}]


def access(state):
    """An event that moves the school to another list."""

    def event(world, rng, args):
        world.access = "unaudited" if args.get("audited") is False else state
        world.reason, world.listed_at = args.get("reason"), world.stamp()
        return [{"access": world.access}]

    event.__doc__ = (
        f"The school's access request becomes {state}."
        if state != "offline"
        else "The link to the school's MIS goes down: data stays as it was."
    )
    return event


def bulk_updated_at(world, rng, args):
    """Every row looks updated within two seconds, though nothing has changed."""
    moment = world.stamp()
    tables = ("students", "contacts", "employees", "classes", "groups", "subjects")
    rows = [row for table in tables for row in getattr(world, table).values()]
    for row in rows:
        row.updated_at = moment
    return [{"rows": len(rows)}]
