"""What every endpoint of the API shares: pages, filters, bodies, the second gate, and the headers of an answer."""

import logging
import re
from urllib.parse import urlencode

from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from rest_framework import serializers
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from schools.models import School
from schools.rest import reads
from schools.rest.problems import Problem
from schools.rest.tokens import rate_headers

log = logging.getLogger(__name__)

ID = r"^[1-9][0-9]{0,17}$"
IDS = r"^[1-9][0-9]{0,17}(,[1-9][0-9]{0,17}){0,199}$"
NO_NULL = r"^[^\x00]*$"
MOST_A_PAGE = 1_000


class Strict(serializers.Serializer):
    """A serializer that refuses fields it does not know, and names them."""

    def to_internal_value(self, data):
        if isinstance(data, dict) and (unknown := [name for name in data if name not in self.fields]):
            known = ", ".join(self.fields)
            raise serializers.ValidationError(dict.fromkeys(unknown, f"Not known here. Known are: {known}."))
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text exactly as sent, matching `regex` in full: nothing is trimmed, and a number is not text."""

    def __init__(self, regex=NO_NULL, otherwise="Leave out the character NUL.", **kwargs):
        super().__init__(trim_whitespace=False, error_messages={"pattern": otherwise}, **kwargs)
        self.regex = regex

    def to_internal_value(self, data):
        if not isinstance(data, str):
            self.fail("invalid")
        if not re.fullmatch(self.regex, data):
            self.fail("pattern")
        return super().to_internal_value(data)


class Ids(Text):
    """Up to 200 ids, separated by commas."""

    def __init__(self, **kwargs):
        super().__init__(IDS, "Give up to 200 whole numbers, separated by commas.", **kwargs)

    def to_internal_value(self, data):
        return [int(part) for part in super().to_internal_value(data).split(",")]

    def to_representation(self, value):
        return ",".join(map(str, value))


class PageQuery(Strict):
    """The parameters of any list."""

    cursor = Text(
        ID, "Send it as `next` gave it, or leave it out.", required=False, help_text="From `next` of the page before."
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST_A_PAGE, default=200, help_text=f"Rows a page, up to {MOST_A_PAGE}."
    )


def asked_school(token, pk):
    """The school that the field or parameter `school_id` names. Raises Problem if it is not one of the token's."""
    school = School.objects.visible_to_token(token).filter(pk=pk).first()
    if school is None or not token.owns(school.pk):
        why = "No school of this token has this id."
        raise Problem("not-found", f"{why} Nothing was changed.", [("school_id", why)])
    return school


def only_own(token, rows):
    """`rows`, having checked that each belongs to a school of the token's: the second gate, after every queryset.

    Raises Problem if one does not, which only a bug of ours can cause: then nothing leaves.
    """
    rows = list(rows)
    if not all(token.owns(row.pk if isinstance(row, School) else row.school_id) for row in rows):
        log.error("A queryset of the API let rows of other schools through to token rb_%s. Nothing left.", token.prefix)
        raise Problem("not-found", "Nothing here is for this token.")
    return rows


class ApiMixin:
    """Query parameters are read by a serializer; answers carry the token's pace and an ETag of their content.

    kind: what the rows that leave are counted as (`schools.rest.reads`).
    """

    query, kind = None, ""

    def query_class(self):
        """The serializer for this request's query parameters; None if it takes none."""
        return self.query

    def asked(self):
        """The query parameters, validated. Raises ValidationError naming what is wrong or unknown."""
        given = {name: values[-1] for name, values in self.request.query_params.lists()}
        if twice := [name for name, values in self.request.query_params.lists() if len(values) > 1]:
            raise serializers.ValidationError(dict.fromkeys(twice, "Given more than once."))
        query = (self.query_class() or Strict)(data=given)
        query.is_valid(raise_exception=True)
        return query.validated_data

    @method_decorator(conditional_page)
    def dispatch(self, request, *args, **kwargs):
        return super().dispatch(request, *args, **kwargs)

    def leaving(self, rows):
        """Count that these rows leave in answer."""
        reads.count(self.request.auth, self.kind, rows)

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if request.method.lower() in self.http_method_names and hasattr(self, request.method.lower()):
            self.params = self.asked()

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in rate_headers(request).items():
            response[name] = value
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ["Authorization"])
        return response


class Pages(BasePagination):
    """Pages by primary key, so that rows which come and go meanwhile neither repeat nor hide others."""

    def paginate_queryset(self, queryset, request, view=None):
        limit, cursor = view.params["limit"], view.params.get("cursor")
        if cursor:
            queryset = queryset.filter(pk__gt=int(cursor))
        rows = only_own(request.auth, queryset.order_by("pk")[: limit + 1])
        self.following = None
        if len(rows) > limit:
            rows = rows[:limit]
            query = request.query_params.dict() | {"cursor": rows[-1].pk}
            self.following = request.build_absolute_uri(f"{request.path}?{urlencode(query)}")
        view.leaving(rows)
        return rows

    def get_paginated_response(self, data):
        return Response({"next": self.following, "results": data})

    def get_paginated_response_schema(self, schema):
        following = {
            "type": "string",
            "format": "uri",
            "nullable": True,
            "description": "The next page; null: all read.",
        }
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": following, "results": schema},
        }
