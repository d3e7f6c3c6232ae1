"""Sessions with their owners, so that people can see where they are signed in, and sign out there."""

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models


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
