"""Why somebody is here or is not: what Wonde says now, what we did, who decided, who can change it, what to reply.

Nothing here decides anything: the verdicts are those of `sync.plans.decide` on what Wonde says this minute, the same
that the next run will obey. An `Explanation` is plain data: a worker makes it, a page shows it
(`sync.people.questions`), and nothing else is left of what was read.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from msgspec import Struct, structs

from classes.models import SchoolClass
from schools.models import AuditEntry
from schools.text.names import listed, spoken
from sync.engine import roster, runs
from sync.facts.errors import SyncError
from sync.facts.kinds import KINDS
from sync.models import Change, SyncSettings
from sync.rules.known import LEFT_OUT
from sync.rules.reasons import ASIDE, PERHAPS_HIDDEN, REASONS
from sync.why.deciders import Deciders
from sync.why.finding import SHOWN, days_told, find, says_of, with_usernames
from sync.why.places import Place, places_of
from sync.why.student import code_of, held_code
from sync.wording import sentences, timeline
from sync.wording.reasons import IN_WORDS, STATES
from sync.wording.syncs import ledger as ledgers
from sync.wording.verdict import About, sentence

HELD = ("held", "held_hidden", "held_listed", "held_stated")
NOON = 12  # nights that begin later than that begin before midnight


class Meant(Struct):
    """A row that was asked for. pk: ours, None for somebody we don't hold."""

    kind: str
    pk: int | None


class LastChange(Struct):
    """verb: in words."""

    run_id: int
    at: datetime
    verb: str


class LastRun(Struct):
    pk: int
    started_at: datetime
    ended_at: datetime | None


class Answer(Struct):
    """What there is to say of one row.

    code: of sync.rules.reasons. sentence: what is true, whole. name: "Okoro, Sam"; spoken: "Sam Okoro". says: what
    Wonde says now, as (label, value). since: when it became so, None where we don't keep that. decided: which rule or
    person. erased_on: the day a leaver is erased. last: the last change. places: classes the MIS has them in.
    is_exact: just this was typed.
    """

    found: Meant | None
    code: str
    name: str
    spoken: str
    what: str
    decided: str
    sentence: str
    says: list[tuple[str, str]] = []
    since: datetime | None = None
    last: LastChange | None = None
    erased_on: datetime | None = None
    places: list[Place] = []
    reply: str = ""
    is_exact: bool = False

    @property
    def reason(self):
        """The words of its code."""
        return IN_WORDS.get(self.code) or STATES[self.code]


class Explanation(Struct):
    """The answers to one question. problem: why Wonde could not be asked, or "". ledger: the last run's lines for the
    kinds asked about, by label. more: how many others match. notes: what concerns the whole school."""

    answers: list[Answer]
    more: int
    problem: str
    run: LastRun | None
    ledger: dict[str, ledgers.Line]
    notes: list[str]

    def without(self, kinds):
        """The same without answers about `kinds`: nobody may be told of them any more."""
        kept = [one for one in self.answers if one.found is None or one.found.kind not in kinds]
        return structs.replace(self, answers=kept)

    def about(self, kind, pk):
        """The answer about one row of ours, or None."""
        return next((one for one in self.answers if one.found and (one.found.kind, one.found.pk) == (kind, pk)), None)


def hidden_kinds(school, reason):
    """The kinds of which nobody is told: frozen ones; and parents and carers where a lead asks."""
    return {*school.frozen} | ({"contacts"} if "students" in school.frozen or not reason else set())


def explain(school, asked, actor=None, reason=""):
    """Answer what `asked` (a `finding.Asked`) means at `school`, and note in the audit that `actor` asked.

    reason: why support looks; without one, as for a lead, nothing is said of parents and carers.
    """
    now = timezone.now()
    sync_settings = SyncSettings.objects.select_related("paused_by").get(school=school)
    preview, problem = _read(school)
    ours = preview.ours if preview else roster.read(school, now)
    found = find(with_usernames(asked, school), ours, preview, without=hidden_kinds(school, reason))
    told = _answers(school, sync_settings, found[:SHOWN], preview, ours)
    if not found:
        told = _unknown(school, preview)
    run = sync_settings.last_read
    lines = {line.label: line for line in ledgers.lines(run.ledger)} if run else {}
    wanted = {KINDS[one.kind].label for one in found} or {KINDS["students"].label}
    _note(school, actor, found[:SHOWN], reason)
    return Explanation(
        answers=told,
        more=max(0, len(found) - SHOWN),
        problem=problem,
        run=LastRun(run.pk, run.started_at, run.ended_at) if run else None,
        ledger={label: line for label, line in lines.items() if label in wanted},
        notes=_notes(school, sync_settings),
    )


