"""Every change, and the feed of them, in an order that is safe to follow while syncs commit side by side.

A sequence alone is not safe: a transaction may take its numbers first and commit last. So each row keeps the
transaction that wrote it, and readers see only rows older than every transaction still under way in this database:
nothing can be added below those (docs/decisions/0040-feed-of-changes.md).
"""

import hashlib
import re
from datetime import UTC, datetime, timedelta

from django.db import connection, models
from django.db.models import Exists, Func, OuterRef, Q
from django.db.models.functions import Cast, Now
from django.utils import timezone
from msgspec import Struct

from classes.models import Enrolment, SchoolClass
from schools.keeping import THIRTEEN_MONTHS
from sync.facts.kinds import IN_API

KINDS = ("schools", *IN_API)
SCOPES = {"details": "markers"}  # kind -> the scope that a token needs for it, beside that of what it asks
OF_SCHOOLS = ("wonde_id", "name", "code", "mis", "timezone")  # columns of a school itself that the API shows
CURSOR = r"^[0-9]{1,18}-[0-9]{1,18}-[0-9]{1,11}-[0-9a-f]{8}$"
LATEST = "latest"
MARGIN = timedelta(days=1)  # a run is forgotten by when it began, and its changes were written later
WRITING = Cast(Cast(Func(function="pg_current_xact_id"), models.TextField()), models.BigIntegerField())


class CursorTooOld(Exception):
    """Not every change after this cursor is kept, or another database gave it; the text says which."""


def kinds_of(token):
    """The kinds of whose changes a token may know."""
    return [kind for kind in KINDS if SCOPES.get(kind) in (None, *token.scopes)]


class Cursor(Struct, frozen=True):
    """A place in the feed: just after the change `pk` of transaction `xid`, as of the second `at`. era: which database
    gave it (a restored copy knows nothing of what came after the backup)."""

    xid: int
    pk: int
    at: int
    era: str

    def __str__(self):
        return f"{self.xid}-{self.pk}-{self.at}-{self.era}"

    @classmethod
    def read(cls, text):
        """Raises ValueError if `text` is not a cursor."""
        if not re.fullmatch(CURSOR, text):
            raise ValueError("This is no cursor of the feed. Send one exactly as an answer gave it, or `latest`.")
        xid, pk, at, era = text.split("-")
        return cls(int(xid), int(pk), int(at), era)


class Horizon(Struct, frozen=True):
    """How far the feed can be read now. ahead: the first transaction not yet begun. cursor: after all of it."""

    xid: int
    ahead: int
    cursor: Cursor


HORIZON = """
    WITH now AS MATERIALIZED (
        SELECT pg_snapshot_xmax(s)::text::bigint AS ahead, (
            SELECT min(x::text::bigint) FROM pg_snapshot_xip(s) x WHERE NOT EXISTS (
                SELECT FROM pg_stat_activity a WHERE a.backend_xid = x::xid AND a.datname <> current_database())
        ) AS under_way FROM pg_current_snapshot() s),
    readable AS MATERIALIZED (SELECT coalesce(under_way, ahead) AS below FROM now)
    SELECT below, ahead, coalesce(last.xid, 0), coalesce(last.id, 0), extract(epoch FROM statement_timestamp())::bigint,
           system_identifier::text, timeline_id::text,
           (SELECT oid::text FROM pg_database WHERE datname = current_database())
    FROM now CROSS JOIN readable CROSS JOIN pg_control_system() CROSS JOIN pg_control_checkpoint() LEFT JOIN LATERAL (
        SELECT c.xid, c.id FROM sync_change c WHERE c.xid < below ORDER BY c.xid DESC, c.id DESC LIMIT 1) last ON true
"""


def horizon():
    """One statement, outside any transaction and before the changes are read: whatever begins later is above it.

    Transactions known to be in another database of the same server do not count, as they cannot write here. The cursor
    names the last change, not the last transaction: a crash may forget the number of one that wrote nothing, and give
    it out again.
    """
    with connection.cursor() as cursor:
        cursor.execute(HORIZON)
        xid, ahead, last_xid, last_pk, at, *database = cursor.fetchone()
    era = hashlib.sha256("-".join(database).encode()).hexdigest()[:8]
    return Horizon(xid, ahead, Cursor(last_xid, last_pk, at, era))


