"""A class as it was on a date: which moment that is, by the school's own calendar."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_date


@dataclass(frozen=True)
class AsOf:
    """date: the day asked for, None for now; today: the school's date; moment: the end of that day."""

    date: date | None
    today: date
    moment: datetime | None

    @classmethod
    def asked(cls, request, school):
        """What `?on=2026-10-03` asks for. Today, a future day and anything that is not a date mean now."""
        today = timezone.localdate(timezone=school.zone)
        try:
            day = parse_date(request.GET.get("on", ""))
        except ValueError:  # well formed, but no such day
            day = None
        if day is None or day >= today or day.year < 1900:
            return cls(None, today, None)
        return cls(day, today, datetime.combine(day + timedelta(days=1), time(), school.zone))
