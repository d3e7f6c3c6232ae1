"""What a school may share of a student beside the class lists: what Wonde says of it, and whose is kept."""

from tests.sync.oracle.words import DETAILS, day_of, inside, tidy

YES, NO = {"true", "y", "yes", "1"}, {"false", "n", "no", "0"}
SEN = {
    "none": {"n", "no special educational need", "n - no sen"},
    "support": {"k", "sen support", "k - sen support", "a", "p"},
    "plan": {"e", "ehc plan", "e - education, health and care plan", "s"},
}


def said_of_student(raw):
    """Column -> what we may keep, "" for nothing: a birthday without its year, yes or no, how much support."""
    extended, born = inside(raw, "extended_details"), day_of(raw.get("date_of_birth"))
    gender = " ".join(tidy(raw.get("gender")).split())[:20]
    sen = str(extended.get("sen_status")).lower()
    return {
        "gender": "" if gender.lower() in ("-", "n/a") else gender,
        "birthday": f"{born.month:02}-{born.day:02}" if born else "",
        "eal": _answer(extended.get("english_as_additional_language")),
        "pupil_premium": _answer(extended.get("premium_pupil_indicator")),
        "sen": next((level for level, spellings in SEN.items() if sen in spellings), ""),
    }


def _answer(value):
    text = str(value).lower()
    return "yes" if text in YES else "no" if text in NO else ""


def details(night, found):
    """Those of kept students."""
    for wonde_id, says in night.wonde.details.items():
        key = found.keys["students"][wonde_id]
        if key in found.kept["students"]:
            found.details[key] = dict(says)


def stand(night, found, out):
    """Put into `out` what is said of kept students; and whoever is not here any more takes theirs along."""
    for key, says in found.details.items():
        before = night.ours.details.get(key, {"pk": None})
        out.details[key] = says | {"pk": before["pk"], "here": True}
    for key, row in out.details.items():
        if row["here"] and not out.rows["students"][key]["here"]:
            row["here"] = False
            out.gone["details", row["pk"]] = "follows"


def undone(ours, out, changes, everything):
    """As `oracle.undone`, once it is known which students are here. What says nothing an erasure has left, or it says
    nothing tonight either: it waits for the next sync."""
    of_whom = {row["pk"]: key for key, row in ours.details.items()}
    for change in changes:
        if change["kind"] != "details":
            continue
        key, pk = of_whom[change["row_id"]], change["row_id"]
        row, was_here = out.details[key], ours.details[key]["here"]
        if change["verb"] == "remove":
            has_student = out.rows["students"].get(key, {"here": False})["here"]
            row["here"] = was_here or (has_student and any(row[name] for name in DETAILS))
        elif everything and was_here and change["verb"] in ("create", "return"):
            out.gone["details", pk] = "undone"
            row["here"] = False
        elif everything and was_here:
            row |= {name: before for name, (before, _) in (change["values"] or {}).items()}
