"""The students of a school as a list: which of them are asked for, how many there are of each, and as a file."""

from dataclasses import dataclass

from django.db.models import Count, Q

from schools.files.csv_out import as_csv
from schools.templatetags.words import year_words
from schools.web.ids import as_id
from schools.web.tables import IN_SCHOOL_ORDER

HERE = Q(left_at=None)
# {word in the address: (label, which students of `for_list`)}.
STATES = {
    "": ("Everyone here", HERE),
    "never": ("Never signed in", HERE & Q(user__isnull=False, user__last_login=None)),
    "asks": ("Waiting for a card", HERE & Q(asks_for_code=True)),
    "between": ("Between classes", HERE & Q(stay=None)),
    "left": ("Left", ~HERE),
}
HEAD = [
    "Surname", "First name", "Year group", "Class", "Username", "Last signed in", "Card works until", "Asks for a card",
    "Left",
]  # fmt: skip


def for_list(students):
    """`students`, each with what the list shows: `stay`, the card (`code`) and how signing in stands."""
    return students.with_signin().with_stay().select_related("code", "user")


@dataclass(frozen=True)
class StudentFilter:
    """state: a word of STATES; year: "" means every one; school_class: by id, None means every one."""

    state: str = ""
    year: str = ""
    school_class: int | None = None

    @classmethod
    def asked(cls, request):
        state, year = request.GET.get("state", ""), request.GET.get("year", "")
        return cls(state if state in STATES else "", year, as_id(request.GET.get("class", "")))

    def apply(self, students):
        return students.filter(*self._conditions().values())

    def choices(self, students):
        """What else could be chosen among `students`, each with how many there would be: three queries.

        {"states": [(word, label, number)], "years": [(year, number)], "classes": [(id, name, number)]}
        """
        counts = {f"in_{word}": Count("pk", filter=asked) for word, (_, asked) in STATES.items()}
        numbers = self._but(students, "state").aggregate(**counts)
        years = self._but(students, "year").exclude(year_group="").values("year_group").annotate(number=Count("pk"))
        classes = self._but(students, "class").exclude(stay=None)
        name = "stay__school_class__name"
        return {
            "states": [(word, label, numbers[f"in_{word}"]) for word, (label, _) in STATES.items()],
            "years": list(years.order_by(IN_SCHOOL_ORDER).values_list("year_group", "number")),
            "classes": list(
                classes.values("stay__school_class", name)
                .annotate(number=Count("pk"))
                .order_by("stay__school_class__sort_name", "stay__school_class")
                .values_list("stay__school_class", name, "number")
            ),
        }

    def _conditions(self):
        asked = {"state": STATES[self.state][1]}
        if self.year:
            asked["year"] = Q(year_group=self.year)
        if self.school_class is not None:
            asked["class"] = Q(stay__school_class=self.school_class)
        return asked

    def _but(self, students, name):
        """Those that everything but the choice `name` leaves."""
        conditions = self._conditions()
        conditions.pop(name, None)
        return students.filter(*conditions.values()).order_by()


def students_csv(students, zone):
    """Students of `for_list` as text, one line each."""
    return as_csv(HEAD, [_cells(student, zone) for student in students])


def _cells(student, zone):
    user, works_until = student.user, student.code.expires_at if student.has_code else None
    return [
        student.surname,
        student.forename,
        year_words(student.year_group),
        student.stay.school_class.name if student.stay else "",
        user.username if user else "",
        _date(user and user.last_login, zone),
        _date(works_until, zone),
        "yes" if student.asks_for_code else "",
        _date(student.left_at, zone),
    ]


def _date(moment, zone):
    return moment.astimezone(zone).date() if moment else ""
