"""Which classes are in."""

import re
from collections import Counter

from tests.sync.oracle.rows.people import row_of
from tests.sync.oracle.words import LOOKED_AT_AGAIN, inside, natural, of_subject, tidy, year_group


def classes(night, found):
    """By rule when first seen, then as they were; of those left the largest first, unless most are in one already."""
    _who_is_here(night, found)
    rows = {wonde_id: _row(night, found, raw) for wonde_id, raw in night.wonde.rows["classes"].items()}
    order = sorted(rows, key=lambda each: (-len(found.students[each] or ()), natural(rows[each]["name"]), each))
    verdicts = {wonde_id: _by_rule(night, found, row) for wonde_id, row in rows.items()}
    taken = set().union(*(found.students[each] or () for each in rows if verdicts[each] == "in"))
    for wonde_id in order:
        if not verdicts[wonde_id]:
            students = found.students[wonde_id]
            if 2 * len(students & taken) > len(students):
                verdicts[wonde_id] = "intervention_group"
            else:
                verdicts[wonde_id] = "asks_first" if night.rules["asks_first"] else "in"
                taken = taken | students
    found.imported = [each for each in order if verdicts[each] == "in"]
    for wonde_id, row in rows.items():
        key, comes_in = found.keys["classes"][wonde_id], verdicts[wonde_id] == "in"
        found.kept["classes"][key] = row | (
            {"status": "in", "reason": ""} if comes_in else {"status": "out", "reason": verdicts[wonde_id]}
        )
        if comes_in and night.wonde.members.get(wonde_id, (None,))[0] is None:
            found.safe["classes"].add(key)
        if not comes_in:
            found.why["classes"][key] = verdicts[wonde_id]
    _members_of_those_out(night, found)


def _who_is_here(night, found):
    here = {
        wonde_id
        for wonde_id, key in found.keys["students"].items()
        if wonde_id in night.wonde.rows["students"] and key not in found.why["students"]
    }
    for wonde_id in night.wonde.rows["classes"]:
        listed = night.wonde.members.get(wonde_id, (None, None))[0]
        found.students[wonde_id] = None if listed is None else set(listed) & here


def _row(night, found, raw):
    """Wonde's class as we keep it, without the verdict. Its year group is that of most members where it says none."""
    subject, before = inside(raw, "subject"), night.ours.rows["classes"].get(found.keys["classes"][raw["id"]], {})
    years = [
        row_of("students", night.wonde.rows["students"][each])["year_group"] for each in found.students[raw["id"]] or ()
    ]
    usual = Counter(year for year in years if year)
    return {
        "wonde_id": raw["id"],
        "form": night.wonde.form,
        "name": tidy(raw.get("name")),
        "subject": subject.get("name") or subject.get("code") or "",
        "year_group": year_group(raw.get("year_group") or "")
        or (min(usual, key=lambda year: (-usual[year], year)) if usual else before.get("year_group", "")),
        "academic_year": raw.get("academic_year") or "",
    }


def _by_rule(night, found, row):
    """ "in", why not, or "" where it depends on the other classes."""
    key, raw = found.keys["classes"][row["wonde_id"]], night.wonde.rows["classes"][row["wonde_id"]]
    before, decision = night.ours.rows["classes"].get(key), night.ours.decisions.get(key)
    stated = re.search(r"(19|20)\d\d", row["academic_year"])
    year = int(stated[0]) if stated else night.year.began
    if night.year.confirmed:  # every class is seen for the first time
        before = None
    if decision == "out":
        return "excluded_class"
    if decision == "in" or (before and before["status"] == "in"):
        return "other_academic_year" if year < night.year.began else "in"
    if before and before["reason"] not in LOOKED_AT_AGAIN:
        return before["reason"]
    if year < night.year.began:
        return "other_academic_year"
    if night.wonde.form == "class" and not (row["subject"] and of_subject(raw, night.rules)):
        return "other_subject" if row["subject"] else "no_subject"
    if year != night.year.began:
        return "other_academic_year"
    if not found.students[row["wonde_id"]]:
        return "no_students"
    years = {name.lower() for name in night.rules["year_groups"]}
    if years and row["year_group"].lower() not in years:
        return "other_year_group"
    return "awaits_rollover" if night.year.awaits else ""


def _members_of_those_out(night, found):
    """Of a class that is out we keep who is in it only by Wonde id, and only of the school's own subjects."""
    for wonde_id, raw in night.wonde.rows["classes"].items():
        key = found.keys["classes"][wonde_id]
        own = of_subject(raw, night.rules) or night.wonde.form == "registration"
        if wonde_id not in found.imported and own:
            known, before = found.students[wonde_id], night.ours.members.get(key, [])
            found.members[key] = sorted(before if known is None else known)
    for pk in night.ours.members.keys() & found.safe["classes"] - found.members.keys():
        found.members[pk] = night.ours.members[pk]
