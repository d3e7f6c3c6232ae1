"""What happened to a student, newest first, in a number of queries that does not depend on how much it was."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from classes.models import Choice, Enrolment
from schools.models import AuditEntry, PersonBlock
from students.models import CodeRequest
from sync.models import Change, ChangeOfMis, Hold, Recognition, SyncRun
from sync.rules.known import LEFT_OUT
from sync.wording import timeline as words

SHOWN = 100  # of one student; what is older is in the school's history
STAYS = {Change.Verb.CREATE, Change.Verb.RETURN, Change.Verb.MOVE}


@dataclass(frozen=True)
class Event:
    """One thing that happened. told: the sentence. why: what the person wrote, or "". run: the sync that did it."""

    at: datetime
    told: str
    why: str = ""
    run: int | None = None


def of_student(student, school, signing_in=True):
    """Every `Event` that is kept, the newest `SHOWN` of them. signing_in: also what staff did about that."""
    whom, past = words.Whom.of(student, school), _Past(student, school)
    events = [*past.changes(whom), *past.decisions(whom)]
    if signing_in:
        events += _signing_in(student, school, whom)
    return sorted(events, key=lambda event: event.at, reverse=True)[:SHOWN]


class _Past:
    """The rows of one student's past. stays: by id; classes: by id; choices: newest first."""

    def __init__(self, student, school):
        self.student, self.school = student, school
        stays = Enrolment.objects.filter(student=student).select_related("school_class__decided_by")
        self.stays = {} if "classes" in school.frozen else {stay.pk: stay for stay in stays}
        self.classes = {stay.school_class_id: stay.school_class for stay in self.stays.values()}
        choices = Choice.objects.filter(student=student).select_related("by", "school_class").order_by("-at")
        self.choices = [] if "classes" in school.frozen else list(choices)

    def changes(self, whom):
        """What syncs changed, and what was changed by hand; a stay that came or went with the student is one thing."""
        own = Q(kind="students", row_id=self.student.pk) | Q(kind="enrolments", row_id__in=list(self.stays))
        rows = Change.objects.filter(own, school=self.school).select_related("run__asked_by")
        rows = rows.prefetch_related("run__approvals__by").exclude(verb=Change.Verb.ERASE).order_by("pk")
        rows = list(rows)
        came = {_when(row): row.verb for row in rows if row.kind == "students" and row.verb != Change.Verb.UPDATE}
        with_them = {
            _when(row): self.stays[row.row_id].school_class
            for row in rows
            if row.kind == "enrolments" and _goes_along(row, came)
        }
        for row in rows:
            if row.reason == LEFT_OUT and row.run and row.run.trigger == SyncRun.Trigger.LEFT_OUT:
                continue  # told as the decision it was
            if row.kind == "students":
                alone = row.verb == Change.Verb.UPDATE
                told = words.of_student(row, whom, None if alone else with_them.get(_when(row)))
            elif _goes_along(row, came):
                continue
            else:
                told = self._stay(row, whom)
            yield Event(row.run.started_at if row.run else row.at, told, self._why(row), row.run_id)

    def _stay(self, row, whom):
        stay = self.stays[row.row_id]
        left = (row.values or {}).get("school_class", [None])[0]
        before = self.classes.get(left)
        return words.of_stay(row, whom, stay.school_class, before, self._choice(row, stay, left))

    def _choice(self, row, stay, left):
        """The person's word that a stay began by: for its class, or against the one that was left."""
        if row.verb not in STAYS or row.run is None:
            return None
        wanted = {(stay.school_class_id, Choice.Verdict.CHOSEN), (left, Choice.Verdict.LEFT_OUT)}
        said = (one for one in self.choices if (one.school_class_id, one.verdict) in wanted)
        return next((one for one in said if one.at <= (row.run.ended_at or row.at)), None)

    def _why(self, row):
        approval = words.approval_of(row) if row.cause == Change.Cause.APPROVED else None
        return approval.reason if approval else ""

    def decisions(self, whom):
        """What people said: about the student, and about the classes they were in."""
        school, pk = self.school, self.student.pk
        for choice in self.choices:
            yield Event(choice.at, words.of_choice(choice, whom), choice.reason)
        for row in self.classes.values():
            if row.decision and row.decided_at:
                yield Event(row.decided_at, words.of_decision(row), row.decided_why)
        for hold in Hold.objects.filter(school=school, kind="students", row_id=pk).select_related("kept_by"):
            yield Event(hold.since, words.of_hold(hold, whom), run=hold.run_id)
            if hold.kept_at:
                yield Event(hold.kept_at, words.of_keeping(hold, whom), hold.kept_because)
        for block in PersonBlock.objects.filter(school=school, kind="students", row_id=pk).select_related(
            "made_by", "ended_by"
        ):
            yield Event(block.made_at, words.of_leaving_out(block, whom), block.why)
            if block.ended_by_id:
                yield Event(block.ended_at, words.of_letting_back(block, whom))
        said = Recognition.objects.filter(school=school, kind="students", row_id=pk).select_related("by")
        yield from (Event(one.at, words.of_recognition(one, whom)) for one in said)
        for change in ChangeOfMis.objects.filter(school=school).select_related("confirmed_by"):
            if pk in change.pairs.get("students", {}).values():
                yield Event(change.at, words.of_change_of_mis(change, whom), change.reason)


def _when(row):
    """What one sync did is one moment; what was done by hand, its transaction."""
    return row.run_id or row.xid


def _goes_along(row, came):
    """Whether a change of a stay only follows from the student coming or going in the same moment."""
    student = came.get(_when(row))
    going = row.verb == Change.Verb.REMOVE
    return student is not None and row.verb != Change.Verb.MOVE and going == (student == Change.Verb.REMOVE)


def _signing_in(student, school, whom):
    entries = AuditEntry.objects.filter(school=school, kind="student", object_id=student.pk, verb__in=words.SIGNING_IN)
    yield from (Event(entry.at, words.of_sign_in(entry, whom)) for entry in entries.select_related("actor"))
    asked = CodeRequest.objects.filter(student=student)
    yield from (Event(one.asked_at, words.of_asking(one, whom)) for one in asked)
