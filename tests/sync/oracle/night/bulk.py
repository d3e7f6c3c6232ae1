"""What the MIS says of too many at once: they stay until a person has looked."""

from dataclasses import replace
from datetime import date, timedelta

from tests.sync.oracle.rows.people import row_of
from tests.sync.oracle.words import day_of, inside

PRESENCE = {"not_current", "other_academic_year"}


def too_many(night, found):
    """(kind, key) of those of ours whom the MIS puts out tonight, where they are more than the limits of absence."""
    out = set()
    for kind in {"students", "employees", "classes"} - found.aside:
        if night.year.confirmed or (kind == "classes" and night.year.between):
            continue
        here = {key for key, row in night.ours.here(kind).items() if row.get("status") != "out"}
        here -= {
            key
            for (what, key), limit in night.ours.kept.items()
            if what == kind and limit == "evidence" and found.why[kind].get(key) in PRESENCE
        }
        stated = {key for key in here if found.why[kind].get(key) in PRESENCE}
        if kind == "students":
            stated -= _top_year_at_its_end(night, found)
        share = len(stated) * 100 > night.rules["kind_share"] * len(here) and len(stated) > night.rules["kind_free"]
        if stated and (share or len(stated) == len(here)):
            out |= {(kind, key) for key in stated}
    return out


def _top_year_at_its_end(night, found):
    """Students of the highest year group who leave within six weeks of the last day of the school's year."""
    years = {each: row_of("students", raw)["year_group"] for each, raw in night.wonde.rows["students"].items()}
    highest = max((int(year) for year in years.values() if year.isdecimal()), default=None)
    out = set()
    for wonde_id, raw in night.wonde.rows["students"].items():
        education = inside(raw, "education_details")
        left, starts = day_of(education.get("leaving_date")), day_of(education.get("admission_date"))
        if left and not (starts and starts > night.today) and years[wonde_id] == str(highest):
            ends = [_last_day(night.rules, left.year + more) for more in (-1, 0, 1)]
            if any(abs((left - end).days) <= 42 for end in ends):
                out.add(found.keys["students"][wonde_id])
    return out


def _last_day(rules, year):
    if rules["year_ends"]:
        return date.fromisoformat(f"{year}-{rules['year_ends']}")
    return date.fromisoformat(f"{year}-{rules['year_starts']}") - timedelta(days=1)


def still_here(going, bulk):
    """`going` in which nobody of `bulk` is ended: they would go, and may stay, with whatever hangs from them."""
    ended, placeless, put_out = (
        {name: set(keys) for name, keys in part.items()} for part in (going.ended, going.placeless, going.put_out)
    )
    for kind, key in bulk:
        put_out[kind].discard(key)
        if key in ended[kind]:
            ended[kind].discard(key)
            placeless[kind].add(key)
    return replace(going, ended=ended, placeless=placeless, put_out=put_out)


def classes_stay(night, found, bulk):
    """`found` in which no class of `bulk` is put out of use."""
    mine = night.ours.here("classes")
    kept = {key: mine[key] if ("classes", key) in bulk else row for key, row in found.kept["classes"].items()}
    return replace(found, kept={**found.kept, "classes": kept})
