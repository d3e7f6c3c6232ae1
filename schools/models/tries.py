"""Tries at something that can be guessed, counted in PostgreSQL: signing in and its limits need nothing else."""

from django.db import models


class Tries(models.Model):
    """One row for each thing tried lately (`schools.sign_in.tries`); it stops counting an hour after the last try.
    `key` is an HMAC: what was typed is not kept."""

    key = models.CharField(max_length=64, primary_key=True)
    number = models.PositiveIntegerField()
    at = models.DateTimeField(help_text="The last try that was counted.", db_index=True)
    next_at = models.DateTimeField(null=True, help_text="Before then no try is let through. Empty: at once.")

    class Meta:
        verbose_name_plural = "tries"

    def __str__(self):
        return f"{self.number} tries"
