"""What has happened in a class lately, by day: read from its stays, so that it is true whatever runs have kept."""

from dataclasses import dataclass, field
from datetime import date, timedelta

from schools.sharing.shown import is_open
from schools.templatetags.words import count_of

WEEK = timedelta(days=7)
TOGETHER = timedelta(days=1)  # a stay that ends and one that begins within a day are one move
ARRIVAL = timedelta(hours=1)  # stays this close to a class's first import are its arrival, not thirty joiners


@dataclass
class Event:
    """One thing that happened to one or more people on one day.

    verb: "came" (the class itself), "joined", "moved_here", "moved_away", "left", "teaches", "stopped"
    people: students or employees whose names may be shown
    unnamed: how many more there were, whose names are no longer kept
    other: the class a student moved from or to
    """

    verb: str
    people: list = field(default_factory=list)
    unnamed: int = 0
    other: object = None

    @property
    def count(self):
        return len(self.people) + self.unnamed

    @property
    def names(self):
        """Who they were, for a list in words: the people, then how many more."""
        return [*self.people, count_of(self.unnamed, "student")] if self.unnamed else self.people


@dataclass
class Day:
    date: date
    events: list


def by_day(school_class, stays, elsewhere, teachings, since, zone):
    """What happened in `school_class` since the moment `since`, newest day first, as `Day`s.

    stays: its current stays and those that ended lately, each with its student
    elsewhere: stays of the same students in other classes, each with its class
    teachings: its current teachings and those that ended lately, each with its employee
    zone: the school's time zone; days are local days
    """
    began = _arrival(school_class, stays, since)
    others = {}
    for stay in elsewhere:
        others.setdefault(stay.student_id, []).append(stay)
    days = {}

    def note(moment, verb, person=None, other=None):
        events = days.setdefault(moment.astimezone(zone).date(), {})
        event = events.setdefault((verb, other and other.pk), Event(verb, other=other))
        if person is None:
            event.unnamed += 1
        else:
            event.people.append(person)

    for stay in stays:
        student = stay.student if stay.student.left_at is None and is_open(stay.student) else None
        if stay.joined_at == began:
            note(stay.joined_at, "came", student)
        elif stay.joined_at >= since:
            before = _class_before(stay, others.get(stay.student_id, ()))
            note(stay.joined_at, "moved_here" if before else "joined", student, before)
        if stay.left_at and stay.left_at >= since:
            after = _class_after(stay, others.get(stay.student_id, ()))
            note(stay.left_at, "moved_away" if after else "left", student, after)
    for teaching in teachings:
        if teaching.joined_at >= since and began is None:
            note(teaching.joined_at, "teaches", teaching.employee)
        if teaching.left_at and teaching.left_at >= since:
            note(teaching.left_at, "stopped", teaching.employee)
    return [Day(day, list(events.values())) for day, events in sorted(days.items(), reverse=True)]


def _arrival(school_class, stays, since):
    """When the whole class arrived, if that was lately."""
    settled = school_class.status_since or school_class.created_at
    first = min((stay.joined_at for stay in stays if stay.joined_at >= since), default=None)
    return first if first and settled >= since - ARRIVAL and abs(first - settled) <= ARRIVAL else None


def _class_before(stay, others):
    """The class a student left when this stay began."""
    return next((o.school_class for o in others if o.left_at and abs(o.left_at - stay.joined_at) <= TOGETHER), None)


def _class_after(stay, others):
    """The class a student entered when this stay ended."""
    return next((o.school_class for o in others if abs(o.joined_at - stay.left_at) <= TOGETHER), None)
