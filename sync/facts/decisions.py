"""What people decided about classes and students, as plain data, and what follows from it."""

from collections.abc import Mapping

from msgspec import Struct, field

from sync.facts.kinds import Key


class Answer(Struct, frozen=True):
    """A person's word on what waits. asked: the name of exactly what they saw (`Judgement.asked`). kept: by kind and
    key, what of it stays; all else passes."""

    asked: str
    kept: Mapping[str, frozenset[Key]] = field(default_factory=dict)


class Decisions(Struct):
    """classes: key -> "in" or "out". chosen: student -> class. left_out: student -> classes. A student we did not hold
    at the time is named by Wonde id. members: the Wonde ids we keep for each class that is out."""

    classes: dict[Key, str] = field(default_factory=dict)
    chosen: dict[Key, Key] = field(default_factory=dict)
    left_out: dict[Key, set[Key]] = field(default_factory=dict)
    members: dict[Key, list[str]] = field(default_factory=dict)

    def with_keys(self, keys: Mapping[str, Key]) -> "Decisions":
        """The same, with our key for every student whom `keys` (Wonde id -> key) knows by now."""

        def known(student: Key) -> Key:
            return keys.get(student, student) if isinstance(student, str) else student

        return Decisions(
            self.classes,
            {known(student): key for student, key in self.chosen.items()},
            {known(student): classes for student, classes in self.left_out.items()},
            self.members,
        )

    def place(self, student: Key, offered: list[Key], now: Key | None) -> Key:
        """Which of the classes `offered` (in order) the student is in: the one somebody chose, else the one they are in
        now, else the first that they were not left out of."""
        chosen = self.chosen.get(student)
        if chosen is not None and chosen in offered:
            return chosen
        free = [key for key in offered if key not in self.left_out.get(student, ())] or offered
        return now if now is not None and now in free else free[0]

    def over(self, offered: Mapping[Key, list[Key]]) -> list[tuple[Key, Key]]:
        """(student, class) of choices about a conflict that is over: the student is in fewer than two imported classes,
        or no longer in the class it is about."""
        about = list(self.chosen.items())
        about += [(student, key) for student, classes in self.left_out.items() for key in sorted(classes, key=str)]
        return [(who, key) for who, key in about if len(offered.get(who, ())) < 2 or key not in offered[who]]
