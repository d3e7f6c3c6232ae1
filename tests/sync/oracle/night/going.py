"""Who of ours would go, and how."""

from collections import defaultdict
from dataclasses import dataclass

from tests.sync.oracle.words import BY_PERSON, LINKS, PLACES, ROWS, column_of, ends_of


def _nobody():
    return {name: set() for name in (*ROWS, *LINKS)}


@dataclass
class Going:
    """By kind or link, primary keys of ours. ended: by the MIS or a person. absent: missing. placeless: listed and not
    kept. put_out: what the MIS or a person ended, with classes that stay in the table without their places. moving:
    (link, primary key) of places that end because the student has another.
    """

    ended: dict
    absent: dict
    placeless: dict
    put_out: dict
    moving: set

    def would_go(self, kind, key):
        return key in self.absent[kind] or key in self.placeless[kind]

    def freed(self, link, stay):
        """Whether a place goes because the MIS or a person ended what it hangs from."""
        return any(stay[column] in self.put_out[kind] for column, kind in LINKS[link][1].items())


def going(night, found):
    out = Going(_nobody(), _nobody(), _nobody(), _nobody(), set())
    for kind in ROWS.keys() - found.aside:
        reasons, here = found.why[kind], night.ours.here(kind)
        out.put_out[kind] = {key for key in here if reasons.get(key) in BY_PERSON}
        if kind == "classes":
            out.put_out[kind] = {key for key in here if key in reasons}
        for key in here.keys() - found.kept[kind].keys() - found.safe[kind]:
            _how(out, reasons.get(key))[kind].add(key)
    for link in LINKS.keys() - found.aside:
        for pk, stay in night.ours.lasting(link).items():
            ends = ends_of(link, stay)
            if ends in found.wanted[link]:
                continue
            if link == "enrolments" and _goes_to_another(found, stay):
                out.moving.add((link, pk))
            elif pk not in found.safe[link]:
                _how(out, found.why["guardianships"].get(ends) if link == "guardianships" else None)[link].add(pk)
    return out


def _how(out, reason):
    return out.ended if reason in BY_PERSON else out.placeless if reason else out.absent


def _goes_to_another(found, stay):
    return any(who == stay["student"] and key != stay["school_class"] for key, who in found.wanted["enrolments"])


def unasked(night, out, kind, alone=True):
    """Who of a kind of people would go although nobody said so: they are what limits count.

    alone: without those who only go with all their children, who are counted.
    """
    link, counted = PLACES[kind], set(out.absent[kind])
    places = defaultdict(dict)
    for pk, stay in night.ours.lasting(link).items():
        places[stay[column_of(link, kind)]][pk] = stay
    for key in out.placeless[kind]:
        ended = [pk in out.ended[link] or out.freed(link, stay) for pk, stay in places[key].items()]
        if not ended or not all(ended):
            counted.add(key)
    if kind == "contacts" and alone:
        gone = out.absent["students"] | out.placeless["students"] | out.ended["students"]
        for key in set(counted):
            children = {
                stay["student"]
                for pk, stay in places[key].items()
                if pk not in out.ended[link] and not out.freed(link, stay)
            }
            if children and children <= gone:
                counted.discard(key)
    return counted
