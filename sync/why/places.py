"""The classes the MIS has somebody in, and what became of each place."""

from dataclasses import dataclass
from datetime import datetime

from classes.models import SchoolClass
from sync.wording.reasons import IN_WORDS


@dataclass(frozen=True)
class Place:
    """One class somebody is in or teaches. is_in: they are in it here. support: why not, in words for support.
    class_id: ours, if we have it."""

    name: str
    is_in: bool
    code: str
    sentence: str
    who: str
    support: str
    class_id: int | None
    since: datetime | None = None


MEMBERS = ("students", "employees")


def places_of(one, preview, ours, classes):
    """The places of a `finding.Found` among the classes of the school's own subjects, those they are in first.

    Members of other classes are never asked for, so those are not known. classes: ours, by primary key.
    """
    if one.kind not in MEMBERS or preview is None:
        return []
    screened = preview.decision.screened
    rows, places = screened.theirs["classes"], []
    for class_id, remote in preview.snapshot.members.items():
        members = getattr(remote, one.kind)
        if not members or not any(member.id == one.wonde_id for member in members.data):
            continue
        key = screened.keys["classes"].get(class_id)
        row = rows.get(key)
        if row is None:
            continue
        second = one.kind == "students" and (one.key, key) in screened.second
        code = row.reason if row.status == SchoolClass.Status.OUT else "second_class" if second else ""
        known = classes.get(key)
        places.append(
            Place(
                name=row.name,
                is_in=not code and one.key in screened.theirs[one.kind],
                code=code,
                sentence=_sentence(code),
                who=IN_WORDS[code].who if code in IN_WORDS else "",
                support=IN_WORDS[code].support if code in IN_WORDS else "",
                class_id=known.pk if known else None,
                since=known.status_since if known and code != "second_class" else None,
            )
        )
    return sorted(places, key=lambda place: (not place.is_in, place.name))


def _sentence(code):
    if code == "second_class":
        return "would be a second class, and a student belongs to one"
    return IN_WORDS[code].sentence if code in IN_WORDS else "is imported"
