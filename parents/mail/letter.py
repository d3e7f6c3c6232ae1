"""What a weekly mail says, as plain data: one family, one week, one language. Both the text and the HTML show this."""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

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
    """One child's week. done_before: tasks done the week before, None where nothing is known of it."""

    tasks_set: int = 0
    tasks_done: int = 0
    minutes: int = 0
    note: str = ""
    done_before: int | None = None

    @property
    def says_nothing(self):
        return not (self.tasks_set or self.tasks_done or self.minutes or self.note)


@dataclass(frozen=True)
class Child:
    """One child in the mail. percent: of tasks done, None without tasks. lines: the week in words."""

    name: str
    school_class: str
    percent: int | None
    lines: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class Frame:
    """What every letter of a school about a week says, whatever the family."""

    language: str
    subject: str
    heading: str
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


def write(language, school_name, week, children, product, stop_url, not_mine_url):
    """The letter about `children`: [(first name, name of the class or "", Progress)], in the order given.

    product: as every template gets it (`schools.web.context_processors`).
    """
    nothing = all(progress.says_nothing for _, _, progress in children)
    words, frame = _frame(
        language, school_name, week, nothing, product["name"], product["support_email"], product["privacy_url"]
    )
    return Letter(frame, tuple(_child(words, *child) for child in children), stop_url, not_mine_url)


@lru_cache(maxsize=64)
def _frame(language, school_name, week, nothing, product_name, support, privacy_url):
    """(`Words`, `Frame`): worked out once for all families."""
    words = Words(language, school=school_name, product=product_name, support=support)
    sunday = week.monday + timedelta(days=6)
    start = words.day(week.monday, with_year=week.monday.year != sunday.year)
    return words, Frame(
        language=words.language,
        subject=words("subject"),
        heading=words("heading", start=start, end=words.day(sunday)),
        intro=words("intro_nothing" if nothing else "intro"),
        questions=words("questions"),
        why_you=words("why_you"),
        stop=words("stop"),
        not_mine=words("not_mine"),
        held=words("held"),
        privacy=words("privacy"),
        privacy_url=privacy_url,
    )


def _child(words, name, school_class, progress):
    lines, percent = [], None
    if progress.tasks_set:
        percent = min(100, round(100 * progress.tasks_done / progress.tasks_set))
        lines.append(words("done", done=progress.tasks_done, set=progress.tasks_set))
    elif progress.tasks_done:
        lines.append(words("extra", done=progress.tasks_done))
    else:
        lines.append(words("none_set"))
    if progress.done_before is not None and (progress.tasks_set or progress.tasks_done):
        change = progress.tasks_done - progress.done_before
        lines.append(words("more" if change > 0 else "fewer" if change else "same", number=abs(change)))
    if progress.minutes:
        lines.append(words("one_minute" if progress.minutes == 1 else "minutes", minutes=progress.minutes))
    in_class = words("in_class", name=school_class) if school_class else ""
    return Child(name, in_class, percent, tuple(lines), progress.note)
