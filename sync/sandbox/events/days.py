"""Passing days: which events there are, what they take, and what an ordinary day brings."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sync.sandbox import choices
from sync.sandbox.events import contacts, dirt, people, school, year
from sync.sandbox.events.picking import EventError, maths_sets, siblings_of
from sync.sandbox.world import chance, profiles

MOST = 5000  # of anything in one event: more is a typing slip


class Event(NamedTuple):
    """An event by name. takes: {parameter: (type, what it means)}; needs: parameters that are required."""

    happen: Callable
    takes: dict
    needs: tuple = ()

    @property
    def help(self):
        return " ".join(self.happen.__doc__.split("\n\n")[0].split())


COUNT = {"count": (int, "how many, default 1")}
STUDENT = COUNT | {"student": (str, "id of the student"), "students": (list, "ids of several students")}
CONTACT = STUDENT | {"contact": (str, "id of the contact")}
EMPLOYEE = COUNT | {"employee": (str, "id of the employee")}
CLASS = COUNT | {"class": (str, "id of the class or registration group")}
SHARE = {"share": (float, "how much of it, between 0 and 1")}
SCOPE = {"scope": (str, "identity of the permission, such as contacts.read")}
REASON = {"reason": (str, "why, in the school's words")}
FAMILY = SCOPE | {"alone": (bool, "not those below it")}
ANSWER = ((bool, type(None)), "yes, no or null")
DAY = {"date": (str, "YYYY-MM-DD")}

EVENTS = {
    "join": Event(
        people.join,
        COUNT
        | {
            "year": (str, "code of the year group"),
            "class": (str, "id of a set"),
            "sibling": (str, "id of a student with the same contacts"),
        },
    ),
    "leave": Event(people.leave, STUDENT),
    "return_same_id": Event(people.return_same_id, STUDENT),
    "return_new_id": Event(people.return_new_id, STUDENT),
    "move_class": Event(
        people.move_class,
        STUDENT
        | {
            "from": (str, "id of the class"),
            "to": (str, "id of the class"),
            "keep": (bool, "stay in the old class too"),
        },
    ),
    "reset_class": Event(people.reset_class, SHARE | {"class": CLASS["class"], "to": CLASS["class"]}),
    "rename": Event(people.rename, STUDENT | {"forename": (str, "the new one")}),
    "change_surname": Event(people.change_surname, STUDENT | {"surname": (str, "the new one")}),
    "leaving_date": Event(people.set_date("leaving_date", -1), STUDENT | DAY),
    "admission_date": Event(people.set_date("admission_date", 30), STUDENT | DAY),
    "empty_upns": Event(people.empty_upns, SHARE),
    "placeholder_upns": Event(dirt.placeholder_upns, SHARE | {"text": (str, "what stands there, N/A if left out")}),
    "zero_dates": Event(dirt.zero_dates, SHARE | {"date": (str, "such as 0000-00-00")}),
    "join_as_leaver": Event(dirt.join_as_leaver, STUDENT),
    "gain_contact": Event(contacts.gain_contact, STUDENT),
    "lose_contact": Event(contacts.lose_contact, CONTACT),
    "withdraw_responsibility": Event(
        contacts.withdraw_responsibility, CONTACT | {"unknown": (bool, "null instead of false")}
    ),
    "court_order": Event(contacts.court_order, CONTACT | {"lifted": (bool, "false instead of true")}),
    "change_email": Event(
        contacts.change_email,
        COUNT | {"contact": (str, "id of the contact"), "email": ((str, type(None)), "the new one")},
    ),
    "shift_emails": Event(contacts.shift_emails, {}),
    "contact_new_id": Event(contacts.contact_new_id, COUNT | {"contact": CONTACT["contact"]}),
    "change_priority": Event(contacts.change_priority, CONTACT | {"priority": (int, "from 1; none if left out")}),
    "change_teacher": Event(school.change_teacher, CLASS | {"employee": (str, "id of the new teacher")}),
    "teacher_joins": Event(school.teacher_joins, CLASS),
    "teacher_not_current": Event(school.teacher_not_current, EMPLOYEE),
    "employee_email": Event(school.employee_email, EMPLOYEE | {"email": ((str, type(None)), "the new one, or null")}),
    "new_class": Event(
        school.new_class, {"year": (str, "code"), "size": (int, "students"), "name": (str, "of the class")}
    ),
    "rename_class": Event(school.rename_class, CLASS | {"name": (str, "the new one")}),
    "end_class": Event(school.end_class, CLASS),
    "hide_people": Event(
        school.hide_people,
        COUNT
        | {
            "kind": (str, "student, employee or contact"),
            "id": (str, "of the person"),
            "named": (bool, "a deletion names them"),
        },
    ),
    "count_hidden": Event(school.count_hidden, {"counted": (bool, "whether they count")}, ("counted",)),
    "show_people": Event(school.show_people, {"id": (str, "of the person")}),
    "grant_permission": Event(school.grant, FAMILY, ("scope",)),
    "withdraw_permission": Event(school.withdraw, FAMILY, ("scope",)),
    "permission_list": Event(
        school.permission_list,
        SCOPE
        | dict.fromkeys(("approved", "optional", "audited", "declined"), ANSWER)
        | {
            "identity": (str, "another spelling of it"),
            "name": (str, "another name of it"),
            "form": (str, ", ".join(choices.PERMISSION_LISTS)),
        },
    ),
    "access_requested": Event(school.access("pending"), {}),
    "access_approved": Event(
        school.access("approved"), {"audited": (bool, "false: Wonde has not checked its data yet")}
    ),
    "access_declined": Event(school.access("declined"), REASON),
    "access_revoked": Event(school.access("revoked"), REASON),
    "go_offline": Event(school.access("offline"), {}),
    "bulk_updated_at": Event(school.bulk_updated_at, {}),
    "rollover": Event(year.rollover, {}),
    "announce_mis": Event(
        year.announce_mis,
        {"mis": (str, "sims, arbor, bromcom or wcbs"), "scheduled_at": (str, "when, as text; in a week if left out")},
    ),
    "change_mis": Event(
        year.change_mis,
        {
            "mis": (str, "sims, arbor, bromcom or wcbs"),
            "keep_students": (float, "share that keep their id, default 0.9"),
        },
    ),
}
# Events that lists of schools must know about without making the school.
CHANGES_ENTRY = {"access_requested", "access_approved", "access_declined", "access_revoked", "go_offline", "change_mis"}


def check(events):
    """Check events as they arrive from outside: [{"event": name, …}]. Raises EventError naming the first fault."""
    if not isinstance(events, list):
        raise EventError('"events" must be a list of objects.')
    for event in events:
        if not isinstance(event, dict) or event.get("event") not in EVENTS:
            name = event.get("event") if isinstance(event, dict) else event
            raise EventError(f"There is no event {name!r}. GET /_sandbox/events lists them.")
        known = EVENTS[event["event"]]
        for name, value in event.items():
            if name != "event":
                _check_parameter(event["event"], known.takes, name, value)
        if missing := [name for name in known.needs if name not in event]:
            raise EventError(f"Event {event['event']!r} needs {missing[0]!r}.")


def _check_parameter(event, takes, name, value):
    if name not in takes:
        raise EventError(f"Event {event!r} takes no {name!r}; it takes {', '.join(sorted(takes)) or 'nothing'}.")
    kind = takes[name][0]
    allowed = (int, float) if kind is float else kind
    if not isinstance(value, allowed) or (isinstance(value, bool) and kind in (int, float)):
        raise EventError(f"Event {event!r}: {name!r} cannot be {value!r}.")
    if (kind is int and not 1 <= value <= MOST) or (kind is float and not 0 <= value <= 1):
        raise EventError(f"Event {event!r}: {name!r} cannot be {value!r}.")
    fixed = {
        "mis": profiles.MIS, "kind": ("student", "employee", "contact"), "form": choices.PERMISSION_LISTS,
    }.get(name)  # fmt: skip
    if fixed and value not in fixed:
        raise EventError(f"Event {event!r}: {name!r} is one of {', '.join(fixed)}.")


def ordinary_day(world, rng):
    """What a random day brings: a few joiners, leavers and movers, a rename, now and then a teacher or a contact."""
    sets = maths_sets(world)
    day = []
    if any(siblings_of(world, row) for row in sets):
        day.append({"event": "move_class", "count": min(rng.randint(2, 4), len(world.students))})
    if sets:
        day.append({"event": "join", "count": rng.randint(1, 2)})
    members = sorted({member for row in sets for member in row.students if member in world.students})
    if len(members) > 20:
        day.append({"event": "leave", "students": rng.sample(members, rng.randint(1, 2))})
    day.append({"event": "rename"})
    for chance_of_it, event in (
        (0.3, "change_teacher"),
        (0.3, "gain_contact"),
        (0.3, "change_email"),
        (0.15, "return_same_id"),
    ):
        left = event != "return_same_id" or any(row.type == "student" for row in world.deletions)
        if rng.random() < chance_of_it and left:
            day.append({"event": event})
    return day


def run(world, item, number):
    """Make a journal item happen to a school.

    item: has `events`, a list or None for an ordinary day; `at`, the moment at which they happen, or None; and
        `new_day`: whether, without a moment, the clock moves to the next morning first
    number: of the item in the school's journal; with the seed it decides every random choice
    Returns {"date", "events": what happened}. Raises EventError; the world is then half changed, to be thrown away.
    """
    rng = chance.dice(world.profile.seed, "day", number)
    if item.at:
        world.go_on(to=item.at)
    elif item.new_day:
        world.next_day()
    events = ordinary_day(world, rng) if item.events is None else item.events
    happened = []
    for event in events:
        args = {name: value for name, value in event.items() if name != "event"}
        happened += [{"event": event["event"]} | what for what in EVENTS[event["event"]].happen(world, rng, args)]
        world.changed()
    world.changed()
    return {"school": world.profile.id, "date": str(world.now.date()), "events": happened}
