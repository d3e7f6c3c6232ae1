"""What waits for a person, as a page lists it: in groups, each row with its name, class and year group."""

from dataclasses import dataclass, field, replace

from classes.models import Enrolment, SchoolClass
from schools.templatetags.words import year_words
from students.models import Student
from sync.models import Hold
from sync.models.decision import MISSING
from sync.rules.reasons import PERHAPS_HIDDEN
from sync.wording import sentences

ONE_LIST = 40  # so many students are one list; more are a list a class
EVERYBODY, KEPT = "all", "kept"  # the groups of all that is new, and of what somebody said to keep
NO_CLASS = "none"
LABELS = {
    "students": "Students",
    "classes": "Classes",
    "employees": "Staff",
    "contacts": "Parents and carers",
    "identity": "Students with another name and UPN",
    "addresses": "Parents and carers with another email address",
}


@dataclass
class Row:
    """told: a hold in words. school_class: a student's. group: the key of the list it stands in."""

    told: sentences.ToldChange
    year: str
    school_class: SchoolClass | None
    group: str
    is_ticked: bool = False

    @property
    def hold(self):
        return self.told.row

    @property
    def key(self):
        return self.hold.kind, self.hold.row_id

    @property
    def value(self):
        """As a form names it."""
        return f"{self.hold.kind}-{self.hold.row_id}"

    @property
    def nouns(self):
        """What a tick takes over, one and many; "" where it removes."""
        return sentences.DETAILS.get(self.hold.limit, "")


@dataclass
class Group:
    """Rows under one heading."""

    key: str
    label: str
    rows: list = field(default_factory=list)

    @property
    def has_some(self):
        """Whether some of it is ticked, and some is not."""
        return 0 < sum(row.is_ticked for row in self.rows) < len(self.rows)


@dataclass
class Listed:
    """All that waits for a school, in groups; what somebody said to keep is the last of them."""

    groups: list

    @property
    def rows(self):
        return [row for group in self.groups for row in group.rows]

    @property
    def new(self):
        return [row for row in self.rows if row.group != KEPT]

    @property
    def students(self):
        """Primary keys of those who would go, or are kept."""
        return [row.hold.row_id for row in self.rows if row.hold.kind == "students" and not row.nouns]

    def deletions(self, mis):
        """Whether the MIS has deleted those who are new and missing, as Wonde says; "" where nobody is missing."""
        said = [row.hold.deleted_in_mis for row in self.new if not row.nouns and row.hold.reason in MISSING]
        if not said:
            return ""
        deleted, known = said.count(True), None not in said
        if deleted and known:
            named = "all" if deleted == len(said) else f"{deleted:,}"
            return f"Wonde lists {named} of these {len(said):,} as deleted in {mis}."
        if deleted:
            return f"Wonde lists at least {deleted:,} of these {len(said):,} as deleted in {mis}."
        if known:
            return f"Wonde lists none of these {len(said):,} as deleted in {mis}."
        return f"Wonde does not say whether they were deleted in {mis}."

    @property
    def hidden(self):
        """How many of them are perhaps no longer shared with us."""
        return sum(row.hold.reason == PERHAPS_HIDDEN for row in self.rows)

    @property
    def ticked(self):
        return [row for row in self.rows if row.is_ticked]

    def tick(self, rows, groups):
        """Tick what a form named: rows, and whole groups."""
        for row in self.rows:
            everybody = EVERYBODY in groups and row.group != KEPT
            row.is_ticked = everybody or row.value in rows or row.group in groups


def waiting(rows):
    """How much that is, as `sentences.Waiting`."""
    details = {}
    for row in rows:
        if row.nouns:
            details[row.nouns] = details.get(row.nouns, 0) + 1
    return sentences.Waiting(len(rows) - sum(details.values()), [(many, nouns) for nouns, many in details.items()])


def of(school):
    """What waits for a person at `school`: the same number of queries whatever waits."""
    of_kind, by_name = sentences.in_order()
    holds = list(Hold.objects.listed().filter(school=school).select_related("kept_by").order_by(of_kind, by_name, "pk"))
    students = [hold.row_id for hold in holds if hold.kind == "students"]
    stays = Enrolment.objects.current().filter(student__in=students).select_related("school_class")
    in_class = {stay.student_id: stay.school_class for stay in stays}
    years = {
        (kind, pk): year
        for kind, model in (("students", Student), ("classes", SchoolClass))
        for pk, year in model.objects.shown()
        .filter(pk__in=[hold.row_id for hold in holds if hold.kind == kind])
        .values_list("pk", "year_group")
    }
    by_class = sum(_place_of(hold) == "students" for hold in holds) > ONE_LIST
    groups = {}
    for told in sentences.holds(holds):
        hold, told = told.row, replace(told, why=school.in_its_words(told.why))
        school_class = in_class.get(hold.row_id) if hold.kind == "students" else None
        key = _place_of(hold)
        label = LABELS.get(key, "Kept by somebody’s word")
        if key == "students" and by_class:
            key, label = (str(school_class.pk), school_class.name) if school_class else (NO_CLASS, "In no class")
        year = year_words(years.get((hold.kind, hold.row_id), ""))
        groups.setdefault(key, Group(key, label)).rows.append(Row(told, year, school_class, key))
    return Listed(sorted(groups.values(), key=_place))


def _place_of(hold):
    """The list a hold stands in, before students are parted by class."""
    if hold.kept_at:
        return KEPT
    return hold.limit if hold.limit in sentences.DETAILS else hold.kind


def _place(group):
    """Classes of students by name, then the other lists, then what is kept."""
    of_students = group.key.isdecimal() or group.key == NO_CLASS
    order = [*LABELS, KEPT]
    return (0, 0, group.label) if of_students else (1, order.index(group.key), "")
