"""Which rows may be used while a school's permissions change: the words that pages, mail and the API begin with.

`School.frozen` names kinds whose permission is withdrawn, `School.doubted` those that Wonde refused without a word of
the permission: pages and sign-in go on, mail and the API wait.
"""

from django.db import models


class SharedQuerySet(models.QuerySet):
    """Rows of a school that tell of `kinds`; every subclass names its own."""

    kinds: tuple[str, ...]

    def shown(self):
        """Without those of schools that have withdrawn the permission or revoked our access: nobody sees them."""
        return self._shared(self.kinds)

    def handed_on(self, *also):
        """Those of schools that share these kinds, and `also`, beyond doubt: they may leave us, by mail or the API."""
        kinds = (*also, *self.kinds)
        return self._shared(kinds).exclude(school__doubted__has_any_keys=kinds)

    def _shared(self, kinds):
        return self.filter(school__revoked_at=None).exclude(school__frozen__has_any_keys=kinds)
