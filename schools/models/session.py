"""Sessions, with whose they are: so that somebody can see where they are signed in, and end it there."""

from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models


class Session(AbstractBaseSession):
    """Django's own row and whose it is. It goes with the login; that a request is still writing it then is no error,
    so PostgreSQL does not insist."""

    user = models.ForeignKey(
        "schools.User", null=True, on_delete=models.CASCADE, related_name="sessions", db_constraint=False
    )

    objects = BaseSessionManager()

    @classmethod
    def get_session_store_class(cls):
        from schools.sign_in.sessions import SessionStore

        return SessionStore
