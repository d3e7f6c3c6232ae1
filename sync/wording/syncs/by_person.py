"""What syncs did, told by person: one line for each student, class and member of staff.

Memberships and parents and carers are told with their student, who teaches what with the member of staff. The names are
those we hold now; of somebody erased since there is none.
"""

from collections import defaultdict
from dataclasses import dataclass, field

from classes.models import Choice, Enrolment, SchoolClass, Teaching
from schools.models import AuditEntry, PersonBlock
from schools.templatetags.words import and_list, count_of
from sync.facts.kinds import KINDS
from sync.models import Approval, Change, ChangeOfMis, SyncRun
from sync.wording.reasons import IN_WORDS
from sync.wording.sentences import NO_LONGER_HELD, Named, in_words, why
from sync.wording.syncs.whom import BEGAN, ENDED, MODELS, Line, changes_of, counted, lines

FEW = 4  # people of a sync who are told of by name in a list of syncs

ERASED = {
    "students": "Somebody erased since",
    "employees": "Somebody on the staff, erased since",
    "classes": "A class erased since",
}
EMPTY = ("", None)
CALLED = {"not confirmed": "confirmation by the MIS"}  # labels that are no noun


@dataclass(frozen=True)
class Told(Line):
    """A line in words. listed, spoken: the name in a list and in a sentence. is_here: whether it has a page.

    steps: what happened, each as parts of a sentence, of which those that name a class lead to it. because: why, and
    who decided.
    """

    listed: str
    spoken: str
    is_here: bool
    steps: list[list[Named]] = field(default_factory=list)
    because: list[str] = field(default_factory=list)

    def __str__(self):
        """ "Karim Campbell joined 7y/Ma1 (2 parents)"."""
        what = ", ".join("".join(part.text for part in step) for step in self.steps)
        return f"{self.spoken}{':' if self.group in {'details', 'classes'} else ''} {what}"


def in_short(runs):
    """What each of `runs` did, in a few words: {run's id: [words]}. Few people are told by the name of the first; more
    are counted. As many queries whatever the number of runs."""
    by_run = defaultdict(list)
    for line in lines(Change.objects.filter(run__in=[run.pk for run in runs])):
        by_run[line.run_id].append(line)
    few = {run_id: mine for run_id, mine in by_run.items() if len(mine) <= FEW}
    first = [mine[0] for mine in few.values()]
    named = {one.run_id: one for one in tell(Change.objects.filter(run__in=few), first)}
    short = {}
    for run_id, mine in by_run.items():
        if run_id in few:
            more = f", and {len(mine) - 1} more" if len(mine) > 1 else ""
            short[run_id] = [f"{named[run_id]}{more}"]
        else:
            short[run_id] = counted(mine)
    return short


def decided(run):
    """Who decided something that `run` obeyed, in sentences."""
    said = [
        f"{one.by or 'Somebody'} said yes to what waited: {one.reason}"
        if one.applied
        else f"{one.by or 'Somebody'} said yes to what waited, but it was not the same any more, so nobody was removed."
        for one in Approval.objects.filter(run=run).select_related("by")
    ]
    said += [
        f"{one.confirmed_by or 'Somebody'} said who is who after the change of MIS: {one.reason}"
        for one in ChangeOfMis.objects.filter(run=run).select_related("confirmed_by")
    ]
    noted = AuditEntry.objects.filter(school=run.school_id, kind=run._meta.model_name).select_related("actor")
    said += [
        f"{one.made_by or 'Somebody'} left them out here. {one.why}."
        for one in PersonBlock.objects.filter(school=run.school_id, made_at=run.started_at).select_related("made_by")
        if run.trigger == SyncRun.Trigger.LEFT_OUT
    ]
    if run.undone_id:
        said += [
            f"{one.actor or 'Somebody'} undid it: {one.reason}"
            for one in noted.filter(verb="undid", object_id=run.undone_id, at__gte=run.started_at).order_by("at")[:1]
        ]
    turned = noted.filter(verb="confirmed the new school year", object_id=run.pk)
    return said + [f"{one.actor or 'Somebody'} confirmed the new school year." for one in turned]


# --- In words ------------------------------------------------------------------------------------------------------


def tell(changes, told):
    """The lines `told` of `changes` in words, as `Told`s in their order. As many queries whatever their number."""
    whose = defaultdict(list)
    rows = list(changes_of(changes, told).order_by("pk"))
    for change in rows:
        whose[change.run_id, change.told_kind, change.told_pk].append(change)
    known = _Known(rows)
    return [_told(line, whose[line.run_id, line.kind, line.pk], known) for line in told]


