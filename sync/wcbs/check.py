"""Whether WCBS answers at an address a school typed, with the client id and secret it typed, and which schools it has.

How it is asked is read in three public clients. Only a token and the list of schools are asked for: no person is ever
read.
"""

import codecs
import re
import time
from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urljoin

import msgspec

from schools.outside import LIMIT_S, Answer, OutsideError, Reason, ask, place_of
from schools.text.tidy import CONTROL, UNSEEN
from sync.wcbs.address import bases

WHOLE_LIMIT_S = 30  # for all that one check asks
MOST_PAGES = 10
MOST_KEYS = 8

# Inferred, for no public client shows it: correct it here. A wrong ID or secret is refused in JSON (RFC 6749, 5.2);
# refused without, the web server has asked for a login of its own. The list of schools is refused without a licence.
REFUSED = (400, 401, 403)
REFUSALS = ("invalid_client", "unauthorized_client", "invalid_grant")
NOT_ALLOWED = (401, 403)

KEY = re.compile(r"[A-Za-z@][A-Za-z0-9@._-]{0,39}")
INVISIBLE = re.compile(f"[{CONTROL}{UNSEEN}]")
SHORTEST_SECRET = 8  # what is shorter may stand in any name by chance
Shape = TypeVar("Shape")


class Of(StrEnum):
    """What WCBS itself, or what stands in its place, has to say; that there is no answer says `Reason`."""

    REACHED = "reached"
    NO_SCHOOLS = "no_schools"  # it let us in, and its list of schools is empty
    NOT_WCBS = "not_wcbs"
    LOGIN_FIRST = "login_first"  # the web server in front asks for another login
    INVALID_CLIENT = "invalid_client"
    NO_LICENCE = "no_licence"  # a token, but not the list of schools
    FOREIGN_PAGE = "foreign_page"  # the list goes on at another address
    SERVER_ERROR = "server_error"
    NOT_UNDERSTOOD = "not_understood"


OUTCOMES = (*Of, *Reason)
GO_ON = (Of.NOT_WCBS, Of.LOGIN_FIRST, Of.SERVER_ERROR, Of.NOT_UNDERSTOOD, Reason.REDIRECTED)  # perhaps it is elsewhere
SOMETHING_ELSE = (Of.NOT_WCBS, Reason.REDIRECTED)  # says less than any other outcome


@dataclass(frozen=True)
class Found:
    """One school of the list. description: "" where there is none."""

    id: str
    name: str
    description: str


@dataclass(frozen=True)
class Checked:
    """What came of a check.

    outcome: one of OUTCOMES; base: the tidied address, once WCBS has answered there, else ""; detail: a status, or the
    keys of an answer we do not understand, never a value
    """

    outcome: str
    base: str = ""
    schools: tuple[Found, ...] = ()
    detail: str = ""


class _Token(msgspec.Struct):
    access_token: str


class _School(msgspec.Struct):
    id: int | str = msgspec.field(name="Id")
    name: str | None = msgspec.field(name="Name", default=None)
    description: str | None = msgspec.field(name="Description", default=None)


class _Schools(msgspec.Struct):
    value: list[_School]
    next: str | None = msgspec.field(name="@odata.nextLink", default=None)


class _Problem(msgspec.Struct):
    error: str = ""


class _Outcome(Exception):
    """Ends a check early."""

    def __init__(self, outcome: Of, detail: str = "") -> None:
        super().__init__(outcome.value)
        self.outcome, self.detail = outcome, detail


def check(typed: str, client_id: str, client_secret: str) -> Checked:
    """Ask WCBS at `typed`, or where it usually is on that server. Whatever the other side does is an outcome, and no
    outcome repeats the secret."""
    ends, tried = time.monotonic() + WHOLE_LIMIT_S, []
    for base in bases(typed):
        tried.append(_at(base, client_id, client_secret, ends))
        if tried[-1].base or tried[-1].outcome not in GO_ON:
            break
    telling = [one for one in tried if one.outcome not in SOMETHING_ELSE]
    checked = telling[-1] if telling else next(iter(tried), Checked(Reason.UNREADABLE))
    return Checked(Of.NOT_UNDERSTOOD) if _repeats(checked, client_secret) else checked


