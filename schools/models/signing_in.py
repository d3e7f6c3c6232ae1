"""Signing in: sessions with their owners, so that people can see where they are signed in and sign out there; tries at
something that can be guessed, counted in PostgreSQL, so that limits need nothing else; who went on to the product."""

from django.contrib.postgres.indexes import BrinIndex
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import connection, models
from django.utils import timezone


class Session(AbstractBaseSession):
    """Django's own row, with its owner. It is deleted with the login; a request still writing it at that moment is no
    error, so PostgreSQL does not enforce the key."""

    user = models.ForeignKey(
        "schools.User", null=True, on_delete=models.CASCADE, related_name="sessions", db_constraint=False
    )

    objects = BaseSessionManager()

    @classmethod
    def get_session_store_class(cls):
        from schools.sign_in.sessions import SessionStore

        return SessionStore


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


class ProductSignInQuerySet(models.QuerySet):
    def note(self, user, product):
        """Count that `user` signed in to `product` just now."""
        now = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute(
                """
                INSERT INTO schools_productsignin AS s (user_id, product, day, number, last_at)
                VALUES (%s, %s, %s, 1, %s)
                ON CONFLICT (user_id, product, day)
                DO UPDATE SET number = s.number + 1, last_at = excluded.last_at
                """,
                [user.pk, product, timezone.localdate(now), now],
            )


class ProductSignIn(models.Model):
    """That somebody signed in to the learning product through us: it was told who they are. One row a day."""

    user = models.ForeignKey("schools.User", on_delete=models.CASCADE, related_name="product_sign_ins", db_index=False)
    product = models.CharField(max_length=100)
    day = models.DateField(help_text="By the server's clock.")
    number = models.PositiveIntegerField()
    last_at = models.DateTimeField()

    objects = ProductSignInQuerySet.as_manager()

    class Meta:
        verbose_name = "sign-in to the product"
        verbose_name_plural = "sign-ins to the product"
        constraints = [models.UniqueConstraint(fields=["user", "product", "day"], name="product_sign_in_once_a_day")]
        indexes = [BrinIndex(fields=["day"], name="product_sign_in_by_day")]

    def __str__(self):
        return f"{self.product} on {self.day}"
