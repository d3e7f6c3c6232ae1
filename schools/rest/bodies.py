"""What the API accepts as a body: one JSON document, not too long and not too deep."""

import re

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.utils import json

HALF_A_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")  # JSON writes some characters as a pair; half a pair is not text


class JsonBody(BaseParser):
    """JSON up to API_BODY_LIMIT_BYTES; anything longer is refused before it is read.

    REST framework's own parser would stop at Django's limit for forms, which is lower.
    """

    media_type = "application/json"

    def parse(self, stream, media_type=None, parser_context=None):
        from schools.rest.problems import Problem  # REST framework loads its parsers before it has views

        request = parser_context["request"]
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.API_BODY_LIMIT_BYTES:
            limit = settings.API_BODY_LIMIT_BYTES // 1024
            detail = f"The body is larger than {limit} KiB. Nothing was changed."
            raise Problem("too-large", detail, [("body", "Send it in parts.")])
        try:
            text = stream.read().decode()
            body = json.loads(text, parse_constant=json.strict_constant)
            if HALF_A_CHARACTER.search(text):
                json.dumps(body, ensure_ascii=False).encode()  # fails if the other half is missing
        except ValueError:
            raise ParseError from None
        except RecursionError:
            raise Problem("not-json", "The body is nested too deeply. Nothing was changed.") from None
        return body
