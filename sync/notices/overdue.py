"""Tells leads and support, by the clock, about schools whose data is late or too old."""

from django.db import transaction
from django.db.models import OuterRef, Subquery
from django.utils import timezone

from schools.models import School
from schools.models.school import STALE_AFTER
from sync.facts.kinds import KINDS
from sync.models import SyncRun, SyncSettings
from sync.notices import tell
from sync.wording.freshness import ALARMS, with_standing


def red(now=None):
    """Mail support about each red school, at most once a day by the school's own calendar. Returns how many."""
    now, told = now or timezone.now(), 0
    last_word = SyncRun.objects.filter(school=OuterRef("pk")).exclude(message="").order_by("-started_at")
    late = with_standing(School.objects.all(), now).filter(is_red=True)
    for school in late.annotate(said=Subquery(last_word.values("message")[:1])).order_by("pk"):
        today = timezone.localdate(now, school.zone)
        with transaction.atomic():
            fresh = SyncSettings.objects.filter(pk=school.sync_settings.pk).exclude(red_mailed_on=today)
            if not fresh.update(red_mailed_on=today):
                continue
            title, paragraphs = _words(school, now)
            tell.red(school, title, paragraphs)
        told += 1
    return told


def stale(now=None):
    """Tell leads and support, once, about each school whose data has become so old that no mail goes out on it. Returns
    how many. After a run that brings something newer they can be told again."""
    now, told = now or timezone.now(), 0
    old = with_standing(School.objects.all(), now).filter(is_late=True, as_of__lt=now - STALE_AFTER)
    for school in old.filter(sync_settings__old_told_at=None).order_by("pk"):
        with transaction.atomic():
            if SyncSettings.objects.filter(pk=school.sync_settings.pk, old_told_at=None).update(old_told_at=now):
                tell.stale(school, _why_old(school))
                told += 1
    return told


def _words(school, now):
    if school.as_of:
        hours = int((now - school.as_of).total_seconds() // 3600)
        since = f"What we have is {hours} hours old, of {_moment(school, school.as_of)}."
        paragraphs = [f"{since} Class lists stay as they were then."]
    else:
        paragraphs = ["It has never been read in full. Class lists stay as they are."]
    if school.is_late and school.as_of != school.read:
        paragraphs.append(_why_old(school))
    paragraphs += [f"{KINDS[kind].label.capitalize()} {ALARMS[why]} at that read." for kind, why in school.alarms]
    if school.sync_settings.gave_up_at:
        paragraphs.append("The tries of the night ended without a complete read.")
    if school.said:
        paragraphs.append(f"The last answer: {school.said}")
    if school.sync_settings.due_at:
        paragraphs.append(f"The next try is due {_moment(school, school.sync_settings.due_at)}.")
    paragraphs.append("You hear about this school once a day until it is read as it should be.")
    return f"{school.name} {_title(school)}", paragraphs


def _title(school):
    if not school.is_late:
        return "came with what can hardly be right"
    return "was not synced in time" if school.as_of == school.read else "is synced, but has nothing new"


def _why_old(school):
    """Why our data is old, and who can do something about it."""
    mis = school.mis or "the MIS"
    if school.as_of == school.read:
        return "Since then no sync has come to its end: support has been told."
    read = f"It was last synced {_moment(school, school.read)}, but"
    if school.offline:
        return f"{read} Wonde says that its link to {mis} is down: the school's IT can restart Wonde's software."
    return (
        f"{read} nothing has changed in Wonde since {_moment(school, school.newest)}, although school was on: its "
        f"link to {mis} may be broken without Wonde noticing. Please ask the school's IT or Wonde to look at it."
    )


def _moment(school, at):
    return f"{at.astimezone(school.zone):%d %B %H:%M}"
