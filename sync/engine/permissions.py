"""What Wonde's list of permissions says, noted where it is other than before."""

from schools.sharing import purposes
from sync.facts.permissions import ANSWERS, by_identity
from sync.models import PermissionChange, PermissionState

LONGEST = 100
MOST = 500  # permissions kept of a school, besides those we ask for: a list that is none must not fill a table
NOTED = ("name", "group", *ANSWERS, "active_from")


def note(run, snapshot, now):
    """In the transaction of a sync: note what of the list has changed. A list that could not be read, and a permission
    that is no longer on it, change nothing."""
    known = {state.identity: state for state in PermissionState.objects.filter(school=run.school_id)}
    states, changes = [], []
    for identity, permission in _to_note(snapshot.permissions, known).items():
        says = _says(permission)
        before = known.get(identity)
        if before and all(getattr(before, name) == value for name, value in says.items()):
            continue
        since = before.since if before and before.approved == says["approved"] else now
        states.append(PermissionState(school_id=run.school_id, identity=identity, since=since, **says))
        changes += _changes(run, identity, before, says)
    if states:
        fields = {"update_fields": [*NOTED, "since"], "unique_fields": ["school", "identity"]}
        PermissionState.objects.bulk_create(states, update_conflicts=True, **fields)
        PermissionChange.objects.bulk_create(changes)


def _to_note(listed, known):
    """Those of a list to keep, by identity: all that we have or ask for, and of others as many as there is room for."""
    readable = {
        identity: permission
        for identity, permission in by_identity(listed).items()
        if identity.isprintable() and len(identity) <= LONGEST
    }
    others = sorted(readable.keys() - known.keys() - purposes.permissions())
    left_out = set(others[max(MOST - len(known), 0) :])
    return {identity: permission for identity, permission in readable.items() if identity not in left_out}


def _says(permission):
    """A permission's columns as the list has them."""
    answers = {answer: getattr(permission, answer) for answer in ANSWERS} | {"approved": permission.granted}
    return answers | {"name": permission.name, "group": permission.group, "active_from": permission.active_on}


def _changes(run, identity, before, says):
    """One for each answer that is another than `before`; of a permission that is new, whether it is approved."""
    for answer in ANSWERS if before else ("approved",):
        was = getattr(before, answer) if before else None
        if was != says[answer] or not before:
            yield PermissionChange(
                school_id=run.school_id, run=run, identity=identity, answer=answer, before=was, after=says[answer]
            )
