"""Wonde's lists of schools by the state of our access: all of them for the installation, or one school's place in them.

What nobody outside Wonde can know, and how we read it; nothing else depends on it [all inferred or unknown]:

- A school stands in `schools` while it approves us; `audited` and `offline` are said of such schools only [inferred].
- `updated_after` on a list finds a school that has come into it [inferred]; that one has left is seen only where the
  whole list is read. So the two long lists are read by what has changed, and whole once a day; the short ones, whole.
- Whether `revoked` and `declined` remember schools that have approved since is [unknown]: a school in one of them and
  in `schools` is asked about alone.
- A row of `revoked` or `declined` says why as the webhooks do: `revoke_reason`, `decline_reason` [inferred].
- `meta/schools/{id}` answers for a school that has not approved us, or refuses [unknown]: both are taken.
- One host lists the schools of every region [inferred from `region` in their rows].
"""

from sync.facts.shapes import ListedSchool, Member, Status
from sync.rules.access_states import (
    APPROVED_LIST,
    AUDITED_LIST,
    DECLINED_LIST,
    OFFLINE_LIST,
    PENDING_LIST,
    REVOKED_LIST,
)
from sync.wonde.access import read_status

LONG = frozenset({APPROVED_LIST, AUDITED_LIST})
NOT_APPROVED = (PENDING_LIST, REVOKED_LIST, DECLINED_LIST)


def read(wonde, name, after=None):
    """{Wonde id: reason, mostly ""} of the schools in the list, without rows whose id cannot be read. after: only those
    updated since. Raises what `Wonde.rows` raises."""
    path = "schools" if name == APPROVED_LIST else f"schools/{name}"
    if name in LONG:
        params = {"updated_after": f"{after:%Y-%m-%d %H:%M:%S}"} if after else {}
        return dict.fromkeys(wonde.rows(path, Member, **params).rows, "")
    rows = wonde.rows(path, ListedSchool)
    return {row.id: row.reason for row in rows.rows.values()} | dict.fromkeys(rows.unreadable, "")


def of_school(wonde, wonde_id):
    """(the lists this one school is in, why it declined or revoked). Asked of the school itself; of one that has not
    approved us, of the lists of those. Raises SyncError."""
    status = read_status(wonde, wonde_id)
    if status.approved:
        return _of_approved(status), ""
    found = {name: rows[wonde_id] for name in NOT_APPROVED if wonde_id in (rows := read(wonde, name))}
    return frozenset(found), next(filter(None, found.values()), "")


def _of_approved(status: Status):
    """Where Wonde does not say whether it has checked the data, or has its link, nothing stands against reading."""
    lists = {APPROVED_LIST}
    if status.audited is not False:
        lists.add(AUDITED_LIST)
    if status.online is False:
        lists.add(OFFLINE_LIST)
    return frozenset(lists)
