"""Numbers about a school's mail: the weeks behind, who can be reached, which addresses the MIS should correct."""

from collections import Counter, defaultdict
from dataclasses import dataclass

from django.db.models import Count

from parents.mail.letter import Week
from parents.models import Contact, WeeklyMail
from parents.rules import choices, rights
from parents.rules.recipients import verdicts
from parents.rules.rule import TO_CORRECT, WHY
from schools.text.addresses import masked
from students.models import Student

WEEKS_SHOWN = 6


@dataclass(frozen=True)
class Reach:
    """A class, or (without a `pk`) no class: how many of its students have somebody who is mailed."""

    pk: int | None
    school_class: str | None
    students: int
    reached: int


@dataclass(frozen=True)
class ToCorrect:
    """A contact whose address the MIS should correct. address: masked. bounced: mail to it did not get through."""

    contact: int
    name: str
    address: str
    why: str
    bounced: bool


@dataclass(frozen=True)
class StoppedAddresses:
    """How many addresses the mail of one ISO week did not reach, and are stopped since."""

    week: Week
    number: int


@dataclass(frozen=True)
class ToldMail:
    """One mail. to: the names of those it is to; about: the students; both as far as they are still held. why: what is
    known of a mail that did not arrive, or ""."""

    to: list
    about: list
    state: str
    why: str


@dataclass(frozen=True)
class OfStudent:
    """How a student's parents and carers stand with the weekly mail, in numbers alone; others: neither."""

    contacts: int
    mailed: int
    unsubscribed: int

    @property
    def others(self):
        return self.contacts - self.mailed - self.unsubscribed


def of_student(student):
    """An `OfStudent`, or None where the school does not share parents and carers."""
    if not rights.shares(student.school):
        return None
    why = [code for (pk, _), code in verdicts(student.school, [student.pk]).why.items() if pk == student.pk]
    said_no = sum(code in ("parent", "parent_child") for code in why)
    return OfStudent(len(why), why.count(""), said_no)


def weeks(school):
    """[(week, {state: number})], newest first, each state as a `WeeklyMail.State`."""
    rows = (
        WeeklyMail.objects.filter(school=school)
        .values_list("iso_year", "iso_week", "state")
        .annotate(number=Count("pk"))
        .order_by("-iso_year", "-iso_week", "state")
    )
    told = defaultdict(dict)
    for year, week, state, number in rows:
        told[Week(year, week)][WeeklyMail.State(state)] = number
    return list(told.items())[:WEEKS_SHOWN]


def newest_week(school):
    """The last week of which there is a mail, or None."""
    newest = WeeklyMail.objects.filter(school=school).order_by("-iso_year", "-iso_week")
    return next((Week(*week) for week in newest.values_list("iso_year", "iso_week")[:1]), None)


def told(mails):
    """Mails as `ToldMail`s, in their order, in two queries."""
    mails = list(mails)
    contacts = Contact.objects.shown().in_bulk({pk for mail in mails for pk in mail.contacts})
    students = Student.objects.shown().in_bulk({pk for mail in mails for pk in mail.students})
    return [
        ToldMail(
            to=[str(contacts[pk]) for pk in mail.contacts if pk in contacts],
            about=[students[pk] for pk in mail.students if pk in students],
            state=mail.get_state_display(),
            why=WHY.get(mail.reason, "") if mail.reason else mail.get_refusal_display(),
        )
        for mail in mails
    ]


def reach(school):
    """(a `Reach` for every class, `ToCorrect`s, how many contacts have no priority), in four statements."""
    decided = verdicts(school)
    mailed = {student for family in decided.mails.values() for student in family.students}
    students = Student.objects.current().filter(school=school).with_stay()
    own = "stay__school_class"
    sizes, reached = Counter(), Counter()
    for pk, *school_class in students.values_list("pk", f"{own}__sort_name", f"{own}__name", own):
        sizes[tuple(school_class)] += 1
        reached[tuple(school_class)] += pk in mailed
    classes = [Reach(key[2], key[1], sizes[key], reached[key]) for key in sorted(sizes, key=_between_last)]
    why = {contact: code for (_, contact), code in decided.why.items() if code in TO_CORRECT}
    contacts = Contact.objects.filter(school=school, pk__in=why).in_order()
    wrong = [
        ToCorrect(row.pk, str(row), masked(row.email) if row.email else "", WHY[why[row.pk]], why[row.pk] == "bounce")
        for row in contacts
    ]
    return classes, wrong


def _between_last(key):
    return key[-1] is None, key


def stopped(school):
    """A `StoppedAddresses` for each week whose mail stopped addresses that are stopped still, newest first."""
    marks = choices.bounced(school.pk).values("address_mark")
    rows = WeeklyMail.objects.came_to_nothing().addressed_to(school.pk, marks).values_list("iso_year", "iso_week")
    counted = rows.annotate(number=Count("address_mark", distinct=True)).order_by("-iso_year", "-iso_week")
    return [StoppedAddresses(Week(year, week), number) for year, week, number in counted[:WEEKS_SHOWN]]


def without_priority(school):
    """How many current contacts have no priority for any of their students: they all rank alike."""
    current = Contact.objects.current().filter(school=school, guardianships__left_at=None)
    return current.exclude(guardianships__priority__isnull=False).distinct().count()
