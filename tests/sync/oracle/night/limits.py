"""What waits for a person: more missing than a school allows, and too many new details at once."""

from dataclasses import dataclass, field

from tests.sync.oracle.night import keeping
from tests.sync.oracle.night.going import unasked
from tests.sync.oracle.night.keeping import PEOPLE, Kept
from tests.sync.oracle.words import LINKS, WEEK


@dataclass
class Judged:
    """counted: kind -> who would go unasked. held: (kind or link, primary key) that stay for now. unsettled: kind ->
    whose new details wait. released: what had been held and a person said yes to. confirmed: a person has seen every
    name that goes. at_once: whom the MIS said were not here, with a person's yes. kept: what people said to keep.
    now_kept: what a person keeps from this run on."""

    counted: dict = field(default_factory=dict)
    held: set = field(default_factory=set)
    unsettled: dict = field(default_factory=dict)
    released: set = field(default_factory=set)
    confirmed: bool = False
    at_once: set = field(default_factory=set)
    kept: Kept = field(default_factory=Kept)
    now_kept: set = field(default_factory=set)

    @property
    def waits(self):
        return self.held | {(kind, key) for kind, keys in self.unsettled.items() for key in keys}


def judged(night, found, going, at_once, stated, kept):
    """Exactly what a person said yes to passes; if anything else waits now, all of it waits again. At a rollover
    nothing waits, and from a year's end until the next has settled classes come and go as they do. at_once: (kind,
    key) of whom the MIS says too many are not here; they are not counted as missing, nor is who stays with them, nor
    whom a person keeps. stated: at_once, and whom a person keeps although the MIS says that they are not here."""
    counted = {kind: unasked(night, going, kind) for kind in PEOPLE}
    if night.year.confirmed:
        return Judged(counted, confirmed=True, kept=kept)
    held = _with_what_hangs(night, going, at_once | kept.stays)
    stay = {kind: {key for what, key in held if what == kind} for kind in PEOPLE}
    counted = {kind: keys - stay[kind] for kind, keys in counted.items()}
    if not night.year.between:
        classes = night.ours.here("classes")
        here = {key for key in going.absent["classes"] if classes[key]["status"] == "in"}
        counted["classes"] = {key for key in here if ("classes", key) not in held}
        held = held | _over_class_limits(night, going, counted["students"])
    for kind, keys in counted.items():
        word = [key for what, key in kept.stays if what == kind]
        held = held | _over_kind_limits(night, going, kind, keys, stay.get(kind, set()), word)
    out = Judged(counted, _with_what_hangs(night, going, held), _too_much_at_once(night, found), kept=kept)
    if night.approved and out.waits == night.approved:
        return _answered(night, going, out, stated)
    return out


def _answered(night, going, waiting, stated):
    """Of what waits, what the person kept stays, with what hangs from it; but no student and nobody of the staff whom
    they let go."""
    dropped = {(kind, key) for kind, key in waiting.held - night.keeps if kind in ("students", "employees")}
    stay = _with_what_hangs(night, going, waiting.held & night.keeps, dropped)
    late = {kind: {key for key in keys if (kind, key) in night.keeps} for kind, keys in waiting.unsettled.items()}
    out = Judged(waiting.counted, stay, late, released=waiting.held - stay, at_once=stated, kept=waiting.kept)
    out.now_kept = {
        (kind, key)
        for kind, key in out.waits
        if kind in ("students", "employees", "classes") or (kind, key) in night.keeps
    }
    return out


def _over(count, week_ago, free, share):
    return count > free and count * 100 > share * week_ago


def _week(night, kind):
    """How many there were a week ago, and how many went missing since and are not back."""
    since = night.now - WEEK
    before = [sizes for moment, sizes in night.ours.sizes if moment <= since]
    after = [sizes for moment, sizes in night.ours.sizes if moment > since]
    known = before[-1] if before else after[0] if after else {}
    classes = night.ours.rows["classes"]
    gone = {
        pk
        for moment, what, pk in night.ours.gone
        if what == kind
        and moment > since
        and pk not in night.ours.here(kind)
        and not (kind == "classes" and classes[pk]["status"] == "out")
    }
    return (known.get(kind), len(gone)) if kind in known else (None, 0)


