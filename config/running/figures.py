"""How schools, syncs and mails stand, in numbers, from the rows that pages and letters go by too.

What happened is counted over the last hour: rows are forgotten one day, and a count of all there are would fall then.
"""

from datetime import datetime, timedelta
from itertools import product

from django.conf import settings
from django.db import connection
from django.db.models import Avg, BooleanField, Count, ExpressionWrapper, FloatField, Max, Min, Q
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from parents.models import WeeklyMail
from schools.models import OutgoingMail, School
from sync.models import Hook, SyncRun
from sync.models.access import waits
from sync.needs import queue
from sync.needs.states import STATES
from sync.wording.freshness import with_standing
from sync.wording.syncs.history import STEPS

Values = list[tuple[tuple[str, ...], float]]
Figures = dict[str, Values]

LATELY, A_DAY = timedelta(hours=1), timedelta(days=1)
LONGEST_SYNC = timedelta(seconds=settings.SYNC_TASK_LIMIT_S)
WAITS = "waits"  # applied, and something waits for a person
OUTCOMES = (*SyncRun.Status.values[1:], WAITS)
RED = "red"  # beside the states that need a person

TOLD: dict[str, tuple[str, tuple[str, ...]]] = {
    "schools": ("Schools that are synced every night.", ()),
    "schools_in_state": ("Schools in each state that needs a person, and how many are red.", ("state",)),
    "oldest_read_hours": ("Hours since the last complete sync of the school that has waited longest for one.", ()),
    "syncs": ("Syncs that ended in the last hour.", ("outcome", "trigger")),
    "syncs_under_way": ("Syncs under way.", ()),
    "sync_step_seconds_mean": ("Seconds that a step took, the mean of the syncs applied in the last hour.", ("step",)),
    "sync_step_seconds_longest": ("Seconds that a step took at most, of the last hour's applied syncs.", ("step",)),
    "mails_waiting": ("Mails to staff and support that have not left yet.", ()),
    "mail_wait_seconds": ("Seconds that the mail to staff or support that is due longest has been due.", ()),
    "mails": ("Mails to staff and support that ended in the last hour.", ("state",)),
    "weekly_mails": ("Weekly mails to parents that were made in the last day, as they stand.", ("state",)),
    "webhooks": ("Webhooks from Wonde that came in the last hour; what says the same is one.", ("outcome",)),
    "feed_lag_seconds": ("Seconds that the feed of changes is behind: the age of the oldest write under way.", ()),
}  # fmt: skip

_FEED_LAG = """
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)::float FROM pg_stat_activity
    WHERE datname = current_database() AND backend_xid IS NOT NULL AND pid <> pg_backend_pid()"""


def now(at: datetime) -> Figures:
    """All of `TOLD`, as of `at`, but what nothing is known of. Twelve queries, whatever the number of schools."""
    webhooks = Hook.objects.filter(last_at__gt=at - LATELY)
    return {
        **_schools(at),
        **_syncs(at),
        **_mails(at),
        "webhooks": _by("outcome", webhooks, Hook.Outcome.values),
        "feed_lag_seconds": [((), feed_lag_s())],
    }


def feed_lag_s() -> float:
    """For how long the oldest transaction that has written something has been under way: the feed waits for it."""
    with connection.cursor() as cursor:
        cursor.execute(_FEED_LAG)
        return cursor.fetchone()[0]


def _schools(at: datetime) -> Figures:
    every_night = School.objects.shown().filter(sync_settings__enabled=True).exclude(waits())
    found = with_standing(every_night, at).aggregate(
        number=Count("pk"), red=Count("pk", filter=Q(is_red=True)), oldest=Min("read")
    )
    numbers = dict.fromkeys(STATES, 0) | {code: number for code, _, number in queue.by_state(School.objects.all())}
    oldest = found["oldest"]
    return {
        "schools": [((), found["number"])],
        "schools_in_state": [((state,), number) for state, number in [*numbers.items(), (RED, found["red"])]],
        "oldest_read_hours": [((), (at - oldest) / timedelta(hours=1))] if oldest else [],
    }


def _syncs(at: datetime) -> Figures:
    begun = SyncRun.objects.filter(started_at__gt=at - LATELY - LONGEST_SYNC)  # there is an index of that
    ended = begun.filter(ended_at__gt=at - LATELY).order_by()
    waiting = ExpressionWrapper(Q(status=SyncRun.Status.APPLIED) & ~Q(waiting=[]), BooleanField())
    numbers = dict.fromkeys(product(OUTCOMES, SyncRun.Trigger.values), 0)
    counted = ended.annotate(waits=waiting).values_list("status", "waits", "trigger")
    for status, is_waiting, trigger, number in counted.annotate(Count("pk")):
        numbers[WAITS if is_waiting else status, trigger] = number
    took = {step: Cast(KT(f"timings__{step}"), FloatField()) / 1000 for step in STEPS}
    applied = ended.applied()
    means = applied.aggregate(**{step: Avg(seconds) for step, seconds in took.items()})
    longest = applied.aggregate(**{step: Max(seconds) for step, seconds in took.items()})
    return {
        "syncs": list(numbers.items()),
        "syncs_under_way": [((), SyncRun.objects.filter(status=SyncRun.Status.RUNNING).count())],
        "sync_step_seconds_mean": [((step,), seconds) for step, seconds in means.items() if seconds is not None],
        "sync_step_seconds_longest": [((step,), seconds) for step, seconds in longest.items() if seconds is not None],
    }


def _mails(at: datetime) -> Figures:
    due = OutgoingMail.objects.due(at).aggregate(first=Min("due_at"))["first"]
    ended = OutgoingMail.objects.filter(ended_at__gt=at - LATELY)
    weekly = WeeklyMail.objects.filter(made_at__gt=at - A_DAY)
    return {
        "mails_waiting": [((), OutgoingMail.objects.waiting().count())],
        "mail_wait_seconds": [((), max(0, (at - due).total_seconds()) if due else 0)],
        "mails": _by("state", ended, [state for state in OutgoingMail.State.values if state != "waiting"]),
        "weekly_mails": _by("state", weekly, WeeklyMail.State.values),
    }


def _by(column: str, rows, known) -> Values:
    """How many rows there are of each value that is `known`, also where there are none: an alarm needs a 0."""
    counted = rows.order_by().values_list(column).annotate(Count("pk"))
    return [((value,), number) for value, number in (dict.fromkeys(known, 0) | dict(counted)).items()]
