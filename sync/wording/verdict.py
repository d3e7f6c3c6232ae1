"""What is true of somebody or of a class, as one whole sentence that a school secretary would say."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from schools.templatetags.words import and_list, date_words, year_words
from sync.wording.kinds import many


@dataclass(frozen=True)
class About:
    """What a sentence may tell of. name: "Leo Hart", "" where there is none. classes: where they are, others: of
    the classes they are in that do not come here, why not. starts, leaves: the days the MIS states. since, until: the
    first and last day. by: which person did what, as a clause; because: the same of a removal, with what joins it on.
    subject, year_group: of a class. late: the school's nights begin before midnight. hidden: how many Wonde does not
    show."""

    kind: str
    name: str
    mis: str = ""
    classes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    starts: date | None = None
    leaves: date | None = None
    since: date | None = None
    until: date | None = None
    by: str = ""
    because: str = ""
    subject: str = ""
    year_group: str = ""
    late: bool = False
    hidden: int = 0


NOBODY = {
    "students": "This student",
    "employees": "This member of staff",
    "contacts": "This parent or carer",
    "classes": "This class",
}
# Code -> the sentence. What it names in braces is made of an `About` by `_told`.
SENTENCES = {
    "imported": "{name} is here{places}.",
    "arrives": "{name} is new in {mis} and comes with the next sync{into}.",
    "not_in_imported_class": "{name} is not here, because {mis} has them in no class that comes here{others}.",
    "teaches_no_imported_class": "{name} is not here, because they teach no class that comes here{others}.",
    "not_current": "{dates}.",
    "status_unknown": "{name} is not here, because {mis} no longer says who is at the school now, and nobody new comes "
    "in on a guess.",
    "duplicate": "{name} is not here yet, because another student has the same UPN in {mis}: until one of the two is "
    "corrected, the newer one waits.",
    "perhaps_someone_else": "{name} is not here yet: {mis} gives them the UPN or UPI of somebody who was here before "
    "under another name, and a person has to say who they are.",
    "second_class": "{name} is a second class, and a student is in one here.",
    "excluded_class": "{name} is not here, because {by}.",
    "other_subject": "{name} is not here, because its subject{subject} is not one of those that come here.",
    "no_subject": "{name} is not here, because it has no subject in {mis}.",
    "other_year_group": "{name} is not here, because its year group{year} is not one of those that come here.",
    "other_academic_year": "{name} is not here, because in {mis} it belongs to another academic year.",
    "intervention_group": "{name} is not here, because most of its students are in another class that is: it looks "
    "like an intervention group.",
    "asks_first": "{name} is not here yet: it is new, and the school wants to be asked before a new class comes in.",
    "no_students": "{name} is not here yet, because it has no students in {mis}.",
    "no_kept_student": "{name} is not here, because no child of theirs is.",
    "no_parental_responsibility": "{name} is not here, because {mis} says that they have no parental responsibility.",
    "parental_responsibility_unknown": "{name} is not here, because {mis} does not say whether they have parental "
    "responsibility.",
    "court_order_unknown": "{name} is not here, because {mis} no longer says where there are court orders, and "
    "meanwhile nobody is added.",
    "court_order": "{name} is not here, because {mis} shows a court order between them and the child.",
    "blocked": "{name} is not here, because {by}.",
    "left_out_here": "{name} is not here, because {by}{until}.",
    "awaits_rollover": "{name} is not here yet: it comes once somebody has confirmed the new school year.",
    "permission_not_granted": "{name} cannot be looked up, because the school does not share {many} with us in Wonde.",
    "not_offered": "{name} cannot be looked up, because Wonde does not offer {many} for {mis}.",
    "hidden_at_source": "The school or {mis} hides {hidden} from us, and we know nothing else about them.",
    "perhaps_hidden": "{name} is no longer shared with us: consent in {mis}, or blocked in Wonde.",
    "held_hidden": "{name} is no longer shared with us{since} (consent in {mis}, or blocked in Wonde), and is kept "
    "until a person says whether they are to be removed. Nothing about them is mailed or given to the product; two "
    "nights later no page shows them.",
    "held": "{name} is missing in {mis}{since}, and stays until a person says whether that is right.",
    "held_listed": "{name} is in {mis} but {no_longer}, and stays until a person says whether that is right.",
    "held_stated": "{name} is no longer here or not here yet, says {mis} of many at once; nothing changes until a "
    "person says whether that is right.",
    "held_details": "{name} is here with the old details: {mis} changed those of many people at once, and a person has "
    "to say whether that is right.",
    "kept": "{name} is here although {mis} no longer has them, because {by}.",
    "going": "{name} is no longer in {mis} and is removed with the next sync.",
    "left": "{name} was removed{on}{because}.",
    "unreadable": "{name} is in {mis}, but Wonde sends details that cannot be read, so nothing changes here.",
    "emptied": "{name} cannot be looked up: Wonde shows no {many} at all, although there were many, so nothing changes "
    "here.",
    "unsure": "{name} cannot be looked up: Wonde sent {many} without saying which, so nothing changes here.",
    "unknown": "We find nobody and no class of that name, neither here nor in what Wonde shows us.",
}
NO_LONGER = {
    "students": "no longer in a class that comes here",
    "employees": "no longer teaches a class that comes here",
    "contacts": "no longer there for a child who is here",
    "classes": "no longer one that comes here",
}


def sentence(code, about):
    """What `code` (of `sync.rules.reasons` or `sync.wording.reasons.STATES`) says of somebody, whole."""
    told = SENTENCES[code].format_map(_told(about))
    return told[:1].upper() + told[1:]


def _told(about):
    name, mis = about.name or NOBODY.get(about.kind, "Somebody"), about.mis or "the MIS"
    others = "; ".join(about.others).replace("the MIS", mis)
    hidden = "somebody" if about.hidden < 2 else f"{about.hidden:,} people"
    on = day(about.since)
    return {
        "name": name,
        "mis": mis,
        "many": many(about.kind),
        "places": _places(about, on),
        "into": f", into {and_list(about.classes)}" if about.classes else "",
        "others": f": {others}" if others else "",
        "dates": _dates(name, mis, about),
        "since": f" since {on}" if on else "",
        "on": f" on {on}" if on else "",
        "until": f", until {day(about.until)}" if about.until else "",
        "because": about.because,
        "by": about.by or ("a person blocked them" if about.kind == "contacts" else "a person said so"),
        "subject": f", {about.subject}," if about.subject else "",
        "year": f", {year_words(about.year_group)}," if about.year_group else "",
        "no_longer": NO_LONGER.get(about.kind, "no longer one that comes here"),
        "hidden": hidden,
    }


def _places(about, on):
    since = f" since {on}" if on else ""
    if about.kind == "employees" and about.classes:
        return f" and teaches {and_list(about.classes)}"
    if about.kind == "students":
        return f", in {and_list(about.classes)}{since}" if about.classes else " but in no class at the moment"
    return since


def _dates(name, mis, about):
    if about.kind == "employees":
        return f"{name} is not on the staff now, says {mis}"
    if about.starts and about.starts > timezone.localdate():
        here = about.starts + timedelta(days=1) if about.late else about.starts
        return f"{name} starts on {day(about.starts)}, so they are here from {day(here)}"
    if about.leaves and about.leaves < timezone.localdate():
        return f"{name} left on {day(about.leaves)}, says {mis}"
    return f"{name} has left or has not started yet, says {mis}"


def day(date):
    """A day as said, "3 October"; "" for none."""
    return date_words(date.isoformat()) if date else ""