def _over_kind_limits(night, going, kind, keys, stay, word):
    present = night.ours.here(kind)
    if kind == "classes":
        present = {key for key, row in present.items() if row["status"] == "in"}
        others = {key for key in present if key in going.put_out[kind]}
    else:
        others = going.ended[kind] | (going.placeless[kind] - keys - stay)
    start, gone = _week(night, kind)
    start = start or len(present) + gone
    everybody = len(keys) >= len(present) - len(others) - len(word)
    over = _over(len(keys) + gone, start, night.rules["kind_free"], night.rules["kind_share"])
    return {(kind, key) for key in keys} if keys and (everybody or over) else set()


def _over_class_limits(night, going, students):
    """Students who would be left in no class, class by class; where the class goes too, the class is counted."""
    held, since = set(), night.now - WEEK
    absences = {pk for _, kind, pk in night.ours.gone if kind == "enrolments"}
    placed = {stay["student"] for stay in night.ours.lasting("enrolments").values()}
    of_places = {stay["school_class"] for stay in night.ours.lasting("enrolments").values()}
    for key in (night.ours.here("classes").keys() | of_places) - going.absent["classes"]:
        begin = max(since, night.ours.made_at[key])
        stays = {pk: s for pk, s in night.ours.stays["enrolments"].items() if s["school_class"] == key}
        now = [stay["student"] for stay in stays.values() if stay["left_at"] is None]
        leaving = {student for student in now if student in students}
        gone = {
            s["student"]
            for pk, s in stays.items()
            if s["left_at"] and s["left_at"] > since and pk in absences and s["student"] not in placed
        }
        start = [s for s in stays.values() if s["joined_at"] <= begin and not (s["left_at"] and s["left_at"] <= begin)]
        size = len(start) or len(now) + len(gone)
        if leaving and _over(len(leaving) + len(gone), size, night.rules["class_free"], night.rules["class_share"]):
            held |= {("students", student) for student in leaving}
    return held


def _with_what_hangs(night, going, held, dropped=frozenset()):
    """A person who stays keeps the place, a place keeps its class, a class keeps who would be left in none, but for
    the dropped."""
    grown = True
    while grown:
        grown = False
        for link, (_, ends, _) in LINKS.items():
            for pk in going.absent[link] | going.placeless[link]:
                stay = night.ours.stays[link][pk]
                near = [(kind, stay[column]) for column, kind in ends.items()]
                if (link, pk) in held or going.freed(link, stay) or not any(end in held for end in near):
                    continue
                others = [end for end in near if end not in held and going.would_go(*end)]
                if all(_goes_only_with(going, link, *end) and end not in dropped for end in others):
                    held = held | {(link, pk), *others}
                    grown = True
    return held


def _goes_only_with(going, link, kind, key):
    """Whether the other end of a place that is held is held for its sake."""
    if kind == "contacts":
        return True
    if kind == "classes":
        return link == "enrolments"
    return link != "guardianships" and key in going.placeless[kind]


def other_children(night, found):
    """Students under whose id both name and UPN are others, if they are many, or a person said that they are not."""
    changed = set()
    for key, row in found.kept["students"].items():
        before = night.ours.here("students").get(key)
        renamed = before and (before["surname"], before["forename"]) != (row["surname"], row["forename"])
        if renamed and before["upn"] and before["upn"] != row["upn"]:
            changed.add(key)
    if night.year.confirmed:
        return set()
    known = changed & keeping.of(night, "students", "identity")
    return known | (changed - known if len(changed - known) > 5 else set())


def _too_much_at_once(night, found):
    """New details of many people at once wait: name and UPN of students, addresses of parents."""
    late, present = {}, night.ours.here("contacts")
    if changed := other_children(night, found):
        late["students"] = changed
    changed = _other_addresses(night, found)
    known = changed & keeping.of(night, "contacts", "addresses")
    had = [key for key in changed - known if present[key]["email"]]
    late["contacts"] = known | (
        changed - known if _over(len(had), len(present), night.rules["kind_free"], 20) else set()
    )
    return late


def _other_addresses(night, found):
    present = night.ours.here("contacts")
    return {
        key for key, row in found.kept["contacts"].items() if key in present and present[key]["email"] != row["email"]
    }


def old_details(night, found):
    """(kind, key) of whom the MIS still says what a person refused to take over."""
    students = other_children(night, found) & keeping.of(night, "students", "identity")
    contacts = _other_addresses(night, found) & keeping.of(night, "contacts", "addresses")
    return {("students", key) for key in students} | {("contacts", key) for key in contacts}
