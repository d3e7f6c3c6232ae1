"""Snapshots and our side of them in a line each, without a database: the pure core takes nothing else.

People and classes are named by their Wonde ids. `read()` says what Wonde has tonight, `after()` what we hold once that
was synced, `decided()` what a sync would do; `went()`, `held()`, `names()` look into it by Wonde id.
"""

from datetime import date, timedelta
from itertools import count

from msgspec import structs, to_builtins

from schools.sharing import purposes
from sync.facts.contacts import contacts_of
from sync.facts.details import details_row
from sync.facts.kinds import ATTACHED, KINDS, LINKS, PEOPLE
from sync.facts.rows import current_of, days_of, employee_row, student_row
from sync.facts.shapes import (
    ContactDetails,
    Education,
    Emails,
    Employment,
    Group,
    Many,
    Member,
    Moment,
    One,
    RemoteClass,
    RemoteEmployee,
    RemoteSchool,
    RemoteStudent,
    Role,
    Subject,
    Teacher,
)
from sync.facts.sides import Ours, SevenDays
from sync.facts.snapshot import NOT_OFFERED, WITHDRAWN, Rows, Snapshot
from sync.plans.decide import decide, sizes
from sync.rules.policy import Limits, Policy
from sync.wording.waiting import sentence
from tests.tools.identifiers import upi_of, upn_of

TODAY = date(2026, 10, 5)
SUBJECTS = frozenset({"ma", "maths"})
EVERYTHING = purposes.asked_for(purposes.PURPOSES, purposes.agreed_by_version(purposes.VERSION))
POLICY = Policy(
    asked=EVERYTHING, subjects=SUBJECTS, years=frozenset(), academic_year=2026, today=TODAY, last_day="07-20"
)
MATHS = Subject("SUB-MA", "Ma", "Mathematics")
ENGLISH = Subject("SUB-EN", "En", "English")


def policy(**changes):
    """The default rules with `changes`; those of the limits by their own names: `policy(kind_free=0)`."""
    limits = {name: changes.pop(name) for name in Limits.__struct_fields__ if name in changes}
    return structs.replace(POLICY, limits=structs.replace(POLICY.limits, **limits), **changes)


def ids(letter, many, start=1):
    """S001, S002 …"""
    return [f"{letter}{number:03}" for number in range(start, start + many)]


def days_from_today(number):
    return Moment(f"{TODAY + timedelta(days=number)} 00:00:00.000000")


def a_student(wonde_id, upi=..., upn=..., year="9", leaves=None, starts=None, **names):
    """A student with a UPI and a UPN of their own, made of the id; leaves, starts: days from today."""
    given = {"forename": f"Ann {wonde_id}", "surname": f"Okoro {wonde_id}", "gender": "FEMALE"} | names
    education = Education(
        upn=upn_of(wonde_id) if upn is ... else upn,
        leaving_date=None if leaves is None else days_from_today(leaves),
        admission_date=None if starts is None else days_from_today(starts),
        current_nc_year=year,
    )
    upi = upi_of(wonde_id) if upi is ... else upi
    return RemoteStudent(wonde_id, upi=upi, education_details=One(education), year=One(Group("Year 9", "9")), **given)


def an_employee(wonde_id, current=True, email=..., **fields):
    given = {"upi": upi_of(wonde_id), "title": "Ms", "forename": f"Ruth {wonde_id}", "surname": "Pell"} | fields
    work = f"{wonde_id}@example.org".lower() if email is ... else email
    return RemoteEmployee(
        wonde_id,
        employment_details=One(Employment(current)),
        contact_details=One(ContactDetails(Emails(work=work))),
        **given,
    )


def a_class(wonde_id, students=(), teachers=(), name=None, subject=MATHS, academic_year=None, year_group=None, main=()):
    """A class with its members. students or teachers None: what Wonde sent of them is null."""
    return RemoteClass(
        wonde_id,
        name=f"Class {wonde_id}" if name is None else name,
        subject=One(subject),
        academic_year=academic_year,
        year_group=year_group,
        students=None if students is None else Many([Member(student) for student in students]),
        employees=None if teachers is None else Many([Teacher(each, Role(each in main)) for each in teachers]),
    )


