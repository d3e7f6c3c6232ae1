"""What each person in support may do, and for which schools: one row a task, given by a person. No task includes
another."""

from django.conf import settings
from django.db import models


class Task(models.TextChoices):
    """One thing a person in support may be trusted with. Each admin list and each page names the one it needs.

    LOOK: a school's lists, records, runs and own pages (children's only with a reason); ask for a preview.
    REQUESTS: answer requests about classes, and bring classes in, which shows who is in them.
    DECIDE: what waits, undo, resume, sync now, a new year, who is who, blocks, the weekly mail, a school's settings.
    REVEAL: a parent's whole address.
    EXPORT: everything held about one person.
    ERASE: people, a kind, a school that shares nothing any more; stopping one on its word.
    SIGN_INS: invitations, logins, lead rights, second factors; for every school: also add schools.
    TOKENS: the learning product's tokens.
    """

    LOOK = "look", "look at schools and, with a reason, at their people"
    REQUESTS = "requests", "answer requests about classes"
    DECIDE = "decide", "decide what waits, undo, settle a school's mail and limits"
    REVEAL = "reveal", "see addresses of parents and carers"
    EXPORT = "export", "export what is held about a person"
    ERASE = "erase", "erase people, or a school that has left"
    SIGN_INS = "sign_ins", "look after sign-ins and leads"
    TOKENS = "tokens", "make and revoke API tokens"


class SchoolGroup(models.Model):
    """Schools somebody may be trusted with together: a trust, a region, a pilot. A school may be in several."""

    name = models.CharField(max_length=100, unique=True)
    schools = models.ManyToManyField("schools.School", blank=True, related_name="groups")

    class Meta:
        ordering = ["name", "pk"]
        verbose_name = "group of schools"
        verbose_name_plural = "groups of schools"

    def __str__(self):
        return self.name


class SupportRight(models.Model):
    """`user` may do `task` for the schools of `group`, or for every school if there is no group."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="support_rights", db_index=False
    )
    task = models.CharField(max_length=10, choices=Task)
    group = models.ForeignKey(
        SchoolGroup,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="rights",
        verbose_name="for the schools of",
        help_text="Empty: for every school, also those that are added later.",
    )
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: by the operator, on the server.",
    )
    granted_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user", "group", "task"]
        constraints = [
            models.UniqueConstraint(fields=["user", "task", "group"], name="support_right_once", nulls_distinct=False)
        ]

    def __str__(self):
        return f"{self.task}: {self.group or 'every school'}"
