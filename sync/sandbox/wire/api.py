"""Wonde's paths: who may ask, what is there, and the answer in bytes."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections import OrderedDict

from sync.sandbox import choices
from sync.sandbox.http.messages import NOT_FOUND, error, json_response
from sync.sandbox.registry import Item
from sync.sandbox.wire import extras, filters, offered
from sync.sandbox.wire.endpoints import ENDPOINTS, count
from sync.sandbox.wire.includes import Renderer
from sync.sandbox.wire.pages import paginate
from sync.sandbox.wire.schools import APPROVED, LISTS, acl, permissions, school_lists, school_row

CACHE_BYTES = 256_000_000


class Api:
    """Answers requests below /v1.0/. Pages are made on first request and kept as bytes until the school changes."""

    def __init__(self, registry, token, cache_bytes=CACHE_BYTES):
        self.registry = registry
        self.token = token
        self._cache: OrderedDict = OrderedDict()
        self._room = cache_bytes

    def authorised(self, request):
        """Bearer, in any letter case, or Basic with the token as user name.

        One client sends Basic with the bare token; that is accepted too.
        """
        scheme, _, secret = request.headers.get("authorization", "").strip().partition(" ")
        secret = secret.strip()
        if scheme.lower() == "basic" and not _same(secret, self.token):
            try:
                secret = base64.b64decode(secret, validate=True).decode().partition(":")[0]
            except (binascii.Error, ValueError):
                return False
        return scheme.lower() in ("bearer", "basic") and _same(secret, self.token)

    def respond(self, request, shift=0):
        """The answer to a request. shift: see pages.paginate; a shifted answer is not kept."""
        if not self.authorised(request):
            return error(401, *choices.UNAUTHORISED)
        parts = request.parts[1:]
        if not request.parts or request.parts[0] != "v1.0" or not parts:
            return error(*NOT_FOUND)
        school = next((part for part in parts if part in self.registry.entries), None)
        if request.method == "GET" and not shift and school and len(parts) > 2:
            return self._kept(request, parts, school)
        return self._answer(request, parts, shift)

    def _kept(self, request, parts, school):
        key = (school, self.registry.revision(school), request.scheme, request.host, request.target)
        if (response := self._cache.get(key)) is not None:
            self._cache.move_to_end(key)
            return response
        response = self._answer(request, parts, 0)
        self._cache[key] = response
        self._room -= len(response.body)
        while self._room < 0 and self._cache:
            self._room += len(self._cache.popitem(last=False)[1].body)
        return response

    def _answer(self, request, parts, shift):
        match request.method, parts:
            case "GET", ["attendance-codes"]:
                codes = [row.fields for row in extras.attendance_codes()]
                return json_response({"data": codes, "meta": {"includes": []}})
            case "GET", ["schools"]:
                return self._schools(request, "approved", shift)
            case "GET", ["schools", name] if name in LISTS:
                return self._schools(request, name, shift)
            case "GET", ["schools", school_id]:
                return self._school(request, school_id)
            case "POST", ["schools", school_id, "request-access"]:
                return self._access(school_id, "request")
            case "DELETE", ["schools", school_id, "revoke-access"]:
                return self._access(school_id, "revoke")
            case "GET", ["meta", "schools", school_id, *rest] if school_id in self.registry.entries:
                return self._meta(request, school_id, rest)
            case "GET", ["schools", school_id, *rest] if school_id in self.registry.entries:
                if self.registry.entries[school_id].access not in APPROVED:
                    return error(*choices.SCHOOL_NOT_APPROVED)
                return self._data(request, self.registry.world(school_id), rest, shift)
            case _, ["schools", school_id, *rest] if school_id in self.registry.entries and self._endpoint(rest)[0]:
                return error(403, "invalid_permissions", choices.WRITING_NOT_ENABLED)
        return error(*NOT_FOUND)

    def _schools(self, request, name, shift):
        rows = school_lists(self.registry, name, request.params)
        chosen, pagination = paginate(rows, request, shift=shift)
        data = [school_row(entry, request) for entry in chosen]
        return json_response({"data": data, "meta": {"pagination": pagination, "includes": []}})

    def _school(self, request, school_id):
        entry = self.registry.entries.get(school_id)
        if entry is None:
            return error(*NOT_FOUND)
        if entry.access not in APPROVED:
            return error(*choices.SCHOOL_NOT_APPROVED)
        return json_response({"data": school_row(entry, request), "meta": {"includes": []}})

    def _access(self, school_id, verb):
        entry = self.registry.entries.get(school_id)
        if entry is None:
            return error(*NOT_FOUND)
        state = {"request": "pending", "revoke": "revoked"}[verb]
        if verb == "request" and entry.access in APPROVED:
            state = "approved"
        elif entry.access != state:
            event = {"pending": "access_requested", "revoked": "access_revoked"}[state]
            self.registry.happen(school_id, Item([{"event": event}], new_day=False))
        return json_response({"success": True, "state": state, "message": choices.ACCESS_MESSAGES[verb]})

    def _meta(self, request, school_id, rest):
        entry = self.registry.entries[school_id]
        approved, audited = entry.access in APPROVED, entry.access in LISTS["audited"]
        match rest:
            case []:
                state = {"online": entry.access != "offline", "approved": approved, "audited": audited}
                return json_response({"data": state | {"custom_attendance_codes": False}})
            case ["permissions"] if self.registry.world(school_id).permission_list != "none":
                return json_response({"data": permissions(self.registry.world(school_id), approved)})
            case ["acl"]:
                with_type = filters.TRUTHS.get(request.params.get("with_user_type", "").lower())
                return json_response({"data": acl(self.registry.world(school_id), with_type)})
        return error(*NOT_FOUND)

    def _data(self, request, world, rest, shift):
        if rest == ["counts"]:
            return self._counts(request, world)
        name, row_id = self._endpoint(rest)
        if name is None or (row_id and not ENDPOINTS[name].one):
            return error(*NOT_FOUND)
        endpoint = ENDPOINTS[name]
        if endpoint.scope and endpoint.scope not in world.scopes:
            return error(403, "invalid_permissions", choices.SCOPE_NOT_ENABLED.format(endpoint.scope))
        refused = choices.INCLUDES_REFUSED[world.mis]
        try:
            tree = offered.parse(request.params.get("include", ""), name, refused, one=bool(row_id))
        except offered.InvalidIncludeError as problem:
            description = choices.INVALID_INCLUDES if "." in str(problem) else str(problem)
            return error(400, "invalid_include", description)
        includes = [name for name in offered.offered(name, bool(row_id)) if name not in refused]
        renderer = Renderer(world)
        rows = endpoint.rows(world, request.params)
        if row_id:
            row = next((row for row in rows if row.id == row_id), None)
            if row is None:
                return error(*NOT_FOUND)
            return json_response({"data": renderer.row(endpoint.kind, row, tree), "meta": {"includes": includes}})
        rows = filters.choose(endpoint.filters, world, rows, request.params)
        chosen, pagination = paginate(rows, request, choices.CAPS.get(name, choices.PAGE_CAP), shift)
        data = [renderer.row(endpoint.kind, row, tree) for row in chosen]
        return json_response({"data": data, "meta": {"pagination": pagination, "includes": includes}})

    def _endpoint(self, rest):
        """Split the path below a school into an endpoint's name, which may have two steps, and a row's id, or None."""
        for name, row_id in (("/".join(rest), None), ("/".join(rest[:-1]), rest[-1] if rest else None)):
            if name in ENDPOINTS:
                return name, row_id
        return None, None

    def _counts(self, request, world):
        try:
            tree = offered.parse(request.params.get("include", ""), "counts", frozenset())
        except offered.InvalidIncludeError as problem:
            return error(400, "invalid_include", str(problem))
        data = {}
        for name in tree:
            scope = ENDPOINTS[name].scope if name in ENDPOINTS else None
            shown = not scope or scope in world.scopes
            data[name] = {"data": {"count": count(world, name)}} if shown else choices.INCLUDE_WITHOUT_SCOPE
        return json_response({"data": data, "meta": {"includes": offered.offered("counts")}})


def _same(given, token):
    return hmac.compare_digest(given.encode(), token.encode())
