"""Which rows may be used while a school's permissions change: pages, mail and the API all start from these querysets.

`School.frozen` names kinds whose permission has been withdrawn; `School.doubted` those that Wonde refused without
saying anything about the permission: pages and sign-in carry on, mail and the API wait.
"""

from django.db import models


class SharedQuerySet(models.QuerySet):
    """Rows of a school that reveal something about `kinds`; each subclass names its own."""

    kinds: tuple[str, ...]

    def shown(self):
        """Leaves out schools that have withdrawn the permission or revoked our access: nobody sees their rows."""
        return self._shared(self.kinds)

    def handed_on(self, *also):
        """Rows of schools that share these kinds, and `also`, beyond doubt: they may leave us, by mail or through the
        API."""
        kinds = (*also, *self.kinds)
        return self._shared(kinds).exclude(school__doubted__has_any_keys=kinds)

    def _shared(self, kinds):
        return self.filter(school__revoked_at=None).exclude(school__frozen__has_any_keys=kinds)
