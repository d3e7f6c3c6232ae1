"""What needs a person at some schools now, read from what is so: a fixed number of queries, whatever their number."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import BooleanField, Count, ExpressionWrapper, Min, Q, Value
from django.utils import timezone

from classes.models import ImportDraft, ImportRequest, SchoolClass
from parents.models import AddressChoice, MailHold, MailSettings
from parents.rules import answers, rights
from schools.models import Proposal, School
from schools.sharing import receipts
from students.models import CodeRequest, Student
from sync.models import AccessRequest, Hold, Stop, SyncRun
from sync.models.copies import SOON
from sync.needs import more_asked
from sync.people import second_class, someone_else
from sync.plans.verdict import DETAILS, EVIDENCE
from sync.plans.waiting import ALARMS
from sync.rules.access_states import State
from sync.wording import freshness
from sync.wording.sentences import day_in_full

OF_THEIR_OWN = {  # codes of `sync.plans.waiting` that are a state of their own
    "removals", "class", "stated", "stated_in_pause", *DETAILS, "change_of_mis", "rollover", "paused", "unlike",
    "denied",
}  # fmt: skip


BEFORE_A_SYNC = {
    State.NOT_ASKED: "not_asked", State.ASKED: "asked", State.DECLINED: "declined", State.CHECKED: "checked",
}  # fmt: skip


@dataclass(frozen=True)
class Found:
    """How many wait, what the sentence names, and since when, where that is known."""

    number: int = 1
    about: str = ""
    since: datetime | None = None


def of_schools(pks, now):
    """{school's id: {code of a state: `Found`}} of the schools `pks`, those without a need too. As many queries
    whatever their number, and a few more for each with somebody who is perhaps somebody else."""
    found = {pk: {} for pk in pks}
    for reader in READERS:
        for pk, code, each in reader(pks, now):
            found[pk][code] = each
    # Of a school that shares nothing any more nothing else can be settled.
    return {
        pk: next(({code: needs[code]} for code in ("revoked", "stopped") if code in needs), needs)
        for pk, needs in found.items()
    }


def _as_schools_stand(pks, now):
    synced = School.objects.filter(pk__in=pks, sync_settings__isnull=False).select_related("access")
    schools = list(freshness.with_standing(synced, now))
    ended = [school.pk for school in schools if school.revoked_at and school.erase_on]
    stops = {stop.school_id: stop for stop in Stop.objects.of_freeze().filter(school__in=ended)} if ended else {}
    for school in schools:
        settings, pk = school.sync_settings, school.pk
        if school.revoked_at:
            if pk in stops:
                yield pk, "stopped", Found(about=stops[pk].in_wonde.label, since=school.revoked_at)
            elif school.erase_on:
                yield pk, "revoked", Found(since=school.revoked_at)
            continue
        access = getattr(school, "access", None)
        if access and access.state in BEFORE_A_SYNC and not (access.is_approved and school.read):
            yield pk, BEFORE_A_SYNC[access.state], Found(since=access.since)
        if school.frozen:
            yield pk, "withdrawn", _kinds(school.frozen)
        if school.doubted:
            yield pk, "refused", _kinds(school.doubted)
        if settings.paused_at:
            yield pk, "paused", Found(since=settings.paused_at)
        for code in ("change_of_mis", "rollover"):
            if code in settings.to_confirm:
                name = settings.to_confirm[code]
                yield pk, code, Found(about=f" to {name}" if code == "change_of_mis" and name else "")
        if school.alarms:
            yield pk, "unreadable", Found(about=",".join(dict.fromkeys(kind for kind, _ in school.alarms)))
        if school.offline:
            yield pk, "offline", Found(since=school.as_of)
        elif school.is_late:
            code = "never" if school.read is None else "late" if school.as_of == school.read else "still"
            yield pk, code, Found(since=school.as_of or school.added_at)


def _kinds(entries):
    """Of kinds that are withdrawn or refused, {kind: {since, …}}: which, and since when the first is."""
    moments = (datetime.fromisoformat(one["since"]) for one in entries.values())
    since = min(moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments)  # or a mere date
    return Found(len(entries), ",".join(entries), since)


def _held(pks, now):
    rows = Hold.objects.listed().filter(school__in=pks).order_by()
    rows = rows.annotate(is_open=ExpressionWrapper(Q(kept_at=None), BooleanField()))
    counted = rows.values_list("school", "limit", "is_open")
    by_code = defaultdict(list)
    for pk, limit, is_open, number, since, kept in counted.annotate(Count("pk"), Min("since"), Min("kept_at")):
        asked = "details" if limit in DETAILS else "stated" if limit == EVIDENCE else "removals"
        code = asked if is_open else "kept"
        by_code[pk, code].append((number, since if is_open else kept))
    for (pk, code), parts in by_code.items():
        yield pk, code, Found(sum(number for number, _ in parts), since=min(since for _, since in parts))


def _of_last_runs(pks, now):
    """What the last complete sync of each school left to look at."""
    runs = SyncRun.objects.complete().filter(school__in=pks).order_by("school_id", "-started_at").distinct("school_id")
    runs = list(runs.select_related("school").only("school", "waiting", "second_classes", "unlike", "started_at"))
    unsettled = Counter(each.student.school_id for each in second_class.of_runs(runs) if each.choice is None)
    for pk, number in unsettled.items():
        yield pk, "second_class", Found(number)
    for run in runs:
        gaps = [entry for entry in odd(run) if entry["code"] not in ALARMS]
        if gaps:
            yield run.school_id, "gaps", Found(len(gaps))
        if run.unlike and (new := len(someone_else.of_school(run.school))):
            yield run.school_id, "someone_else", Found(new)


def odd(run):
    """What a run found odd in the MIS or in Wonde, as it stands in `SyncRun.waiting`: what is no state of its own. []
    without a run."""
    return [entry for entry in run.waiting if entry["code"] not in OF_THEIR_OWN] if run else []


def _unanswered(pks, now):
    """Schools whose parents have no address to answer to: until the weekly mail stops, and from then on."""
    for row in answers.missing().filter(school__in=pks).select_related("school"):
        if row.stops_at <= now:
            yield row.school_id, "mail_stopped", Found(since=row.stops_at)
        else:
            day = day_in_full(row.stops_at.astimezone(row.school.zone))
            yield row.school_id, "reply_to", Found(about=day, since=row.unanswered_since)


def _without_rights(pks, now):
    """Schools that write to parents and do not let Wonde tell us who may know of a child."""
    for read in rights.without().filter(school__in=pks):
        names = [name.lower() for name in rights.missing(read)] or ["parents’ rights"]
        yield read.school_id, "rights", Found(about=", ".join(names), since=read.rights_missing_since)


def _unagreed(pks, now):
    """Schools that have not agreed to the newest version of the agreement, and those for which nobody may."""
    newest, schools = receipts.unagreed(pks, now)
    for school in schools:
        if not school.may_agree and not school.is_invited:
            yield school.pk, "authoriser", Found()
        if not school.has_agreed:
            code = "agreement_due" if school.is_due else "agreement"
            yield school.pk, code, Found(about=newest.version, since=max(newest.added_at, school.added_at))


def _more_asked(pks, now):
    """Schools that are asked for more than they agreed to: how many fields, and which purpose stops first without."""
    zones = {}
    for pk, found in more_asked.of_schools(pks, now).items():
        stops = min((more for more in found if more.stops_at), key=lambda more: more.stops_at, default=None)
        if stops and not zones:
            zones = {school.pk: school.zone for school in School.objects.filter(pk__in=pks)}
        day = day_in_full(stops.stops_at.astimezone(zones[pk])) if stops else ""
        about = f" Without an answer “{stops.purpose.title}” stops on {day}." if stops else ""
        yield pk, "more_asked", Found(len(found), about, min(more.shown_at for more in found))


def _rows_of_others(pks, now):
    """What stands as rows that wait, by school; one query."""
    writes = MailSettings.objects.filter(enabled=True)
    asked, today = AccessRequest.objects.open(), timezone.localdate(now)
    bounces = AddressChoice.objects.standing().filter(cause=AddressChoice.Cause.BOUNCE)
    waiting = {
        "requests": (ImportRequest.objects.waiting(), "asked_at"),
        "two_people": (Proposal.objects.waiting(), "asked_at"),
        "cards": (CodeRequest.objects.waiting().filter(student__in=Student.objects.current()), "asked_at"),
        "choose": (SchoolClass.objects.present().filter(reason="asks_first", decision=""), "created_at"),
        "begun": (ImportDraft.objects.filter(begun_at__isnull=False), "begun_at"),
        "copies_late": (asked.filter(due_on__lt=today), "noted_at"),
        "copies_soon": (asked.filter(due_on__range=(today, today + SOON)), "noted_at"),
        "copies": (asked.filter(due_on__gt=today + SOON), "noted_at"),
        "mail_held": (MailHold.objects.standing(), "since"),
        "addresses": (bounces.filter(school__in=writes.values("school")), "made_at"),
    }
    first, *others = [_counted(code, rows.filter(school__in=pks), moment) for code, (rows, moment) in waiting.items()]
    for code, pk, number, since in first.union(*others, all=True):
        yield pk, code, Found(number, since=since)


def _counted(code, rows, moment):
    """(code, school, how many, since when) of each school with such rows; of addresses, each once."""
    number = Count("address_mark", distinct=True) if code == "addresses" else Count("pk")
    by_school = rows.order_by().annotate(code=Value(code)).values("code", "school")
    return by_school.annotate(number=number, first=Min(moment)).values_list("code", "school", "number", "first")


READERS = (
    _as_schools_stand, _held, _of_last_runs, _unanswered, _without_rights, _unagreed, _more_asked, _rows_of_others,
)  # fmt: skip
