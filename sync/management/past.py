"""The past of the demo: its schools are added, synced every night and used, from its first day until now.

The product itself does everything, under a clock set back to the time (docs/decisions/0132-a-demo-with-a-past.md): the
tasks of beat run here, people decide through the functions behind their pages, and sign in at the real addresses.
Nothing here writes a date.
"""

import random
from contextlib import suppress
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from celery import current_app
from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import Count, Min, Q
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from classes import requests
from classes.models import ImportRequest, SchoolClass
from parents import tasks as mail_tasks
from parents.mail.letter import week_of
from parents.models import MailSettings
from schools.models import AuditEntry, Sharing
from schools.sharing import purposes
from students import invented
from students.cards import codes
from students.models import SignInCode, Student
from sync import tasks
from sync.engine.undo import undo
from sync.management import demo
from sync.management.clock import set_back
from sync.models import Change, SyncRun, SyncSettings
from sync.people import class_requests, held
from sync.people.purposes import switch

ZONE = ZoneInfo("Europe/London")
# The weekdays (Monday is 0) on which a lot happens at each school; on the others perhaps something SMALL.
ORDINARY_DAYS = ({1, 3}, {1}, {0})
SMALL = ("join", "move_class", "change_surname", "change_email", "gain_contact", "change_teacher")
SMALL_SHARE = 0.6
SIGN_INS_A_DAY = 5
CLASSES_WITH_CARDS = 8
PASSWORDS_SHARE = 0.05  # of them choose a password, which costs a quarter of a second
PASSWORD = "seven green bicycles"  # noqa: S105 what invented students choose
SENDING_MINUTES = 3


class Past:
    """The people and schools of the story. cards: the words on the printed cards, by the student's primary key. lost:
    Wonde ids of students who were taken out of the MIS by mistake."""

    def __init__(self, clock):
        self.clock = clock
        self.dice = random.Random(7)  # noqa: S311
        self.schools = demo.add_schools()
        self.secondary, self.primary, _ = self.schools
        self.support, self.lead = demo.make_support(), demo.make_lead(self.secondary)
        tasks.queue_due_schools()
        self.teacher = demo.make_teacher(self.secondary)
        self.cards, self.lost = {}, []


def live(first, say):
    """Live from the date `first` until now. say: called with a line for each week."""
    now = timezone.now()
    monday, today = _monday(first), now.astimezone(ZONE).date()
    with set_back(min(_moment(first, 8), now)) as clock:
        past = Past(clock)
        while monday <= today:
            for moment, happens in _story_of_week(monday, today):
                if timezone.now() < moment < now:
                    _sync_until(moment, clock)
                    happens(past)
            following = monday + timedelta(days=7)
            _sync_until(min(_moment(following, 0), now), clock)
            say(_in_words(monday, following))
            monday = following


def _sync_until(moment, clock):
    """Move on to `moment`, running every sync that is due before it."""
    while (due := SyncSettings.objects.aggregate(at=Min("due_at"))["at"]) and due <= moment:
        clock.go(due)
        tasks.queue_due_schools()
    clock.go(moment)


def _beat(past):
    """One round of everything that beat queues: reminders, clearing up, mail that waits."""
    for entry in current_app.conf.beat_schedule.values():
        current_app.tasks[entry["task"]].apply(throw=True)


def _monday(day):
    return day - timedelta(days=day.weekday())


def _moment(day, hour):
    return datetime.combine(day, time(hour), ZONE)


def _in_words(monday, following):
    within = (_moment(monday, 0), _moment(following, 0))
    syncs = SyncRun.objects.filter(started_at__range=within).count()
    changes = Change.objects.of_runs().filter(at__range=within).count()
    return f"  the week of {monday:%-d %B}: {syncs} syncs, {changes:,} changes"


def _story_of_week(monday, today):
    """[(moment, what happens)] in order."""
    weeks_ago = (_monday(today) - monday).days // 7
    found = [
        (_moment(monday + timedelta(days=weekday), hour), happens)
        for weeks, weekdays, hour, happens in STORY
        if weeks_ago in weeks
        for weekday in weekdays
    ]
    last = _last_school_day(today)
    if _monday(last) == monday:
        found += [(_moment(last, 12), _a_card_is_asked_for), (_moment(last, 15), _a_class_vanishes)]
    return sorted(found, key=lambda entry: entry[0])


