"""Everything we hold about one person, for anyone with the right to ask: as data, and as a page to read.

It follows the same paths as an erasure, so what is shown is what would be erased.
"""

from django.db.models import Q

from schools.erasing import hanging, model_of
from schools.models import AuditEntry, PersonBlock, User
from sync.erasing.rows import KEEP
from sync.facts.kinds import KINDS, LINKS
from sync.models import Change, Hold
from sync.wording import sentences

NOT_SHOWN = "a secret: kept as a fingerprint, or sealed"
SEALED = ("password", "hash", "secret", "token", "data", "session")


def everything_about(school, kind, pk):
    """What we hold about row `pk` of `kind` at `school`, as plain data; None if there is no such person.

    {"school", "what", "name", "parts": [{"title", "rows": [{label: value}]}]}. Secrets are named, not shown; about
    other people it says only who they are.
    """
    model = model_of(KINDS[kind].table)
    row = model._base_manager.filter(school=school, pk=pk).first()
    if row is None:
        return None
    parts = [
        {"title": "What the MIS says of them", "rows": [_mirrored(row, KINDS[kind])]},
        {"title": "What we add", "rows": [_own(row, KINDS[kind])]},
        *_account(row),
        *_links(school, kind, pk),
        *_hanging(model, pk),
        {"title": "What changed, sync by sync", "rows": _changes(school, kind, pk)},
        {"title": "What waits for a person", "rows": _holds(school, kind, pk)},
        {"title": "Whether they are left out of the product", "rows": _left_out(school, kind, pk)},
        {"title": "Who looked at or decided what", "rows": _audit(school, model, pk)},
    ]
    return {
        "school": school.name,
        "what": sentences.ONE.get(kind, KINDS[kind].label),
        "name": str(row),
        "parts": [part for part in parts if part["rows"]],
    }


def _mirrored(row, kind):
    return {column.label: _plain(getattr(row, name)) for name, column in kind.columns.items() if not column.derived}


def _own(row, kind):
    """Our own columns of the row itself."""
    taken = {*kind.columns, "school", "user"}
    return {
        str(field.verbose_name): _plain(getattr(row, field.attname))
        for field in row._meta.local_fields
        if field.name not in taken
    }


def _account(row):
    user = getattr(row, "user", None)
    if user is None:
        return []
    return [{"title": "Their login", "rows": [_fields(user)]}, *_hanging(User, user.pk, but={row._meta.model})]


def _links(school, kind, pk):
    """Their links; of the other side, only its name."""
    parts = []
    for link in LINKS.values():
        model = model_of(link.table)
        for column, parent in link.parents.items():
            if parent != kind:
                continue
            others = [name for name in link.parents if name != column]
            rows = model._base_manager.filter(school=school, **{column: pk}).select_related(*others).order_by("pk")
            told = [
                {link.columns[name].label: str(getattr(stay, name)) for name in others}
                | {
                    declared.label: _plain(getattr(stay, name))
                    for name, declared in link.columns.items()
                    if name not in link.parents
                }
                | {"from": _plain(stay.joined_at), "until": _plain(stay.left_at)}
                for stay in rows
            ]
            parts.append({"title": link.label.capitalize(), "rows": told})
    return parts


def _hanging(model, pk, but=()):
    """Rows of other tables that belong to this one."""
    parts = []
    for other, field in hanging(model, keep=KEEP):
        if other in but or other in {AuditEntry}:
            continue
        rows = other._base_manager.filter(**{field.name: pk}).order_by("pk")
        told = [_fields(row, without=field.name) for row in rows]
        parts.append({"title": f"{other._meta.verbose_name_plural.capitalize()} ({field.verbose_name})", "rows": told})
    return parts


def _fields(row, without=""):
    return {
        str(field.verbose_name): NOT_SHOWN
        if any(word in field.name for word in SEALED) and getattr(row, field.attname)
        else _plain(getattr(row, field.attname))
        for field in row._meta.local_fields
        if field.name != without
    }


def _changes(school, kind, pk):
    """Their changes, newest last, with columns named as on the page."""
    links = [
        (link.name, list(model_of(link.table)._base_manager.filter(**{column: pk}).values_list("pk", flat=True)))
        for link in LINKS.values()
        for column, parent in link.parents.items()
        if parent == kind
    ]
    wanted = Q(kind=kind, row_id=pk)
    for name, pks in links:
        wanted |= Q(kind=name, row_id__in=pks)
    changes = (
        Change.objects.of_runs().filter(wanted, school=school).select_related("run").order_by("run__started_at", "pk")
    )
    return [
        {
            "when": _plain(told.row.run.started_at),
            "what": told.kind,
            "how": told.row.get_verb_display(),
            "why": told.why,
            "values": "; ".join(f"{label}: “{before}” to “{after}”" for label, before, after in told.was),
        }
        for told in sentences.changes(changes)
    ]


def _holds(school, kind, pk):
    holds = Hold.objects.filter(school=school, kind=kind, row_id=pk)
    return [{"since": _plain(told.row.since), "why": told.why} for told in sentences.holds(holds)]


def _left_out(school, kind, pk):
    blocks = PersonBlock.objects.filter(school=school, kind=kind, row_id=pk).select_related("made_by", "ended_by")
    return [
        {
            "since": _plain(block.made_at),
            "by": str(block.made_by or ""),
            "why": block.why,
            "until": _plain(block.until),
            "let back in": _plain(block.ended_at),
            "marks": f"{len(block.marks)}, which recognise them and tell nobody who they are",
        }
        for block in blocks.order_by("made_at", "pk")
    ]


def _audit(school, model, pk):
    entries = AuditEntry.objects.filter(school=school, kind=model._meta.model_name, object_id=pk).select_related(
        "actor"
    )
    return [
        {"when": _plain(entry.at), "who": str(entry.actor or ""), "what": entry.verb, "why": entry.reason}
        for entry in entries.order_by("at", "pk")
    ]


def _plain(value):
    """A value in JSON: moments as text, everything else as it is."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | list | dict | None) else str(value)
