"""What the demo's commands share: its schools, its people, and a sync that one can watch.

Everyone here is invented by the sandbox. None of this runs outside `make demo`, which sets ROLLBOOK_DEMO.
"""

import json
import os
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.conf import settings
from django.core.management.base import CommandError
from django.db.models import Count, Q
from django.utils import timezone

from classes.models import Enrolment, SchoolClass
from parents import tasks as mail_tasks
from parents.mail import dispatch
from parents.mail.letter import Week, week_of
from parents.models import MailSettings, WeeklyMail
from schools.models import AuthoriserRight, Employee, LeadRight, School, User
from schools.sharing import agreements, receipts
from students import invented
from sync import tasks
from sync.models import SyncRun
from sync.people import adding_schools
from sync.sandbox.world import catalogue
from sync.wonde.client import Wonde
from sync.wording import kinds

SCHOOL_IDS = tuple(school[0] for school in catalogue.DEMO)
SUPPORT_EMAIL = "support@demo.example"
LEAD_EMAIL = "lead@demo.example"
AUTHORISER_EMAIL = "office@demo.example"
SYNC_LIMIT_S = 120


class RefusedError(CommandError):
    """The sandbox says that something cannot happen at a school, and why."""


def secret(name):
    """A secret of this demo, from its environment. Raises CommandError outside the demo."""
    if "ROLLBOOK_DEMO" not in os.environ:
        raise CommandError("This is part of the demo and makes logins with known passwords: use `make demo`.")
    return os.environ[name]


def add_schools():
    """The demo's schools, added as support would add them and agreed for, in the order of SCHOOL_IDS."""
    agreements.add((settings.BASE_DIR / "docs" / "agreement-sample.md").read_text())
    with Wonde() as wonde:
        for wonde_id in SCHOOL_IDS:
            if not School.objects.filter(wonde_id=wonde_id).exists():
                school, _ = adding_schools.add_school(adding_schools.look_up(wonde, wonde_id))
                agree(school)
    return schools()


def schools():
    found = {school.wonde_id: school for school in School.objects.filter(wonde_id__in=SCHOOL_IDS)}
    return [found[wonde_id] for wonde_id in SCHOOL_IDS if wonde_id in found]


def login(email):
    """The staff login for `email`, with the demo's password."""
    user = User.objects.filter(email=email).first()
    return user or User.objects.create_user(email, secret("DEMO_PASSWORD"))


def make_support():
    """A support login that has set up its authenticator app, with the secret that `demo_support_code` knows."""
    if not User.objects.filter(email=SUPPORT_EMAIL).exists():
        user = User.objects.create_superuser(SUPPORT_EMAIL, secret("DEMO_PASSWORD"))
        TOTP.activate(user, secret("DEMO_TOTP_SECRET"))
    return User.objects.get(email=SUPPORT_EMAIL, authenticator__type=Authenticator.Type.TOTP)


def support_code():
    """The six digits that an authenticator app of the support login would show now."""
    counter = int(time.time()) // app_settings.TOTP_PERIOD
    return format_hotp_value(hotp_value(secret("DEMO_TOTP_SECRET"), counter))


def make_lead(school):
    """A data manager who leads `school` and teaches nothing."""
    user = login(LEAD_EMAIL)
    LeadRight.objects.get_or_create(school=school, user=user)
    return user


def agree(school):
    """The business manager of `school` agrees for it to the sample agreement."""
    user = login(AUTHORISER_EMAIL)
    AuthoriserRight.objects.get_or_create(school=school, user=user)
    _, _, mark = receipts.offer(school, kinds.field)
    receipts.agree(school, user, mark, kinds.field, name="Noor Abadi", position="Business manager")


def make_teacher(school):
    """The login of a teacher of `school`, as if they had accepted their invitation.

    Who: whoever has one already, else the teacher with an address of their own who has the largest imported class.
    """
    teaches = Q(teachings__left_at=None, teachings__school_class__in=SchoolClass.objects.current())
    employees = Employee.objects.current().filter(teaches, school=school).exclude(email="")
    known = employees.exclude(user=None).order_by("pk").first()
    if known:
        return known.user
    members = Count("teachings__school_class__enrolments", filter=Q(teachings__school_class__enrolments__left_at=None))
    employee = employees.annotate(members=members).order_by("-members", "pk").first()
    if employee is None:
        raise CommandError(f"No teacher with an address came in for {school}: look at its last sync in the admin.")
    employee.user = login(employee.email.lower())
    employee.save(update_fields=["user"])
    return employee.user


