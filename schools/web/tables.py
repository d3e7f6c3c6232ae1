"""Lists that sort by link: the URL keeps how a list was being looked at, and works without JavaScript."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Case, F, Value, When
from django.db.models.functions import Coalesce, LPad

# Year groups in the order of school life: nursery, reception, 1, 2, … 13.
IN_SCHOOL_ORDER = LPad(
    Case(
        When(year_group__istartswith="N", then=Value("-")),
        When(year_group__iexact="R", then=Value("0")),
        default=F("year_group"),
    ),
    20,
)


def never_first(moment):
    """The column `moment`, so that rows without one come first, then those longest ago."""
    return Coalesce(moment, Value(datetime.fromtimestamp(0, UTC)))


@dataclass(frozen=True)
class Sort:
    """A list sorted by one of its columns.

    columns: what may be asked for, {its word in the URL: expression}: {"size": F("size"), …}
    """

    columns: dict
    key: str
    backwards: bool

    @classmethod
    def asked(cls, request, columns):
        """What `?sort=-size` asks for, or the first of `columns` if it asks for nothing we know."""
        asked = request.GET.get("sort", "")
        key = asked.removeprefix("-")
        if key not in columns:
            return cls(columns, next(iter(columns)), backwards=False)
        return cls(columns, key, asked.startswith("-"))

    def apply(self, queryset, *ties):
        """`queryset` in this order; ties are broken by the fields `ties`."""
        column = self.columns[self.key]
        return queryset.order_by(column.desc() if self.backwards else column.asc(), *ties)
