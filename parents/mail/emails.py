"""Builds the weekly mails of a school: letters from what we hold, messages with every header, CSS inlined once."""

import re
from dataclasses import dataclass
from email.policy import Compat32
from email.utils import formataddr
from functools import cache

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q
from django.template import engines
from django.template.loader import get_template
from django.urls import reverse

from parents.mail import tokens
from parents.mail.letter import Progress, write
from schools.web.context_processors import product
from students.models import Student, WeeklyProgress

LIMIT_BYTES = 60_000


@dataclass(frozen=True)
class Sender:
    """How a school's mails say who they are from."""

    name: str
    reply_to: str
    language: str
    says_nothing_to_report: bool

    @classmethod
    def of(cls, school, mail_settings):
        return cls(
            name=" ".join((mail_settings.from_name or school.name).split()),
            reply_to=mail_settings.reply_to or settings.SUPPORT_EMAIL,
            language=mail_settings.language,
            says_nothing_to_report=mail_settings.says_nothing_to_report,
        )


class SchoolWeek:
    """What a school's students did in a week, read once for many mails: three statements whatever their number."""

    def __init__(self, school, week, students):
        self.school, self.week = school, week
        here = Student.objects.current().filter(school=school, pk__in=students)
        self.names = {
            pk: (forename, surname) for pk, forename, surname in here.values_list("pk", "forename", "sort_name")
        }
        self.classes = dict(
            here.filter(enrolments__left_at=None, enrolments__school_class__left_at=None)
            .exclude(enrolments=None)
            .values_list("pk", "enrolments__school_class__name")
        )
        self.progress = self._progress(week, students)

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
                *now.get(student, (0, 0, 0, "")), done_before=before[student][1] if student in before else None
            )
            for student in students
        }

    def children(self, students):
        """(first name, class, progress) of those still here, in the order of a register."""
        here = sorted((pk for pk in students if pk in self.names), key=lambda pk: (self.names[pk][1], pk))
        return [(self.names[pk][0], self.classes.get(pk, ""), self.progress[pk]) for pk in here]

    def says_nothing(self, students):
        return all(self.progress[pk].says_nothing for pk in students if pk in self.names)


def letter(sender, school, week, students, token):
    """The `parents.mail.letter.Letter` about `students` (ids). week: a `SchoolWeek`; token: of its links."""
    return write(
        sender.language,
        school.name,
        week.week,
        week.children(students),
        product(None)["product"],
        f"{settings.SITE_URL}{_path('parents:stop')}?t={token}",
        f"{settings.SITE_URL}{_path('parents:not_mine')}?t={token}",
    )


_path = cache(reverse)


class _Headers(Compat32):
    """Writes headers as the standard library does, but does not take apart one that needs no folding."""

    _PLAIN = re.compile(r"[!-~]+(?: [!-~]+)*")

    def fold_binary(self, name, value):
        fits = isinstance(value, str) and len(name) + len(value) < 76
        if fits and self._PLAIN.fullmatch(value):
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


class _Weekly(EmailMultiAlternatives):
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
    domain = settings.WEEKLY_FROM_ADDRESS.rpartition("@")[2]
    built = _Weekly(
        shown.frame.subject,
        _template("emails/weekly.txt").render({"letter": shown}).strip() + "\n",
        formataddr((sender.name, settings.WEEKLY_FROM_ADDRESS)),
        [address],
        reply_to=[sender.reply_to],
        boundary=mail.uuid.hex[:24],
        headers={
            "Message-ID": f"<{mail.uuid}@{domain}>",
            "List-Unsubscribe": f"<{shown.stop_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "List-Id": f"<{school.code}.weekly.{domain}>",
            "Auto-Submitted": "auto-generated",
            "Feedback-ID": f"{week.week}:{school.pk}:weekly:{domain}",
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
    inlined = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False).inline(hidden)
    shown = re.sub(r"<!--tag(\d+)tag-->|tag(\d+)tag", lambda match: tags[int(match[1] or match[2])], inlined)
    return engines["django"].from_string(shown)
