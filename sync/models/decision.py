"""What waits for a person and what they decided: held rows, approvals, a settled change of MIS, who somebody is."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from sync.facts.decisions import Answer
from sync.facts.kinds import LINKS
from sync.models.run import SyncRun
from sync.plans.verdict import DETAILS, KEPT, WITH
from sync.rules.reasons import PERHAPS_HIDDEN

MISSING = ("", PERHAPS_HIDDEN)  # why a row waits that neither Wonde nor the MIS lists


class HoldQuerySet(models.QuerySet):
    def listed(self):
        """What a person decides about: people and classes. What hangs from them waits along and is not listed."""
        return self.exclude(models.Q(kind__in=LINKS) | models.Q(kind="contacts", limit=WITH))

    def removals(self):
        """Without what only holds new details."""
        return self.exclude(limit__in=DETAILS)

    def missing(self):
        """What waits because it is not listed any more."""
        return self.removals().filter(reason__in=MISSING)

    def undecided(self):
        return self.filter(kept_at=None)

    def keep(self, by, reason):
        """A person says that all of it stays. What was held for the sake of others, and is listed, stays by their word
        from now on."""
        self.undecided().update(kept_at=timezone.now(), kept_by=by, kept_because=reason)
        self.listed().filter(limit=WITH).update(limit=KEPT)


class Hold(models.Model):
    """A removal, or new details, waiting for a person. It goes away by itself when the row is back in Wonde.

    Where a person said "keep", it stays without asking again (`sync.plans.kept`).
    """

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="holds", db_index=False)
    kind = models.CharField(max_length=20)
    row_id = models.BigIntegerField()
    limit = models.CharField(max_length=60, help_text="Which limit it passed: the kind, or the class by id.")
    reason = models.CharField(
        max_length=40,
        blank=True,
        default="",
        help_text="Why the MIS lists it and it would go all the same. Empty: missing.",
    )
    run = models.ForeignKey(
        SyncRun, on_delete=models.CASCADE, related_name="holds", help_text="The sync that first held it."
    )
    since = models.DateTimeField()
    deleted_in_mis = models.BooleanField(
        null=True, help_text="Whether Wonde names it among the MIS's deletions. Empty: Wonde does not say."
    )
    kept_at = models.DateTimeField(null=True, blank=True)
    kept_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    kept_because = models.TextField(blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        verbose_name = "removal or change that waits"
        verbose_name_plural = "removals and changes that wait"
        constraints = [models.UniqueConstraint("school", "kind", "row_id", name="held_once")]

    def __str__(self):
        return f"held {self.kind} {self.row_id}"


class PendingQuerySet(models.QuerySet):
    def pending(self, school):
        """The decision that the next run of `school` will carry out, once; None if there is none."""
        return self.filter(school=school, run=None).order_by("-at").first()


class ChangeOfMis(models.Model):
    """A change of MIS as somebody settled it: which of our rows each new one is. The next run carries it out, once."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="changes_of_mis")
    pairs = models.JSONField(help_text="{kind: {Wonde id: our id}}, as confirmed.")
    rates = models.JSONField(default=list, help_text="How many were matched and by what, as the person saw it.")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField(blank=True)
    at = models.DateTimeField(auto_now_add=True)
    run = models.ForeignKey(SyncRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    objects = PendingQuerySet.as_manager()

    class Meta:
        db_table = "sync_migration"
        verbose_name = "change of MIS"
        verbose_name_plural = "changes of MIS"

    def __str__(self):
        return f"change of MIS {self.pk}"


class Approval(models.Model):
    """A person's answer to exactly what a run held: it passes, but for what they keep. It counts for one run: if Wonde
    has moved, that run holds again."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="approvals")
    asked = models.CharField(max_length=64, help_text="The name of what was held (SyncRun.asked).")
    let_go = models.JSONField(default=list, help_text="What of it passes, of what is listed: [[kind, id], …].")
    kept = models.JSONField(default=list, help_text="What of it stays: [[kind, id], …].")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.TextField()
    at = models.DateTimeField(auto_now_add=True)
    run = models.ForeignKey(
        SyncRun, null=True, blank=True, on_delete=models.SET_NULL, related_name="approvals", help_text="That obeyed it."
    )
    applied = models.BooleanField(default=False)

    objects = PendingQuerySet.as_manager()

    def __str__(self):
        return f"approval {self.pk}"

    @property
    def answer(self):
        """As a sync obeys it."""
        kept = {}
        for kind, key in self.kept:
            kept.setdefault(kind, set()).add(key)
        return Answer(self.asked, {kind: frozenset(keys) for kind, keys in kept.items()})


class Recognition(models.Model):
    """What a person said about somebody new whose identifier matches somebody we had: the same person, or somebody
    else. Every sync goes by it."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="recognitions", db_index=False)
    kind = models.CharField(max_length=20)
    wonde_id = models.CharField("Wonde id", max_length=32, help_text="Of the new record.")
    row_id = models.BigIntegerField(help_text="Our row that the identifier found.")
    is_same = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint("school", "kind", "wonde_id", "row_id", name="recognised_once")]

    def __str__(self):
        return f"{self.kind} {self.row_id}: {'the same' if self.is_same else 'somebody else'}"
