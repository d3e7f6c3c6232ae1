"""Whether the MIS has deleted those who have vanished, as far as Wonde says.

It is something to know and never a reason to remove anybody. One request: what it does not answer is not known.
"""

from datetime import UTC

from sync.facts.errors import SyncError
from sync.facts.shapes import RemoteDeletion
from sync.facts.snapshot import Deleted
from sync.wonde.client import Wonde

TYPES = {"students": "student", "employees": "employee", "classes": "class", "contacts": "contact"}
LIMIT_S = 20


def named(school, kinds, since):
    """Whom `school`'s MIS has deleted and not restored since then: a `Deleted`. Where Wonde does not say, nobody, and
    these are not all."""
    params = {"updated_after": f"{since.astimezone(UTC):%Y-%m-%d %H:%M:%S}"}
    if len(kinds) == 1:
        params["type"] = TYPES[next(iter(kinds))]
    try:
        with Wonde(school.domain, LIMIT_S) as wonde:
            page = next(wonde.pages(f"schools/{school.wonde_id}/deletions", RemoteDeletion, **params))
    except SyncError:
        return Deleted()
    readable = not page.unreadable and not page.anonymous and all(row.deleted_at for row in page.rows)
    return Deleted(frozenset(row.id for row in page.rows if row.lasts), readable and page.next is None)
