"""What stands in our tables once all is decided."""

from tests.sync.oracle.night.year import rolled
from tests.sync.oracle.rows import details
from tests.sync.oracle.rows.must import unchanged
from tests.sync.oracle.words import LINKS, ROWS, ends_of, said_of


def standing(night, found, going, judged):
    out = unchanged(night.ours)
    out.holds = judged.waits
    for kind in ROWS.keys() - found.aside:
        for key, row in found.kept[kind].items():
            if key not in judged.unsettled.get(kind, ()):
                out.rows[kind][key] = row | {"here": True}
        for key in going.ended[kind]:
            _goes(out, kind, key, "evidence")
        for key in going.absent[kind] | going.placeless[kind]:
            if (kind, key) not in judged.held:
                counted = key in judged.counted.get(kind, ()) or (kind == "classes" and key in going.absent[kind])
                _goes(out, kind, key, _cause(judged, kind, key, alone=counted))
    details.stand(night, found, out)
    for link in LINKS:
        stands = _places_that_stay(night, found, going, judged, out, link)
        if link not in found.aside:
            for ends, says in found.wanted[link].items():
                if ends not in stands and not _an_end_goes(out, link, ends):
                    stands[ends] = says | {"pk": None}
        out.links[link] = stands
    still = judged.kept.quiet - out.gone.keys()
    out.holds = out.holds | still
    out.kept = (still - (judged.waits - judged.kept.stays - judged.kept.old)) | judged.now_kept
    out.choices, out.rolled = found.choices, rolled(night, found)
    if "classes" not in found.aside:
        listed = (night.ours.members if night.rules["paused_at"] else {}) | found.members
        out.members = {key: ids for key, ids in listed.items() if ids and key in out.rows["classes"]}
    return out


def _cause(judged, name, key, alone):
    if (name, key) in judged.at_once:
        return "evidence"
    if (name, key) in judged.released or (alone and judged.confirmed):
        return "approved"
    return "absence" if alone else "follows"


def _goes(out, kind, key, cause):
    out.gone[kind, key] = cause
    out.rows[kind][key]["here"] = False


def _places_that_stay(night, found, going, judged, out, link):
    """Ends -> what it says. Whoever goes takes their places along."""
    stands = {}
    for pk, stay in night.ours.lasting(link).items():
        ends = ends_of(link, stay)
        if (link, pk) in going.moving:
            continue
        if pk in going.ended[link]:
            out.gone[link, pk] = "evidence"
        elif going.would_go(link, pk) and (link, pk) not in judged.held:
            alone = pk in going.absent[link] and not going.freed(link, stay)
            out.gone[link, pk] = _cause(judged, link, pk, alone)
        elif _an_end_goes(out, link, ends):
            out.gone[link, pk] = "follows"
        else:
            new = found.wanted[link].get(ends) or (found.still.get(ends) if link == "guardianships" else None)
            stands[ends] = (new or said_of(link, stay)) | {"pk": pk}
    return stands


def _an_end_goes(out, link, ends):
    return any(end in out.gone for end in zip(LINKS[link][1].values(), ends, strict=True))
