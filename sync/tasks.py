"""Celery tasks: load by id, call the sync, say when it is due again."""

import logging
from contextlib import suppress
from datetime import timedelta
from functools import partial

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError as QueueError
from redis import RedisError

from classes.identity import forget_old_tokens
from classes.models import UploadedList
from classes.tasks import look_after_handmade
from parents.tasks import forget_old_mail
from schools.mail import outgoing
from schools.models import School, User
from schools.rest import reads
from schools.sign_in import tries
from schools.sign_in.sessions import SessionStore
from students.models import WrongTries
from sync.copies import requests as copies
from sync.engine import after_a_run, previews
from sync.engine.runs import preview, run_sync
from sync.facts.errors import SyncError
from sync.guide import typed
from sync.hooks import checking
from sync.leaving import retention, stopping
from sync.leaving.erasure import erase_due
from sync.models import (
    AccessCopy,
    AnnouncedMove,
    AskedSync,
    Hook,
    Question,
    RecurringWork,
    StandingCheck,
    SyncRun,
    SyncSettings,
    Wcbs,
)
from sync.needs import daily, more_asked, noting
from sync.notices import overdue, wrong_tries
from sync.people import access, answers, first_import, questions, two_people
from sync.wording.report import as_data

log = logging.getLogger(__name__)

BATCH = 500
LEASE = timedelta(seconds=settings.SYNC_TASK_LIMIT_S + 600)
NO_QUEUE = "The queue cannot be reached just now. Nothing was changed. Ask again in a minute."


@shared_task
def queue_due_schools():
    """Queue every school whose time has come, syncs that were asked for but lost by the queue, and checks that webhooks
    asked for. Each becomes due again by itself if its task is lost on the way."""
    now = timezone.now()
    with transaction.atomic():
        due = list(SyncSettings.objects.due(now).select_for_update(skip_locked=True, of=["self"])[:BATCH])
        SyncSettings.objects.filter(pk__in=[sync_settings.pk for sync_settings in due]).update(due_at=now + LEASE)
        for sync_settings in due:
            queue = partial(sync_school.apply_async, [sync_settings.school_id], priority=settings.BULK_PRIORITY)
            transaction.on_commit(queue)
        for asked in AskedSync.objects.take_due(now, BATCH):
            transaction.on_commit(partial(_queue, asked))
        for school_id in StandingCheck.objects.take_due(now, BATCH):
            transaction.on_commit(partial(check_standing.delay, school_id))
    return len(due)


@shared_task
def check_standing(school_id):
    """Ask Wonde whether a school still shares with us, because a webhook said that this has changed."""
    checking.check(School.objects.get(pk=school_id))


@shared_task(bind=True)
def sync_school(self, school_id, asked_by_id=None, trigger="", **decided):
    """One sync of one school: nightly, or because somebody asked. decided: `expected` and `rollover` of `run_sync`."""
    if AskedSync.objects.is_over(self.request.id):
        return  # the clock queued it a second time while it was waiting here
    school = School.objects.get(pk=school_id)
    asked_by = User.objects.filter(pk=asked_by_id).first()
    trigger = trigger or (SyncRun.Trigger.PERSON if asked_by_id else SyncRun.Trigger.NIGHT)
    try:
        run = run_sync(school, trigger, self.request.id or "", asked_by, **decided)
    except Exception:
        AskedSync.objects.end(self.request.id, after_a_run.settle_failed(school))
        raise
    if run is None:
        log.info("school %s is being synced already", school.wonde_id)
        other = SyncRun.objects.of_everybody().filter(school=school).first()
        if other and other.task_id != self.request.id:
            AskedSync.objects.end(self.request.id, other)
        return
    after_a_run.finish(run)
    noting.note(school)
    AskedSync.objects.end(self.request.id, run)
    previews.forget(school_id)


def queue_sync(school, by, trigger=SyncRun.Trigger.PERSON, **decided):
    """Sync `school` once what `by` decided is committed; through a row, so that no queue can lose it. Returns that
    row."""
    asked = AskedSync.objects.create(school=school, by=by, trigger=trigger, **decided)
    transaction.on_commit(partial(_queue, asked))
    return asked


def _queue(asked):
    """Have a worker run it. Without the queue it waits for the clock."""
    try:
        sync_school.apply_async([asked.school_id], asked.decided, task_id=asked.pk)
    except QueueError as error:
        log.warning("a sync waits for the clock: the queue is away (%s)", type(error).__name__)


def queue_preview(school, by, rollover=False):
    """Have a worker prepare what a sync would do now, for the person following its page."""
    step = previews.ROLLOVER if rollover else previews.PREVIEW
    _queue_making(school, step, partial(preview_school.delay, school.pk, by.pk, rollover))


def queue_import_step(school, by, step):
    """Have a worker prepare what the lead is waiting for at a page of the import."""
    _queue_making(school, step, partial(prepare_import.delay, school.pk, step, by.pk))


def _queue_making(school, step, queue):
    """From now on the page follows it, or says at once that it cannot be made."""

    def publish():
        try:
            queue()
        except QueueError:
            previews.keep(school.pk, {"refused": previews.AWAY}, step)

    with suppress(RedisError):  # `previews.last` then says so
        previews.begin(school.pk, step)
        transaction.on_commit(publish)


def queue_ending():
    """Have a worker tell Wonde that access has ended, once that is committed. Without the queue it waits for the
    clock."""

    def publish():
        with suppress(QueueError):
            do_recurring_work.delay("end access in Wonde")

    transaction.on_commit(publish)


@shared_task
def preview_school(school_id, asked_by_id=None, rollover=False):
    """Prepare what a sync would do now, kept for an hour in the cache and nowhere else: `previews.last` reads it."""
    school = School.objects.get(pk=school_id)
    step = previews.ROLLOVER if rollover else previews.PREVIEW
    _keep_made(school_id, step, lambda: as_data(preview(school, rollover)))


