"""Schools on WCBS, whose MIS is PASS or 3sys: which they are, and how long what they typed for Wonde is kept. Pure."""

import re
from datetime import timedelta

KEPT = timedelta(days=14)  # a client secret that nobody handed over
AFTER_HANDED = timedelta(days=1)  # one that was: Wonde may still ring and ask
CHECKS = 5  # within CHECKS_WITHIN, for each school: we call an address that somebody typed
CHECKS_WITHIN = timedelta(hours=1)

_CALLED = re.compile(r"\b(wcbs|3sys|pass)\b", re.IGNORECASE)


def is_wcbs(mis: str | None) -> bool:
    """Whether an MIS, as Wonde or a person calls it, is PASS or 3sys."""
    return bool(_CALLED.search(mis or ""))
