"""How schools stand with us in Wonde: asked for access, looked at alone, and polled for all of them.

Lists and hints only say where to look. That a school has ended our access is decided by `sync.wonde.access` alone, and
carried out by `sync.engine.freezing`.
"""

import logging
import random
from collections import defaultdict
from datetime import timedelta
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from schools.models import AuditEntry, School
from sync.engine import freezing
from sync.facts.errors import AccessRevoked, SyncError, WondeRefused, WondeUnavailable
from sync.models import Access, AccessList, SyncSettings
from sync.rules.access_states import APPROVED, LISTS, READABLE, State, stand
from sync.wonde import lists
from sync.wonde.access import read_standing, request_access
from sync.wonde.client import Wonde
from sync.wording.sentences import day_in_full

log = logging.getLogger(__name__)

ENDED = frozenset({State.DECLINED, State.REVOKED})
OVERLAP = timedelta(minutes=30)  # what changed is asked for from so long before: clocks differ, and lists lag
AFTER_NO = timedelta(days=7)  # a school that has declined is left alone as long
DAY = timedelta(days=1)
PERHAPS_ASKED = "The request may have arrived all the same: this page shows it within ten minutes if it has."
ALONE = 50  # schools asked about alone in one poll
AGAIN = timedelta(hours=1)  # until one is asked about again, while the lists prove nothing


class Heard(NamedTuple):
    """What one list said: reasons by Wonde id, and whether it was read from beginning to end."""

    rows: dict[str, str]
    is_whole: bool


class Known(NamedTuple):
    """A school and how it stood before a poll. pk, state …: of its `Access`, None where it has none."""

    school: int
    wonde_id: str
    revoked_at: object
    read: object
    pk: int | None
    state: str | None
    lists: list | None
    reason: str | None
    since: object
    seen_at: object


class NotAskedError(Exception):
    """Why a school was not asked for access, in a sentence for support."""


def refusal(access, now=None):
    """Why the school cannot be asked for access now, in a sentence; "" where it can."""
    now = now or timezone.now()
    if access.is_approved:
        return "The school has approved us already: there is nothing to ask for."
    if access.state == State.DECLINED and now - access.since < AFTER_NO:
        again = day_in_full((access.since + AFTER_NO).astimezone(access.school.zone))
        return f"The school declined less than a week ago. It can be asked again from {again}."
    if access.asked_at and now - access.asked_at < DAY:
        return "The school was asked within the last day. It can be asked again a day later."
    return ""


def ask(school, by, contact):
    """Have Wonde ask the school for access, naming `contact` in Wonde's keys, and return its `Access`. In a worker.

    The day's request is taken before it is sent, so that two people send one. Where Wonde refuses it, it is given back;
    where no answer came it may have arrived, so the day counts, and the lists will tell.
    Raises NotAskedError, WondeRefused and WondeUnavailable.
    """
    before = _take(school, by, contact)
    mine = Access.objects.filter(school=school)
    try:
        with Wonde(school.domain, settings.ASKING_LIMIT_S) as wonde:
            answer = request_access(wonde, school.wonde_id, contact)
    except WondeRefused:
        mine.update(**before)
        raise
    except WondeUnavailable as error:
        raise WondeUnavailable(f"{error} {PERHAPS_ASKED}") from error
    if answer.success is False:
        mine.update(**before)
        raise NotAskedError(f"Wonde did not take the request, and nobody was asked. It says: “{answer.said}”.")
    AuditEntry.objects.note(by, "asked for access to", school, school)
    now = timezone.now()
    mine.update(answer=answer.said, seen_at=now)
    mine.exclude(state=State.ASKED).update(state=State.ASKED, since=now, lists=[lists.PENDING_LIST], reason="")
    return check(school) if answer.state == "approved" else mine.get()


@transaction.atomic
def _take(school, by, contact):
    """Take today's request for `by`. What that replaces, by column. Raises NotAskedError."""
    pk, now = of(school).pk, timezone.now()
    access = Access.objects.select_for_update(of=["self"]).select_related("school").get(pk=pk)
    if why := refusal(access, now):
        raise NotAskedError(why)
    Access.objects.filter(pk=pk).update(asked_at=now, asked_by=by, told=contact, answer="", seen_at=now)
    return {"asked_at": access.asked_at, "asked_by": access.asked_by_id, "told": {}, "answer": access.answer}


