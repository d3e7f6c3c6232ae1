"""What happened to one person, in parts: mails, changes, what waits, who decided what, who looked, who received it."""

from datetime import date

from django.db.models import Q
from django.utils.text import capfirst

from parents.models import AddressChoice, Block, Contact, WeeklyMail
from parents.rules.rule import WHY
from schools.erasing import model_of
from schools.marks import marks
from schools.models import AuditEntry, PersonBlock
from schools.text.addresses import marks_of_contact
from sync.copies.told import Fact, Part, Row, Words
from sync.copies.values import of_row, plain
from sync.facts.kinds import KINDS, LINKS, PEOPLE
from sync.leaving.recipients import recipients_of
from sync.models import Change, Hold, Recognition
from sync.wording import audit, sentences
from sync.wording.held_data import ours
from sync.wording.kinds import many
from sync.wording.reasons import IN_WORDS

IN_MAILS = {"students": "students", "contacts": "contacts"}  # kind -> the column of a weekly mail that lists it
NO_WORDS = (
    "The words of a mail are not kept, and it cannot be written again. What it was made of is under weekly progress, "
    "for as long as that is kept."
)


def parts(whom, for_parent):
    """Each of these parts; those without a row too."""
    return [
        *_mails(whom),
        *_by_address(whom, for_parent),
        Part("What changed, sync by sync", _changes(whom), "the sync", *_kept("sync.Change")),
        Part("What waits for a person", _holds(whom), "the sync", *_kept("sync.Hold")),
        Part("Who they were taken for", _recognitions(whom), "the school", *_kept("sync.Recognition")),
        Part("Whether they are left out of the product", _left_out(whom), "the school", *_kept("schools.PersonBlock")),
        Part("Login cards printed with their class", _cards(whom), "made here", *_kept("schools.AuditEntry")),
        Part("Who looked at or decided what", _audit(whom), "made here", *_kept("schools.AuditEntry")),
        _received(whom),
    ]


def why_in_words(code):
    """Why something is so, from its code: the reasons of syncs and those of mail have words of their own."""
    return WHY.get(code) or (IN_WORDS[code].sentence if code in IN_WORDS else code)


def wish(row, whom, for_parent, but):
    """That somebody at the school or a parent said no to mail or to a contact. A copy says since when, never why; one
    for a parent says nothing at all, unless the school includes it."""
    said = f"{capfirst(row.get_cause_display())}, since {sentences.day_in_full(row.made_at)}"
    return Row(of_row(row, whom, {*but, "cause", "made_by"}), f"{row._meta.model_name}:{row.pk}", said, not for_parent)


def _kept(table):
    """(what for, until when) of one of our own tables."""
    held = ours(table)
    return held.purpose, held.until


def _mails(whom):
    column = IN_MAILS.get(whom.kind)
    if column is None:
        return
    rows = list(WeeklyMail.objects.filter(school=whom.school, **{f"{column}__contains": [whom.row.pk]}).order_by("pk"))
    wanted = {pk for mail in rows for pk in mail.contacts}
    readers = Contact._base_manager.in_bulk(wanted)
    told = tuple(
        Row((
            Fact("about the week from", date.fromisocalendar(mail.iso_year, mail.iso_week, 1).isoformat()),
            Fact("to", tuple(whom.meant("contacts", readers[pk]) for pk in mail.contacts if pk in readers)),
            Fact("made", plain(mail.made_at)),
            Fact("what became of it", mail.get_state_display()),
        ))
        for mail in rows
    )  # fmt: skip
    yield Part("Weekly mails", told, "made here", *_kept("parents.WeeklyMail"), NO_WORDS)


def _by_address(whom, for_parent):
    """What was said of a parent or carer, who is known there by marks alone."""
    if whom.kind != "contacts":
        return
    row, school = whom.row, whom.school
    by_address = marks().addresses(school.pk, row.email) if row.email else ()
    theirs = marks_of_contact(marks(), school.pk, row.wonde_id or "", row.upi, row.email)
    said = {
        "parents.AddressChoice": AddressChoice.objects.filter(school=school, address_mark__in=by_address),
        "parents.Block": Block.objects.filter(school=school, contact_marks__overlap=sorted(theirs)),
    }
    for table, rows in said.items():
        rows = rows.select_related("student").order_by("pk")
        told = tuple(wish(each, whom, for_parent=True, but=()) for each in rows)
        yield Part(str(rows.model._meta.verbose_name_plural).capitalize(), told, "the school", *_kept(table))


