"""The form of a request: what is chosen on it, what that comes to, and what it decides."""

from django import forms

from classes import membership, outcome
from classes.models import ImportRequest
from schools.web.ids import as_id, as_ids
from sync.people.class_requests import Settlement

NO_NAME = "A student we do not hold"


class AnswerForm(forms.Form):
    answer = forms.CharField(
        required=False,
        max_length=1000,
        label="What the asker is told",
        help_text="In the mail and on their page. No names of students. Needed to decline.",
        widget=forms.Textarea(attrs={"rows": 3, "class": "input"}),
    )


def told(asked, looked, posted):
    """A request's check in words and rows; what was chosen (`posted`) stays chosen where it is still offered."""
    check = looked.check
    stays = {double.student: _chosen(posted, double, check) for double in check.doubles}
    offered = {double.student: set(double.classes) for double in check.doubles}
    swaps = _keys(posted, "swap") & {group.key for group in check.neighbours}
    leaves = asked.wish == ImportRequest.Wish.OUT
    as_chosen = outcome.of(check, _left_out(stays, offered), _asked_keys(check) if leaves else frozenset())
    swapped = outcome.of(check, _left_out(stays, offered, swaps), swaps)
    meant = _keys(posted, "empty")
    can_approve = not (as_chosen.unknown or looked.gone)
    return {
        "looked": looked,
        "check": check,
        "matrix": _matrix(check),
        "doubles": _named(asked.school, check, looked.rolls, stays),
        "outcome": as_chosen,
        "swapped": swapped if swaps else None,
        "swaps": swaps,
        "emptied": [] if leaves else {group.key: group for group in (*as_chosen.empty, *swapped.empty)}.values(),
        "meant": meant,
        "can_approve": can_approve,
        "may_press": leaves or (can_approve and _is_meant(as_chosen, meant)),
        "may_swap": can_approve and _is_meant(swapped, meant) and not swapped.in_two,
    }


def _matrix(check):
    """The check's matrix on its side, as a page has more room below than beside: what each asked class has, and a line
    for each class that shares students with one of them: (the class, [how many with each asked one])."""
    columns, rows = check.matrix()
    lines = zip(columns, zip(*(cells for _, cells, _ in rows), strict=True), strict=True)
    shared = [(column, [number for _, number in cells]) for column, cells in lines]
    return {"asked": rows, "lines": [(column, cells) for column, cells in shared if any(cells)]}


def settlement_of(posted, said):
    """What the form of a request decides: per student the one class they stay in, classes that leave, and those meant
    to be empty. Whoever stays in a class that leaves, or in none, is left out of nothing."""
    swaps = _keys(posted, "swap") if posted.get("do") == "swap" else set()
    students = posted.getlist("student")
    stays = {student: as_id(posted.get(f"stays-{student}", "")) for student in students}
    offered = {student: _keys(posted, f"in-{student}") for student in students}
    return Settlement(said, _left_out(stays, offered, swaps), frozenset(swaps), frozenset(_keys(posted, "empty")))


def _left_out(stays, offered, leaving=frozenset()):
    """The (student, class) pairs that are left out: of the classes offered and not leaving, all but the chosen one."""
    return frozenset(
        (student, key)
        for student, classes in offered.items()
        if stays[student] in classes - leaving
        for key in classes - leaving - {stays[student]}
    )


def _chosen(posted, double, check):
    """The class that is ticked for a student: the chosen one, else the one they are in."""
    said = as_id(posted.get(f"stays-{double.student}", ""))
    return said if said in double.classes else check.stays(double)


def _named(school, check, rolls, stays):
    """A row for each student who would be in two classes, by name."""
    names = membership.names(school, {double.student for double in check.doubles}, rolls)
    rows = [
        {
            "student": double.student,
            "name": names.get(double.student, NO_NAME),
            "classes": [check.groups[key] for key in double.classes],
            "stays": stays[double.student],
        }
        for double in check.doubles
    ]
    return sorted(rows, key=lambda row: row["name"].casefold())


def _is_meant(found, meant):
    return all(group.key in meant for group in found.empty)


def _asked_keys(check):
    return frozenset(group.key for group in check.asked)


def _keys(posted, name):
    return as_ids(posted.getlist(name))
