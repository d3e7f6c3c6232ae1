"""What can stop a sync. Messages are for support: what happened, how things stand now, and what to do next."""


class SyncError(Exception):
    """A sync that could not be finished. None of it was applied."""


class WondeUnavailable(SyncError):
    """Wonde could not be reached, was too slow, or answered 429 or 5xx until we ran out of patience."""


class WondeRefused(SyncError):
    """Wonde said no: the token, the school or the path."""


class NotFound(WondeRefused):
    """404: no such school, path or id for this token."""


class ScopeDenied(WondeRefused):
    """403 `invalid_permissions`: the school has not granted us this, or has withdrawn it."""


class AccessRevoked(WondeRefused):
    """Wonde says that the school has ended our access. Its data goes off every page at once."""


class StoppedHere(SyncError):
    """Somebody stopped sharing here, whatever Wonde still shows: nothing is read."""


class InvalidInclude(WondeRefused):
    """400 `invalid_include`: this school's MIS does not offer something we asked for along with the rows."""


class IncompleteRead(SyncError):
    """What arrived is not everything: a page cut short, not JSON, repeated, or fewer rows than Wonde counts."""


class ForeignAddress(SyncError):
    """Wonde's `next` points at another host or scheme. Following it would hand our token to a stranger."""


class LedgerError(SyncError):
    """A bug: not all the rows read are accounted for. Nothing is applied."""


class Moved(SyncError):
    """What somebody saw and decided on is no longer what would happen, so it is shown to them again instead."""
