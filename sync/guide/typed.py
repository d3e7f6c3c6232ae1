"""What a school typed for Wonde, and what may be done with it: check it, choose the school, show the secret once, hand
it over, wipe it. The secret is sealed, and is in nothing else that is kept, queued, noted or logged.

Wiping in the transaction of whoever decides is here and in `sync.engine`; by the clock in `Wcbs.objects.wipe_due`.
"""

import hmac
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables

from schools.locks import lock_school
from schools.models import AuditEntry
from schools.sealing import SealError
from sync.models import Wcbs
from sync.rules.wcbs import is_wcbs
from sync.wcbs.check import Of, check

MOST_SCHOOLS = 100  # of what a check found, kept to choose from

NO_QUEUE, NO_SECRET, OURS = "no_queue", "no_secret", "ours"  # outcomes of our own, beside those of `sync.wcbs.check`


class NotDoneError(Exception):
    """Why nothing was done, in a sentence for the person who tried."""


class Typed(NamedTuple):
    """The three values of WCBS that a check needs."""

    base: str
    client_id: str
    secret: str


@sensitive_variables("typed", "row")
@transaction.atomic
def keep(school, by, typed):
    """Keep what `by` typed, in place of what was kept before, and ask for a check where one is allowed now. Typed once
    more while it is being checked, it is the same. Returns the `Wcbs`. Raises NotDoneError."""
    row, now = _locked(school), timezone.now()
    if row and row.is_open and _is_same(row, typed):
        return row
    kept = row.tried(now) if row else []
    same_server = row and (row.base, row.client_id) == typed[:2]
    made = Wcbs(
        pk=row and row.pk,
        school=school,
        base=typed.base,
        client_id=typed.client_id,
        id_there=row.id_there if same_server else "",
        typed_at=now,
        typed_by=by,
        renews=is_wcbs(school.mis) and hasattr(school, "last_read"),
        tries=kept,
    )
    made.secret = typed.secret
    if made.free_at(now) is None:
        _ask(made, now)
    made.save()
    AuditEntry.objects.note(by, "typed the values of WCBS", made, school)
    return made


@transaction.atomic
def check_again(school, by):
    """Ask for another check of what is kept. Returns the `Wcbs`. Raises NotDoneError."""
    row, now = _kept(school), timezone.now()
    if row.is_open:
        return row
    if not row.has_secret:
        raise NotDoneError("The client secret has been wiped. Type the values again to check them.")
    if free_at := row.free_at(now):
        again = f"{free_at.astimezone(school.zone):%H:%M}"
        raise NotDoneError(f"There have been five checks within an hour. The next is possible at {again}.")
    _ask(row, now)
    row.save(update_fields=["asked_at", "begun_at", "answered_at", "outcome", "found", "detail", "tries"])
    return row


def _ask(row, now):
    row.asked_at, row.begun_at, row.answered_at = now, None, None
    row.outcome, row.found, row.detail = "", [], ""
    row.tries = [*row.tried(now), now]


@sensitive_variables("row")
def answer(row):
    """Check what is kept in `row`, and keep what came of it. In a worker: it goes over the network."""
    try:
        if not row.has_secret:
            return _answered(row, NO_SECRET)
        checked = check(row.base, row.client_id, row.secret)
    except SealError:
        return _answered(row, NO_SECRET)
    except Exception:
        _answered(row, OURS)
        raise
    found = [[one.id[:40], one.name[:200], one.description[:200]] for one in checked.schools[:MOST_SCHOOLS]]
    known = {"base": checked.base or row.base, "detail": checked.detail[:300], "found": found}
    if checked.outcome == Of.REACHED and row.id_there not in {pk for pk, _, _ in found}:
        known["id_there"] = found[0][0] if len(found) == 1 else ""
    _answered(row, checked.outcome, **known)


def _answered(row, outcome, **known):
    """Unless something else was typed, or asked for, meanwhile."""
    asked = Wcbs.objects.filter(pk=row.pk, asked_at=row.asked_at)
    asked.update(outcome=outcome, answered_at=timezone.now(), **known)


def not_queued(row):
    """The queue is away: no worker will hear of the check that was asked for."""
    _answered(row, NO_QUEUE)


@transaction.atomic
def choose(school, school_id):
    """Which of the schools in WCBS it is. Raises NotDoneError."""
    row = _kept(school)
    row.id_there = school_id
    row.save(update_fields=["id_there"])


@sensitive_variables("row")
@transaction.atomic
def show(school, by):
    """The client secret, once. Raises NotDoneError where it was shown before, wiped, or cannot be opened."""
    row = _kept(school)
    if not row.has_secret:
        raise NotDoneError("The client secret has been wiped: it cannot be shown. Generate another in WCBS.")
    if row.shown_at:
        raise NotDoneError("The client secret has been shown already, and is not shown a second time.")
    try:
        secret = row.secret
    except SealError:
        gone = "The client secret cannot be opened any more, because its key is gone. Type it again."
        raise NotDoneError(gone) from None
    row.shown_at, row.shown_by = timezone.now(), by
    row.save(update_fields=["shown_at", "shown_by"])
    AuditEntry.objects.note(by, "was shown the client secret", row, school)
    return secret


@transaction.atomic
def hand_over(school, by):
    """Wonde has all it needs, says `by`. Said twice, the first time counts. Raises NotDoneError."""
    row = _kept(school)
    if row.handed_at is None:
        row.handed_at, row.handed_by = timezone.now(), by
        row.save(update_fields=["handed_at", "handed_by"])
        AuditEntry.objects.note(by, "handed WCBS over to Wonde", row, school)


@transaction.atomic
def wipe(school, by):
    """Forget the client secret now. Raises NotDoneError."""
    row = _kept(school)
    if Wcbs.objects.filter(pk=row.pk).wipe(Wcbs.Because.ASKED):
        AuditEntry.objects.note(by, "wiped the client secret", row, school)


def of(school):
    """The school's `Wcbs`; None where nothing was typed."""
    return Wcbs.objects.filter(school=school).select_related("typed_by", "shown_by", "handed_by").first()


def _kept(school):
    row = _locked(school)
    if row is None:
        raise NotDoneError("Nothing has been typed yet. Begin with the four values.")
    return row


def _locked(school):
    """The school's row or None, alone with the school; a secret whose day has come is wiped first. Raises
    NotDoneError where the school no longer shares with us."""
    lock_school(school.pk)
    school.refresh_from_db(fields=["revoked_at"])
    if school.revoked_at:
        raise NotDoneError("The school no longer shares with us, so nothing is kept of it.")
    Wcbs.objects.filter(school=school).wipe_due()
    return Wcbs.objects.filter(school=school).first()


def _is_same(row, typed):
    try:
        same_secret = row.has_secret and hmac.compare_digest(row.secret.encode(), typed.secret.encode())
    except SealError:
        return False
    return same_secret and (row.base, row.client_id) == typed[:2]
