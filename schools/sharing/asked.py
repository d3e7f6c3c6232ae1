"""What is asked of a school, in words that can be kept: as a page shows it, and as a receipt proves it.

Pure. The words of fields belong to the sync, so whoever asks brings them.
"""

from collections.abc import Callable, Collection
from itertools import groupby
from typing import Any

from schools.sharing.purposes import PURPOSES

Snapshot = list[dict[str, Any]]


def snapshot(on: Collection[str], label: Callable[[str], tuple[str, str]]) -> Snapshot:
    """All that this version asks, purpose by purpose, as plain data.

    on: the purposes that are on. label: the words of a field and of its kind: "students.upn" -> ("UPN", "students").
    Each purpose: {key, title, why, keeps, always, on, fields: [{name, label, of}], permissions: [in Wonde's spelling]}.
    """
    return [
        {
            "key": key,
            "title": purpose.title,
            "why": purpose.why,
            "keeps": purpose.keeps,
            "always": purpose.always,
            "on": key in on,
            "fields": [
                dict(zip(("name", "label", "of"), (each.name, *label(each.name)), strict=True))
                for each in purpose.asked
            ],
            "permissions": sorted({*purpose.needs, *(each.wonde for each in purpose.asked)}),
        }
        for key, purpose in PURPOSES.items()
    ]


def names(asked: Snapshot) -> frozenset[str]:
    """The fields that purposes which are on ask for: what may be asked of Wonde once the school agrees."""
    return frozenset(field["name"] for purpose in asked if purpose["on"] for field in purpose["fields"])


def permissions(asked: Snapshot) -> list[str]:
    """What Wonde has to grant for it."""
    return sorted({each for purpose in asked if purpose["on"] for each in purpose["permissions"]})


def in_words(purpose: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The fields of one purpose as people say them: [("students", ["first name", "surname"])]."""
    return [
        (of, [field["label"] for field in fields])
        for of, fields in groupby(purpose["fields"], key=lambda field: field["of"])
    ]
