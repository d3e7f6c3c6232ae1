"""What a webhook does: it is noted, and asks for a check. Nothing is believed, and nothing here asks Wonde."""

import hashlib

from django.db import transaction
from django.utils import timezone

from schools.models import School
from schools.text.names import fold
from sync.hooks import hints
from sync.models import AnnouncedMove, Hook, StandingCheck

Outcome = Hook.Outcome


def take(body):
    """Note the webhook with this `body` (bytes), and what is to be done about it. Returns whether it could be read."""
    try:
        hint = hints.read(body)
    except hints.UnreadableHintError:
        _note(hints.Hint("", ""), hashlib.sha256(body).hexdigest(), is_readable=False)
        return False
    _note(hint, hint.digest)
    return True


@transaction.atomic
def _note(hint, digest, is_readable=True):
    now = timezone.now()
    school = School.objects.filter(wonde_id=hint.wonde_id, sync_settings__isnull=False).first()
    outcome = _outcome(hint, school) if is_readable else Outcome.UNREADABLE
    Hook.objects.note(digest, now, type=hint.type, wonde_id=hint.wonde_id, school=school, outcome=outcome)
    if outcome == Outcome.CHECK:
        StandingCheck.objects.want(school, now)
    elif outcome == Outcome.MIGRATION:
        AnnouncedMove.objects.announce(school, hint.move, now)


def _outcome(hint, school):
    if not (hint.move or hint.type in hints.OF_ACCESS):
        return Outcome.UNKNOWN_TYPE
    if not school:
        return Outcome.UNKNOWN_SCHOOL
    if not hint.move:
        return Outcome.CHECK
    has_it = hint.move.mis_to and fold(hint.move.mis_to) == fold(school.mis)
    return Outcome.HAS_THAT_MIS if has_it else Outcome.MIGRATION
