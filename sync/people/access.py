"""How schools stand with us in Wonde: looked at for one school alone, asked for, and polled for all of them.

Lists and hints only say where to look. That a school has ended our access is decided by `sync.wonde.access` alone, and
carried out by `sync.engine.freezing`.
"""

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from sync.engine import freezing
from sync.facts.errors import AccessRevoked
from sync.models import Access, SyncSettings
from sync.rules.access_states import APPROVED, State, stand
from sync.wonde import lists
from sync.wonde.access import read_standing
from sync.wonde.client import Wonde

ENDED = frozenset({State.DECLINED, State.REVOKED})
READABLE = frozenset({State.OPEN, State.OFFLINE})


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
    read = hasattr(school, "last_read")
    state = State.REVOKED if school.revoked_at else State.OPEN if read else State.NOT_ASKED
    return Access.objects.get_or_create(school=school, defaults={"state": state})[0]


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
