"""Why a mail was refused, and whose fault that is, from what a mail server or mail service says. Pure.

A server says it three times: in an enhanced code (RFC 3463, "5.1.1"), an SMTP code (RFC 5321, "550") and words. The
enhanced code is believed first; if there is none, or it only says "other", the words; then the SMTP code. What could be
our fault is taken to be ours: a parent must not lose their mail because of the sender.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Refusal(StrEnum):
    NO_MAILBOX = "no_mailbox"  # there is no such mailbox, or it takes no mail, for good
    FULL = "full"  # the mailbox is full
    SOFT = "soft"  # not now, or not clear why: it may work another time
    OURS = "ours"  # they refuse us: policy, block lists, SPF and DKIM, relaying, credentials, what is in the mail


@dataclass(frozen=True)
class Refused:
    """reason: a code to look up, "smtp_550_5.1.1", never the server's words: those name addresses."""

    refusal: Refusal
    reason: str


_ENHANCED = re.compile(r"(?<![\d.])([45])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?![\d.])")
_NOBODY_THERE = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)})
_WRONG_SENDER = frozenset({(1, 7), (1, 8), (3, 4), (3, 5)})
_OURS_BY_CODE = frozenset({500, 501, 502, 503, 504, 530, 534, 535, 538, 554, 555})
_NOBODY_BY_CODE = frozenset({521, 556})  # RFC 7504: takes no mail

_GREYLISTED = re.compile(r"gr[ae]y.?list")
_OUR_FAULT = re.compile(
    r"relay|\bspf\b|\bdkim\b|\bdmarc\b|\bspam|\bblock(ed|ing)?\b|(block|black|deny).?list|\b(dns|r)bls?\b|barracuda"
    r"|reputation|policy|authenticat|not authori[sz]ed|sender (address|verify)|reverse dns|\bptr\b|unsolicited"
    r"|\bbanned\b|rate limit|too many (messages|connections|mails)|suspicious|access denied|not permitted"
    r"|content rejected"
)
_IS_FULL = re.compile(r"quota|(mailbox|inbox|account|storage) (is )?full|full (mailbox|inbox)|out of (storage|disk)")
_NOBODY = re.compile(
    r"no such (user|mailbox|recipient|address|account|person|domain)|no mailbox|mailbox (is )?unavailable"
    r"|unknown (user|recipient|mailbox|address|local)|(user|recipient|mailbox|account|address)( is)? unknown"
    r"|(user|recipient|mailbox|account|address|domain)\W.{0,80}(not found|not exist|doesn.t exist|not known)"
    r"|invalid (user|recipient|mailbox|address)|does ?n.t have an? .{0,40}account|no longer (exists|valid|in use)"
)
_PASSING = re.compile(r"soft.?bounce|temporar|transient")


def of_reply(code: int, text: str) -> Refusal:
    """Why a server refused, from its answer `code` `text`. If permanent but unclear, SOFT."""
    return _of_reply(code, text) or Refusal.SOFT


def _of_reply(code: int, text: str) -> Refusal | None:
    """None if a permanent answer does not say why."""
    words = text.lower()
    enhanced = _ENHANCED.search(text)
    subject, detail = (int(enhanced[2]), int(enhanced[3])) if enhanced else (0, 0)
    passes = code < 500 if code else enhanced is not None and enhanced[1] == "4"
    if passes and _GREYLISTED.search(words):
        return Refusal.SOFT
    if subject == 7 or (subject, detail) in _WRONG_SENDER:
        return Refusal.OURS
    if (subject, detail) == (2, 2):
        return Refusal.FULL
    if subject and detail:
        if passes or (subject, detail) not in _NOBODY_THERE:
            return Refusal.OURS if subject in (5, 6) and not passes else Refusal.SOFT
        return Refusal.NO_MAILBOX
    if found := _of_words(words, passes):
        return found
    if code in _NOBODY_BY_CODE:
        return Refusal.NO_MAILBOX
    if code == 552:
        return Refusal.FULL
    if code in _OURS_BY_CODE:
        return Refusal.OURS
    return Refusal.SOFT if passes else None


def _of_words(words: str, passes: bool = False) -> Refusal | None:
    """From well-known words alone, in lower case."""
    if _IS_FULL.search(words):
        return Refusal.FULL
    if _OUR_FAULT.search(words):
        return Refusal.OURS
    return Refusal.NO_MAILBOX if _NOBODY.search(words) and not passes else None


def of_recipient(code: int, text: str) -> Refused:
    """Why it was refused, from the answer to RCPT TO."""
    return Refused(of_reply(code, text), _reason(code, text))


def of_session(code: int, text: str, *, is_sender: bool = False) -> Refused:
    """Why it was refused, from the answer to anything else: the greeting, our credentials, the sender, the mail itself.
    Only clear words make it the recipient's fault, and nothing does if the sender is refused."""
    unclear = Refusal.OURS if code >= 500 else Refusal.SOFT
    refusal = _of_reply(code, text) or unclear
    return Refused(unclear if is_sender and refusal != Refusal.OURS else refusal, _reason(code, text))


def of_status(status: int | None) -> Refused | None:
    """What a mail service's HTTP status means; None if it may have accepted the mail."""
    if not status or (status >= 500 and status != 503):
        return None
    return Refused(Refusal.OURS if status in (401, 402, 403) else Refusal.SOFT, f"http_{status}")


def of_report(event_type: str, reject_reason: str | None, response: str | None, description: str | None) -> Refusal:
    """Why a mail came back, from what a mail service reports.

    event_type, reject_reason: anymail's "bounced", "rejected" or "failed", and its `RejectReason`, both plain text.
    response, description: what the receiving server said, and the service's own words. Complaints and unsubscribes that
    the service remembers do not come here: they are what a person said, not a refusal.
    """
    text = response or ""
    code = _CODE.search(text)
    if found := _of_reply(int(code[1]) if code else 0, text) if code or _ENHANCED.search(text) else None:
        return found
    if event_type == "failed" or reject_reason in ("blocked", "spam"):
        return Refusal.OURS
    if reject_reason == "invalid":
        return Refusal.NO_MAILBOX
    words = f"{text} {description or ''}".lower()
    if _PASSING.search(words) or reject_reason == "timed_out":
        return Refusal.FULL if _IS_FULL.search(words) else Refusal.SOFT
    if found := _of_words(words):
        return found
    return Refusal.NO_MAILBOX if reject_reason == "bounced" else Refusal.SOFT


def _reason(code: int, text: str) -> str:
    enhanced = _ENHANCED.search(text)
    return f"smtp_{code}" + (f"_{enhanced[0]}" if enhanced else "")
