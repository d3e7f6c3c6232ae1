"""New people whose identifier says they are somebody we had, although name and year group say otherwise.

A sync withholds them (`perhaps_someone_else`); a person says who they are, and every sync obeys that.
"""

from dataclasses import dataclass

from django.db import transaction

from schools.erasing import model_of
from schools.locks import lock_school
from schools.models import AuditEntry
from schools.text.names import listed
from sync.facts.kinds import KINDS
from sync.models import Recognition, SyncRun, SyncSettings
from sync.wording.sentences import ONE


class NotWaitingError(Exception):
    """Why it cannot be said who somebody is, in a sentence for the person who tried."""


@dataclass(frozen=True)
class Newcomer:
    """Somebody new. was: our row that the UPN or UPI points to. Their name in the MIS is in no table: it is asked for
    when somebody looks."""

    kind: str
    wonde_id: str
    was: object

    @property
    def label(self):
        return ONE[self.kind]

    @property
    def was_called(self):
        """Our row's name as in a list: "Okoro, Tobi"."""
        return listed(self.was) or self.was.wonde_id


def of_school(school):
    """Those waiting as of the last complete sync, without names, in the order of who they may be."""
    run = SyncRun.objects.complete().filter(school=school).order_by("-started_at").only("unlike").first()
    said = set(Recognition.objects.filter(school=school).values_list("kind", "wonde_id", "row_id"))
    waiting = [tuple(entry) for entry in run.unlike] if run else []
    found = []
    for kind in KINDS:
        pairs = {wonde_id: key for what, wonde_id, key in waiting if what == kind and (kind, wonde_id, key) not in said}
        rows = model_of(KINDS[kind].table)._base_manager.filter(school=school).in_bulk(pairs.values()) if pairs else {}
        there = [Newcomer(kind, wonde_id, rows[key]) for wonde_id, key in pairs.items() if key in rows]
        found += sorted(there, key=lambda one: (one.was.sort_name, one.wonde_id))
    return found


@transaction.atomic
def answer(school, kind, wonde_id, is_same, by, reason=""):
    """Say whether somebody new is the person the identifier names; the next sync carries it out.

    Queue that sync in the same transaction. Raises NotWaitingError if they are no longer waiting.
    """
    lock_school(school.pk)
    one = next((one for one in of_school(school) if (one.kind, one.wonde_id) == (kind, wonde_id)), None)
    if one is None:
        raise NotWaitingError(
            "They do not wait any more: a sync or somebody’s answer came in between. Nothing was changed."
        )
    said = Recognition.objects.create(
        school=school, kind=kind, wonde_id=wonde_id, row_id=one.was.pk, is_same=is_same, by=by
    )
    verb = "said that somebody new is the same as" if is_same else "said that somebody new is not"
    AuditEntry.objects.note(by, verb, one.was, school, reason)
    SyncSettings.objects.want(school)
    return said
