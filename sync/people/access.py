"""How schools stand with us in Wonde: looked at for one school alone, and polled for all of them.

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

from schools.models import School
from sync.engine import freezing
from sync.facts.errors import AccessRevoked, SyncError
from sync.models import Access, AccessList, SyncSettings
from sync.rules.access_states import APPROVED, LISTS, State, stand
from sync.wonde import lists
from sync.wonde.access import read_standing
from sync.wonde.client import Wonde

log = logging.getLogger(__name__)

ENDED = frozenset({State.DECLINED, State.REVOKED})
READABLE = frozenset({State.OPEN, State.OFFLINE})
OVERLAP = timedelta(minutes=30)  # what changed is asked for from so long before: clocks differ, and lists lag
WHOLE_EVERY = timedelta(days=1)
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


def poll():
    """By the clock, for the whole installation: read Wonde's lists, write what is different, and ask about each school
    alone of which they prove nothing. A list that fails or comes back empty concludes nothing."""
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
            is_whole = name not in lists.LONG or not mark.whole_at or began - mark.whole_at >= WHOLE_EVERY
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


def check(school, reason=""):
    """Look at one school alone, write how it stands, and return its `Access`: for a hint, or where lists contradict.

    reason: why it declined or revoked, as a hint gave it; kept only if Wonde itself says that it has. Raises SyncError
    where Wonde cannot be asked or does not say; then nothing has changed. In a worker only: it reads Wonde.
    """
    began, access = timezone.now(), of(school)
    with Wonde(school.domain, settings.ASKING_LIMIT_S) as wonde:
        found, why = lists.of_school(wonde, school.wonde_id)
        standing = stand(found, access.state)
        if standing.is_doubtful and access.state in APPROVED:
            try:
                read_standing(wonde, school.wonde_id)
            except AccessRevoked:
                freezing.revoke(school)
                began, standing = timezone.now(), stand({lists.REVOKED_LIST}, None)
    why = (why or reason)[:300] if standing.state in ENDED else ""
    _write(Access.objects.filter(pk=access.pk), began, standing.state, found, why, seen_at=timezone.now())
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