@shared_task
def prepare_import(school_id, step, asked_by_id):
    """Prepare who could be who, or what the import would do, for the lead waiting at the page; kept for an hour."""
    school, by = School.objects.get(pk=school_id), User.objects.get(pk=asked_by_id)
    match = step == previews.IMPORT_MATCH
    _keep_made(school_id, step, lambda: first_import.matching(school) if match else first_import.preview(school, by))


def _keep_made(school_id, step, make):
    """Keep what `make` returns for the page that waits, or that it came to nothing: no page waits for ever."""
    try:
        data = make()
    except SyncError as error:
        data = {"refused": str(error)}
    except Exception:
        previews.keep(school_id, {"failed": True, "at": timezone.now()}, step)
        raise
    previews.keep(school_id, data | {"at": timezone.now()}, step)


@shared_task
def answer_question(question_id):
    """Ask Wonde what somebody is waiting for at a page. Does nothing if the question has already been taken up, or
    given up."""
    if question := Question.objects.take(question_id):
        answers.give(question)


def ask_wonde(request, what, asked, **about):
    """Put a question to Wonde for somebody waiting at a page, as `questions.ask` does, and queue it. Returns the
    question; its page says so if the queue is down."""

    def publish():
        try:
            answer_question.delay(str(question.pk))
        except QueueError:
            question.end(problem=NO_QUEUE)

    with transaction.atomic():
        question, is_new = questions.ask(request, what, asked, **about)
        if is_new:
            transaction.on_commit(publish)
    return question


def queue_check(row):
    """Have a worker check what a school typed for Wonde (a `Wcbs`), once that is committed; its page looks for the
    answer, and says so if the queue is away."""

    def publish():
        try:
            check_wcbs.delay(row.pk)
        except QueueError:
            typed.not_queued(row)

    if row.is_open:
        transaction.on_commit(publish)


@shared_task
def check_wcbs(row_id):
    """Ask WCBS of a school whether what was typed works. Does nothing if that has begun already, or was given up."""
    if row := Wcbs.objects.take(row_id):
        typed.answer(row)


@shared_task
def make_copy(request_id):
    """Make the copy of what is held that a school has decided on. Does nothing if that is no longer wanted."""
    copies.make(request_id)


def queue_copy(asked):
    """Have a worker make the copy of an `AccessRequest`, once what was decided is committed; its page says so if the
    queue is down."""

    def publish():
        try:
            make_copy.delay(asked.pk)
        except QueueError:
            copies.not_made(asked, NO_QUEUE)

    transaction.on_commit(publish)


def erase():
    """Erase everyone whose day has come."""
    for note in erase_due():
        log.info("school %s: erased %s (%s)", note.school_id, note.counts, note.cause)


TEN_MINUTES = timedelta(minutes=10)
MINUTES, HOUR, DAY = timedelta(minutes=5), timedelta(hours=1), timedelta(days=1)
RECURRING = {  # what is done -> how often, by what; each on its own, so that none waits for another that fails
    "see how schools stand in Wonde": (TEN_MINUTES, access.poll),
    "forget what was asked of Wonde": (MINUTES, Question.objects.purge),
    "end access in Wonde": (MINUTES, stopping.end_due),
    "erase whose day has come": (HOUR, erase),
    "stop what nobody agreed to": (HOUR, more_asked.stop_unanswered),
    "do what nobody objected to": (HOUR, two_people.settle_due),
    "let go of old runs": (HOUR, retention.purge),
    "forget lists that were not stored": (HOUR, UploadedList.objects.purge),
    "forget tokens of signing in": (HOUR, forget_old_tokens),
    "forget tries to sign in": (HOUR, tries.purge),
    "forget wrong tries": (HOUR, WrongTries.objects.purge),
    "clear sessions that are over": (HOUR, SessionStore.clear_expired),
    "wipe client secrets": (HOUR, Wcbs.objects.wipe_due),
    "tell support what is red": (HOUR, overdue.red),
    "tell leads what is old": (HOUR, overdue.stale),
    "note what needs a person": (MINUTES, noting.note_all),
    "tell leads what waits for them": (MINUTES, daily.tell),
    "delete copies nobody fetched": (MINUTES, AccessCopy.objects.purge),
    "forget reminders": (DAY, daily.forget),
    "look after what schools made by hand": (DAY, look_after_handmade),
    "forget old mail": (DAY, forget_old_mail),
    "forget what syncs were asked for": (HOUR, AskedSync.objects.purge),
    "forget webhooks": (DAY, Hook.objects.purge),
    "forget what was announced": (DAY, AnnouncedMove.objects.purge),
    "forget mails that are gone": (HOUR, outgoing.forget),
}


@shared_task
def queue_recurring_work():
    """Every minute: queue the recurring work that is due, by a row in the database."""
    every = {name: interval for name, (interval, _) in RECURRING.items()}
    for name in RecurringWork.objects.take_due(every, timezone.now()):
        do_recurring_work.delay(name)


@shared_task
def do_recurring_work(name):
    """Do one piece of it. If it fails or is lost, it is due again by itself; doing it twice does no harm."""
    (interval, work), began = RECURRING[name], timezone.now()
    work()
    RecurringWork.objects.done(name, began, interval)


@shared_task
def tell_wrong_tries():
    """Every minute: tell leads and support about schools with many wrong tries at signing in."""
    wrong_tries.tell()


@shared_task
def write_down_reads():
    """Every minute: write down what was read through the API."""
    reads.write_down()


@shared_task
def sweep():
    """Every half minute: look after runs whose worker has gone, and those applied but not announced."""
    after_a_run.sweep()
