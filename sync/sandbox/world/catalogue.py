"""Which schools a sandbox has: the three of the demo, or any number from a seed, and a few that have not approved the
app.
"""

from datetime import timedelta

from sync.sandbox import choices
from sync.sandbox.world import chance, names
from sync.sandbox.world.world import Profile

STRANGERS = ("pending", "declined", "revoked", "offline", "none")
SECONDARY, PRIMARY, INDEPENDENT = "A1930450011", "A1930450022", "A1930450033"
DEMO = (
    (SECONDARY, "Fenbrook Academy", "sims", "secondary", 1200, "Fenbrook"),
    (PRIMARY, "Hazel Park Primary School", "arbor", "primary", 420, "Ashmere"),
    (INDEPENDENT, "St Aldhelm's School", "wcbs", "independent", 600, "Holtby"),
)
OUTCODES = {"england": ("CB25", "LS98", "NE99", "PL99"), "scotland": ("EH95", "G79"), "australia": ("2999", "3999")}


def demo_schools(seed, start):
    """The demo's three schools under ids that never change. They grant what a roster needs, and nothing else."""
    return [
        Profile(
            school_id, name, f"{seed}/{school_id}", mis, "england", phase, students, "approved",
            tuple(sorted(choices.ROSTER_SCOPES)), 149901 + number, str(4021 + number), "873", town, "CB25 9ZZ",
            start - timedelta(days=95),
        )
        for number, (school_id, name, mis, phase, students, town) in enumerate(DEMO)
    ]  # fmt: skip


def invented_schools(seed, start, count, students, mis, country, phase):
    """`count` schools of `students` students each. The nth school of a seed is the same, however many there are."""
    return [_invented(seed, start, number, students, mis, country, phase, "approved") for number in range(count)]


def strangers(seed, start, country):
    """One small school for each state of access other than approved, so that every list of schools has something in
    it."""
    return [
        _invented(f"{seed}/strangers", start, number, 60, "sims", country, "secondary", access)
        for number, access in enumerate(STRANGERS)
    ]


def _invented(seed, start, number, students, mis, country, phase, access):
    rng = chance.dice(seed, "profile", number)
    english = country == "england"
    kind = "Primary School" if phase == "primary" else rng.choice(names.SCHOOL_WORDS)
    return Profile(
        chance.wonde_id(seed, "school", number), f"{rng.choice(names.SAINTS)} {kind}", f"{seed}/{number}", mis, country,
        phase, students, access, tuple(sorted(choices.ALL_SCOPES)), 149000 + number if english else None,
        f"{4000 + number % 1000}" if english else None, str(rng.randint(800, 999)) if english else None,
        rng.choice(names.TOWNS), f"{rng.choice(OUTCODES[country])} {rng.randint(1, 9)}ZZ",
        start - timedelta(days=rng.randint(20, 200)),
    )  # fmt: skip
