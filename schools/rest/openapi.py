"""How the API describes itself: each view's query parameters, one kind of token, and the same problems everywhere."""

from drf_spectacular.extensions import (
    OpenApiAuthenticationExtension,
    OpenApiSerializerExtension,
    OpenApiSerializerFieldExtension,
)
from drf_spectacular.openapi import AutoSchema

from schools.rest.problems import CONTENT_TYPE, PROBLEMS
from schools.web import request_ids

ANY = ("400", "401", "403", "404", "405", "406", "429", "500", "503")
WITH_BODY = ("413", "415")
PROBLEM = {
    "type": "object",
    "description": "A refusal (RFC 9457).",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "Which problem; its address says what to do."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "One sentence about this request."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "request_id": {"type": "string", "description": "As in the header: name it when you write to support."},
    },
}

REQUEST_ID = {
    "description": "The id under which this request is in the log: the one you sent in this header, if it was 16 to 64 "
    "hexadecimal digits and hyphens (a UUID, say), or one of ours.",
    "required": True,
    "schema": {"type": "string"},
}


class Bearer(OpenApiAuthenticationExtension):
    target_class = "schools.rest.tokens.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "Made in the admin, under API tokens."}


class NothingElse(OpenApiSerializerExtension):
    """A strict serializer refuses fields it does not know, and the schema says so."""

    target_class = "schools.rest.endpoints.Strict"
    match_subclasses = True

    def map_serializer(self, auto_schema, direction):
        schema = auto_schema._map_serializer(self.target, direction, bypass_extensions=True)
        return schema | {"additionalProperties": False}


class AsWritten(OpenApiSerializerFieldExtension):
    """The pattern that text must match."""

    target_class = "schools.rest.endpoints.Text"
    match_subclasses = True

    def map_serializer_field(self, auto_schema, direction):
        schema = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True)
        return schema | {"pattern": self.target.regex}


class Schema(AutoSchema):
    def get_override_parameters(self):
        query = self.view.query_class() if hasattr(self.view, "query_class") else None
        return [query] if query else []


def with_problems(result, generator, request, public):
    """Add the refusals each operation can answer with, and the header that every answer has."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    result["components"]["headers"] = {request_ids.HEADER: REQUEST_ID}
    for operations in result["paths"].values():
        for operation in operations.values():
            codes = ANY + (WITH_BODY if "requestBody" in operation else ())
            codes += tuple(operation.pop("x-also", ()))
            for code in codes:
                operation["responses"][code] = _response(code)
            for response in operation["responses"].values():
                ref = {"$ref": f"#/components/headers/{request_ids.HEADER}"}
                response["headers"] = response.get("headers", {}) | {request_ids.HEADER: ref}
    return result


def _response(code):
    titles = [title for status, title, _ in PROBLEMS.values() if str(status) == code]
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": "; ".join(titles) + ".", "content": {CONTENT_TYPE: {"schema": schema}}}
