"""Builds the weekly mails of a school: letters from what we hold, messages with every header, CSS inlined once."""

import re
from collections import defaultdict
from dataclasses import dataclass
from email.policy import Compat32
from functools import cache

from django.conf import settings
from django.db.models import Q
from django.template import engines
from django.template.loader import get_template
from django.urls import reverse

from classes.models import Teaching
from parents.mail import tokens
from parents.mail.letter import Progress, Pupil, write
from schools.mail.mails import INLINER
from schools.mail.wire import Mail, domain_of, named
from schools.text.names import spoken
from schools.web.context_processors import product
from students.models import Student, WeeklyProgress

LIMIT_BYTES = 60_000
SENDER_ID = "rollbook"  # of Feedback-ID: 5 to 15 characters, the same in every mail (Google, "Feedback loop")


@dataclass(frozen=True)
class Sender:
    """How a school's mails say who they are from. reply_to: the school's address for questions, or ""."""

    name: str
    reply_to: str
    language: str
    says_nothing_to_report: bool

    @classmethod
    def of(cls, school, mail_settings):
        return cls(
            name=" ".join((mail_settings.from_name or school.name).split()),
            reply_to=mail_settings.answers_to,
            language=mail_settings.language,
            says_nothing_to_report=mail_settings.says_nothing_to_report,
        )


class SchoolWeek:
    """What a school's students did in a week, read once for many mails: four statements whatever their number."""

    def __init__(self, school, week, students):
        self.school, self.week = school, week
        here = Student.objects.current().filter(school=school, pk__in=students)
        self.names = {
            pk: (forename, surname) for pk, forename, surname in here.values_list("pk", "forename", "sort_name")
        }
        stays = here.filter(enrolments__left_at=None, enrolments__school_class__left_at=None).exclude(enrolments=None)
        self.classes = {
            pk: (name, school_class)
            for pk, name, school_class in stays.values_list(
                "pk", "enrolments__school_class__name", "enrolments__school_class"
            )
        }
        self.teachers = self._teachers()
        self.progress = self._progress(week, students)

    def _teachers(self):
        """Id of a class -> those who teach it, as the class list names them: its main teachers, where it has any."""
        teachings = Teaching.objects.current().handed_on("teachings").with_employees()
        taught = defaultdict(list)
        for each in teachings.filter(
            school_class__in={school_class for _, school_class in self.classes.values()}, employee__left_at=None
        ):
            if name := spoken(each.employee):
                taught[each.school_class_id].append((each.main, name))
        return {pk: tuple(name for is_main, name in found if is_main == found[0][0]) for pk, found in taught.items()}

    def _progress(self, week, students):
        both = Q(iso_year=week.year, iso_week=week.number) | Q(iso_year=week.before.year, iso_week=week.before.number)
        now, before = {}, {}
        rows = WeeklyProgress.objects.filter(both, school=self.school, student__in=students)
        for student, number, *done in rows.values_list(
            "student_id", "iso_week", "tasks_set", "tasks_done", "minutes", "note"
        ):
            (now if number == week.number else before)[student] = done
        return {
            student: Progress(
                *now.get(student, (0, 0, 0, "")), before=tuple(before[student][:2]) if student in before else None
            )
            for student in students
        }

    def pupils(self, students):
        """A `Pupil` for each of those still here, in the order of a register."""
        here = sorted((pk for pk in students if pk in self.names), key=lambda pk: (self.names[pk][1], pk))
        told = []
        for pk in here:
            name, school_class = self.classes.get(pk, ("", None))
            told.append(Pupil(self.names[pk][0], name, self.teachers.get(school_class, ()), self.progress[pk]))
        return told

    def says_nothing(self, students):
        return all(self.progress[pk].says_nothing for pk in students if pk in self.names)


def letter(sender, school, week, students, token):
    """The `parents.mail.letter.Letter` about `students` (ids). week: a `SchoolWeek`; token: of its links."""
    return write(
        sender.language,
        school.name,
        sender.reply_to,
        week.week,
        week.pupils(students),
        product(None)["product"],
        f"{settings.SITE_URL}{_path('parents:stop')}?t={token}",
        f"{settings.SITE_URL}{_path('parents:not_mine')}?t={token}",
    )


_path = cache(reverse)


class _Headers(Compat32):
    """Writes headers as the standard library does, but does not take apart one that needs no folding or can have
    none."""

    _PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")
    _WHOLE = re.compile(r"[!-+\--:<-~]+")  # nowhere to be folded: a link

    def fold_binary(self, name, value):
        length = len(name) + len(value) if isinstance(value, str) else 0
        if 0 < length < 76 and self._PLAIN.fullmatch(value):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        if length > 80 and self._WHOLE.fullmatch(value):
            return f"{name}: {self.linesep} {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


class _Weekly(Mail):
    """boundary: random, so that no text contains it."""

    def __init__(self, *args, boundary, **kwargs):
        super().__init__(*args, **kwargs)
        self.boundary = boundary

    def message(self):
        built = super().message()
        built.set_boundary(self.boundary)
        for part in built.walk():
            part.policy = _Headers()
        return built


def message(sender, school, mail, address, week, students, token=""):
    """The message of the row `mail` to `address` about `students`, ready to hand over. token: instead of its own."""
    token = token or tokens.sign(tokens.MailLink(school.pk, mail.address_mark, mail.key_number, mail.pk or 0))
    shown = letter(sender, school, week, students, token)
    domain = domain_of(settings.WEEKLY_FROM_ADDRESS)
    built = _Weekly(
        shown.frame.subject,
        _template("emails/weekly.txt").render({"letter": shown}).strip() + "\n",
        named(sender.name, settings.WEEKLY_FROM_ADDRESS),
        [address],
        reply_to=[sender.reply_to or settings.SUPPORT_EMAIL],
        boundary=mail.uuid.hex[:24],
        headers={
            "Message-ID": f"<{mail.uuid}@{domain}>",
            "List-Unsubscribe": f"<{shown.stop_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": f"<{school.code}.weekly.{domain}>",
            "Feedback-ID": f"{week.week}:school-{school.pk}:weekly:{SENDER_ID}",
            "Content-Language": shown.frame.language,
        },
    )
    built.attach_alternative(_inlined("emails/weekly.html").render({"letter": shown}), "text/html")
    built.metadata = {"mail": str(mail.uuid)}  # for the mail service's reports; SMTP ignores both
    built.tags = ["weekly"]
    return built


@cache
def _template(name):
    return get_template(name)


_TAG = re.compile(r"{%.*?%}|{{.*?}}", re.S)


@cache
def _inlined(name):
    """The template `name` with its CSS moved into the elements, compiled once.

    The inliner must not see template tags: those that stand between elements become comments, the others plain words,
    and both are put back afterwards. Rules that depend on the reader's scheme stay in a style sheet.
    """
    source, tags = get_template(name).template.source, []

    def hide(match):
        tags.append(match[0])
        return f"<!--tag{len(tags) - 1}tag-->" if match[0].startswith("{%") else f"tag{len(tags) - 1}tag"

    hidden = _TAG.sub(hide, source)
    inlined = INLINER.inline(hidden)
    shown = re.sub(r"<!--tag(\d+)tag-->|tag(\d+)tag", lambda match: tags[int(match[1] or match[2])], inlined)
    return engines["django"].from_string(shown)
