"""When a school's mail is due, and the rows that are made for it: one for each address and week, before any leaves."""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.utils import timezone

from parents.mail.emails import SchoolWeek, Sender
from parents.mail.letter import week_of
from parents.models import MailSettings, WeeklyMail
from parents.rules.recipients import NOT_NOW, verdicts, why_not_now
from schools.marks import marks

LATE = timedelta(hours=24)  # after this a week's mail is no news any more
BATCH = 2_000


def moment_and_week(mail_settings, now):
    """The school's last hour of sending that has come, and the ISO week its mail is about."""
    local = now.astimezone(mail_settings.school.zone)
    day = local.date() - timedelta(days=(local.isoweekday() - mail_settings.day) % 7)
    moment = datetime.combine(day, time(mail_settings.hour), mail_settings.school.zone)
    if moment > now:
        day -= timedelta(days=7)
        moment = datetime.combine(day, time(mail_settings.hour), mail_settings.school.zone)
    tells_of = day if mail_settings.day >= MailSettings.Day.FRIDAY else day - timedelta(days=7)
    return moment, week_of(tells_of)


def due_schools(now):
    """Ids of schools whose hour has come and whose mail of the week is not made yet."""
    enabled = MailSettings.objects.filter(enabled=True, paused_at=None).select_related("school").order_by("pk")
    return [settings.school_id for settings in enabled.iterator(BATCH) if _is_due(settings, now)]


def _is_due(mail_settings, now):
    moment, week = moment_and_week(mail_settings, now)
    return now - moment < LATE and mail_settings.week_done != str(week)


def make_mails(school_id, now=None):
    """Make the rows of a school's week, all or none; a second time makes none. Returns how many.

    A school that may not be written to now is asked again until its hour is a day ago; then the week is skipped.
    """
    now = now or timezone.now()
    with transaction.atomic():
        mail_settings = _locked(school_id)
        school = mail_settings.school
        if not mail_settings.enabled or not _is_due(mail_settings, now):
            return 0
        moment, week = moment_and_week(mail_settings, now)
        made = 0
        if moment.date() in mail_settings.holidays:
            mail_settings.note, mail_settings.week_done = f"{week}: not sent in the holidays.", str(week)
        elif code := why_not_now(school, mail_settings, now):
            mail_settings.note = f"{week}: {NOT_NOW[code]}"
        else:
            made = _make(school, mail_settings, week, moment, now)
            mail_settings.note, mail_settings.week_done = f"{week}: {made} mails.", str(week)
        mail_settings.save(update_fields=["note", "week_done"])
    return made


def make_now(school_id, week, now):
    """Make the rows of `week` at once because a person said so; nobody gets a second. Returns how many."""
    with transaction.atomic():
        mail_settings = _locked(school_id)
        made = _make(mail_settings.school, mail_settings, week, now, now)
        mail_settings.week_done, mail_settings.note = str(week), f"{week}: {made} mails, sent by hand."
        mail_settings.save(update_fields=["note", "week_done"])
    return made


def count(school, mail_settings, week):
    """How many rows would be made of `week` now."""
    now = timezone.now()
    return len(_rows(school, mail_settings, week, now, now))


def _locked(school_id):
    return MailSettings.objects.select_for_update(of=["self"]).select_related("school").get(school=school_id)


def _make(school, mail_settings, week, moment, now):
    rows = _rows(school, mail_settings, week, moment, now)
    WeeklyMail.objects.bulk_create(rows, batch_size=BATCH)
    return len(rows)


def _rows(school, mail_settings, week, moment, now):
    marker = marks()
    families = list(verdicts(school).mails.values())
    sender = Sender.of(school, mail_settings)
    read = None
    if not sender.says_nothing_to_report:
        read = SchoolWeek(school, week, {student for family in families for student in family.students})
    there = set(
        WeeklyMail.objects.filter(school=school, iso_year=week.year, iso_week=week.number).values_list(
            "address_mark", flat=True
        )
    )
    rows = []
    for family in families:
        if there and marker.addresses(school.pk, family.address) & there:  # by an older key
            continue
        if read and read.says_nothing(family.students):
            continue
        rows.append(
            WeeklyMail(
                school=school,
                address_mark=marker.address(school.pk, family.address),
                key_number=marker.newest,
                iso_year=week.year,
                iso_week=week.number,
                contacts=list(family.contacts),
                students=list(family.students),
                made_at=now,
                next_try_at=now,
                until=moment + LATE,
                changed_at=now,
            )
        )
    return rows
