"""How a school stands with Wonde: whether we may read it at all, and whether its MIS can be reached."""

import msgspec

from sync.facts.errors import AccessRevoked, InvalidInclude, NotFound, ScopeDenied
from sync.facts.shapes import AccessAnswer, Member, RemoteSchool, Status

ENDED = ("revoked", "declined")  # Wonde's lists of schools that have withdrawn


def read_standing(wonde, wonde_id):
    """The school as Wonde describes it, and its `Status`.

    Raises AccessRevoked if Wonde says that the school has ended our access. One refused answer does not say so: it may
    be a fault, and everybody at the school would lose their access. Then that refusal is raised.
    """
    status = read_status(wonde, wonde_id)
    if status.approved is False:
        raise _revoked(wonde_id, "shows our access as not approved")
    try:
        return wonde.one(f"schools/{wonde_id}", RemoteSchool), status
    except (NotFound, ScopeDenied) as error:
        for name in ENDED:
            if _listed(wonde, f"schools/{name}", wonde_id):
                raise _revoked(wonde_id, f"lists the school as {name}") from error
        if status.approved is None and _others_only(wonde, wonde_id):
            raise _revoked(wonde_id, "no longer lists it among the schools that share with us") from error
        raise


def request_access(wonde, wonde_id, contact):
    """Have Wonde ask the school to approve us, naming `contact`, in Wonde's keys. What Wonde answered; an answer that
    cannot be read says nothing. Raises WondeRefused, or WondeUnavailable where nobody knows whether it arrived."""
    body = wonde.send("POST", f"schools/{wonde_id}/request-access", {"contacts": [contact]})
    try:
        return msgspec.json.decode(body, type=AccessAnswer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return AccessAnswer()


def read_status(wonde, wonde_id):
    """What Wonde says of the school's link and our access; nothing where it does not show us the school."""
    try:
        return wonde.one(f"meta/schools/{wonde_id}", Status)
    except (NotFound, ScopeDenied, InvalidInclude):
        return Status()


def _listed(wonde, path, wonde_id):
    return wonde_id in wonde.rows(path, Member).rows


def _others_only(wonde, wonde_id):
    """Whether Wonde lists schools that share with us, and this is none of them. An empty list proves nothing: no
    school at all is a fault, not news."""
    listed = wonde.rows("schools", Member).rows
    return bool(listed) and wonde_id not in listed


def _revoked(wonde_id, why):
    return AccessRevoked(
        f"The school {wonde_id} has ended our access: Wonde {why}. Its pages, mail and sign-ins are off at once; its "
        "leads see the day its data is erased. If that is a mistake, the school approves us again in Wonde: everything "
        "is back with the next sync."
    )