def _last_school_day(today):
    """The last one before today."""
    return next(day for day in (today - timedelta(days=ago) for ago in range(1, 4)) if day.weekday() in SCHOOL_DAYS)


def _the_mis_changes(past):
    """On a school's ordinary days some join, leave and move; on other days one person at most."""
    weekday = timezone.localdate(timezone=ZONE).weekday()
    for school, ordinary in zip(past.schools, ORDINARY_DAYS, strict=True):
        if weekday in ordinary:
            demo.let_happen(school)
        elif past.dice.random() < SMALL_SHARE:
            demo.let_happen(school, [{"event": past.dice.choice(SMALL)}])


def _cards_are_printed(past):
    """For the students of some classes who have never signed in."""
    for school_class in past.dice.sample(list(_classes(past)), CLASSES_WITH_CARDS):
        students = list(_students(school_class).filter(user__last_login=None))
        past.cards |= codes.renew(past.secondary, students, past.lead)
        AuditEntry.objects.note(past.lead, f"printed {len(students)} login cards of", school_class, past.secondary)


def _students_sign_in(past):
    """With the words on their cards; some then choose a password."""
    working = SignInCode.objects.working().filter(student__in=Student.objects.current().filter(pk__in=past.cards))
    working = list(working.select_related("student__user").order_by("pk"))
    for code in past.dice.sample(working, min(SIGN_INS_A_DAY, len(working))):
        browser, user = _browser(), code.student.user
        typed = {"username": user.username, "secret": " ".join(past.cards[code.student_id])}
        _post(browser, reverse("students:sign_in", args=[past.secondary.code]), typed)
        if past.dice.random() < PASSWORDS_SHARE:
            _post(browser, reverse("students:password"), {"password": PASSWORD, "again": PASSWORD})


def _staff_sign_in(past):
    for user in (past.lead, past.teacher, past.support):
        browser = _browser()
        _post(browser, reverse("account_login"), {"login": user.email, "password": demo.secret("DEMO_PASSWORD")})
        if user == past.support:
            _post(browser, reverse("mfa_authenticate"), {"code": demo.support_code()})


def _browser():
    return Client(SERVER_NAME="localhost")


def _post(browser, address, typed):
    """Send a form. Raises CommandError unless it is accepted, which leads to another page."""
    if browser.post(address, typed).status_code != 302:
        raise CommandError(f"The demo's past was refused at {address}.")


def _progress_comes_in(past):
    """The week's, as the learning product sends it."""
    week = week_of(timezone.localdate(timezone=ZONE))
    for school in past.schools:
        invented.fill(school, [(week.year, week.number)])


def _weekly_mail_begins(past):
    MailSettings.objects.create(school=past.secondary, **demo.mail_of(past.secondary))


def _parents_get_mail(past):
    """It leaves at the school's hour, so many a minute."""
    for _ in range(SENDING_MINUTES):
        mail_tasks.queue_weekly_mail()
        past.clock.go(timezone.now() + timedelta(minutes=1))


def _a_class_is_asked_for(past):
    left_out = SchoolClass.objects.filter(school=past.secondary, reason="intervention_group").in_order().last()
    note = "They have a teacher and lessons of their own this term."
    requests.ask(past.secondary, [left_out], ImportRequest.Wish.IN, past.teacher, note)


def _the_request_is_answered(past):
    """Approved: its students leave their other classes for it."""
    for request in ImportRequest.objects.filter(school=past.secondary, state=ImportRequest.State.WAITING):
        looked = class_requests.look(request, class_requests.read(request))
        asked = {school_class.pk for school_class in class_requests.asked_of(request)}
        left_out = {(one.student, key) for one in looked.check.doubles for key in one.classes if key not in asked}
        settlement = class_requests.Settlement("They are in this class only, until it ends.", frozenset(left_out))
        with transaction.atomic():
            class_requests.approve(request, past.support, looked.check.fingerprint, settlement, looked)
            tasks.queue_sync(past.secondary, past.support)