class _Known:
    """What changes name: rows by kind and id, the class of each stay, and who decided."""

    def __init__(self, changes):
        pks = defaultdict(set)
        for change in changes:
            pks[change.kind].add(change.row_id)
            pks[change.told_kind].add(change.told_pk)
            if change.kind == "enrolments":
                pks["classes"].update(pk for pk in (change.values or {}).get("school_class", ()) if pk)
        stays = Enrolment.objects.filter(pk__in=pks["enrolments"]).values_list("pk", "school_class")
        teachings = Teaching.objects.filter(pk__in=pks["teachings"]).values_list("pk", "school_class")
        self.stays, self.teachings = dict(stays), dict(teachings)
        pks["classes"].update(self.stays.values(), self.teachings.values())
        self.rows = {
            (kind, row.pk): row
            for kind, model in MODELS.items()
            for row in self._read(kind, model).filter(pk__in=pks[kind])
        }
        chosen = Choice.objects.filter(student__in=pks["students"], verdict=Choice.Verdict.CHOSEN)
        self.choices = {(one.student_id, one.school_class_id): one for one in chosen.select_related("by")}
        runs = SyncRun.objects.filter(pk__in={change.run_id for change in changes}).select_related("school")
        self.runs = {run.pk: run for run in runs}
        obeyed = Approval.objects.filter(run__in=self.runs, applied=True).select_related("by")
        self.approvals = {approval.run_id: approval for approval in obeyed}

    @staticmethod
    def _read(kind, model):
        return model.objects.shown().select_related(*(["decided_by"] if kind == "classes" else []))

    def was_so(self, moment, change):
        """Whether it had come about when the sync of a change had ended."""
        run = self.runs[change.run_id]
        return moment is not None and moment <= (run.ended_at or run.started_at)

    def class_named(self, pk):
        row = self.rows.get(("classes", pk))
        return Named(row.name, row.pk) if row and row.name else Named("a class erased since")


def _told(line, changes, known):
    row = known.rows.get((line.kind, line.pk))
    listed = (row.list_name if line.kind == "students" else str(row)) if row else ""
    frozen = {kind for change in changes for kind in known.runs[change.run_id].school.frozen}
    unnamed = NO_LONGER_HELD[line.kind] if line.kind in frozen else ERASED[line.kind]
    told = [change for change in changes if change.kind not in frozen]
    if "contacts" in frozen:
        told = [change for change in told if change.kind != "guardianships"]
    steps, because = IN_STEPS[line.kind](told, row, known)
    return Told(
        **vars(line),
        listed=listed or unnamed[:1].upper() + unnamed[1:],
        spoken=(str(row) if listed else "") or unnamed[:1].upper() + unnamed[1:],
        is_here=bool(listed) and row.left_at is None,
        steps=steps or [_step("details changed")],
        because=list(dict.fromkeys(filter(None, because))),
    )


def _student(changes, row, known):
    own, stays, links = (_of(changes, kind) for kind in ("students", "enrolments", "guardianships"))
    first = next((change for change in own if change.verb != Change.Verb.UPDATE), None)
    joins, leaves = [c for c in stays if c.verb in BEGAN], [c for c in stays if c.verb in ENDED]
    steps = []
    if first:
        parents = sum(change.verb in (BEGAN if first.verb in BEGAN else ENDED) for change in links)
        beside = f" ({count_of(parents, 'parent')})" if parents else ""
        verb, of = {
            Change.Verb.CREATE: ("joined", joins),
            Change.Verb.RETURN: ("came back to" if joins else "came back", joins),
        }.get(first.verb, ("left", leaves))
        steps.append([*_around(verb, _classes(of, known)), *_step(beside)])
    else:
        steps += [_moved(change, known) for change in stays if change.verb == Change.Verb.MOVE]
        steps += [_around("joined", _classes(joins, known))] if joins else []
        steps += [[*_around("left", _classes(leaves, known)), *_step(", in no class now")]] if leaves else []
        for verbs, done in ((BEGAN, "added"), (ENDED, "removed")):
            number = sum(change.verb in verbs for change in links)
            steps += [_step(f"{count_of(number, 'parent')} {done}")] if number else []
    steps += [_step(text) for change in own for text in _details(change)]
    changed = [change for change in [*_of(changes, "contacts"), *links] if change.verb == Change.Verb.UPDATE]
    steps += [_step(text) for change in changed for text in _of_a_parent(change)]
    ending = [change for change in (first, *leaves) if change and change.verb in ENDED]
    because = [_why(change, known) for change in ending[:1]]
    return steps, because + [_chosen(change, known) for change in stays]


def _employee(changes, row, known):
    own, teachings = _of(changes, "employees"), _of(changes, "teachings")
    first = next((change for change in own if change.verb != Change.Verb.UPDATE), None)
    begun, ended = [c for c in teachings if c.verb in BEGAN], [c for c in teachings if c.verb in ENDED]
    steps = []
    if first:
        came = {Change.Verb.CREATE: "joined the staff", Change.Verb.RETURN: "is back on the staff"}
        steps.append(_step(came.get(first.verb, "left the staff")))
    steps += [_around("teaches" if first else "now teaches", _classes(begun, known))] if begun else []
    if ended:
        steps.append(_around("taught" if first else "no longer teaches", _classes(ended, known)))
    for change in teachings:
        if change.verb == Change.Verb.UPDATE and "main" in (change.values or {}):
            is_main = change.values["main"][1]
            text = "is now the main teacher of" if is_main else "is no longer the main teacher of"
            steps.append(_around(text, _classes([change], known)))
    steps += [_step(text) for change in own for text in _details(change)]
    ending = [change for change in (first, *ended) if change and change.verb in ENDED]
    return steps, [_why(change, known) for change in ending[:1]]


