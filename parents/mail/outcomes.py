"""What becomes of a weekly mail after it was handed over, or refused, or reported on: its row, its address, its school.

Whose fault a refusal was (`schools.mail.refusals`) decides. No such mailbox: the address is stopped. Full, or not now:
tried again, and after some weeks of nothing else stopped too. Ours: the mail stays due and the school's mail is held.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from parents.mail import holds
from parents.models import AddressChoice, WeeklyMail
from parents.rules import choices
from schools.mail.refusals import Refusal

State = WeeklyMail.State
TRIES = 6
FIRST_WAIT = timedelta(minutes=5)
WEEKS = 4  # of nothing but refusals that may pass, before the address is stopped
PASSING = (Refusal.SOFT, Refusal.FULL)
REPORTED = "reported"  # the reason of what a mail service told afterwards


@dataclass(frozen=True)
class Outcome:
    """What a mail becomes. refusal: of `Refusal`, or "" if it was not refused."""

    state: str
    reason: str = ""
    refusal: str = ""

    @classmethod
    def of(cls, refused):
        """What a `Refused` means for its mail. DUE: to be tried again."""
        return cls(
            State.BOUNCED if refused.refusal == Refusal.NO_MAILBOX else State.DUE, refused.reason, refused.refusal
        )


def record(outcomes, before):
    """Write down what became of rows of one school in the state `before`: (row, `Outcome`) of each."""
    alike = defaultdict(list)
    for row, outcome in outcomes:
        alike[outcome].append(row)
    nobody_there, passing = [], []
    for outcome, rows in alike.items():
        if outcome.state != State.DUE:
            move(rows, before, outcome.state, outcome.reason, refusal=outcome.refusal)
        elif outcome.refusal == Refusal.OURS:
            _keep_due(rows, before, outcome)
        else:
            for row in rows:
                _again(row, before, outcome)
        if outcome.refusal == Refusal.NO_MAILBOX:
            nobody_there += rows
        elif outcome.refusal in PASSING:
            passing += rows
    if nobody_there or passing:
        _believe(nobody_there, passing)


def move(rows, before, after, reason="", **fields):
    """One committed step of those of `rows` that still are in the state `before`. Returns how many they are."""
    return in_state(rows, before).update(state=after, reason=reason, changed_at=timezone.now(), **fields)


def in_state(rows, state):
    return WeeklyMail.objects.filter(pk__in=[row.pk for row in rows], state=state)


def _keep_due(rows, before, outcome):
    """It was not their fault: they are tried after the school's other mail, as often as it takes."""
    hold = holds.refused_us(rows[0].school_id, outcome.reason)
    move(
        rows, before, State.DUE, outcome.reason, refusal=outcome.refusal, tries=Greatest(F("tries") - 1, 0),
        next_try_at=hold.until + timedelta(seconds=1), until=holds.stays_due(),
    )  # fmt: skip


def _again(row, before, outcome):
    """Wait longer each time; give up after TRIES, or when it would be too late."""
    tries = row.tries + 1
    when = timezone.now() + FIRST_WAIT * 2 ** (tries - 1)
    goes_on = tries < TRIES and when <= row.until
    after, fields = (State.DUE, {"next_try_at": when}) if goes_on else (State.FAILED, {})
    move([row], before, after, outcome.reason, refusal=outcome.refusal, **fields)


def _believe(nobody_there, passing):
    """Stop the addresses of rows that were refused, unless too much of their weeks was: then nobody's is."""
    refused = nobody_there + passing
    for school_id, year, week in sorted({(row.school_id, row.iso_year, row.iso_week) for row in refused}):
        if hold := holds.too_much_refused(school_id, year, week):
            _mark_nobody(hold, WeeklyMail.objects.of_week(school_id, year, week))
    if not holds.is_doubted(refused[0].school_id):
        for row in nobody_there + [row for row in passing if _comes_to_nothing(row)]:
            choices.stop(row.school_id, row.address_mark, row.key_number, AddressChoice.Cause.BOUNCE)


def _mark_nobody(hold, mails):
    """Take back what refusals of a doubted send did: no address is stopped, and who got nothing is tried again."""
    refused = mails.exclude(refusal__in=["", Refusal.OURS])
    bounces = AddressChoice.objects.standing().filter(school=hold.school_id, cause=AddressChoice.Cause.BOUNCE)
    first = mails.order_by("made_at").values("made_at")[:1]
    bounces.filter(address_mark__in=refused.values("address_mark"), made_at__gte=first).update(ended_at=timezone.now())
    at_the_door = refused.filter(state__in=[State.DUE, State.BOUNCED, State.FAILED]).exclude(reason=REPORTED)
    at_the_door.update(
        state=State.DUE, refusal="", tries=0, changed_at=timezone.now(), next_try_at=hold.until + timedelta(seconds=1),
        until=holds.stays_due(),
    )  # fmt: skip


def _comes_to_nothing(row):
    """Whether the latest mails to the row's address, of WEEKS weeks, were all given up: full, or not now.

    What was before a person let the address go on does not count.
    """
    told = WeeklyMail.objects.addressed_to(row.school_id, [row.address_mark])
    told = told.exclude(state__in=[State.DUE, State.SENDING, State.SUPPRESSED])
    lifted = AddressChoice.objects.filter(
        school=row.school_id, address_mark=row.address_mark, cause=AddressChoice.Cause.BOUNCE, ended_at__isnull=False
    )
    if last := lifted.order_by("-ended_at").first():
        told = told.filter(made_at__gt=last.ended_at)
    latest = list(told.order_by("-iso_year", "-iso_week").values_list("state", "refusal")[:WEEKS])
    return len(latest) == WEEKS and all(state == State.FAILED and refusal in PASSING for state, refusal in latest)
