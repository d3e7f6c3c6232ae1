"""Who decided what became of somebody, and since when: a person, with the day, or the rule.

What a person did is never called the rule, also where a rule carried it on: a class that somebody brought in brings its
students along.
"""

from dataclasses import dataclass

from classes.models import Choice, Enrolment, SchoolClass, Teaching
from parents.models import Block
from schools.marks import marks
from schools.text.addresses import marks_of_contact
from sync.models import Change, Hold, SyncRun
from sync.rules.known import LEFT_OUT
from sync.wording import sentences

RULES = {
    "students": "The rule: students come with their class",
    "employees": "The rule: staff come with the classes they teach",
    "contacts": "The rule: parents and carers come with their children",
}


@dataclass(frozen=True)
class Decided:
    """since: when it became so, None where we don't keep that. by: which person, on which day, or which rule."""

    since: object
    by: str


class Deciders:
    """What was decided at `school` about `found` rows, read in a number of queries that does not depend on how many.

    out: who is left out of the product (`schools.left_out.LeftOut`). last: the last change of each, by (kind, id).
    left: when those who left did. classes: the school's, by id.
    """

    def __init__(self, school, found, out):
        self.school = school
        pks = {kind: [one.pk for one in found if one.kind == kind and one.pk] for kind in sentences.MODELS}
        every = [pk for ids in pks.values() for pk in ids]
        self.last = {(row.kind, row.row_id): row for row in _last_changes(school, pks, every)}
        holds = Hold.objects.filter(school=school, row_id__in=every).select_related("kept_by")
        self.holds = {(hold.kind, hold.row_id): hold for hold in holds}
        self.left = {
            (kind, pk): moment
            for kind, model in sentences.MODELS.items()
            for pk, moment in model.objects.filter(pk__in=pks[kind]).exclude(left_at=None).values_list("pk", "left_at")
        }
        self.classes = {row.pk: row for row in SchoolClass.objects.filter(school=school).select_related("decided_by")}
        stays = Enrolment.objects.filter(school=school, student__in=pks["students"])
        stays = stays.order_by("student", "-joined_at", "-pk").distinct("student")
        self.stays = {stay.student_id: stay for stay in stays}
        self.taught = {}
        for teaching in Teaching.objects.current().filter(school=school, employee__in=pks["employees"]):
            self.taught.setdefault(teaching.employee_id, []).append(teaching.school_class_id)
        choices = Choice.objects.filter(school=school, student__in=pks["students"]).select_related("by").order_by("at")
        self.choices = {choice.student_id: choice for choice in choices}
        self.out = out
        self.blocks = list(Block.objects.standing().filter(school=school).select_related("made_by").order_by("made_at"))

    def of(self, one, code, places):
        """Who decided about a `finding.Found` of which `code` is true, and whose `places` are these."""
        key = (one.kind, one.pk)
        if hold := self.holds.get(key):
            return Decided(hold.since, self._held(one, hold))
        if one.kind == "classes" and one.pk in self.classes:
            return self._class(self.classes[one.pk])
        if key in self.left:
            return Decided(self.left[key], self._who_ended(one, self.last.get(key)))
        by = self._against(one, code, places) or (self._brought(one) if one.pk else "")
        if not one.pk:
            rule = "The rule. Of people who are not imported nothing is kept, so we cannot say since when"
            return Decided(None, by or rule)
        last, stay = self.last.get(key), self.stays.get(one.pk) if one.kind == "students" else None
        if stay:
            return Decided(stay.joined_at, by or RULES["students"])
        return Decided(last.run.started_at if last else None, by or RULES.get(one.kind, "The rule"))

    def _held(self, one, hold):
        if hold.kept_at:
            what = "it" if one.kind == "classes" else "them"
            return f"{_who(hold.kept_by)} said to keep {what}{self._on(hold.kept_at)}"
        what = "changes" if hold.limit in sentences.DETAILS else "absences"
        return f"The limit on {what}: " + sentences.LIMITS.get(hold.limit.partition(":")[0], "")

    def _class(self, row):
        if _by_a_person(row, row.status):
            done = "brought it in" if row.status == SchoolClass.Status.IN else "left it out"
            return Decided(row.status_since, f"{_who(row.decided_by)} {done}{self._on(row.decided_at)}")
        if row.decision:  # a class that somebody brought in is out all the same once its year is over
            done = "brought it in" if row.decision == SchoolClass.Status.IN else "left it out"
            return Decided(row.status_since, f"The rule, after {_who(row.decided_by)} {done}{self._on(row.decided_at)}")
        return Decided(row.status_since, "The rule, when the class was first seen")

    def _who_ended(self, one, change):
        """What took a leaver away."""
        if change is None or change.verb != Change.Verb.REMOVE:
            return "A sync that is no longer kept"
        run = change.run
        if change.cause == Change.Cause.APPROVED:
            approval = next((one for one in run.approvals.all() if one.applied), None)
            return f"{_who(approval.by if approval else run.asked_by)} approved it{self._on(run.started_at)}"
        if run.trigger == SyncRun.Trigger.UNDO:
            return f"{_who(run.asked_by)} undid a sync{self._on(run.started_at)}"
        stay = self.stays.get(one.pk) if one.kind == "students" else None
        if change.cause == Change.Cause.FOLLOWS and stay and (by := self._with([stay.school_class_id], "out")):
            return by
        if change.reason == "blocked" and (by := self._blocked(one)):
            return by
        if by := self._left_out(one):
            return by
        return sentences.why(change)[:1].upper() + sentences.why(change)[1:]

    def _against(self, one, code, places):
        """Who keeps somebody out, if a person does; else ""."""
        if code == "blocked":
            return self._blocked(one)
        if code == LEFT_OUT:
            return self._left_out(one)
        if code in {"not_in_imported_class", "teaches_no_imported_class"}:
            return self._with([place.class_id for place in places], "out", one.kind)
        return ""

    def _brought(self, one):
        """Who brought somebody of ours in, back or to where they are, if a person did; else ""."""
        last = self.last.get((one.kind, one.pk))
        if last and last.verb == Change.Verb.RETURN and last.run.trigger == SyncRun.Trigger.UNDO:
            return f"{_who(last.run.asked_by)} brought them back{self._on(last.run.started_at)}, by undoing a sync"
        if one.kind == "students" and (choice := self.choices.get(one.pk)):
            done = "chose {} for them" if choice.verdict == Choice.Verdict.CHOSEN else "left them out of {}"
            return f"{_who(choice.by)} {done.format(self._name(choice.school_class_id))}{self._on(choice.at)}"
        if one.kind == "students" and one.pk in self.stays:
            return self._with([self.stays[one.pk].school_class_id], "in")
        return self._with(self.taught.get(one.pk, []), "in", one.kind) if one.kind == "employees" else ""

    def _with(self, class_ids, status, kind="students"):
        """The person who brought in or left out the classes that somebody came or went with; "" where the rule did."""
        rows = [self.classes[pk] for pk in class_ids if pk in self.classes]
        if not rows or not all(_by_a_person(row, status) for row in rows):
            return ""
        row = max(rows, key=lambda row: (row.decided_at is not None, row.decided_at or 0))
        done = "brought in" if status == SchoolClass.Status.IN else "left out"
        rule = {"students": "students come with their class", "employees": "staff come with the classes they teach"}
        return f"{_who(row.decided_by)} {done} {row.name}{self._on(row.decided_at)}; {rule[kind]}"

    def left_out(self, one):
        """The word by which a `finding.Found` is left out of the product, or None."""
        return self.out.find(one.kind, one.key, one.theirs or one.ours, one.here)

    def _left_out(self, one):
        block = self.left_out(one)
        return f"{_who(block.made_by)} left them out here{self._on(block.made_at)}" if block else ""

    def _blocked(self, one):
        known = one.ours or one.theirs
        own = marks_of_contact(marks(), self.school.pk, known.wonde_id, known.upi, known.email)
        block = next((block for block in self.blocks if own & set(block.contact_marks)), None)
        if block is None:
            return ""
        if block.cause == Block.Cause.NOT_MINE and block.made_by is None:
            return f"Somebody who was written to answered “This is not my child”{self._on(block.made_at)}"
        return f"{_who(block.made_by)} set the block{self._on(block.made_at)}"

    def _name(self, class_id):
        return self.classes[class_id].name if class_id in self.classes else "a class"

    def _on(self, moment):
        return f" on {sentences.day_in_full(moment.astimezone(self.school.zone))}" if moment else ""


def _last_changes(school, pks, every):
    changes = Change.objects.of_runs().filter(school=school, kind__in=pks, row_id__in=every)
    changes = changes.select_related("run__asked_by").prefetch_related("run__approvals__by")
    return changes.order_by("kind", "row_id", "-run__started_at").distinct("kind", "row_id")


def _by_a_person(row, status):
    """Whether a person decided that a class is `status`, and not that it should be otherwise."""
    return row.decision == status or (not row.decision and row.decided_by_id is not None and row.status == status)


def _who(user):
    return str(user) if user else "A person"
