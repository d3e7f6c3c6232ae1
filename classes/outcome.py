"""What an answer about classes does to each of them, in sentences: the same for support, for a lead's import and for
whoever asked."""

from collections import Counter
from dataclasses import dataclass, replace

from classes import membership
from classes.membership import ClassInCheck
from classes.models import ImportRequest, RequestedClass, SchoolClass
from schools.templatetags.words import and_list, count_of

BY_NAME = 4  # more classes than this are counted in the headline, not named
ANOTHER = "another class"  # one that the reader may not see


@dataclass(frozen=True)
class Effect:
    """What happens to one class. now, then: how many students it has before and after. goes: [(name of a class,
    how many of its students are there instead)]. comes: the same for those who come from there. adrift: how many are in
    no class afterwards."""

    group: ClassInCheck
    now: int
    then: int
    leaves: bool = False
    goes: tuple = ()
    comes: tuple = ()
    adrift: int = 0

    @property
    def short(self):
        if self.leaves:
            return f"{self.group.called} leaves"
        if self.group.is_asked:
            return f"{self.group.called} gains {self.then:,}" if self.then else f"nobody comes into {self.group.called}"
        return f"{self.group.called} loses {self.now - self.then:,}"

    @property
    def sentence(self):
        if not self.group.known:
            return f"Who is in {self.group.called} is not known."
        return self._leaving() if self.leaves else self._coming_in() if self.group.is_asked else self._losing()

    def _coming_in(self):
        name, size = self.group.called, self.group.size
        stay = f": {_each(self.goes, 'is in', 'are in')}" if self.goes else ""
        if not self.then:
            return f"{name} comes in with nobody in it{stay}."
        whole = f"{self.then:,} of its {size:,} students" if self.then < size else f"its {count_of(size, 'student')}"
        moved = f"; {_each(self.comes, 'comes from', 'come from')}" if self.comes else ""
        return f"{name} comes in with {whole}{stay}{moved}."

    def _losing(self):
        if not self.then:
            return f"{self.group.called} loses its {count_of(self.now, 'student')}: nobody is left in it."
        return f"{self.group.called} loses {self.now - self.then:,} of its {count_of(self.now, 'student')}."

    def _leaving(self):
        if not self.now:
            return f"{self.group.called} leaves. Nobody is in it."
        if not self.adrift:
            return f"{self.group.called} leaves. Each of its {count_of(self.now, 'student')} is in another class."
        whole = count_of(self.now, "student")
        adrift = f"Its {whole}" if self.adrift == self.now else f"{self.adrift:,} of its {whole}"
        are = "is" if self.adrift == 1 else "are"
        then = f"{are} in no class then, unless the MIS has them in another that is in"
        return f"{self.group.called} leaves. {adrift} {then}."


@dataclass(frozen=True)
class Outcome:
    """What would happen. placed: where each of those who would be in two classes is instead, [(class, how many)].
    in_two: how many would be in two all the same. empty: classes nobody would be in."""

    effects: tuple[Effect, ...]
    doubles: int
    placed: tuple
    in_two: int
    empty: tuple[ClassInCheck, ...]

    @property
    def unknown(self):
        return [effect.group for effect in self.effects if not effect.group.known]

    @property
    def nobody_in(self):
        """The names of the classes nobody would be in."""
        return and_list(group.called for group in self.empty)

    @property
    def headline(self):
        """All of it in one sentence."""
        if not self.effects:
            return "Nothing changes: no class that was asked for is still there."
        parts = [effect.short for effect in self.effects if effect.group.known]
        if len(parts) > BY_NAME:
            parts = [
                f"{count_of(len(some), 'class,classes')} {words}"
                for some, words in (
                    (self._gaining, f"gain {sum(one.then for one in self._gaining):,}"),
                    (self._losing, f"lose {sum(one.now - one.then for one in self._losing):,}"),
                    (self._leaving, "leave"),
                )
                if some
            ]
        unknown = [f"who is in {and_list(group.called for group in self.unknown)} is not known"] if self.unknown else []
        whole = "; ".join([", ".join(parts), self._who_is_in_two(), *unknown] if parts else unknown)
        return whole[:1].upper() + whole[1:] + "."

    @property
    def overlap(self):
        """Where those are who would be in two classes, in a sentence; "" if nobody would be."""
        if not self.doubles:
            return ""
        asked = count_of(self.doubles, "student") + " would be in two classes"
        if self.in_two:
            return f"{asked}, and {self.in_two:,} still {'is' if self.in_two == 1 else 'are'}."
        stays = [(group.called, number) for group, number in self.placed if not group.is_asked]
        goes = [(group.called, number) for group, number in self.placed if group.is_asked]
        said = [_each(stays, "stays in", "stay in"), _each(goes, "goes into", "go into")]
        return f"{asked}: {' and '.join(part for part in said if part)}."

    @property
    def sentences(self):
        told = [effect.sentence for effect in self.effects]
        said_already = len(told) == 1 and not self.in_two  # the one class said where its students are
        return told if said_already or not self.overlap else [*told, self.overlap]

    @property
    def _gaining(self):
        return [effect for effect in self.effects if effect.group.is_asked and effect.group.known and not effect.leaves]

    @property
    def _losing(self):
        return [effect for effect in self.effects if not (effect.group.is_asked or effect.leaves)]

    @property
    def _leaving(self):
        return [effect for effect in self.effects if effect.leaves]

    def _who_is_in_two(self):
        if not self.in_two:
            return "nobody is in two"
        return f"{count_of(self.in_two, 'student')} would be in two"


