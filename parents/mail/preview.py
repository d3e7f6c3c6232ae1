"""A family's weekly mail as it would be now, for support to look at; and why each contact of a student is or isn't
mailed. Its links do not work, so that trying one unsubscribes nobody."""

from dataclasses import dataclass

from django.utils import timezone

from parents.mail import holds
from parents.mail.emails import SchoolWeek, Sender, message
from parents.mail.letter import week_of
from parents.models import Contact, Guardianship, MailHold, MailSettings, WeeklyMail
from parents.rules.recipients import NOT_NOW, verdicts, why_not_now
from parents.rules.rule import WHY
from schools.text.addresses import masked, spellings

NO_LINK = "preview"
HELD = {
    MailHold.Cause.OURS: "The mail is on hold: the mail server refuses ours. No parent is to blame, and support knows.",
    MailHold.Cause.SHARE: "The mail is on hold: too much was refused to be the parents' doing, and support knows.",
}


@dataclass(frozen=True)
class Standing:
    """One contact of a student. address: masked. mailed: whether the weekly mail about the student goes to them."""

    contact: object
    relationship: str
    priority: int | None
    address: str
    mailed: bool
    why: str


def standings(school, students):
    """{student id: every current contact with why they are or are not mailed, first to be asked first}, for `students`
    (ids) of `school`."""
    why = verdicts(school, students).why
    shown = Contact.objects.current().filter(school=school).shown()
    links = Guardianship.objects.current().filter(student__in=students, contact__in=shown).select_related("contact")
    found = {student: [] for student in students}
    for link in links:
        code = why.get((link.student_id, link.contact_id), "no_responsibility")
        found[link.student_id].append(
            Standing(
                contact=link.contact,
                relationship=link.relationship,
                priority=link.priority,
                address=masked(link.contact.email) if link.contact.email else "",
                mailed=code == "",
                why=WHY[code],
            )
        )
    return {student: sorted(rows, key=_asked_first) for student, rows in found.items()}


def _asked_first(row):
    return (row.priority is None, row.priority or 0, row.contact.sort_name)


def school_stands(school):
    """Why nobody at the school is written to now, as a sentence, or ""."""
    settings, now = MailSettings.objects.filter(school=school).first(), timezone.now()
    if code := why_not_now(school, settings, now):
        return NOT_NOW[code]
    hold = holds.held(school.pk, now)
    return HELD[hold.cause] if hold else ""


def family_mail(contact, to=None):
    """The message that `contact` would get now, or None where they get none. to: another address to send it to."""
    school = contact.school
    own = Guardianship.objects.current().filter(contact__email__in=spellings(contact.email), school=school)
    students = list(own.values_list("student_id", flat=True))
    families = verdicts(school, students).mails.values()
    family = next((family for family in families if contact.pk in family.contacts), None)
    if family is None:
        return None
    settings = MailSettings.objects.filter(school=school).first() or MailSettings(school=school)
    week = week_of(timezone.localdate(timezone=school.zone))
    row = WeeklyMail(school=school, address_mark="00" * 16, key_number=0)
    read = SchoolWeek(school, week, family.students)
    return message(Sender.of(school, settings), school, row, to or family.address, read, family.students, NO_LINK)
