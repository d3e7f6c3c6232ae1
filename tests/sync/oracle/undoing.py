"""What an undo must leave."""

from tests.sync.oracle.rows import details
from tests.sync.oracle.rows.must import unchanged
from tests.sync.oracle.words import BY_PERSON, LINKS, ROWS, ends_of, said_of


def undone(ours, changes, touched, everything, blocks=(), turned=False, left_out=()):
    """What must stand once a run was undone: `changes` of it, rows of `sync_change`; touched: (kind, primary key) of
    rows that later runs changed. everything: also what it brought and changed, not only what it removed. blocks: as for
    `expected`. turned: the run was a rollover that let the new year in. left_out: as for `expected`.

    Never back: whom the MIS, a person or an erasure ended, who is left out here, what a block covers, and a contact of
    nobody.
    """
    out = unchanged(ours)
    free = [change for change in changes if (change["kind"], change["row_id"]) not in touched]
    for change in free:
        kind, pk, values = change["kind"], change["row_id"], change["values"] or {}
        if kind not in ROWS or pk not in out.rows[kind]:
            continue
        row = out.rows[kind][pk]
        went_along = kind == "contacts" and change["cause"] == "follows"
        if change["verb"] == "remove" and _is_left_out(kind, pk, row, left_out):
            continue
        if change["verb"] == "remove" and (went_along or change["cause"] in ("absence", "approved")):
            row["here"] = True
        elif everything and change["verb"] in ("create", "return") and row["here"]:
            out.gone[kind, pk] = "undone"
            row["here"] = False
        elif everything and change["verb"] == "update" and row["here"]:
            put_out = "reason" in values and row["reason"] in BY_PERSON
            row |= {} if put_out else {name: old for name, (old, new) in values.items() if row.get(name) == new}
    for change in free:
        link, pk, values = change["kind"], change["row_id"], change["values"] or {}
        if link not in LINKS:
            continue
        stay = ours.stays[link][pk]
        lasting, ends = stay["left_at"] is None, ends_of(link, stay)
        if change["verb"] == "remove" and change["cause"] in ("absence", "approved", "follows"):
            taken = {each[-1] if link == "enrolments" else each for each in out.links[link]}
            if (
                not lasting
                and _both_here(out, link, ends)
                and (ends[-1] if link == "enrolments" else ends) not in taken
                and not (link == "guardianships" and _blocked(ours, out, ends, blocks))
            ):
                out.links[link][ends] = said_of(link, stay) | {"pk": pk}
        elif not everything or not lasting:
            continue
        elif change["verb"] in ("create", "return"):
            out.gone[link, pk] = "undone"
            del out.links[link][ends]
        else:
            before = stay | {name: old for name, (old, _) in values.items()}
            there = ends_of(link, before)
            if _both_here(out, link, there):
                del out.links[link][ends]
                out.links[link][there] = said_of(link, before) | {"pk": pk if there == ends else None}
    details.undone(ours, out, free, everything)
    linked = {contact for _, contact in out.links["guardianships"]}
    for pk, row in out.rows["contacts"].items():
        if row["here"] and not ours.rows["contacts"][pk]["here"] and pk not in linked:
            row["here"] = False
    for link, (_, kinds, _) in LINKS.items():  # a new class stays while somebody cannot go back from it
        for ends in out.links[link]:
            for kind, key in zip(kinds.values(), ends, strict=True):
                if out.gone.pop((kind, key), None):
                    out.rows[kind][key]["here"] = True
    out.kept -= out.gone.keys()
    out.holds = set(out.kept)
    if everything and turned:
        out.rolled = (ours.rules["rolled_year"] - 1, None)
        for kind, pk in out.gone:
            if kind == "classes" and out.rows[kind][pk]["status"] == "in":
                out.rows[kind][pk] |= {"status": "out", "reason": "awaits_rollover"}
    return out


def _is_left_out(kind, pk, row, left_out):
    ids = {row["wonde_id"], row.get("upi"), row.get("upn")} - {"", None}
    return any(of == kind and (pk == whose or ids & known) for of, whose, known, _ in left_out)


def _both_here(out, link, ends):
    rows = [out.rows[kind].get(key) for kind, key in zip(LINKS[link][1].values(), ends, strict=True)]
    return all(row and row["here"] and row.get("status") != "out" for row in rows)


def _blocked(ours, out, ends, blocks):
    student, contact = ends
    own = {student} | {out.rows["students"][student][name] for name in ("wonde_id", "upi", "upn")}
    sides = (ours.rows["contacts"][contact], out.rows["contacts"][contact])
    their = {row[name] for row in sides for name in ("wonde_id", "upi", "email")} - {""}
    return any(own & set(about) and their & set(whom) for about, whom in blocks)
