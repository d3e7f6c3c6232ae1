"""What it looks like when many students would go at once: a year group that leaves, classes that end, or a fault."""

from dataclasses import dataclass

from django.db.models import Count, Q

from classes.models import Enrolment
from schools.templatetags.words import and_list, count_of, year_words
from students.models import Student

FEW = 5  # students of whom nothing is concluded
NEARLY_ALL = 90  # per cent
NEARLY_WHOLE = 80  # per cent of a class: it has ended, though somebody of it went elsewhere
SMALL = 5  # students of a class whose share says nothing
NAMED = 3  # classes that a sentence names
FRACTIONS = (
    (15, "a tenth"), (22, "a fifth"), (29, "a quarter"), (40, "a third"), (60, "half"), (70, "two thirds"),
    (85, "three quarters"),
)  # fmt: skip


@dataclass(frozen=True)
class Share:
    """How many of a year group or a class would go, of how many."""

    name: str
    many: int
    of: int

    @property
    def percent(self):
        return round(100 * self.many / self.of) if self.of else 0


@dataclass(frozen=True)
class Loss:
    """years, classes: of those who lose somebody, the share. pattern: what it looks like, or ""."""

    years: list
    classes: list
    pattern: str

    @property
    def lists(self):
        return [("Year group", self.years), ("Class", self.classes)]


def of(school, students):
    """The `Loss` of these students (primary keys), by where they are now; two queries."""
    if not students:
        return Loss([], [], "")
    many = Count("pk", filter=Q(student__in=students))
    stays = Enrolment.objects.current().filter(school=school).values("school_class__name", "school_class")
    by_class = stays.annotate(many=many, of=Count("pk")).order_by("school_class__name", "school_class")
    classes = [Share(row["school_class__name"], row["many"], row["of"]) for row in by_class]
    of_year = Student.objects.shown().filter(school=school, left_at=None).values("year_group")
    by_year = of_year.annotate(many=Count("pk", filter=Q(pk__in=students)), of=Count("pk"))
    years = [Share(year_words(row["year_group"]) or "No year group", row["many"], row["of"]) for row in by_year]
    years.sort(key=lambda year: (len(year.name), year.name))
    return Loss(_hit(years), _hit(classes), pattern(years, classes))


def pattern(years, classes):
    """What the shares of all year groups and classes look like, in a sentence; "" where they look like nothing."""
    many, everybody = sum(year.many for year in years), sum(year.of for year in years)
    if many <= FEW:
        return ""
    if many == everybody:
        return f"All {many:,} students would go, which looks like a fault and not like students who left."
    whole = [one for one in classes if one.percent >= NEARLY_WHOLE and one.of > 1]
    if 2 * len(whole) <= len(classes) and _nearly_all(sum(one.many for one in whole), many):
        named = and_list(one.name for one in whole) if len(whole) <= NAMED else count_of(len(whole), "class,classes")
        said = _said(sum(one.many for one in whole), many)
        lose = "everybody" if all(one.many == one.of for one in whole) else "nearly everybody"
        if len(whole) == 1:
            return f"{said} in {named}, which loses {lose}. It may have ended or been renamed."
        return f"{said} in classes that lose {lose}: {named}. They may have ended or been renamed."
    if len(years) > 1:
        largest = max(years, key=lambda year: year.many)
        if _nearly_all(largest.many, many):
            return f"{_said(largest.many, many)} in {largest.name}. It may be a year group that left."
    return _evenly(classes)


def _evenly(classes):
    shares = [one for one in classes if one.of >= SMALL]
    if len(shares) <= NAMED or not all(one.many for one in shares):
        return ""
    overall = 100 * sum(one.many for one in shares) / sum(one.of for one in shares)
    if max(one.percent for one in shares) > 2 * overall:
        return ""
    share = next((words for most, words in FRACTIONS if overall <= most), "nearly all")
    return f"Every class loses about {share} of its students, which looks like a fault and not like students who left."


def _said(some, many):
    return "All of them are" if some == many else f"All but {many - some:,} are"


def _nearly_all(some, many):
    return some * 100 >= NEARLY_ALL * many


def _hit(shares):
    return [one for one in shares if one.many]
