"""What has changed in what a school shares: what its people said here, and what Wonde showed of its permissions."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from schools.models import SchoolPurpose, Sharing, User
from schools.sharing.purposes import PURPOSES, permissions
from schools.templatetags.words import and_list
from sync.models import PermissionChange, Stop
from sync.wording.sharing.fields import names_in_wonde

SHOWN = 50
ONE_BY_ONE = 4  # permissions that changed in one sync; more, as at the first, are counted
BECAME = {True: "granted", False: "no longer granted", None: "neither granted nor declined, as far as Wonde says"}
LISTED = {True: "granted", False: "not granted", None: "listed without a yes or no"}


@dataclass(frozen=True)
class Event:
    """who: a login, "Wonde", or None where the school's beginning or we said it."""

    at: datetime
    who: User | str | None
    what: str
    reason: str = ""


def of_school(school):
    """The latest changes at `school`, newest first."""
    found = [*_said(school), *_agreed(school), *_stopped(school), *_of_wonde(school)]
    return sorted(found, key=lambda event: event.at, reverse=True)[:SHOWN]


def _said(school):
    for row in SchoolPurpose.objects.filter(school=school).select_related("on_by", "off_by"):
        title = PURPOSES[row.key].title if row.key in PURPOSES else row.key
        if row.off_at:
            yield Event(row.off_at, row.off_by, f"Switched off: {title}", row.reason)
        if row.on_by_id or row.off_at is None:
            yield Event(row.on_since, row.on_by, f"Switched on: {title}", row.on_reason)


def _agreed(school):
    for sharing in Sharing.objects.filter(school=school).select_related("agreed_by"):
        if sharing.agreed_by:
            yield Event(sharing.agreed_at, sharing.agreed_by, "Agreed to what is asked")


def _stopped(school):
    for stop in Stop.objects.filter(school=school).select_related("by", "over_by"):
        yield Event(stop.at, stop.by, "Stopped sharing", stop.reason)
        if stop.ended_at:
            yield Event(stop.ended_at, "Wonde", "No longer showed us as approved, as was asked here")
        if stop.over_at:
            yield Event(stop.over_at, stop.over_by, "Shared again")


def _of_wonde(school):
    """One event for each sync in which a permission of our purposes was listed otherwise."""
    changes = PermissionChange.objects.filter(school=school, answer="approved", identity__in=permissions())
    by_run = defaultdict(list)
    for change in changes.select_related("run").order_by("-run_id", "identity")[: SHOWN * ONE_BY_ONE]:
        by_run[change.run].append(change)
    names = names_in_wonde(school)
    for run, changed in by_run.items():
        yield Event(run.ended_at or run.started_at, "Wonde", _in_words(changed, names))


def _in_words(changed, names):
    if len(changed) <= ONE_BY_ONE:
        return "; ".join(f"{names.get(each.identity, each.identity)}: {_became(each)}" for each in changed)
    numbers = {after: sum(each.after is after for each in changed) for after in LISTED}
    told = and_list(f"{number:,} {LISTED[after]}" for after, number in numbers.items() if number)
    if all(each.before is None for each in changed):
        return f"Listed for the first time: {told}"
    return f"{len(changed):,} permissions changed: {told}"


def _became(change):
    return (LISTED if change.before is None else BECAME)[change.after]
