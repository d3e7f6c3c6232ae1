"""Who is who, who the MIS says is not here, and who of those with a place is kept."""

from tests.sync.oracle.night.year import between_classes
from tests.sync.oracle.words import (
    IDENTIFIERS,
    PLACES,
    ROWS,
    alike,
    column_of,
    day_of,
    inside,
    real,
    tidy,
    tidy_address,
    year_group,
)


def row_of(kind, raw):
    """Wonde's row of a person as we keep it."""
    row = {name: tidy(raw.get(name)) for name in ROWS[kind][1] if name not in ("wonde_id", "email")}
    row["wonde_id"], row["upi"] = raw["id"], real("upi", row["upi"])
    if kind == "students":
        education, year = inside(raw, "education_details"), inside(raw, "year")
        row["upn"] = real("upn", tidy(education.get("upn")))
        row["year_group"] = year_group(education.get("current_nc_year") or year.get("code") or year.get("name") or "")
    if kind in ("employees", "contacts"):
        emails = inside(raw, "contact_details").get("emails") or {}
        order = ("work", "email", "primary", "home") if kind == "employees" else ("email", "primary", "home", "work")
        row["email"] = next(filter(None, (tidy_address(emails.get(slot)) for slot in order)), "")
    return row


def who_is_who(night, found, kind):
    """By Wonde id, else as a person settled it, else by UPI and UPN where one row of each side has it, unless both the
    name and the year group are others: then a person is asked."""
    rows, mine = night.wonde.rows[kind], night.ours.rows[kind]
    listed = {*rows, *night.wonde.unreadable[kind]}
    known = {row["wonde_id"]: pk for pk, row in mine.items()}
    keys = {wonde_id: known[wonde_id] for wonde_id in listed if wonde_id in known}
    said = night.said.get(kind, {})
    same = {wonde_id: pk for (wonde_id, pk), is_same in said.items() if is_same and pk in mine}
    for wonde_id, pk in {**same, **night.pairs.get(kind, {})}.items():
        if wonde_id in listed and wonde_id not in keys and pk not in keys.values():
            keys[wonde_id] = pk
    told = {wonde_id: row_of(kind, raw) for wonde_id, raw in rows.items()} if IDENTIFIERS[kind] else {}
    for name in IDENTIFIERS[kind]:
        same = {}
        for wonde_id, row in told.items():
            if wonde_id in found.why[kind]:
                continue
            also = [other for other in told.values() if other[name] == row[name]]
            free = [pk for pk, own in mine.items() if own[name] == row[name] and pk not in keys.values()]
            if row[name] and wonde_id not in keys and len(also) == 1 and len(free) == 1:
                if alike(row, mine[free[0]]) and said.get((wonde_id, free[0])) is not False:
                    same[wonde_id] = free[0]
                elif (wonde_id, free[0]) not in said:
                    found.why[kind][wonde_id] = "perhaps_someone_else"
        keys |= same
    if kind == "students":
        for wonde_id, row in told.items():
            others = [other["upn"] for other in told.values() if other is not row]
            others += [mine[pk]["upn"] for pk in keys.values()]
            if wonde_id not in keys and row["upn"] and row["upn"] in others:
                found.why[kind][wonde_id] = "duplicate"
    found.keys[kind] = {wonde_id: keys.get(wonde_id, wonde_id) for wonde_id in listed}
    found.safe[kind] |= {keys[wonde_id] for wonde_id in night.wonde.unreadable[kind] if wonde_id in keys}
    if kind in found.in_doubt:
        found.safe[kind] |= night.ours.here(kind).keys() - set(keys.values())


def not_current(night, found):
    """The MIS says so, or used to say who is and no longer does: then nobody new or returning is."""
    known = night.rules["facts_known"]
    dates = [
        inside(raw, "education_details").get(name)
        for raw in night.wonde.rows["students"].values()
        for name in ("admission_date", "leaving_date")
    ]
    says = [inside(raw, "employment_details").get("current") for raw in night.wonde.rows["employees"].values()]
    for wonde_id, raw in night.wonde.rows["students"].items():
        education = inside(raw, "education_details")
        left, starts = (day_of(education.get(name)) for name in ("leaving_date", "admission_date"))
        if (left and left < night.today) or (starts and starts > night.today):
            found.why["students"][found.keys["students"][wonde_id]] = "not_current"
        elif "dates" in known and not any(dates):
            _unknown(night, found, "students", wonde_id)
    for wonde_id, raw in night.wonde.rows["employees"].items():
        if inside(raw, "employment_details").get("current") is False:
            found.why["employees"][found.keys["employees"][wonde_id]] = "not_current"
        elif inside(raw, "employment_details").get("current") is None and ("current" in known or True in says):
            _unknown(night, found, "employees", wonde_id)


def _unknown(night, found, kind, wonde_id):
    key = found.keys[kind][wonde_id]
    if key not in night.ours.here(kind):
        found.why[kind].setdefault(key, "status_unknown")


def left_out(night, found):
    """A person left them out of the product. They are known by our row, by a Wonde id, and by a UPI or UPN: not whoever
    was here beside them with the same one."""
    for kind, wonde_id, key, row in _everybody(night, found):
        pk = _left_out_as(night, kind, wonde_id, key, row)
        said = night.said.get(kind, {}).get((wonde_id, pk))
        if pk is not None and found.why[kind].get(key) != "duplicate" and said is not False:
            found.why[kind][key] = "left_out_here"


def learn(night, found):
    """Whoever was known is known by tonight's ids and numbers too, but for a number that somebody here has."""
    for kind, wonde_id, key, row in _everybody(night, found):
        if found.why[kind].get(key) == "left_out_here":
            pk = _left_out_as(night, kind, wonde_id, key, row)
            others = [other for other_key, other in night.ours.here(kind).items() if other_key != key]
            (known,) = (known for of, whose, known, _ in night.out if (of, whose) == (kind, pk))
            known |= {wonde_id} | identifying(kind, row, others)


def identifying(kind, row, others):
    """The UPI and UPN of somebody that none of `others` has too."""
    return {row[name] for name in IDENTIFIERS[kind] if row[name] not in {"", *(other[name] for other in others)}}


def _everybody(night, found):
    for kind in ("students", "employees"):
        for wonde_id, raw in night.wonde.rows[kind].items():
            yield kind, wonde_id, found.keys[kind][wonde_id], row_of(kind, raw)


def _left_out_as(night, kind, wonde_id, key, row):
    """The primary key of the person left out whom this is, or None."""
    numbers = {row[name] for name in IDENTIFIERS[kind]} - {""}
    for of, pk, known, beside in night.out:
        is_beside = key in beside and key in night.ours.here(kind)
        if of == kind and (key == pk or wonde_id in known or (numbers & known and not is_beside)):
            return pk
    return None


def with_a_place(night, found, kind):
    """Keep who has a place in an imported class, whose place could not be read, and who is between classes."""
    link = PLACES[kind]
    placed = {ends[1] for ends in found.wanted[link]} | between_classes(night, found, kind)
    for pk, stay in night.ours.lasting(link).items():
        if link in found.aside or pk in found.safe[link]:
            placed.add(stay[column_of(link, kind)])
    for wonde_id, raw in night.wonde.rows[kind].items():
        key = found.keys[kind][wonde_id]
        if key in found.why[kind]:
            continue
        if key in placed:
            found.kept[kind][key] = row_of(kind, raw)
        else:
            found.why[kind][key] = "no_place"
