"""What the last check of a school's WCBS came to, in words, also where there was none."""

from sync.guide.typed import NO_QUEUE, NO_SECRET, OURS
from sync.wording import wcbs
from sync.wording.wcbs import US, YOU, Told

OWN = {
    NO_QUEUE: Told(
        "Not checked",
        "The check could not begin, and nothing was asked of WCBS.",
        US,
        "Check again in a minute.",
    ),
    NO_SECRET: Told(
        "No client secret",
        "The client secret is not here any more, or cannot be opened. Nothing was asked of WCBS.",
        YOU,
        "Type all three values again.",
    ),
    OURS: Told(
        "Not checked",
        "Something went wrong on our side, and we have been told.",
        US,
        "Check again in a few minutes.",
    ),
}


def told(row):
    """What the answered check of a `Wcbs` says."""
    if row.outcome in OWN:
        return OWN[row.outcome]
    return wcbs.told(row.outcome, row.detail, len(row.found))
