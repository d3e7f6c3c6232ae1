"""Why a student is here or not, from what we hold: at once, and without Wonde being asked."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from classes.models import Choice, Enrolment, SchoolClass
from schools import left_out
from schools.templatetags.words import and_list
from schools.text.names import spoken
from students.models import SignInCode
from sync.models import Change, Hold, SyncRun, SyncSettings
from sync.rules.reasons import PERHAPS_HIDDEN, REASONS
from sync.wording import sentences, signing_in, timeline, verdict
from sync.wording.reasons import IN_WORDS, STATES


@dataclass(frozen=True)
class Told:
    """sentence: what is true, whole. also: what else is worth saying. who: who can change it. reply: to copy and send.
    erased_on: when a leaver is erased."""

    code: str
    sentence: str
    also: list[str]
    who: str
    reply: str
    erased_on: datetime | None = None


@dataclass(frozen=True)
class SigningIn:
    sentence: str
    wrong_tries: str


def of_student(student, school):
    """What we hold of a student, as `Told`; a fixed number of queries."""
    sync_settings = SyncSettings.objects.get(school=school)
    about = verdict.About("students", spoken(student), school.mis)
    also, erased_on = [], None
    hold = Hold.objects.filter(school=school, kind="students", row_id=student.pk).select_related("kept_by").first()
    if hold:
        code = code_of(hold)
        by = f"{timeline.who(hold.kept_by)} said to keep them on {_day(hold.kept_at, school)}" if hold.kept_at else ""
        about = replace(about, by=by, since=_date(hold.since, school))
    elif block := left_out.block_of(school, "students", student.pk):
        code, erased_on = "left_out_here", student.left_at + timedelta(days=sync_settings.retention_days)
        about = replace(about, by=timeline.who_left_out(block, school.zone), until=block.until)
        also.append(_erased_on(erased_on, school))
    elif student.left_at:
        code, erased_on = "left", student.left_at + timedelta(days=sync_settings.retention_days)
        about = replace(about, since=_date(student.left_at, school), because=_because(student, school))
        also.append(_erased_on(erased_on, school))
    else:
        code, stay = "imported", _stay(student, school)
        if stay:
            about = replace(about, classes=(stay.school_class.name,), since=_date(stay.joined_at, school))
            also += _second(student, school, stay)
    said = verdict.sentence(code, about)
    words = IN_WORDS.get(code) or STATES[code]
    return Told(code, said, also, words.who, reply(school, said, also, words), erased_on)


def code_of(hold):
    """What a `Hold` says of its row."""
    if hold.kept_at:
        return "kept"
    if hold.limit in sentences.DETAILS:
        return "held_details"
    return held_code(hold.reason)


def held_code(reason):
    """The code of a removal that waits. reason: why whom the MIS lists would go, "" for who is missing there."""
    if reason in REASONS and REASONS[reason].is_presence:
        return "held_stated"
    if reason == PERHAPS_HIDDEN:
        return "held_hidden"
    return "held_listed" if reason else "held"


def reply(school, said, also, words):
    """A reply to send: what is so, and what they can do."""
    return "\n\n".join(["Hello,", said, *also, words.reply.format(mis=school.mis or "your MIS")])


def signs_in(student, school):
    """Whether they can sign in, and how often somebody failed; three queries. student: a row `with_signin`."""
    code = SignInCode.objects.working().filter(student=student).first()
    wrong = student.wrong_tries.lately().in_all()
    return SigningIn(
        signing_in.sentence(student, code, school.zone),
        signing_in.wrong_tries(wrong["number"], wrong["last_at"], school.zone),
    )


def _erased_on(day, school):
    return (
        f"Until {_day(day, school)} they can come back as the same person, with the same sign-in; after that "
        "everything about them is erased."
    )


def _because(student, school):
    changes = Change.objects.filter(school=school, kind="students", row_id=student.pk, verb=Change.Verb.REMOVE)
    last = changes.select_related("run__asked_by").prefetch_related("run__approvals__by").order_by("-pk").first()
    return timeline.why_removed(last, timeline.Whom.of(student, school)) if last else ""


def _stay(student, school):
    if "classes" in school.frozen:
        return None
    return Enrolment.objects.current().filter(student=student).select_related("school_class").first()


def _second(student, school, stay):
    """The other imported classes the MIS has the student in, by the last complete sync, and who chose between them."""
    runs = SyncRun.objects.complete().filter(school=school).order_by("-started_at")
    pairs = runs.values_list("second_classes", flat=True).first() or []
    keys = [key for whom, key in pairs if whom in (student.pk, student.wonde_id)]
    if not keys:
        return []
    known = Q(pk__in=[key for key in keys if isinstance(key, int)]) | Q(wonde_id__in=[str(key) for key in keys])
    others = SchoolClass.objects.current().filter(known, school=school).exclude(pk=stay.school_class_id).in_order()
    every = [stay.school_class.name, *others.values_list("name", flat=True)]
    mis = school.mis or "The MIS"
    said = f"{mis} has them in {and_list(every)}, and a student is in one class here: {every[0]}."
    choice = Choice.objects.filter(student=student).select_related("by", "school_class").first()
    if choice is None:
        return [f"{said} A school lead can choose another one."]
    return [f"{said} {timeline.of_choice(choice, timeline.Whom.of(student, school))}"]


def _date(moment, school):
    return timezone.localdate(moment, school.zone) if moment else None


def _day(moment, school):
    return verdict.day(_date(moment, school))
