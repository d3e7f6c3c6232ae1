"""What a generated username must not spell. A short reviewed list, for what *we* join together, never for a real name.

Nobody is refused for being called Dick or Ana: a word only counts if it runs across the seam between a name and what we
add to it, and then another ending is chosen.
"""

from itertools import groupby
from operator import itemgetter
from pathlib import Path

LISTED = (Path(__file__).parents[1] / "words" / "unprintable.txt").read_text().split()
WORDS = frozenset(LISTED) | {f"{word}s" for word in LISTED}

# Every way such a word can fall across a seam, {what follows it: what precedes it}: "l" has "ana" of "anal".
_CUT = sorted((word[cut:], word[:cut]) for word in WORDS for cut in range(1, len(word)))
SEAMS = {after: tuple(before for _, before in pairs) for after, pairs in groupby(_CUT, key=itemgetter(0))}

# Numbers with a second meaning; those in `anywhere` also inside a longer number.
NUMBERS = frozenset({"14", "18", "28", "187", "311", "318", "420", "455", "911", "999", "1312", "8008", "80085"})
NUMBERS_ANYWHERE = ("69", "88", "666", "1488")


def spells_something(name, ending):
    """Whether a listed word runs across the seam between `name` and `ending`, both in letters a to z."""
    return any(name.endswith(SEAMS.get(ending[:after], ())) for after in range(1, len(ending) + 1))


def is_printable_number(number):
    """Whether a school would print `number` after a child's name."""
    text = str(number)
    return text not in NUMBERS and not any(part in text for part in NUMBERS_ANYWHERE)
