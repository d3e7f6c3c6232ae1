"""Who has left and is still kept, with the day each will be erased: the list on a lead's page."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import CharField, Value

from schools.erasing import model_of
from sync.facts.kinds import KINDS, PEOPLE
from sync.leaving.erasure import erase_on
from sync.wording import sentences


@dataclass(frozen=True)
class Leaver:
    """One person. day: when they will be erased, by the school's own calendar."""

    kind: str
    pk: int
    name: str
    what: str
    left_at: datetime
    day: date


def leavers(school):
    """Rows (kind, pk, left_at) of everybody who left and is still kept, the first to be erased on top; of those who
    left at one moment students come before staff and parents, by name.

    A queryset to slice. Frozen kinds are left out: nobody sees their names.
    """
    parts = [_rows(school, kind) for kind in PEOPLE if kind not in school.frozen]
    if not parts:
        return model_of(KINDS["students"].table)._base_manager.none()
    return parts[0].union(*parts[1:], all=True).order_by("left_at", "-kind", "sort_name", "pk")


def _rows(school, kind):
    model = model_of(KINDS[kind].table)
    rows = model._base_manager.filter(school=school, left_at__isnull=False, wonde_id__isnull=False).order_by()
    return rows.annotate(kind=Value(kind, output_field=CharField())).values("kind", "pk", "left_at", "sort_name")


def told(rows, sync_settings):
    """A page of `leavers` as `Leaver`s, with a query for each kind."""
    rows = list(rows)
    names = sentences.names((row["kind"], row["pk"]) for row in rows)
    return [
        Leaver(
            kind=row["kind"],
            pk=row["pk"],
            name=names[row["kind"], row["pk"]].text if (row["kind"], row["pk"]) in names else "",
            what=sentences.ONE.get(row["kind"], KINDS[row["kind"]].label),
            left_at=row["left_at"],
            day=erase_on(row["left_at"], sync_settings),
        )
        for row in rows
    ]