class ChangeQuerySet(models.QuerySet):
    def of_runs(self):
        """Those that a sync made."""
        return self.exclude(run=None)

    def erased(self, school, kind, pks):
        """Note that rows were erased, by their ids, for whoever keeps a copy."""
        self.bulk_create(
            [Change(school=school, kind=kind, row_id=pk, verb=Change.Verb.ERASE) for pk in pks], batch_size=1_000
        )

    def visible_to_token(self, token):
        """What a token of the learning product may follow: changes to what the API shows. Of a class that is out, only
        that it went out; of a school that has ended our access, only that it has."""
        out = SchoolClass.objects.filter(pk=OuterRef("row_id"), status=SchoolClass.Status.OUT)
        silent = Q(values__isnull=True) | ~Q(values__has_key="status")
        shown = self.filter(Q(school__revoked_at=None) | Q(kind="schools"), kind__in=kinds_of(token))
        return token.within(shown.exclude(silent, Exists(out), kind="classes"))

    def read_from(self, cursor, limit):
        """(changes in order, the cursor after them, whether there are more now). cursor: None for everything kept.

        Raises CursorTooOld if some of what follows `cursor` may be gone.
        """
        now = horizon()
        rows = self.filter(xid__lt=now.xid)
        if cursor:
            _refuse_old(cursor, now)
            rows = rows.filter(Q(xid__gt=cursor.xid) | Q(pk__gt=cursor.pk), xid__gte=cursor.xid)
        page = list(rows.order_by("xid", "pk").defer("values")[: limit + 1])
        if len(page) <= limit:
            return page, now.cursor, False
        last = page[limit - 1]
        return page[:limit], Cursor(last.xid, last.pk, int(last.at.timestamp()), now.cursor.era), True


def _refuse_old(cursor, now):
    if cursor.era != now.cursor.era or cursor.xid > now.ahead:
        raise CursorTooOld("The database was restored since this cursor was given.")
    kept = THIRTEEN_MONTHS - MARGIN
    if datetime.fromtimestamp(cursor.at, UTC) < timezone.now() - kept:
        raise CursorTooOld(f"Changes are kept for {kept.days} days; this cursor is older.")


def ended_by_moves(changes):
    """For the moves among `changes`: pk of the stay that began -> pk of the stay it ended. One query."""
    moved = [change.row_id for change in changes if change.verb == Change.Verb.MOVE]
    if not moved:
        return {}
    before = Enrolment.objects.filter(student=OuterRef("student"), left_at=OuterRef("joined_at"))
    pairs = Enrolment.objects.filter(pk__in=moved).annotate(
        ended=models.Subquery(before.exclude(pk=OuterRef("pk")).order_by("-pk").values("pk")[:1])
    )
    return dict(pairs.values_list("pk", "ended"))


class Change(models.Model):
    """One thing that happened to one row. It holds ids, and values before and after only for updates.

    Most belong to a run. Anything written otherwise (erasing, lists made by hand, freezing, the admin) is noted by a
    trigger of the database, without a run (`sync/models/triggers.py`). xid: the transaction that wrote it, which orders
    the feed.
    """

    class Verb(models.TextChoices):
        CREATE = "create", "new"
        RETURN = "return", "back"
        UPDATE = "update", "changed"
        MOVE = "move", "moved"
        REMOVE = "remove", "removed"
        ERASE = "erase", "erased"

    class Cause(models.TextChoices):
        ABSENCE = "absence", "no longer in the MIS"
        EVIDENCE = "evidence", "the MIS says so"
        FOLLOWS = "follows", "follows from what it hangs on"
        APPROVED = "approved", "missing in the MIS, and a person said yes"
        UNDONE = "undone", "undone by a person"

    run = models.ForeignKey(
        "sync.SyncRun", null=True, blank=True, on_delete=models.CASCADE, related_name="changes", db_index=False
    )
    school = models.ForeignKey(
        "schools.School", on_delete=models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    kind = models.CharField(max_length=20)
    row_id = models.BigIntegerField()
    verb = models.CharField(max_length=6, choices=Verb)
    cause = models.CharField(max_length=10, choices=Cause, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    values = models.JSONField(null=True, help_text="Where a row stayed or came back: {column: [before, after]}.")
    at = models.DateTimeField(db_default=Now(), editable=False)
    xid = models.BigIntegerField(db_default=WRITING, editable=False)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["xid", "id"], name="change_in_feed"),
            models.Index(fields=["run", "kind", "verb"], name="change_by_run"),
            models.Index(fields=["school", "kind", "row_id"], name="change_by_row"),
        ]

    def __str__(self):
        return f"{self.verb} {self.kind} {self.row_id}"
