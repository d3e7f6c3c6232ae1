"""Rows with a `sort_name`, found by what somebody types. The only way to search for a name in the database."""

from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Value, When

from schools.models.erasure import PersonBlock
from schools.sharing.shown import SharedQuerySet
from schools.text.names import patterns


def like(typed, column="sort_name", inside=False, whole=False):
    """The condition that the folded name in `column` matches what was typed (`schools.text.names.patterns`); if that
    has nothing to search for, a condition no row meets."""
    wanted = patterns(typed, inside, whole)
    return Q(*[Q(**{f"{column}__regex": pattern}) for pattern in wanted]) if wanted else Q(pk__in=[])


class NamedQuerySet(models.QuerySet):
    inside = False  # whether typed words may match anywhere in a name, or only begin its words

    def named_like(self, typed):
        """Those whose names have a word beginning with each word typed: "llew ff" finds Ffion Llewellyn."""
        return self.filter(like(typed, inside=self.inside))

    def closest_first(self, typed):
        """Exact matches first, so that a list cut short still has them; then by name."""
        return self.order_by(Case(When(like(typed, whole=True), then=Value(0)), default=Value(1)), "sort_name", "pk")

    def in_order(self):
        """In the order of a register: people by surname, folded so that Ó sorts with O."""
        return self.order_by("sort_name", "pk")


class PeopleQuerySet(NamedQuerySet, SharedQuerySet):
    people = ("",)

    def kept(self):
        """Those not erased; an erased person leaves an empty row."""
        return self.exclude(wonde_id=None, forename="", surname="")

    def left_out(self):
        """Those whom a person leaves out of the product."""
        return self.filter(self._left_out())

    def in_product(self):
        """Without those whom a person leaves out of the product: it may not read of them as of other leavers."""
        return self.exclude(self._left_out())

    def _left_out(self):
        (kind,) = self.kinds
        return Exists(
            PersonBlock.objects.standing().filter(school=OuterRef("school"), kind=kind, row_id=OuterRef("pk"))
        )

    def visible_to_token(self, token):
        """People a token of the learning product may read, including leavers until they are erased."""
        return token.within(self.kept().in_product().handed_on())
