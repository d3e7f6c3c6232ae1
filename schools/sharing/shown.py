"""Which rows may be used while a school's permissions change: pages, mail and the API all start from these querysets.

`School.frozen` names kinds whose permission has been withdrawn; `School.doubted` those that Wonde refused without
saying anything about the permission: pages and sign-in carry on, mail and the API wait. The same goes for single people
who are perhaps no longer shared with us (`perhaps_hidden_since`), until two nights have passed.
"""

from datetime import timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

TWO_NIGHTS = timedelta(hours=48)


class SharedQuerySet(models.QuerySet):
    """Rows of a school that reveal something about `kinds`; each subclass names its own. people: where the people are
    whom a row is about: "" for the row itself, "student__" for its student."""

    kinds: tuple[str, ...]
    people: tuple[str, ...] = ()

    def shown(self):
        """Leaves out schools that have withdrawn the permission or revoked our access: nobody sees their rows."""
        return self._shared(self.kinds)

    def handed_on(self, *also):
        """Rows of schools that share these kinds, and `also`, and about people who are shared, beyond doubt: they may
        leave us, by mail or through the API."""
        kinds = (*also, *self.kinds)
        return self._shared(kinds).exclude(school__doubted__has_any_keys=kinds).certain()

    def certain(self):
        """Leaves out whoever is perhaps no longer shared with us."""
        return self.filter(**{f"{path}perhaps_hidden_since": None for path in self.people})

    def open(self):
        """Leaves out whoever is perhaps no longer shared with us, once they were removed or two nights have passed:
        from then on only those see them who decide about them."""
        return self.filter(*map(opened, self.people))

    def _shared(self, kinds):
        return self.filter(school__revoked_at=None).exclude(school__frozen__has_any_keys=kinds)


def opened(path=""):
    """The condition behind `SharedQuerySet.open`. path: to the person whom a row is about."""
    lately = Q(**{f"{path}perhaps_hidden_since__gt": timezone.now() - TWO_NIGHTS, f"{path}left_at": None})
    return Q(**{f"{path}perhaps_hidden_since": None}) | lately


def is_open(person):
    """Whether a page may show `person`, as `SharedQuerySet.open` says."""
    since = person.perhaps_hidden_since
    return since is None or (person.left_at is None and since > timezone.now() - TWO_NIGHTS)


class PersonModel(models.Model):
    """Somebody of whom the MIS may take back that we are told of them."""

    perhaps_hidden_since = models.DateTimeField(
        "perhaps no longer shared since",
        null=True,
        blank=True,
        editable=False,
        help_text="Missing in what we read although Wonde counts as many as before: nothing of them leaves us.",
    )

    class Meta:
        abstract = True
