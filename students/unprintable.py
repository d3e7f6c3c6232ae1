"""What a generated username must not spell. A short reviewed list, for what *we* glue together, never a real name.

Nobody is refused for being called Dick or Ana: a word only counts where it runs across the seam between a name and
what we put behind it, and then another ending is taken.
"""

from pathlib import Path

LISTED = (Path(__file__).parent / "words" / "unprintable.txt").read_text().split()
WORDS = frozenset(LISTED) | {f"{word}s" for word in LISTED}

# Every way such a word can fall across a seam: ("ana", "l"), ("an", "al"), ("a", "nal") for "anal".
SEAMS = frozenset((word[:cut], word[cut:]) for word in WORDS for cut in range(1, len(word)))
LONGEST = max(map(len, WORDS))

# Numbers with a second meaning; `anywhere` also inside a longer number.
NUMBERS = frozenset({"14", "18", "28", "187", "311", "318", "420", "455", "911", "999", "1312", "8008", "80085"})
NUMBERS_ANYWHERE = ("69", "88", "666", "1488")


def spells_something(name, ending):
    """Whether a listed word runs across the seam of `name` and `ending`, both in letters a to z."""
    return any(
        (name[-before:], ending[:after]) in SEAMS
        for before in range(1, min(len(name), LONGEST) + 1)
        for after in range(1, min(len(ending), LONGEST) + 1)
    )


def is_printable_number(number):
    """Whether a school would print `number` behind a child's name."""
    text = str(number)
    return text not in NUMBERS and not any(part in text for part in NUMBERS_ANYWHERE)
