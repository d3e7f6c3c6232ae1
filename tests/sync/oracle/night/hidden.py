"""Who is perhaps no longer shared: missing, not deleted, while Wonde counts more beyond whom it shows than before."""

from datetime import timedelta

OF_TYPE = {"students": "student", "employees": "employee", "contacts": "contact", "classes": "class"}
PEOPLE = ("students", "employees", "contacts")
A_PAGE = 200  # more deletions than these are not asked for


def hidden(night, found):
    """Kind -> primary keys of whoever is marked once the run was applied."""
    ours, wonde, out = night.ours, night.wonde, {}
    named = _named(night)
    for kind in PEOPLE:
        listed, marked = set(found.keys.get(kind, {}).values()), ours.hidden[kind]
        out[kind] = marked - listed
        if kind in wonde.denied or kind not in wonde.counts or kind not in ours.beyond or kind in wonde.nameless:
            continue
        read = len(wonde.rows[kind]) + len(wonde.unreadable[kind])
        if wonde.counts[kind] - read > ours.beyond[kind] - len(marked & listed):
            out[kind] |= {key for key in _missing(night, found, kind) - listed if (kind, key) not in named}
    return out


def _missing(night, found, kind):
    """Those of ours who may be hidden: not those whom nothing is known of, nor whom a person kept as missing."""
    here = night.ours.here(kind)
    if kind in found.aside:
        return set()
    kept = {key for (what, key), limit in night.ours.kept.items() if what == kind and limit not in OTHERWISE}
    if kind == "contacts":
        listed = set(found.keys.get("students", {}).values())
        links = night.ours.lasting("guardianships").values()
        of_listed = {stay["contact"] for stay in links if stay["student"] in listed}
        return (here.keys() & of_listed) - kept - found.safe["contacts"]
    return here.keys() - kept


OTHERWISE = ("identity", "addresses", "evidence")


def _named(night):
    """(kind, primary key) of whom Wonde names as deleted: noted with what waits, or asked tonight."""
    ours, wonde = night.ours, night.wonde
    named = set(ours.deleted)
    kinds = {kind for kind in OF_TYPE if kind not in wonde.denied and _vanished(night, kind)}
    if not kinds or ours.read_before is None:
        return named
    since = ours.read_before - timedelta(days=2)
    types = {OF_TYPE[kind] for kind in kinds} if len(kinds) == 1 else set(OF_TYPE.values())
    page = [row for row in wonde.deletions if row[1] in types and row[2] >= since][:A_PAGE]
    ids = {wonde_id for wonde_id, _, _, lasts in page if lasts}
    return named | {(kind, key) for kind in PEOPLE for key, row in ours.here(kind).items() if row["wonde_id"] in ids}


def _vanished(night, kind):
    """Whether somebody, or a class, is missing who was not before."""
    listed = {*night.wonde.rows[kind], *night.wonde.unreadable[kind]}
    return any(
        row["wonde_id"] not in listed
        and (kind, key) not in night.ours.holds
        and key not in night.ours.hidden.get(kind, ())
        for key, row in night.ours.here(kind).items()
    )
