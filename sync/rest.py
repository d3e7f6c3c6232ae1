"""A list of the API and its single rows: what a token may read, filtered, page by page."""

from django.db.models import Exists, OuterRef
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from schools.rest.endpoints import ApiMixin, Ids, PageQuery, Pages, Strict, Text, asked_school, only_own
from sync.models import Change


def fields_of(kind):
    """What the API shows of a kind: its ids, the columns its declaration puts there, and from when to when it is; what
    is attached is as long as what it hangs from."""
    columns = [f"{name.removeprefix('school_')}_id" if name in kind.parents else name for name in kind.in_api]
    if kind.attached:
        return ["id", "school_id", *columns]
    if kind.key:
        return ["id", "school_id", *columns, "joined_at", "left_at"]
    wonde_id, *others = columns
    return ["id", wonde_id, "school_id", *others, "left_at"]


@extend_schema_field(OpenApiTypes.DATETIME)
class MomentField(serializers.DateTimeField):
    """A moment with its zone; one that lies beyond the calendar in UTC is the calendar's end."""

    def enforce_timezone(self, value):
        try:
            return super().enforce_timezone(value)
        except (serializers.ValidationError, OverflowError):
            return value


class OneQuery(Strict):
    left = serializers.BooleanField(default=False, help_text="Also those who left or ended, until they are erased.")


class RosterQuery(PageQuery, OneQuery):
    """The parameters of every list of rows that the sync keeps."""

    id = Ids(required=False, help_text="Up to 200 ids of ours, separated by commas.")
    wonde_id = Text(required=False, max_length=32, help_text="Wonde's own id.")
    school_id = serializers.IntegerField(required=False, min_value=1, max_value=10**18, help_text="One school.")
    changed_since = MomentField(
        required=False, help_text="Changed at this moment or later. The feed of changes is surer."
    )


class RosterViewSet(ApiMixin, ReadOnlyModelViewSet):
    """Read-only rows of one kind. A row of another school's is a 404, never a 403."""

    required_scope = "read"
    lookup_value_regex = "[1-9][0-9]{0,17}"
    pagination_class = Pages
    filter_backends = []
    model, kind, list_query, school_column = None, "", RosterQuery, "school"

    def query_class(self):
        return {"list": self.list_query, "retrieve": OneQuery}.get(self.action)

    def get_queryset(self):
        """What this token may read; leavers only where asked for."""
        rows = self.model.objects.visible_to_token(self.request.auth)
        return rows if self.params["left"] else rows.filter(left_at=None)

    def get_object(self):
        rows = only_own(self.request.auth, [super().get_object()])
        self.leaving(rows)
        return rows[0]

    def filter_queryset(self, rows):
        asked = self.params
        if "school_id" in asked:
            rows = rows.filter(school=asked_school(self.request.auth, asked["school_id"]))
        if "id" in asked:
            rows = rows.filter(pk__in=asked["id"])
        if "wonde_id" in asked:
            rows = rows.filter(wonde_id=asked["wonde_id"])
        if "changed_since" in asked:
            since = asked["changed_since"]
            told = Change.objects.filter(
                school=OuterRef(self.school_column), kind=self.kind, row_id=OuterRef("pk"), at__gte=since
            )
            rows = rows.filter(Exists(told))
        return rows
