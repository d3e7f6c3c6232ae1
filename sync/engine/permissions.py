"""What Wonde's list of permissions says, noted where it is other than before."""

from sync.models import PermissionChange, PermissionState

LONGEST = 100


def note(run, snapshot, now):
    """In the transaction of a sync: note what of the list has changed. A list that could not be read, and a permission
    that is no longer on it, change nothing."""
    readable = (each for each in snapshot.permissions or () if each.identity.isprintable())
    listed = {each.identity: each.approved for each in readable if len(each.identity) <= LONGEST}
    states = PermissionState.objects.filter(school=run.school_id)
    known = dict(states.values_list("identity", "approved"))
    changed = {
        identity: approved
        for identity, approved in listed.items()
        if identity not in known or known[identity] != approved
    }
    if not changed:
        return
    new = [
        PermissionState(school_id=run.school_id, identity=identity, approved=approved, since=now)
        for identity, approved in changed.items()
    ]
    PermissionState.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["school", "identity"], update_fields=["approved", "since"]
    )
    PermissionChange.objects.bulk_create(
        PermissionChange(
            school_id=run.school_id,
            run=run,
            identity=identity,
            before=known.get(identity),
            after=approved,
        )
        for identity, approved in changed.items()
    )
