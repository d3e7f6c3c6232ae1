"""Why the weekly mail about a student goes to each parent or carer or doesn't, and what became of the last mails."""

from dataclasses import dataclass, replace

from parents.mail.letter import Week
from parents.mail.preview import school_stands
from parents.models import AddressChoice, Contact, Guardianship, WeeklyMail
from parents.rules import rights
from parents.rules.chain import SAID_NO, Step, steps
from parents.rules.recipients import verdicts
from parents.rules.rule import WHY
from schools.marks import marks
from schools.text.addresses import masked
from sync.models import Change
from sync.wording.reasons import IN_WORDS

MAILS = 6
NOT_SENT = {
    "nothing_to_report": "there was nothing to report",
    "no_longer_listed": "is no longer listed in the MIS",
    "too_late": "it was too late by the time it could leave",
}


@dataclass(frozen=True)
class Mail:
    """monday: of the week it was about. state: what became of it. why: the reason where it was not sent."""

    monday: object
    state: str
    why: str


@dataclass(frozen=True)
class Parent:
    """sentence: whether mail goes, and why not. address: masked. steps: the chain; none for somebody who is no longer
    there for the student. said: who stopped the mail and when, as (user or None, moment, what), or None."""

    pk: int
    name: str
    relationship: str
    address: str
    sentence: str
    steps: list[Step]
    said: tuple | None
    mails: list[Mail]


def of_student(student, school):
    """Every parent or carer we hold of a student, those first who are mailed; None where the school does not share
    them. A fixed number of queries."""
    if not rights.shares(school):
        return None
    kept = Contact.objects.filter(school=school).exclude(wonde_id=None, forename="", surname="")
    links = Guardianship.objects.filter(student=student, contact__in=kept).select_related("contact")
    links = list(links.order_by("contact", "-joined_at").distinct("contact"))
    marked = {link.pk: marks().addresses(school.pk, link.contact.email) for link in links if link.contact.email}
    why, stands = verdicts(school, [student.pk]).why, school_stands(school)
    ended, mails, said = _ended(school, links), _mails(school, student, marked), _said(school, student, marked)
    told = []
    for link in links:
        current = link.left_at is None and link.contact.left_at is None
        code = why.get((student.pk, link.contact_id), "no_responsibility") if current else None
        told.append(
            Parent(
                pk=link.contact_id,
                name=str(link.contact) or "Somebody without a name in the MIS",
                relationship=link.relationship,
                address=masked(link.contact.email) if link.contact.email else "",
                sentence=_sentence(link, code, stands, ended, student, school),
                steps=[replace(step, why=school.in_its_words(step.why)) for step in steps(code, stands)]
                if current
                else [],
                said=said.get(link.pk) if code in SAID_NO else None,
                mails=mails.get(link.pk, []),
            )
        )
    return [parent for _, parent in sorted(zip(links, told, strict=True), key=lambda pair: _place(pair[0], why))]


def _steps(code, stands, school):
    return [replace(step, why=school.in_its_words(step.why)) for step in steps(code, stands)]


def _place(link, why):
    """Those who are mailed first, then as the MIS ranks them, then whoever is no longer there."""
    is_mailed = link.left_at is None and why.get((link.student_id, link.contact_id)) == ""
    return not is_mailed, link.left_at is not None, link.priority is None, link.priority or 0, link.contact.sort_name


def _sentence(link, code, stands, ended, student, school):
    name, child = str(link.contact) or "this parent or carer", student.forename or "the student"
    if code is None:
        reason = ended.get(link.pk, "")
        because = IN_WORDS[reason].sentence if reason in IN_WORDS else f"is no longer there for {child} in the MIS"
        return school.in_its_words(f"No mail about {child} goes to {name}, who {because}.")
    if code:
        return school.in_its_words(f"No mail about {child} goes to {name}, who {WHY[code]}.")
    if stands:
        return f"{name} would get the weekly mail about {child}, but none leaves now. {stands}"
    return f"{name} gets the weekly mail about {child}."


def _ended(school, links):
    """Why a link ended: {its id: code}."""
    gone = [link.pk for link in links if link.left_at]
    changes = Change.objects.filter(school=school, kind="guardianships", row_id__in=gone, verb=Change.Verb.REMOVE)
    return dict(changes.order_by("pk").values_list("row_id", "reason"))


def _mails(school, student, marked):
    """The last mails about the student to each address: {id of the link: [Mail]}."""
    every = {mark for own in marked.values() for mark in own}
    rows = WeeklyMail.objects.addressed_to(school.pk, every).filter(students__contains=[student.pk])
    rows = list(rows.order_by("-iso_year", "-iso_week", "-pk")[: MAILS * max(len(marked), 1)])
    return {
        pk: [
            Mail(Week(row.iso_year, row.iso_week).monday, row.get_state_display(), _why(row))
            for row in rows
            if row.address_mark in own
        ][:MAILS]
        for pk, own in marked.items()
    }


def _why(mail):
    if not mail.reason:
        return ""
    return NOT_SENT.get(mail.reason) or WHY.get(mail.reason, mail.reason.replace("_", " "))


def _said(school, student, marked):
    """Who said no to mail at an address: {id of the link: (user or None, moment, what)}."""
    every = {mark for own in marked.values() for mark in own}
    rows = AddressChoice.objects.standing().filter(school=school, address_mark__in=every).select_related("made_by")
    found = {}
    for row in rows.order_by("made_at"):
        if row.student_id in (None, student.pk):
            for pk, own in marked.items():
                if row.address_mark in own:
                    found[pk] = (row.made_by, row.made_at, row.get_cause_display())
    return found
