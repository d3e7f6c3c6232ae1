"""Lessons of any week, made from the classes' slots. Times are real UTC: a 09:15 summer lesson reads 08:15."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sync.sandbox.world import chance, profiles
from sync.sandbox.world.records import Lesson


def monday_of(moment):
    return moment.date() - timedelta(days=moment.weekday())


def lessons_between(world, first_day, last_day, classes=None):
    """Lessons from `first_day` to `last_day` (dates, both included) in this academic year, by class, then time."""
    country = world.profile.country
    start = profiles.academic_year_start(country, world.academic_year)
    end = profiles.academic_year_start(country, world.academic_year + 1) - timedelta(days=1)
    zone = ZoneInfo(profiles.COUNTRIES[country].timezone)
    first_day, last_day = max(first_day, start), min(last_day, end)
    days = [first_day + timedelta(days=n) for n in range((last_day - first_day).days + 1)]
    found = []
    for school_class in world.classes.values() if classes is None else classes:
        for day in days:
            for period_id, room_id in school_class.slots:
                period = world.periods.get(period_id)
                if period and period.day == day.weekday():
                    found.append(_lesson(world, school_class, period, room_id, day, zone))
    return found


def lessons_this_week(world, classes=None):
    """The week around the school's present moment, as live data nests it under a class."""
    monday = monday_of(world.now)
    return lessons_between(world, monday, monday + timedelta(days=6), classes)


def _lesson(world, school_class, period, room_id, day, zone):
    teachers = school_class.teachers
    return Lesson(
        id=chance.wonde_id(world.profile.seed, "lesson", school_class.id, period.id, day),
        mis_id=f"{school_class.mis_id}-{day.year}-{period.mis_id}-{day.timetuple().tm_yday}",
        school_class=school_class.id, period=period.id, room=room_id,
        employee=teachers[0].employee if teachers and teachers[0].employee in world.index.shown_employees else None,
        period_instance_id=str(chance.number(period.id, day) % 90000 + 10000),
        start_at=_utc(day, period.start_time, zone), end_at=_utc(day, period.end_time, zone),
        created_at=school_class.created_at, updated_at=school_class.updated_at,
    )  # fmt: skip


def _utc(day, clock, zone):
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)