def rows(listed=(), unreadable=(), anonymous=0, counted=None):
    return Rows({row.id: row for row in listed}, set(unreadable), anonymous, counted)


def read(
    *classes, students=(), employees=(), unlisted=(), unreadable=(), anonymous=(), unread=(), denied=(),
    not_offered=(), families=False, beyond=None, **fields,
):  # fmt: skip
    """What Wonde says tonight. Whoever a class names is listed as an ordinary person unless given otherwise.

    students, employees: ids, or people made by `a_student`, `an_employee`. unlisted: ids that no list has. unreadable:
    ids that are there and cannot be read. anonymous: kinds with a row that has no id. unread: classes whose members
    are not known. denied: kinds that were not granted. not_offered: kinds that
    Wonde does not have for this MIS. families: whether the students' contacts were asked for. beyond: kind of people ->
    how many more Wonde counts than it lists; kinds that are missing are not counted.
    """
    of = {"employees": {}, "students": {}}
    for kind, people, named, make in (
        ("students", students, [m.id for c in classes for m in (c.students or Many([])).data], a_student),
        ("employees", employees, [m.id for c in classes for m in (c.employees or Many([])).data], an_employee),
    ):
        for person in [*people, *named]:
            row = make(person) if isinstance(person, str) else person
            of[kind].setdefault(row.id, row)
    lists = {**of, "classes": {row.id: row for row in classes}}
    sources = {}
    for kind, listed in lists.items():
        known = [] if kind in denied else [row for row in listed.values() if row.id not in {*unlisted, *unreadable}]
        lost = {"students": "S", "employees": "E", "classes": "C"}[kind]
        garbled = [each for each in unreadable if each.startswith(lost)]
        sources[kind] = _counted(rows(known, garbled, anonymous=int(kind in anonymous)), kind, beyond)
    members = {row.id: row for row in classes if row.id in sources["classes"].rows and row.id not in unread}
    why = dict.fromkeys(denied, WITHDRAWN) | dict.fromkeys(not_offered, NOT_OFFERED)
    school = RemoteSchool("A1", "Harbour School")
    contacts = contacts_of(sources["students"]) if families else None
    if contacts:
        contacts = structs.replace(contacts, counted=_counted(contacts.rows, "contacts", beyond).counted)
    return Snapshot(
        school=school,
        employees=sources["employees"].each(employee_row),
        classes=sources["classes"],
        students=sources["students"].each(student_row),
        members=members,
        denied=why,
        contacts=contacts,
        details=sources["students"].each(details_row).rows,
        days=days_of(sources["students"]),
        current=current_of(sources["employees"]),
        **fields,
    )


def _counted(source, kind, beyond):
    return structs.replace(source, counted=source.read + beyond[kind]) if kind in (beyond or {}) else source


def nobody():
    """Our side before the first sync."""
    return Ours(
        rows={kind: {} for kind in KINDS}, former={kind: {} for kind in KINDS}, stays={link: {} for link in LINKS}
    )


def decided(snapshot, ours=None, rules=POLICY):
    return decide(snapshot, ours or nobody(), rules)


_keys = count(1)


def after(*snapshots, ours=None, rules=POLICY):
    """What we hold once each of `snapshots` was synced in turn: the database's part, done in memory."""
    ours = ours or nobody()
    for snapshot in snapshots:
        ours = _applied(decide(snapshot, ours, rules), ours, snapshot)
    return ours


