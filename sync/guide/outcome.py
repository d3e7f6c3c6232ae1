"""What the last check of a school's WCBS came to, in words, also where WCBS was not asked at all."""

from sync.guide.typed import NO_QUEUE, NO_SECRET, OURS
from sync.wording import wcbs
from sync.wording.wcbs import US, YOU, Told

NOT_ASKED = {
    NO_QUEUE: Told(
        "The check could not begin",
        "Nothing was asked of WCBS, and what was typed is kept.",
        US,
        "Check again in a minute.",
    ),
    NO_SECRET: Told(
        "There is no client secret to check with",
        "It was wiped meanwhile, or cannot be opened any more. Nothing was asked of WCBS.",
        YOU,
        "Type all three values again.",
    ),
    OURS: Told(
        "The check went wrong", "That is our fault, and we have been told.", US, "Check again in a few minutes."
    ),
}


def told(row):
    """What the answered check of a `Wcbs` says."""
    return NOT_ASKED.get(row.outcome) or wcbs.told(row.outcome, row.detail, len(row.found))
