"""What happened to a student, each thing as a sentence with who did it: a person, or the MIS. Never "the rule"."""

from dataclasses import dataclass

from classes.models import Choice, SchoolClass
from schools.templatetags.words import and_list
from students.sign_in.usernames import CHANGED, KEPT
from sync.models import Change, SyncRun
from sync.rules.reasons import PERHAPS_HIDDEN
from sync.wording import sentences
from sync.wording.reasons import IN_WORDS

Verb, Cause = Change.Verb, Change.Cause

# What staff did about signing in: verb of an audit entry -> the sentence.
SIGNING_IN = {
    "made a sign-in code for": "{who} made a new sign-in code for {name}.",
    "ended card, password and sign-ins of": "{who} ended the card, the password and every sign-in of {name}.",
    "signed out everywhere": "{who} signed {name} out everywhere.",
    CHANGED: "{who} gave {name} another username.",
    KEPT: "{who} kept {name}’s username after a change of the name.",
}
REMOVED = {
    "not_current": "{mis} says that {name} has left, or has not started yet",
    "not_in_imported_class": "{mis} has {name} in no class that comes here",
}


NO_LONGER_SHARED = {  # what a change without a run says of somebody who stays
    Verb.REMOVE: "{name} is no longer shared with us: consent in {mis}, or blocked in Wonde. Nothing about {name} is "
    "mailed or given to the product.",
    Verb.RETURN: "{name} is shared with us again.",
}


@dataclass(frozen=True)
class Whom:
    """About whom a sentence is. name: the first name; mis: what the school calls its MIS."""

    name: str
    mis: str

    @classmethod
    def of(cls, student, school):
        return cls(student.forename or "the student", school.mis or "the MIS")


def who(user):
    """A person by the sign-in; one whose login is gone is still a person."""
    return str(user) if user else "somebody"


def is_of_sharing(change):
    """Whether it only told the product that somebody is perhaps no longer shared, or is again."""
    return change.run is None and change.reason == PERHAPS_HIDDEN


def approval_of(change):
    """A person's yes that the sync of a change obeyed, or None."""
    return next((one for one in change.run.approvals.all() if one.applied), None) if change.run else None


def of_student(change, whom, school_class=None):
    """A change of the student's own row. school_class: the one whose stay began or ended with it."""
    name, mis = whom.name, whom.mis
    where = f", in {school_class.name}" if school_class else ""
    if change.verb == Verb.UPDATE:
        return _details(change, whom)
    if is_of_sharing(change):
        return NO_LONGER_SHARED[change.verb].format(name=name, mis=mis)
    if change.verb == Verb.REMOVE:
        return _removed(change, whom, f"{name} was removed", school_class)
    if change.run is None:
        return f"{name} was added by hand." if change.verb == Verb.CREATE else f"{name} was brought back by hand."
    if change.verb == Verb.CREATE:
        return f"{mis} listed {name} for the first time{where}."
    if _is_undo(change):
        return f"{who(change.run.asked_by)} brought {name} back{where}, by undoing a sync."
    return f"{name} came back{where}: {mis} lists {name} again."


def of_stay(change, whom, school_class, before=None, choice=None):
    """A stay that began, ended, or took the place of another one. before: the class left for it. choice: a person's
    word on the student that it follows."""
    name, here = whom.name, school_class.name
    if change.verb == Verb.REMOVE:
        return _removed(change, whom, f"{name} left {here}", school_class)
    if change.run is None:
        return f"{name} was put in {here} by hand."
    if _is_undo(change):
        done = f"moved {name} back from {before.name} to {here}" if before else f"put {name} back in {here}"
        return f"{who(change.run.asked_by)} {done}, by undoing a sync."
    if choice:
        done = f"moved {name} from {before.name} to {here}" if before else f"put {name} in {here}"
        return f"{who(choice.by)} {done}."
    if before and _came_of(before, SchoolClass.Status.OUT, change):
        return f"{name} moved from {before.name} to {here}, because {who(before.decided_by)} left {before.name} out."
    if _came_of(school_class, SchoolClass.Status.IN, change):
        moved = f"moved from {before.name} to" if before else "joined"
        return f"{name} {moved} {here}, which {who(school_class.decided_by)} brought in."
    if before:
        return f"{whom.mis} moved {name} from {before.name} to {here}."
    return f"{name} is in {here} again." if change.verb == Verb.RETURN else f"{whom.mis} put {name} in {here}."


def _removed(change, whom, done, school_class):
    return f"{done}{why_removed(change, whom, school_class)}."


