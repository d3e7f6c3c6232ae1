"""What a weekly mail says, as plain data: one family, one week, one language. Both the text and the HTML show this."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from parents.mail.words import Words


@dataclass(frozen=True)
class Week:
    """An ISO week."""

    year: int
    number: int

    @property
    def monday(self):
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def before(self):
        return week_of(self.monday - timedelta(days=7))

    @property
    def after(self):
        return week_of(self.monday + timedelta(days=7))

    def __str__(self):
        return f"{self.year}-W{self.number:02}"


def week_of(day):
    """The ISO week of a date."""
    year, number, _ = day.isocalendar()
    return Week(year, number)


@dataclass(frozen=True)
class Progress:
    """One child's week. before: (tasks set, tasks done) the week before, None where nothing is known of it."""

    tasks_set: int = 0
    tasks_done: int = 0
    minutes: int = 0
    note: str = ""
    before: tuple[int, int] | None = None

    @property
    def says_nothing(self):
        return not (self.tasks_set or self.tasks_done or self.minutes or self.note)


class Pupil(NamedTuple):
    """What a letter is told about a child. teachers: as the class list names them."""

    name: str
    school_class: str = ""
    teachers: tuple[str, ...] = ()
    progress: Progress = Progress()


@dataclass(frozen=True)
class Child:
    """One child in the mail. said: the week in one sentence, without a full stop. percent: of tasks done, None without
    tasks."""

    said: str
    school_class: str
    percent: int | None
    minutes: str
    note: str


@dataclass(frozen=True)
class Frame:
    """What every letter of a school about a week says, whatever the family. reply_to: "" where the school has given no
    address for questions."""

    language: str
    school: str
    subject: str
    preheader: str
    week: str
    intro: str
    questions: str
    why_you: str
    stop: str
    not_mine: str
    held: str
    privacy: str
    privacy_url: str


@dataclass(frozen=True)
class Letter:
    """Everything the templates show."""

    frame: Frame
    children: tuple[Child, ...]
    stop_url: str
    not_mine_url: str


def write(language, school_name, reply_to, week, pupils, product, stop_url, not_mine_url):
    """The letter about `pupils`, in the order given.

    reply_to: the school's address for questions, or "". product: as every template gets it
    (`schools.web.context_processors`).
    """
    nothing = all(pupil.progress.says_nothing for pupil in pupils)
    words, frame = _frame(
        language, school_name, reply_to, week, nothing,
        product["name"], product["support_email"], product["privacy_url"],
    )  # fmt: skip
    return Letter(frame, tuple(_child(words, pupil) for pupil in pupils), stop_url, not_mine_url)


@lru_cache(maxsize=64)
def _frame(language, school_name, reply_to, week, nothing, product_name, support, privacy_url):
    """(`Words`, `Frame`): worked out once for all families."""
    words = Words(language, school=school_name, product=product_name, support=support)
    span = words.span(week.monday, week.monday + timedelta(days=6))
    return words, Frame(
        language=words.language,
        school=school_name,
        subject=words("subject", start=words.day(week.monday, "j F")),
        preheader=words("preheader", week=span),
        week=words("week", week=span),
        intro=words("intro_nothing" if nothing else "intro"),
        questions=words("questions", address=reply_to) if reply_to else words("questions_no_address"),
        why_you=words("why_you"),
        stop=words("stop"),
        not_mine=words("not_mine"),
        held=words("held"),
        privacy=words("privacy"),
        privacy_url=privacy_url,
    )


def _child(words, pupil):
    progress = pupil.progress
    given, done = progress.tasks_set, progress.tasks_done
    said = words(_phrase(given, done), name=pupil.name or words("no_name"), set=given, done=done)
    if progress.before and given and done <= given:
        said += _change(words, progress)
    percent = min(100, round(100 * done / given)) if given else None
    minutes = words("one_minute" if progress.minutes == 1 else "minutes", minutes=progress.minutes)
    return Child(said, _of_class(words, pupil), percent, minutes if progress.minutes else "", progress.note)


def _phrase(given, done):
    """The sentence for so many tasks set and so many done."""
    if not given:
        return "extra_one" if done == 1 else "extra" if done else "none_set"
    if done == given:
        return "finished_one" if given == 1 else "finished"
    if done > given:
        return "done_beyond"
    return "done" if done else "done_none_of_one" if given == 1 else "done_none"


def _change(words, progress):
    """How the week compares with the one before: by tasks where as many were set, else by the share that was done."""
    given, done, (given_before, done_before) = progress.tasks_set, progress.tasks_done, progress.before
    if not given_before:
        return ""
    if given == given_before and done != done_before:
        return words("more" if done > done_before else "fewer", number=abs(done - done_before))
    change = done * given_before - done_before * given
    if change:
        return words("larger" if change > 0 else "smaller")
    return words("as_before" if given == given_before or done in (0, given) else "same_share")


def _of_class(words, pupil):
    """ "Class 9x/Ma1, with Ms Ruth Pell"; "" without a class."""
    if not pupil.school_class:
        return ""
    phrase = "in_class_with" if pupil.teachers else "in_class"
    return words(phrase, name=pupil.school_class, teachers=", ".join(pupil.teachers))