def _read(school):
    """What Wonde says now, or why that is not known."""
    try:
        return runs.preview(school, limit_s=settings.ASKING_LIMIT_S), ""
    except SyncError as error:
        return None, str(error)


def _note(school, actor, found, reason):
    """Ids of ours, no names; of somebody we don't hold only that it was asked."""
    about = [sentences.MODELS[one.kind]._meta.model_name for one in found if one.pk]
    AuditEntry.objects.bulk_create(
        AuditEntry(school=school, actor=actor, verb="asked why", kind=kind, object_id=one.pk, reason=reason)
        for kind, one in zip(about, [one for one in found if one.pk], strict=True)
    )
    if not about:
        AuditEntry.objects.note(actor, "asked why about somebody not held", school, school, reason)


def _notes(school, sync_settings):
    """What explains more than one person."""
    notes = [
        f"{KINDS[kind].label.capitalize()} are frozen since {sentences.day_in_full(entry['since'])} and are erased on "
        f"{sentences.day_in_full(entry['erase_on'])}: the school has withdrawn the permission. "
        "Nothing of them is shown, not even here."
        for kind, entry in school.frozen.items()
        if kind in KINDS
    ]
    notes += [
        f"Since {sentences.day_in_full(doubt['since'])} Wonde has refused to let us read {KINDS[kind].label}: what we "
        "have is shown, but neither mailed nor given to the product."
        for kind, doubt in school.doubted.items()
    ]
    if sync_settings.paused_at:
        by = f" by {sync_settings.paused_by}" if sync_settings.paused_by else ""
        notes.append(
            f"The school is paused since {sentences.day_in_full(sync_settings.paused_at)}{by}: "
            "only what the MIS states as ended applies."
        )
    return notes


def _answers(school, sync_settings, found, preview, ours):
    """Every answer, in a number of queries that does not depend on how many there are."""
    deciders, answers = Deciders(school, found, ours.left_out), []
    for one in found:
        hold = deciders.holds.get((one.kind, one.pk))
        code = _verdict(one, preview) if preview else _last_verdict(one, hold, deciders.classes)
        if code in HELD and hold and hold.kept_at:
            code = "kept"
        block = deciders.left_out(one)
        if block and code == "left":
            code = LEFT_OUT
        places = places_of(one, preview, ours, deciders.classes)
        decided, left_at = deciders.of(one, code, places), deciders.left.get((one.kind, one.pk))
        about = _about(school, sync_settings, one, code, preview, places, decided, deciders, block)
        answer = Answer(
            sentence=sentence(code, about),
            found=Meant(one.kind, one.pk),
            code=code,
            name=_name(one.row),
            spoken=_spoken(one.row) or f"This {sentences.ONE[one.kind]}",
            what=sentences.ONE[one.kind],
            decided=decided.by,
            since=decided.since,
            says=[(label, str(value)) for label, value in says_of(one, preview)],
            last=_last(deciders.last.get((one.kind, one.pk))),
            erased_on=left_at and left_at + timedelta(days=sync_settings.retention_days),
            places=places,
            is_exact=one.closeness == 0,
        )
        answer.reply = _reply(school, answer)
        answers.append(answer)
    return answers


def _about(school, sync_settings, one, code, preview, places, decided, deciders, block):
    """What the sentence about a `finding.Found` may tell of."""
    starts, leaves = days_told(one, preview)
    since = decided.since.astimezone(school.zone).date() if decided.since else None
    return About(
        kind=one.kind,
        name=_spoken(one.row),
        mis=school.mis,
        classes=tuple(place.name for place in places if place.is_in or (code == "arrives" and not place.code)),
        others=tuple(f"{place.name} {_out(place, deciders)}" for place in places if place.code in IN_WORDS),
        starts=starts,
        leaves=leaves,
        since=since,
        until=block.until if block else None,
        by=_by(one, decided, deciders),
        because=_because(school, one, decided, deciders) if code == "left" else "",
        subject=getattr(one.row, "subject", ""),
        year_group=one.row.year_group if one.kind == "classes" else "",
        late=sync_settings.night_starts.hour >= NOON,
    )