def _school_class(changes, row, known):
    steps, because = [], []
    for change in changes:
        values = dict(change.values or {})
        _, status = values.pop("status", ("", ""))
        _, reason = values.pop("reason", ("", ""))
        if change.verb == Change.Verb.CREATE:
            status, reason = _as_it_came(change, row, known)
            steps.append(_step({"in": "new, and brought in", "out": "new, and left out"}.get(status, "new")))
        elif change.verb == Change.Verb.RETURN:
            steps.append(_step("is back"))
        elif change.verb in ENDED:
            steps.append(_step("ended"))
            because.append(_why(change, known))
        elif status or reason:
            said = {"in": "came in", "out": "went out"}.get(status, "left out for another reason")
            steps.append(_step(said))
        steps += [_step(text) for text in _details(change, values)]
        because.append(IN_WORDS[reason].sentence if reason in IN_WORDS else "")
        because.append(_decided(change, row, status, known))
    return steps, because


IN_STEPS = {"students": _student, "employees": _employee, "classes": _school_class}


def _of(changes, kind):
    return [change for change in changes if change.kind == kind]


def _step(text):
    return [Named(text)] if text else []


def _around(text, classes):
    """A text before classes, as parts of a sentence: "joined ", 7y/Ma1, " and ", 7x/Ma2."""
    parts = [Named(f"{text} " if classes else text)]
    for place, one in enumerate(classes):
        if place:
            parts.append(Named(" and " if place == len(classes) - 1 else ", "))
        parts.append(one)
    return parts


def _classes(changes, known):
    """The classes of stays and teachings, each once."""
    of = {"enrolments": known.stays, "teachings": known.teachings}
    pks = dict.fromkeys(of[change.kind].get(change.row_id) for change in changes)
    return [known.class_named(pk) for pk in pks]


def _moved(change, known):
    before, _ = (change.values or {}).get("school_class", (None, None))
    parts = _around("moved from", [known.class_named(before)]) if before else [Named("moved")]
    return [*parts, *_around(" to", _classes([change], known))]


def _details(change, values=None):
    """Other details, old and new where they may be shown: "surname is now “Hill” (was “Moor”)", "another UPN"."""
    values = change.values or {} if values is None else values
    told = [
        f"{what} is now {_quoted(after)}{f' (was {_quoted(before)})' if before not in EMPTY else ''}"
        for what, before, after in in_words(change.kind, values)
    ]
    return told + [f"another {column.label}" for column in _changed(change, values) if not column.shown]


def _of_a_parent(change):
    """Of parents and carers only which details changed: leads read no more of them."""
    labels = [CALLED.get(column.label, column.label) for column in _changed(change, change.values or {})]
    return [f"a parent’s {and_list(labels)} changed"] if labels else []


def _changed(change, values):
    """The columns of a change's values that are somebody's news."""
    columns = KINDS[change.kind].columns.items()
    return [column for name, column in columns if name in values and not column.parent and not column.derived]


def _quoted(value):
    if value in EMPTY:
        return "empty"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else f"“{value}”"


def _why(change, known):
    """Why somebody or something went, and who said yes."""
    approval = known.approvals.get(change.run_id)
    if change.cause == Change.Cause.APPROVED and approval:
        return f"yes by {approval.by or 'a person'}: {approval.reason}"
    return why(change) if change.cause != Change.Cause.FOLLOWS or change.reason else ""


def _chosen(change, known):
    """Who chose the class that a student came into, where somebody did before this sync."""
    choice = known.choices.get((change.told_pk, known.stays.get(change.row_id)))
    if choice is None or change.verb in ENDED or not known.was_so(choice.at, change):
        return ""
    return f"chosen by {choice.by or 'a person'}{f': {choice.reason}' if choice.reason else ''}"


def _as_it_came(change, row, known):
    """The status of a new class and why it's out, where both are still as they were when it came."""
    return (row.status, row.reason) if row and known.was_so(row.status_since, change) else ("", "")


def _decided(change, row, status, known):
    """Who brought a class in or left it out, where somebody did before this sync and it still stands."""
    if row is None or not status or row.decision != status or not known.was_so(row.decided_at, change):
        return ""
    done = "brought in" if status == SchoolClass.Status.IN else "left out"
    return f"{done} by {row.decided_by or 'a person'}{f': {row.decided_why}' if row.decided_why else ''}"
