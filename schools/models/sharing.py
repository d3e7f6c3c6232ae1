"""What a school has said about what it shares: which purposes are on, what it has agreed that we ask for, and who may
agree for it."""

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from schools.models.employee import Employee, RightQuerySet


class SchoolPurpose(models.Model):
    """That one purpose was on at a school, from when until when, by whose word. Where a school has said nothing there
    is no row, and the declaration says what is so."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="purposes", db_index=False)
    key = models.CharField(max_length=20, help_text="As schools.sharing.purposes has it.")
    on_since = models.DateTimeField()
    on_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: on from the school's beginning.",
    )
    on_reason = models.CharField(max_length=200, blank=True)
    off_at = models.DateTimeField(null=True)
    off_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was switched off.")

    class Meta:
        ordering = ["-on_since", "-pk"]
        constraints = [models.UniqueConstraint("school", "key", condition=Q(off_at=None), name="purpose_on_once")]
        indexes = [models.Index(fields=["school", "key", "-on_since"], name="purposes_of_a_school")]

    def __str__(self):
        return self.key


class Sharing(models.Model):
    """What a school has last agreed that we ask for: nothing beyond it is asked for or kept. Without a row it is what
    the first version of the declaration asked."""

    school = models.OneToOneField("schools.School", on_delete=models.CASCADE, related_name="sharing")
    agreed = models.JSONField(help_text="{purpose: [fields]}")
    since = models.JSONField(default=dict, help_text="{field: when it was agreed to}, of those asked for later on.")
    agreed_at = models.DateTimeField()
    agreed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    def __str__(self):
        return f"sharing of {self.school}"


class AskedAnew(models.Model):
    """That a school is asked for a field beyond what it has agreed to, and since when it has been shown that. Goes once
    it agrees."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="asked_anew", db_index=False)
    name = models.CharField(max_length=60, help_text="As schools.sharing.purposes has it: students.upn.")
    shown_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("school", "name", name="asked_anew_once")]

    def __str__(self):
        return self.name


class AuthoriserRightQuerySet(RightQuerySet):
    def standing(self):
        """Those that count: the login is on, and the MIS has not stopped listing the person. Who was never in it keeps
        the right; who comes back has it again."""
        listed = Employee.objects.filter(school=OuterRef("school"), user=OuterRef("user"))
        still = listed.open().filter(left_at=None, stopped_at=None)
        return self.filter(~Exists(listed) | Exists(still), user__is_active=True)


class AuthoriserRight(models.Model):
    """`user` may agree for `school` to what is shared, and stop it. It opens no page about a student."""

    school = models.ForeignKey(
        "schools.School", on_delete=models.CASCADE, related_name="authoriser_rights", db_index=False
    )
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="authoriser_rights")
    granted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    granted_at = models.DateTimeField(auto_now_add=True)

    objects = AuthoriserRightQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint("school", "user", name="authoriser_right_once")]

    def __str__(self):
        return f"{self.user} agrees for {self.school}"


class Agreement(models.Model):
    """One version of the agreement about data that the operator gives, as its file says; never changed once a school
    has agreed to it."""

    version = models.CharField(max_length=20, unique=True)
    title = models.CharField(max_length=200)
    effective_on = models.DateField("in force from")
    body = models.TextField("the whole file")
    sha256 = models.CharField("SHA-256 of the file", max_length=64)
    replaces = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-added_at", "-pk"]

    def __str__(self):
        return f"version {self.version}"


class Acceptance(models.Model):
    """That a school agreed to one version: its receipt. What it says is not looked up again, and never changed."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="acceptances", db_index=False)
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="acceptances")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Who agreed, or who of support recorded what was signed on paper.",
    )
    name = models.CharField(max_length=200)
    position = models.CharField(max_length=200)
    asked = models.JSONField("what was asked", help_text="As schools.sharing.asked has it.")
    permissions = models.JSONField("permissions in Wonde for it", help_text="As Wonde spells them.")
    at = models.DateTimeField()
    receipt_no = models.CharField("receipt number", max_length=14, unique=True)
    sha256 = models.CharField("SHA-256 of the receipt", max_length=64)
    signed_on = models.DateField("signed on paper on", null=True)
    kept_where = models.CharField("where the paper is kept", max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name = "receipt"
        constraints = [models.UniqueConstraint("school", "agreement", name="agreed_once_a_version")]

    def __str__(self):
        return f"receipt {self.receipt_no}"
