"""What the API takes as a body: one JSON document, not too long and not too deep."""

from django.conf import settings
from rest_framework.parsers import JSONParser


class JsonBody(JSONParser):
    """JSON up to API_BODY_LIMIT_BYTES; more is refused before it is read."""

    def parse(self, stream, media_type=None, parser_context=None):
        from schools.problems import Problem  # REST framework loads its parsers before it has views

        request = parser_context["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.API_BODY_LIMIT_BYTES:
            limit = settings.API_BODY_LIMIT_BYTES // 1024
            raise Problem("too-large", f"The body is larger than {limit} KiB. Nothing was changed.")
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError:
            raise Problem("not-json", "The body is nested too deeply. Nothing was changed.") from None