def why_removed(change, whom, school_class=None):
    """Why the student, or their stay in `school_class`, ended: what follows after "Leo was removed"."""
    name, mis = whom.name, whom.mis
    if change.run is None:
        return ", by hand"
    reason = _reason(change.reason, whom)
    if change.cause == Cause.APPROVED:
        approval = approval_of(change)
        said = who(approval.by if approval else change.run.asked_by)
        return f" after a yes by {said}: {reason or f'{mis} no longer listed {name}'}"
    if change.cause == Cause.UNDONE or _is_undo(change):
        return f", because {who(change.run.asked_by)} undid a sync"
    if school_class and _came_of(school_class, SchoolClass.Status.OUT, change):
        return f", because {who(school_class.decided_by)} left {school_class.name} out"
    if change.cause == Cause.EVIDENCE or reason:
        return f": {reason or f'{mis} says so'}"
    if change.cause == Cause.FOLLOWS and school_class:
        return f", as {school_class.name} is no longer here"
    where = f" in {school_class.name}" if change.kind == "enrolments" else ""
    return f": {mis} no longer lists {name}{where}"


def _reason(code, whom):
    """Why the MIS or a person ended it, as a clause; "" for who is missing."""
    if code in REMOVED:
        return REMOVED[code].format(name=whom.name, mis=whom.mis)
    return f"{whom.name} {IN_WORDS[code].sentence}".replace("the MIS", whom.mis) if code in IN_WORDS else ""


def _details(change, whom):
    told = [
        f"{label} {before or 'nothing'} is now {after or 'empty'}"
        for label, before, after in sentences.in_words("students", change.values or {})
    ]
    told = and_list(told) or "an identifier that pages do not show"
    if change.run is None:
        return f"{whom.name}’s details were changed by hand: {told}."
    if _is_undo(change):
        return f"{who(change.run.asked_by)} put {whom.name}’s details back, by undoing a sync: {told}."
    return f"{whom.mis} changed {whom.name}’s details: {told}."


def of_choice(choice, whom):
    if choice.verdict == Choice.Verdict.CHOSEN:
        return f"{who(choice.by)} chose {choice.school_class.name} for {whom.name}."
    return f"{who(choice.by)} left {whom.name} out of {choice.school_class.name}."


def of_decision(school_class):
    """What a person settled about a class of the student's."""
    done = "brought in" if school_class.decision == SchoolClass.Status.IN else "left out"
    return f"{who(school_class.decided_by)} {done} {school_class.name}."


def who_left_out(block, zone):
    """ "Ms Pell left them out here on 3 October", as a clause."""
    return f"{who(block.made_by)} left them out here on {sentences.day_in_full(block.made_at.astimezone(zone))}"


def of_leaving_out(block, whom):
    until = f", until {sentences.day_in_full(block.until)}" if block.until else ""
    return f"{who(block.made_by)} left {whom.name} out here{until}."


def of_letting_back(block, whom):
    return f"{who(block.ended_by)} let {whom.name} back in."


def of_hold(hold, whom):
    limit = sentences.LIMITS.get(hold.limit.partition(":")[0], "").format("the class")
    return f"{whom.name} began to wait for a person’s yes or no. {limit}".strip()


def of_keeping(hold, whom):
    return f"{who(hold.kept_by)} said to keep {whom.name}."


def of_recognition(said, whom):
    if said.is_same:
        return f"{who(said.by)} said that somebody new in {whom.mis} is the same {whom.name}."
    return f"{who(said.by)} said that somebody new in {whom.mis} is not this {whom.name}."


def of_change_of_mis(change, whom):
    return f"{who(change.confirmed_by)} confirmed who is who in the new MIS, {whom.name} among them."


def of_asking(asked, whom):
    return f"{whom.name} asked for a new card."


def of_sign_in(entry, whom):
    """An audit entry about signing in; students sign themselves out too."""
    if entry.actor and entry.actor.email is None:
        return f"{whom.name} signed out everywhere."
    return SIGNING_IN[entry.verb].format(who=who(entry.actor), name=whom.name)


def _is_undo(change):
    return change.run is not None and change.run.trigger == SyncRun.Trigger.UNDO


def _came_of(school_class, status, change):
    """Whether a person brought the class in, or left it out, and this change is of the sync that obeyed."""
    run = change.run
    obeyed = school_class.decision == status and school_class.status == status and school_class.status_since
    return bool(obeyed and run.started_at <= school_class.status_since <= (run.ended_at or school_class.status_since))