def of(check, left_out=frozenset(), leaving=frozenset()):
    """What `check` (`classes.membership`) comes to once `left_out` ((student, class) pairs) is obeyed and the classes
    `leaving` (keys) are out."""
    groups = {group.key: group for group in check.asked + check.neighbours}
    stays = {
        key: {student for student in group.members if (student, key) not in left_out}
        for key, group in groups.items()
        if key not in leaving
    }
    then_in = Counter(student for students in stays.values() for student in students)
    left = {double.student: [key for key in double.classes if double.student in stays.get(key, ())]
            for double in check.doubles}  # fmt: skip
    placed = Counter(keys[0] for keys in left.values() if len(keys) == 1)
    empty = [group for group in check.emptied(left_out) if group.key not in leaving]
    effects = [_effect(group, groups, stays, then_in, leaving) for group in groups.values()]
    return Outcome(
        effects=tuple(one for one in effects if one.leaves or one.group.is_asked or one.then < one.now),
        doubles=len(check.doubles),
        placed=tuple(
            (groups[key], placed[key]) for key in sorted(placed, key=lambda key: (-placed[key], groups[key].called))
        ),
        in_two=sum(1 for keys in left.values() if len(keys) > 1),
        empty=tuple(empty),
    )


def foreseen(request, reader):
    """What a waiting request would do by the last sync if nobody chooses otherwise, as `reader` may know it: classes
    they cannot read stay unnamed, and what happens to them is left out. Four queries."""
    asked = set(RequestedClass.objects.filter(request=request).values_list("school_class", flat=True))
    check = membership.of_school(request.school, asked)
    known = set(SchoolClass.objects.visible_to(reader).filter(pk__in=check.groups).values_list("pk", flat=True))
    unnamed = {key: replace(group, name=ANOTHER) for key, group in check.groups.items() if key not in known}
    leaving = asked if request.wish == ImportRequest.Wish.OUT else frozenset()
    found = of(replace(check, groups=check.groups | unnamed), check.as_it_comes, leaving)
    return replace(found, effects=tuple(effect for effect in found.effects if effect.group.key in known))


def _effect(group, groups, stays, then_in, leaving):
    if group.key in leaving:
        adrift = sum(1 for student in group.members if not then_in[student])
        return Effect(group, group.size, 0, leaves=True, adrift=adrift)
    here = stays[group.key]
    if not group.is_asked:
        return Effect(group, group.size, len(here))
    goes, comes = Counter(), Counter()
    for other in groups.values():
        if other is not group:
            goes[other.called] += len((group.members - here) & stays.get(other.key, set()))
            if not other.is_asked:
                comes[other.called] += len(here & (other.members - stays.get(other.key, set())))
    return Effect(group, 0, len(here), goes=_counted(goes), comes=_counted(comes))


def _counted(numbers):
    return tuple(
        sorted(((name, number) for name, number in numbers.items() if number), key=lambda one: (-one[1], one[0]))
    )


def _each(numbers, one, many):
    """ "2 stay in 8y/Ma1 and 1 in 8y/Ma2"."""
    if not numbers:
        return ""
    (name, number), *others = numbers
    first = f"{number:,} {one if number == 1 else many} {name}"
    preposition = one.rsplit(" ", 1)[-1]
    return and_list([first, *(f"{number:,} {preposition} {name}" for name, number in others)])
