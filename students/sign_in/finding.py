"""Which school a student means by what they type: the code on their card, or the name as they would write it.

Names are compared as everywhere (`schools.text.names`). What schools shorten in their names is the same here too: "St"
and "Saint", "C of E" and "Church of England".
"""

import re
from functools import reduce
from operator import or_

from django.db.models import Case, Q, Value, When

from schools.models import School
from schools.models.named import like
from schools.text.names import fold, sort_name

SHORTEST = 3  # letters of a name: with fewer, anybody could list all schools
ALIKE = [
    ["st", "saint"],
    ["ce", "coe", "cofe", "church of england"],
    ["rc", "catholic", "roman catholic"],
]
MINOR = {"and", "the"}
_DOOR = re.compile(r"/s/([^/?#]+)", re.IGNORECASE)  # somebody types or pastes the whole address


def schools_meant(typed):
    """Schools that `typed` may mean: the one with this code first, then those with all its words, then by name."""
    code, (rest, alike) = _has_code(typed), _reading(typed)
    ranks = [When(code, then=Value(0)), When(like(rest, whole=True) & alike, then=Value(1))]
    found = School.objects.shown().filter(code | like(typed) | (like(rest) & alike))
    return found.order_by(Case(*ranks, default=Value(2)), "sort_name", "pk")


def is_code_of(typed, school):
    """Whether `typed` is the code of `school`, in any case, with whatever stands in place of its hyphens."""
    return _letters(typed) == _letters(school.code)


def _letters(typed):
    door = _DOOR.search(typed)
    return re.sub("[^a-z0-9]", "", fold(door[1] if door else typed))


def _has_code(typed):
    letters = _letters(typed)
    return Q(code__regex=f"^{'[-_]*'.join(letters)}[-_]*$") if letters else Q(pk__in=[])


def _reading(typed):
    """What was typed without the words that schools write in several ways, and the condition that a school's name has
    each of these in one of its forms."""
    rest, alike = sort_name(typed).replace("-", " "), Q()
    for forms in ALIKE:
        spelt = "|".join(" ?".join(form.replace(" ", "")) for form in forms)  # "C of E" also as "CofE" and "C.o.f.E."
        rest, number = re.subn(rf"(?<!\S)({spelt})(?!\S)", " ", rest)
        if number:
            alike &= reduce(or_, (like(form, whole=True) for form in forms))
    rest = " ".join(word for word in rest.split() if word not in MINOR)
    return (rest, alike) if len(rest) >= SHORTEST else (typed, Q())