def send_weekly_mail(school):
    """Invented progress of this week and the last, and this week's mail queued, once."""
    week = week_of(timezone.localdate(timezone=school.zone))
    invented.fill(school, [(each.year, each.number) for each in (week.before, week)])
    mail_settings, made = MailSettings.objects.get_or_create(school=school, defaults=mail_of(school))
    if made and dispatch.make_now(school.pk, week, timezone.now()):
        mail_tasks.send_weekly_mail.delay(school.pk)
    return mail_settings


def mail_of(school):
    """Weekly mail that is on, with an office that takes parents' answers."""
    return {"enabled": True, "reply_to": f"office@{school.code}.example", "unanswered_since": None}


def next_weekly_mail(school):
    """Invented progress of the week after the last that was mailed, and its mail queued: the week, and how many."""
    last = WeeklyMail.objects.filter(school=school).order_by("iso_year", "iso_week").last()
    today = timezone.localdate(timezone=school.zone)
    week = Week(last.iso_year, last.iso_week).after if last else week_of(today)
    invented.fill(school, [(each.year, each.number) for each in (week.before, week)])
    made = dispatch.make_now(school.pk, week, timezone.now())
    mail_tasks.send_weekly_mail.delay(school.pk)
    return week, made


def let_happen(school, events=None):
    """Make `events` happen now at `school` in the sandbox; without any, those of an ordinary day."""
    request = Request(  # noqa: S310 the sandbox of this demo
        f"{settings.WONDE_BASE_URL}/_sandbox/schools/{school.wonde_id}/day",
        data=json.dumps({"events": events, "at": timezone.now().isoformat()}).encode(),
        headers={"Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=30) as response:  # noqa: S310
            return json.load(response)["data"]["events"]
    except HTTPError as error:
        raise RefusedError(f"The Wonde sandbox did not let the day pass: {error.read().decode()}") from error
    except OSError as error:
        raise CommandError(f"The Wonde sandbox did not let the day pass: {error}") from error


def class_of(teacher):
    """The class the demo shows: the first with students in the teacher's own list; None after some walks."""
    with_students = Enrolment.objects.current().values("school_class")
    return SchoolClass.objects.current().taught_by(teacher).filter(pk__in=with_students).in_order().first()


def sync_and_watch(schools, say):
    """Queue a sync of each of `schools` through Celery and follow them to their end; their runs, by school.

    say: takes each line of progress. Raises CommandError when one does not end in time or is not applied.
    """
    queued_at = timezone.now()
    for school in schools:
        tasks.sync_school.delay(school.pk)
    said, ended = {}, {}
    deadline = time.monotonic() + SYNC_LIMIT_S
    while len(ended) < len(schools):
        if time.monotonic() > deadline:
            late = " and ".join(str(school) for school in schools if school not in ended)
            raise CommandError(f"The sync of {late} did not end within {SYNC_LIMIT_S} s: see .data/demo.log.")
        time.sleep(0.1)
        runs = SyncRun.objects.select_related("school").filter(Q(ended_at=None) | Q(ended_at__gte=queued_at))
        for run in runs.filter(school__in=schools).order_by("pk"):
            if run.school in ended:
                continue
            if run.status == SyncRun.Status.RUNNING:
                line = f"  {run.school}: {run.step or 'starting'}"
            else:
                ended[run.school] = run
                line = f"  {run.school}: {run.get_status_display()} {in_words(run)}"
            if said.get(run.school) != line:
                say(line)
            said[run.school] = line
    for run in ended.values():
        if run.status != SyncRun.Status.APPLIED:
            raise CommandError(f"The sync of {run.school} was {run.get_status_display()}: {run.message}")
    return ended


def in_words(run):
    """What `run` left behind: "(812 students, 48 classes, 21 employees)"."""
    sizes = [f"{run.sizes[kind]:,} {kind}" for kind in ("students", "classes", "employees") if kind in run.sizes]
    return f"({', '.join(sizes)})" if sizes else ""
