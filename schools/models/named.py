"""Rows with a `sort_name`, found by what somebody types. The one way a name is looked for in the database."""

from django.db import models
from django.db.models import Case, Q, Value, When

from schools.sharing import SharedQuerySet
from schools.text.names import patterns


def like(typed, column="sort_name", inside=False, whole=False):
    """The condition that the name folded in `column` is what was typed (`schools.text.names.patterns`); of nothing that
    can be looked for, one that nobody meets."""
    wanted = patterns(typed, inside, whole)
    return Q(*[Q(**{f"{column}__regex": pattern}) for pattern in wanted]) if wanted else Q(pk__in=[])


class NamedQuerySet(models.QuerySet):
    inside = False  # whether words typed may stand anywhere in a name, or begin words of it

    def named_like(self, typed):
        """Those in whose names every word of what was typed begins a word: "llew ff" finds Ffion Llewellyn."""
        return self.filter(like(typed, inside=self.inside))

    def closest_first(self, typed):
        """Whoever is called just what was typed first, so that a list cut short still has them; then by name."""
        return self.order_by(Case(When(like(typed, whole=True), then=Value(0)), default=Value(1)), "sort_name", "pk")

    def in_order(self):
        """As a register has them: people by surname, folded so that Ó sorts with O."""
        return self.order_by("sort_name", "pk")


class PeopleQuerySet(NamedQuerySet, SharedQuerySet):
    def kept(self):
        """Not erased: of those who are, an empty row is left."""
        return self.exclude(wonde_id=None, forename="", surname="")

    def visible_to_token(self, token):
        """People a token of the learning product may read, also those who left, until they are erased."""
        return token.within(self.kept().handed_on())