def _repeats(checked: Checked, secret: str) -> bool:
    """Whether the other side has put the secret where we would keep and show it."""
    told = [checked.base, checked.detail, *(text for one in checked.schools for text in astuple(one))]
    return len(secret) >= SHORTEST_SECRET and any(secret in text for text in told)


def _at(base: str, client_id: str, client_secret: str, ends: float) -> Checked:
    answered = ""  # once it is certain that WCBS is here
    try:
        token = _token(base, client_id, client_secret, ends)
        answered = base
        schools = _schools(f"{base}/api/schools", token, ends)
    except OutsideError as error:
        return Checked(error.reason, answered)
    except _Outcome as ended:
        return Checked(ended.outcome, base if ended.outcome == Of.INVALID_CLIENT else answered, detail=ended.detail)
    return Checked(Of.REACHED if schools else Of.NO_SCHOOLS, base, schools)


def _token(base: str, client_id: str, client_secret: str, ends: float) -> str:
    form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    answer = ask(f"{base}/api/token", form=form, limit_s=_limit_s(ends))
    if answer.status == 200 and _is_json(answer):
        return _decoded(answer, _Token).access_token
    if answer.status in REFUSED and _is_json(answer):
        if _decoded(answer, _Problem).error in REFUSALS:
            raise _Outcome(Of.INVALID_CLIENT)
        raise _Outcome(Of.NOT_UNDERSTOOD, _keys(answer))
    if answer.status in NOT_ALLOWED:
        raise _Outcome(Of.LOGIN_FIRST, str(answer.status))
    raise _Outcome(Of.SERVER_ERROR if _is_busy(answer) else Of.NOT_WCBS, str(answer.status))


def _schools(url: str, token: str, ends: float) -> tuple[Found, ...]:
    """Every school of the list, its pages followed on the same address only."""
    found = []
    for _ in range(MOST_PAGES):
        answer = ask(url, bearer=token, limit_s=_limit_s(ends))
        if answer.status in NOT_ALLOWED:
            raise _Outcome(Of.NO_LICENCE, str(answer.status))
        if answer.status != 200 or not _is_json(answer):
            raise _Outcome(Of.SERVER_ERROR if _is_busy(answer) else Of.NOT_UNDERSTOOD, str(answer.status))
        page = _decoded(answer, _Schools)
        found += [Found(_seen(str(one.id)), _seen(one.name), _seen(one.description)) for one in page.value]
        if not page.next:
            return tuple(found)
        url = _following(url, page.next)
    raise _Outcome(Of.NOT_UNDERSTOOD)


def _following(url: str, link: str) -> str:
    """Where the list goes on after the page at `url`: on the same server, or nowhere."""
    try:
        there = urljoin(url, link)
        new, old = place_of(there), place_of(url)
    except (ValueError, OutsideError):
        raise _Outcome(Of.FOREIGN_PAGE) from None
    if (new.host, new.port) != (old.host, old.port):
        raise _Outcome(Of.FOREIGN_PAGE)
    return there


def _seen(text: str | None) -> str:
    """What people see of `text`, on one line."""
    return " ".join(INVISIBLE.sub(" ", text or "").split())


def _is_busy(answer: Answer) -> bool:
    return answer.status == 429 or answer.status >= 500


def _is_json(answer: Answer) -> bool:
    """Whether it looks like an object or a list, whatever the server calls it."""
    return _text(answer)[:1] in (b"{", b"[")


def _text(answer: Answer) -> bytes:
    return answer.body.removeprefix(codecs.BOM_UTF8).strip()


def _decoded(answer: Answer, shape: type[Shape]) -> Shape:
    try:
        return msgspec.json.decode(_text(answer), type=shape)
    except (ValueError, RecursionError):
        raise _Outcome(Of.NOT_UNDERSTOOD, _keys(answer)) from None


def _keys(answer: Answer) -> str:
    """The keys of an answer, and of the first row of its list, as far as they look like keys."""
    try:
        content = msgspec.json.decode(_text(answer))
    except (ValueError, RecursionError):
        return "JSON that cannot be read"
    top = content if isinstance(content, dict) else {}
    rows = top.get("value") or content
    first = rows[0] if isinstance(rows, list) and rows and isinstance(rows[0], dict) else {}
    return ", ".join([key for key in [*top, *first] if KEY.fullmatch(key)][:MOST_KEYS])


def _limit_s(ends: float) -> float:
    return min(LIMIT_S, ends - time.monotonic())
