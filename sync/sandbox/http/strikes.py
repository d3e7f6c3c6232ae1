"""What each kind of fault does: (fault, request, answer) -> Response, or None if this request gives it nothing to do.

answer: (shift=0) -> the Response there would have been; see pages.paginate for shift
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from sync.sandbox import choices
from sync.sandbox.http.messages import NOT_FOUND, Delivery, Response, error, json_response


def _unauthorised(fault, request, answer):
    return error(401, *choices.UNAUTHORISED)


def _forbidden(fault, request, answer):
    return error(403, "invalid_permissions", choices.SCOPE_NOT_ENABLED.format("students.read"))


def _missing(fault, request, answer):
    return error(*NOT_FOUND)


def _too_many_requests(fault, request, answer):
    response = error(429, "too_many_requests", "Too many requests")
    return msgspec.structs.replace(response, headers={"Retry-After": str(fault.parameters["retry_after"])})


def _server_error(fault, request, answer):
    return Response(500, b"<html><body>500 Internal Server Error</body></html>", "text/html")


def _bad_gateway(fault, request, answer):
    return Response(502, b"<html><body>502 Bad Gateway</body></html>", "text/html")


def _claimed(fault, request, answer):
    """Access is said to be changed, and stays as it is."""
    verb, _, what = request.parts[-1].partition("-")
    if request.method == "GET" or what != "access":
        return None
    state = {"request": "pending", "revoke": "revoked"}[verb]
    return json_response({"success": True, "state": state, "message": choices.ACCESS_MESSAGES[verb]})


def _delivered(**how):
    def strike(fault, request, answer):
        named = {name: fault.parameters[value] for name, value in how.items() if isinstance(value, str)}
        fixed = {name: value for name, value in how.items() if not isinstance(value, str)}
        return msgspec.structs.replace(answer(), delivery=Delivery(**named, **fixed))

    return strike


def _cut(fault, request, answer):
    response = answer()
    return msgspec.structs.replace(response, delivery=Delivery(stop_after=len(response.body) // 2))


def _not_json(fault, request, answer):
    return Response(200, b"<!doctype html><title>Maintenance</title><p>Back soon.", "text/html")


def _wrong_json(fault, request, answer):
    return json_response(["this", "is", "valid", "JSON", "of", "another", "shape"])


def _shifted(rows):
    """Pages after the first are taken as if the list had moved by `rows(fault, page size)` since then."""

    def strike(fault, request, answer):
        page = request.params.get("page", "1")
        if not page.isdigit() or int(page) < 2:
            return None
        size = msgspec.json.decode(answer().body).get("meta", {}).get("pagination", {}).get("per_page")
        return answer(rows(fault, size)) if size else None

    return strike


def _rewritten(change):
    """The JSON of a successful answer, changed. change: (fault, content) -> content, or None to leave it alone."""

    def strike(fault, request, answer):
        response = answer()
        if response.status != 200:
            return None
        content = change(fault, msgspec.json.decode(response.body), request)
        return None if content is None else json_response(content)

    return strike


def _pagination(content):
    return content.get("meta", {}).get("pagination") if isinstance(content.get("data"), list) else None


def _skip_page(fault, content, request):
    pagination = _pagination(content)
    if not pagination or not pagination["next"] or not pagination["current_page"]:
        return None
    page = pagination["current_page"] + 1
    pagination["next"] = pagination["next"].removesuffix(f"page={page}") + f"page={page + 1}"
    return content


def _foreign_next(fault, content, request):
    pagination = _pagination(content)
    if not pagination or not pagination["next"]:
        return None
    pagination["next"] = pagination["next"].replace(request.base, f"{request.scheme}://{fault.parameters['host']}", 1)
    return content


def _no_pagination(fault, content, request):
    pagination = _pagination(content)
    if not pagination or pagination["next"] or pagination["previous"]:
        return None
    del content["meta"]["pagination"]
    return content


def _null(fault, content, request):
    return content | {"data": None}


def _other_spelling(fault, content, request):
    return content | {"data": _capitalised(content.get("data"))}


def _capitalised(data):
    """The same, with every key in another spelling."""
    if isinstance(data, dict):
        return {f"{name[:1].upper()}{name[1:]}": _capitalised(value) for name, value in data.items()}
    return [_capitalised(each) for each in data] if isinstance(data, list) else data


def _empty_list(fault, content, request):
    pagination = _pagination(content)
    if pagination is None:
        return None
    return content | {"data": [], "meta": content["meta"] | {"pagination": pagination | {"next": None, "more": False}}}


def _wrong_counts(fault, content, request):
    counted = content.get("data")
    if request.parts[-1] != "counts" or not counted:
        return None
    for wrapper in counted.values():
        if wrapper:
            wrapper["data"]["count"] = max(0, wrapper["data"]["count"] + fault.parameters["difference"])
    return content


def _wrong_types(fault, content, request):
    if _pagination(content) is None or not content["data"]:
        return None
    row = content["data"][0]
    fields = [fault.parameters["field"]] if fault.parameters["field"] else [name for name in row if name != "id"]
    for name in fields:
        row[name] = {str: 7, dict: "text", list: "text"}.get(type(row.get(name)), ["list"])
    return content


def _without_id(fault, content, request):
    if _pagination(content) is None or not content["data"]:
        return None
    del content["data"][0]["id"]
    return content


def _listed_too(fault, content, request):
    if _pagination(content) is None or any(row["id"] == fault.parameters["id"] for row in content["data"]):
        return None
    return content | {"data": [*content["data"], {"id": fault.parameters["id"], "name": "Also listed"}]}


def _injected(sign):
    """The first row, with `sign` (bytes of JSON) as its name."""

    def strike(fault, request, answer):
        response = answer()
        content = msgspec.json.decode(response.body) if response.status == 200 else {}
        if not _pagination(content) or not content["data"]:
            return None
        row = content["data"][0]
        name = next((name for name in ("forename", "name") if isinstance(row.get(name), str)), None)
        row |= {name: "INJECTED"} if name else {}
        body = json_response(content).body
        return msgspec.structs.replace(response, body=body.replace(b'"INJECTED"', sign, 1))

    return strike


def _gzip_bomb(fault, request, answer):
    """Blanks before a list, packed a thousandfold."""
    packer, packed = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS), []
    for _ in range(fault.parameters["megabytes"]):
        packed.append(packer.compress(b" " * 2**20))
    packed.append(packer.compress(answer().body) + packer.flush())
    return Response(200, b"".join(packed), headers={"Content-Encoding": "gzip"})


class Kind(NamedTuple):
    """A kind of fault. takes: {parameter: default}, of the default's type; help: one line for people."""

    strike: Callable
    help: str
    takes: dict = {}


