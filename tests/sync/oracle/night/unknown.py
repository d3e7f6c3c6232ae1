"""What a night can't tell: another MIS, lists that are not shared or came back empty, rows without an id."""

from datetime import timedelta

from tests.sync.oracle.words import LINKS, ROWS


def is_another_mis(night):
    """Its name is another, or most ids of a kind went while new ones came; but new classes of the same people are
    only a new timetable. While one is announced, one person who went and one who came are enough."""
    ours, wonde = night.ours, night.wonde
    if ours.mis and wonde.mis.lower() != ours.mis.lower():
        return any(ours.here(kind) for kind in ROWS)
    renewed, stay = set(), {}
    for kind in ("students", "employees", "classes"):
        listed = {*wonde.rows[kind], *wonde.unreadable[kind]}
        here = {row["wonde_id"] for row in ours.here(kind).values() if row.get("status") != "out"}
        stay[kind] = 2 * len(here & wonde.rows[kind].keys()) >= len(here)
        gone, came = here - listed, listed - {row["wonde_id"] for row in ours.rows[kind].values()}
        if kind != "classes" and listed and gone and came and is_announced(night):
            return True
        if listed and len(gone) > 5 and 2 * len(gone) > len(here) and 2 * len(came) > len(gone):
            renewed.add(kind)
    return bool(renewed - {"classes"}) or bool(renewed and not (stay["students"] and stay["employees"]))


def is_announced(night):
    """From the day before it is to happen, if that is known, until it is forgotten."""
    return any(
        night.now < move["until"]
        and (move["completed_at"] or not move["scheduled_at"] or night.now >= move["scheduled_at"] - timedelta(days=1))
        for move in night.ours.announced
    )


def set_aside(night, found):
    """Kinds that are not shared or are suddenly nobody, and what hangs from them."""
    ours, wonde = night.ours, night.wonde
    found.in_doubt |= wonde.nameless
    for kind in ("employees", "classes", "students"):
        if kind in wonde.denied or (wonde.nobody(kind) and ours.here(kind)):
            found.aside.add(kind)
    for link in ("enrolments", "teachings"):
        for kind in set(LINKS[link][1].values()) & found.aside:
            found.aside.add(link)
            if ours.here(kind) and kind != "employees":  # a class needs no teacher
                found.in_doubt |= set(LINKS[link][1].values()) - {kind}
    no_contacts = wonde.nobody("contacts") and ours.here("contacts")
    if "students" in found.aside or "contacts" in wonde.denied or no_contacts:
        found.aside |= {"contacts", "guardianships"}