def _a_class_vanishes(past):
    """Nearly everybody in one class disappears from the MIS: so many are not removed without being asked about. Whoever
    of them has left that day already has left."""
    others = _classes(past).exclude(teachings__employee__user=past.teacher)
    members = Count("enrolments", filter=Q(enrolments__left_at=None))
    school_class = others.annotate(members=members).filter(members__gte=12).order_by("members", "pk").first()
    leave = list(_students(school_class).values_list("wonde_id", flat=True))[2:]
    for wonde_id in leave:
        with suppress(demo.RefusedError):
            demo.let_happen(past.secondary, [{"event": "leave", "students": [wonde_id]}])


def _the_lead_lets_them_go(past):
    run = SyncRun.objects.complete().filter(school=past.secondary).first()
    if run.asked:
        held.approve(past.secondary, past.lead, "They were guests from another school, and have gone back.", run.asked)
        tasks.queue_sync(past.secondary, past.lead)


def _some_are_lost(past):
    """Somebody takes a few children out of the MIS by mistake, so few that the sync removes them."""
    students = Student.objects.current().filter(school=past.primary).order_by("pk")[:4]
    past.lost = [student.wonde_id for student in students]
    demo.let_happen(past.primary, [{"event": "leave", "students": past.lost}])


def _the_night_is_undone(past):
    if past.lost:
        run = SyncRun.objects.complete().filter(school=past.primary).first()
        undo(run, past.support, "The school says that they were taken out of the MIS by mistake.")


def _they_are_found(past):
    if past.lost:
        demo.let_happen(past.primary, [{"event": "return_same_id", "students": past.lost}])
        held.resume(past.primary, past.support, "They are in the MIS again.")
        tasks.queue_sync(past.primary, past.support)


def _more_is_asked(past):
    """As if the school had agreed to a version that did not ask for two fields that ours does."""
    agreed = {
        key: [name for name in names if name not in ("contacts.upi", "employees.upi")]
        for key, names in purposes.agreed_by_version(purposes.VERSION).items()
    }
    Sharing.objects.update_or_create(
        school=past.secondary, defaults={"agreed": agreed, "agreed_at": past.secondary.added_at}
    )


def _birthdays_are_shared(past):
    demo.let_happen(past.secondary, [{"event": "grant_permission", "scope": "students.date_of_birth.read"}])
    switch(past.secondary, purposes.BIRTHDAY, True, past.lead)


def _a_card_is_asked_for(past):
    for student in _students(demo.class_of(past.teacher))[:2]:
        codes.ask(student)


def _classes(past):
    return SchoolClass.objects.current().filter(school=past.secondary).in_order()


def _students(school_class):
    return school_class.students.filter(enrolments__left_at=None).in_order()


EVERY, SCHOOL_DAYS = range(100), range(5)
STORY = (  # in which weeks before this one, on which days of them (Monday is 0), at which hour: what happens
    (EVERY, SCHOOL_DAYS, 10, _the_mis_changes),
    (EVERY, SCHOOL_DAYS, 13, _students_sign_in),
    ([5, 3, 1, 0], [1], 8, _staff_sign_in),
    (EVERY, range(7), 8, _beat),
    (EVERY, [4], 14, _progress_comes_in),
    (EVERY, [4], 16, _parents_get_mail),
    ([5, 2], [0], 9, _cards_are_printed),
    ([5], [2], 11, _a_class_is_asked_for),
    ([5], [3], 11, _the_request_is_answered),
    ([4], [1], 9, _birthdays_are_shared),
    ([4], [1], 15, _a_class_vanishes),
    ([4], [2], 9, _the_lead_lets_them_go),
    ([2], [0], 11, _weekly_mail_begins),
    ([2], [2], 15, _some_are_lost),
    ([2], [3], 9, _the_night_is_undone),
    ([2], [3], 15, _they_are_found),
    ([1], [3], 7, _more_is_asked),
)