KINDS = {
    "unauthorised": Kind(_unauthorised, "401, as with a bad token"),
    "forbidden": Kind(_forbidden, "403, as without the scope"),
    "missing": Kind(_missing, "404, as for a list that is not offered"),
    "too_many_requests": Kind(_too_many_requests, "429 with Retry-After in seconds", {"retry_after": 1}),
    "rate_limit": Kind(_too_many_requests, "429 for every request beyond so many a minute", {"per_minute": 60}),
    "server_error": Kind(_server_error, "500 with an HTML body"),
    "bad_gateway": Kind(_bad_gateway, "502 with an HTML body"),
    "claimed": Kind(_claimed, "access is said to be changed, and stays as it is"),
    "timeout": Kind(
        _delivered(wait_s="seconds", silent=True), "silence, then the connection closes", {"seconds": 60.0}
    ),
    "slow": Kind(_delivered(bytes_per_second="bytes_per_second"), "the body drips", {"bytes_per_second": 1000}),
    "late": Kind(_delivered(wait_s="seconds"), "the whole answer, after a while", {"seconds": 5.0}),
    "reset": Kind(_delivered(reset=True, silent=True), "the connection is reset instead of an answer"),
    "cut": Kind(_cut, "half of the body, then the connection closes"),
    "not_json": Kind(_not_json, "200 with a page of HTML"),
    "wrong_json": Kind(_wrong_json, "200 with JSON of another shape"),
    "repeat_page": Kind(_shifted(lambda fault, size: -size), "pages after the first show the page before them again"),
    "shift_rows": Kind(
        _shifted(lambda fault, size: fault.parameters["rows"]),
        "pages after the first as if rows before them had gone (or come, if negative)",
        {"rows": 1},
    ),
    "skip_page": Kind(_rewritten(_skip_page), "`next` leaves a page out"),
    "foreign_next": Kind(_rewritten(_foreign_next), "`next` on another host", {"host": "elsewhere.example"}),
    "no_pagination": Kind(_rewritten(_no_pagination), "no `pagination` when everything fits on one page"),
    "null": Kind(_rewritten(_null), "null where the data should be"),
    "other_spelling": Kind(_rewritten(_other_spelling), "every key spelt otherwise"),
    "empty_list": Kind(_rewritten(_empty_list), "an empty list, with status 200"),
    "wrong_counts": Kind(_rewritten(_wrong_counts), "`counts` that disagree with the lists", {"difference": 3}),
    "wrong_types": Kind(_rewritten(_wrong_types), "the first row's fields (or one) of the wrong type", {"field": ""}),
    "bad_byte": Kind(_injected(b'"\xff"'), "a byte in the first row's name that is no UTF-8"),
    "half_surrogate": Kind(_injected(rb'"A\ud83d"'), "half a surrogate in the first row's name, as JSON escapes it"),
    "deep_json": Kind(_injected(b"[" * 100_000 + b"]" * 100_000), "a list in a list, a hundred thousand times"),
    "gzip_bomb": Kind(_gzip_bomb, "a small packed body that is endless once unpacked", {"megabytes": 1000}),
    "listed_too": Kind(_rewritten(_listed_too), "one row more in the list, with this id", {"id": "A1"}),
    "without_id": Kind(_rewritten(_without_id), "the first row has no id"),
}