def _applied(decision, ours, snapshot):
    judgement = decision.judgement
    new = {kind: {key: next(_keys) for key in judgement.plans[kind].creates} for kind in KINDS}
    result = nobody()
    for kind in KINDS:
        plan, gone = judgement.plans[kind], judgement.removals[kind]
        current = {key: row for key, row in ours.rows[kind].items() if key not in gone}
        former = dict(ours.former.get(kind, {}))
        if kind not in LINKS or kind in ATTACHED:
            former |= {key: ours.rows[kind][key] for key in gone}
        for key, (_, row) in plan.returns.items():
            current[key] = row
            former.pop(key)
        unsettled = judgement.unsettled.get(kind, ())
        current |= {key: row for key, (_, row) in (plan.updates | plan.moves).items() if key not in unsettled}
        current |= {new[kind][key] if kind not in LINKS else key: row for key, row in plan.creates.items()}
        if kind in LINKS:
            current = dict(_resolved(LINKS[kind], row, new) for row in current.values())
            result.stays[kind] = {key: next(_keys) for key in current}
        result.rows[kind], result.former[kind] = current, former
    for kind in PEOPLE:
        hidden = judgement.hidden
        marked = ours.hidden.get(kind, set()) | hidden.new.get(kind, set())
        result.hidden[kind] = marked - hidden.back.get(kind, set())
    counted = {kind: snapshot.beyond(kind) for kind in PEOPLE}
    result.beyond = ours.beyond | {kind: beyond for kind, beyond in counted.items() if beyond is not None}
    _remember_week(decision, ours, result)
    return result


def _resolved(kind, row, new):
    row = structs.replace(
        row, **{name: new[parent].get(getattr(row, name), getattr(row, name)) for name, parent in kind.parents.items()}
    )
    parts = tuple(getattr(row, name) for name in kind.key)
    return (parts[0] if len(parts) == 1 else parts), row


def _remember_week(decision, ours, result):
    """The first sync begins the seven days; what goes by absence is counted from then on."""
    for kind, size in sizes(decision, ours).items():
        went_by_absence = sum(removal.cause == "absence" for removal in decision.judgement.removals[kind].values())
        before = ours.week.get(kind)
        result.week[kind] = SevenDays(before.start, before.gone + went_by_absence) if before else SevenDays(size)
    for school_class in result.rows["classes"]:
        stays = [row for row in result.rows["enrolments"].values() if row.school_class == school_class]
        left = sum(
            removal.cause == "absence" and ours.rows["enrolments"][key].school_class == school_class
            for key, removal in decision.judgement.removals["enrolments"].items()
        )
        before = ours.class_week.get(school_class)
        result.class_week[school_class] = (
            SevenDays(before.start, before.gone + left) if before else SevenDays(len(stays))
        )


def key_of(ours, kind, wonde_id):
    """Our key of the row with this Wonde id, current or former."""
    everyone = {**ours.former.get(kind, {}), **ours.rows[kind]}
    return next(key for key, row in everyone.items() if row.wonde_id == wonde_id)


def names(ours, kind, keys):
    """Wonde ids of `keys`; for links a pair such as ("S001", "C001"), in the order of the row."""
    if kind not in LINKS:
        return {key if isinstance(key, str) else {**ours.former[kind], **ours.rows[kind]}[key].wonde_id for key in keys}
    parents = LINKS[kind].parents.items()
    found = set()
    for key in keys:
        row = ours.rows[kind][key]
        found.add(tuple(ours.rows[parent][getattr(row, column)].wonde_id for column, parent in parents))
    return found


def went(decision, ours, kind):
    return names(ours, kind, decision.judgement.removals[kind])


def held(decision, ours, kind):
    return names(ours, kind, decision.judgement.held[kind])


def created(decision, kind):
    return {row.wonde_id for row in decision.judgement.plans[kind].creates.values()}


def places(ours):
    """Student -> class, by Wonde id."""
    return dict(names(ours, "enrolments", ours.rows["enrolments"]))


def quiet(decision):
    """Whether a sync would write nothing."""
    judgement = decision.judgement
    plans = judgement.plans.values()
    verbs = ("creates", "returns", "updates", "moves", "refolded", "ended", "absent", "following")
    planned_nothing = not any(getattr(plan, verb) for plan in plans for verb in verbs)
    return planned_nothing and not any(judgement.removals.values()) and not any(judgement.held.values())


def told(decision):
    """What waits for a person, in one text."""
    return "\n".join(sentence(to_builtins(entry)) for entry in decision.judgement.waiting)