def poll():
    """By the clock, for the whole installation: read Wonde's lists, write what is different, and ask about each school
    alone of which they prove nothing. A list that fails or comes back empty concludes nothing."""
    if not School.objects.exists():
        return
    began = timezone.now()
    heard = _hear(began)
    new, changed, doubtful = [], defaultdict(list), []
    for known in map(Known._make, _all()):
        listed, is_emptied = _listed(known, heard)
        state, is_doubtful = stand(listed, _state(known.revoked_at, known.read, known.state))
        found = (state, tuple(sorted(listed)), _reason(known, heard, state))
        if known.pk is None:
            new.append(Access(school_id=known.school, state=state, lists=list(found[1]), reason=found[2]))
        elif found != (known.state, tuple(known.lists), known.reason):
            changed[found].append(known.pk)
        if (is_doubtful or is_emptied) and _looks_again(known, began):
            doubtful.append(known.school)
    Access.objects.bulk_create(new, ignore_conflicts=True)
    for (state, listed, reason), pks in changed.items():
        _write(Access.objects.filter(pk__in=pks), began, state, listed, reason)
    for school in School.objects.filter(pk__in=random.sample(doubtful, min(ALONE, len(doubtful)))):
        try:
            check(school)
        except SyncError as error:
            log.info("how school %s stands could not be asked: %s", school.wonde_id, error)


def _hear(began):
    """{list: `Heard`} of those that could be read; of the long ones only what changed, and all of it once a day."""
    marks, heard = AccessList.objects.in_bulk(), {}
    with Wonde() as wonde:
        for name in LISTS:
            mark = marks.get(name) or AccessList(name=name)
            is_whole = name not in lists.LONG or not mark.whole_at or began - mark.whole_at >= DAY
            try:
                rows = lists.read(wonde, name, None if is_whole else mark.read_at - OVERLAP)
            except SyncError as error:
                log.warning("the list %s of schools could not be read: %s", name, error)
                continue
            heard[name] = Heard(rows, is_whole)
            mark.read_at, mark.whole_at = began, began if is_whole and rows else mark.whole_at
            mark.save()
    return heard


def _all():
    of_access = ("pk", "state", "lists", "reason", "since", "seen_at")
    columns = ["pk", "wonde_id", "revoked_at", F("last_read__pk"), *(f"access__{name}" for name in of_access)]
    return School.objects.order_by("pk").values_list(*columns)


def _listed(known, heard):
    """(the lists the school is in now, whether one of them came back empty). What was not heard of stays."""
    listed, is_emptied = set(known.lists or ()), False
    for name, (rows, is_whole) in heard.items():
        if known.wonde_id in rows:
            listed.add(name)
        elif name in listed and is_whole:
            if rows:
                listed.remove(name)
            else:
                is_emptied = is_emptied or name not in lists.LONG
    return listed, is_emptied


def _reason(known, heard, state):
    if state not in ENDED:
        return ""
    given = (heard[name].rows.get(known.wonde_id) for name in lists.NOT_APPROVED if name in heard)
    return next(filter(None, given), known.reason if known.state == state else "")


def _looks_again(known, now):
    return known.seen_at is None or known.seen_at < max(known.since, now - AGAIN)


def check(school):
    """Look at one school alone, write how it stands, and return its `Access`: for a hint, or where lists contradict.

    Raises SyncError where Wonde cannot be asked or does not say; then nothing has changed. In a worker only: it reads
    Wonde.
    """
    began, access = timezone.now(), of(school)
    with Wonde(school.domain, settings.ASKING_LIMIT_S) as wonde:
        found, why = lists.of_school(wonde, school.wonde_id)
        says_yes = lists.APPROVED_LIST in found
        standing = stand(found, None if says_yes else access.state)  # a yes of the school itself is final
        if access.state in APPROVED and not says_yes:
            try:
                read_standing(wonde, school.wonde_id)
            except AccessRevoked:
                freezing.revoke(school)
                began, standing = timezone.now(), stand({lists.REVOKED_LIST}, None)
    said = why if standing.state in ENDED else ""
    _write(Access.objects.filter(pk=access.pk), began, standing.state, found, said, seen_at=timezone.now())
    access.refresh_from_db()
    return access


def of(school):
    """The school's `Access`; of one that has not been looked up in Wonde's lists yet, as our own tables know it."""
    state = _state(school.revoked_at, hasattr(school, "last_read"), None)
    return Access.objects.get_or_create(school=school, defaults={"state": state or State.NOT_ASKED})[0]


def _state(revoked_at, read, state):
    """How a school stood as far as we know; None where we know nothing."""
    if state:
        return State(state)
    return State.REVOKED if revoked_at else State.OPEN if read else None


@transaction.atomic
def _write(rows, began, state, listed, reason, **more):
    """Write how these rows stand, unless something newer than `began` is known of one. A school that can be read now,
    and could not before, is due at once."""
    now = timezone.now()
    rows = rows.filter(Q(seen_at=None) | Q(seen_at__lte=began))
    rows.filter(state=state).update(lists=sorted(listed), reason=reason, **more)
    turned = list(rows.exclude(state=state).select_for_update().values_list("pk", "school", "state"))
    answered = {} if state in {State.NOT_ASKED, State.ASKED} else {"told": {}}
    Access.objects.filter(pk__in=[pk for pk, _, _ in turned]).update(
        state=state, since=now, lists=sorted(listed), reason=reason, **answered, **more
    )
    if state == State.OPEN:
        opened = [school for _, school, was in turned if was not in READABLE]
        SyncSettings.objects.filter(school__in=opened).update(due_at=now)