def _by(one, decided, deciders):
    """Who decided, and of a class what they wrote."""
    row = deciders.classes.get(one.pk) if one.kind == "classes" else None
    wrote = " ".join(row.decided_why.split()) if row and row.decided_by else ""
    by = f"{decided.by[:1].lower()}{decided.by[1:]}"
    return f"{by} (“{wrote}”)" if wrote else by


def _out(place, deciders):
    """Why a class of theirs is not here, as a clause: with the person who left it out."""
    row = deciders.classes.get(place.class_id)
    if place.code == "excluded_class" and row and row.decided_by:
        return f"was left out by {row.decided_by}"
    return IN_WORDS[place.code].sentence


def _because(school, one, decided, deciders):
    """What follows after "was removed": what took a leaver away."""
    last = deciders.last.get((one.kind, one.pk))
    if last is None or last.verb != Change.Verb.REMOVE or last.reason in {"blocked", LEFT_OUT}:
        return f": {decided.by[:1].lower()}{decided.by[1:]}"
    name = getattr(one.row, "forename", "") or _name(one.row) or f"the {sentences.ONE[one.kind]}"
    return timeline.why_removed(last, timeline.Whom(name, school.mis or "the MIS"))


def _last(change):
    return LastChange(change.run_id, change.run.started_at, change.get_verb_display()) if change else None


def _verdict(one, preview):
    """The code of what `sync.plans.decide` says of a row now."""
    screened, judgement = preview.decision.screened, preview.decision.judgement
    if one.kind in screened.aside:
        return ASIDE[screened.aside[one.kind]]
    if one.wonde_id in preview.snapshot.source(one.kind).unreadable:
        return "unreadable"
    if one.key in judgement.held[one.kind]:
        return held_code(judgement.why_held(one.kind, one.key))
    if one.key in judgement.unsettled.get(one.kind, ()):
        return "held_details"
    if one.key in screened.withheld[one.kind]:
        return screened.withheld[one.kind][one.key]
    if one.key in screened.theirs[one.kind]:
        return "imported" if one.here else "arrives"
    if one.key in screened.present[one.kind]:
        return "unsure"
    if one.key in judgement.hidden.all(one.kind):
        return PERHAPS_HIDDEN
    return "going" if one.here else "left"


def _last_verdict(one, hold, classes):
    """The same from what we hold, where Wonde could not be asked."""
    if hold:
        return code_of(hold)
    if not one.here:
        return "left"
    out = one.kind == "classes" and classes[one.pk].status == SchoolClass.Status.OUT
    return classes[one.pk].reason if out and classes[one.pk].reason in REASONS else "imported"


def _unknown(school, preview):
    """Nobody and nothing is called that. Where people are hidden from us, that may be why."""
    answers = [Answer(None, "unknown", "", "", "", "", sentence("unknown", About("", "")))]
    hidden = sum(ledger.hidden for ledger in preview.decision.screened.ledger.values()) if preview else 0
    if hidden:
        people = "1 person, whose name" if hidden == 1 else f"{hidden:,} people, whose names"
        code, says = "hidden_at_source", [("hidden from us", f"{people} we cannot know")]
        told = sentence(code, About("", "", school.mis, hidden=hidden))
        answers.append(Answer(None, code, "Hidden from us", "", "", "", told, says))
    for answer in answers:
        answer.reply = _reply(school, answer)
    return answers


def _name(row):
    return row.name if hasattr(row, "name") else listed(row)


def _spoken(row):
    return row.name if hasattr(row, "name") else spoken(row)


def _reply(school, answer):
    """A reply to send to the school: what is so, why, and what they can do."""
    mis = school.mis or "your MIS"
    parts = ["Hello,", answer.sentence.replace("the MIS", mis)]
    for place in (place for place in answer.places if place.code):
        parts.append(f"{place.name} {place.sentence}.".replace("the MIS", mis))
    parts.append(answer.reason.reply.format(mis=mis))
    if answer.erased_on:
        parts.append(f"They are kept until {sentences.day_in_full(answer.erased_on)} and erased after that.")
    return "\n\n".join(part for part in parts if part)
