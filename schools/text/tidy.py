"""Invisible characters that nobody typed: they come along when text is copied out of a page or document. Pure."""

import re

# For a regular expression's character class: soft hyphens, joiners, zero-width spaces, direction marks, fillers,
# variation selectors, byte order marks, tags.
UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff"
)
CONTROL = "\x00-\x1f\x7f-\x9f"
_UNSEEN = re.compile(f"[{UNSEEN}]+")
_EDGES = re.compile(rf"^[\s{CONTROL}{UNSEEN}]+|[\s{CONTROL}{UNSEEN}]+$")


def tidied(text: str) -> str:
    """`text` without spaces of any kind, control characters or invisible characters at its edges. Inside a word some of
    these mean something (a joiner in a Persian name), so there they stay."""
    stripped = text.strip()
    return stripped if stripped.isascii() and stripped.isprintable() else _EDGES.sub("", stripped)


def without_unseen(text: str) -> str:
    """`text` as it looks."""
    return text if text.isascii() else _UNSEEN.sub("", text)