def _changes(whom):
    """Their changes, newest last. What ties them to another person may have changed for that person's sake: why, and
    what was decided of it, only if the school includes it."""
    links = [
        (link, list(model_of(link.table)._base_manager.filter(**{column: whom.row.pk}).values_list("pk", flat=True)))
        for link in LINKS.values()
        for column, parent in link.parents.items()
        if parent == whom.kind
    ]
    wanted = Q(kind=whom.kind, row_id=whom.row.pk)
    for link, pks in links:
        wanted |= Q(kind=link.name, row_id__in=pks)
    rows = Change.objects.of_runs().filter(wanted, school=whom.school).select_related("run")
    rows = list(rows.order_by("run__started_at", "pk"))
    for row in rows:
        row.values = _about_them(row)
    return tuple(
        Row((
            Fact("when", plain(told.row.run.started_at)),
            Fact("what", told.kind if told.row.kind == whom.kind else many(told.row.kind)),
            Fact("how", told.row.get_verb_display()),
            *([Fact("why", Words(told.why) if _ties_people(told.row.kind) else told.why)] if told.why else ()),
            *([Fact("values", _was(told))] if told.was else ()),
        ))
        for told in sentences.changes(rows)
    )  # fmt: skip


def _about_them(change):
    """The values of a change without those that point at somebody else, or were decided of a tie."""
    kind = KINDS[change.kind]
    return {
        name: pair
        for name, pair in (change.values or {}).items()
        if name in kind.columns
        and kind.columns[name].parent not in PEOPLE
        and not (kind.key and kind.columns[name].decided)
    }


def _ties_people(kind):
    """Whether such rows are of, or tie, parents and carers: why they changed may be a court's word."""
    return kind == "contacts" or "contacts" in KINDS[kind].parents.values()


def _was(told):
    return "; ".join(f"{label}: “{before}” to “{after}”" for label, before, after in told.was)


def _holds(whom):
    holds = Hold.objects.filter(school=whom.school, kind=whom.kind, row_id=whom.row.pk).select_related("kept_by")
    return tuple(
        Row((
            Fact("since", plain(hold.since)),
            Fact("why", why_in_words(hold.reason) if hold.reason else "is missing in the MIS, or has other details"),
            *([
                Fact("kept by", whom.actor(hold.kept_by)),
                Fact("kept since", plain(hold.kept_at)),
                Fact("kept because", Words(hold.kept_because)),
            ] if hold.kept_at else ()),
        ))
        for hold in holds
    )  # fmt: skip


def _recognitions(whom):
    said = Recognition.objects.filter(school=whom.school, kind=whom.kind, row_id=whom.row.pk).select_related("by")
    return tuple(
        Row((
            Fact("when", plain(each.at)),
            Fact("what was said", "the same person came back" if each.is_same else "somebody new is somebody else"),
            Fact("by", whom.actor(each.by)),
        ))
        for each in said.order_by("at", "pk")
    )  # fmt: skip


def _left_out(whom):
    blocks = PersonBlock.objects.filter(school=whom.school, kind=whom.kind, row_id=whom.row.pk)
    return tuple(
        Row((
            Fact("since", plain(block.made_at)),
            Fact("by", whom.actor(block.made_by)),
            Fact("why", Words(block.why)),
            Fact("until", plain(block.until) if block.until else "somebody lets them in"),
            Fact("let back in", plain(block.ended_at)),
            Fact("marks", f"{len(block.marks)}, which recognise them and tell nobody who they are"),
        ))
        for block in blocks.select_related("made_by", "ended_by").order_by("made_at", "pk")
    )  # fmt: skip


def _cards(whom):
    """When login cards were printed for a class while they were in it."""
    if whom.kind != "students":
        return ()
    stays = list(whom.row.enrolments.values_list("school_class", "joined_at", "left_at"))
    printed = AuditEntry.objects.filter(
        school=whom.school, kind="schoolclass", object_id__in=[stay[0] for stay in stays], verb__startswith="printed"
    ).select_related("actor")
    return tuple(
        Row((Fact("when", plain(entry.at)), Fact("by", whom.actor(entry.actor))))
        for entry in printed.order_by("at", "pk")
        if any(pk == entry.object_id and since <= entry.at <= (until or entry.at) for pk, since, until in stays)
    )


def _audit(whom):
    """Entries name the model of a row, and some its kind."""
    about = Q(kind__in=[whom.row._meta.model_name, whom.kind], object_id=whom.row.pk)
    if whom.user_id:
        about |= Q(kind="user", object_id=whom.user_id)
    entries = AuditEntry.objects.filter(about, school=whom.school).select_related("actor").order_by("at", "pk")
    return tuple(
        Row((
            Fact("when", plain(entry.at)),
            Fact("who", whom.actor(entry.actor)),
            Fact("what", _deed(entry.verb)),
            Fact("why", Words(entry.reason) if entry.reason else ""),
        ))
        for entry in entries
    )  # fmt: skip


def _deed(verb):
    """What was done, about "this person"."""
    return audit.SENTENCES.get(verb, f"{verb} {{}}").replace("{}", "this person")


def _received(whom):
    told = tuple(
        Row((
            Fact("who", each.who),
            Fact("what", each.what),
            Fact("first", plain(each.first_on)),
            Fact("last", plain(each.last_on)),
            Fact("how often", each.requests if each.requests else "may read it, and has not yet"),
        ))
        for each in recipients_of(whom.school, whom.kind, whom.row.created_at.date())
    )  # fmt: skip
    return Part(
        "Who may have received it", told, "made here", "to answer who received what",
        note="Programs of the learning product that read lists of the school in which this person is, or was.",
    )  # fmt: skip
