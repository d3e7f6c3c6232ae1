"""Pagination: offset and cursor, with `next` on the caller's own host, repeating the caller's parameters verbatim."""

import base64
import binascii

from sync.sandbox import choices


def paginate(rows, request, cap=choices.PAGE_CAP, shift=0):
    """One page of `rows` and its pagination object (exactly five keys).

    request: see messages.Request
    shift: how many rows the list seems to have moved since page 1; only faults use it
    """
    asked = request.params.get("per_page")
    size = min(max(_whole(asked, choices.PAGE_SIZE), 1), cap)
    if request.params.get("cursor"):
        return _by_cursor(rows, request, size)
    page = max(_whole(request.params.get("page"), choices.FIRST_PAGE), choices.FIRST_PAGE)
    start = (page - 1) * size
    more = start + size < len(rows)
    if page > 1:
        start = max(0, start + shift)
    pagination = {
        "next": _url(request, "page", page + 1) if more else None,
        "previous": _url(request, "page", page - 1) if page > 1 else None,
        "more": more,
        "per_page": size,
        "current_page": page,
    }
    return rows[start : start + size], pagination


def _by_cursor(rows, request, size):
    """Pages that continue after the last row seen, so that rows leaving the list do not shift them."""
    start = _position(rows, request.params["cursor"])
    chosen = rows[start : start + size]
    more = start + size < len(rows)
    token = base64.urlsafe_b64encode(f"{start + size}:{chosen[-1].id}".encode()).decode().rstrip("=") if more else None
    following = _url(request, choices.CURSOR, token) if more else None
    return chosen, {"next": following, "previous": None, "more": more, "per_page": None, "current_page": None}


def _position(rows, cursor):
    """Where to carry on: after the row the cursor names, or at its old place if that row has gone.

    "true" is the beginning.
    """
    try:
        place, _, last = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(":")
        place = int(place)
    except (binascii.Error, ValueError):
        return 0
    return next((n + 1 for n, row in enumerate(rows) if row.id == last), place)


def _url(request, name, value):
    kept = [part for part in request.query.split("&") if part and part.partition("=")[0] != name]
    return f"{request.base}{request.path.rstrip('/')}?{'&'.join([*kept, f'{name}={value}'])}"


def _whole(text, default):
    try:
        return int(text)
    except (TypeError, ValueError):
        return default
