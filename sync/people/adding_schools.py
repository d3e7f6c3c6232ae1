"""Adding a school: found at Wonde, then made here with its connection and its first lead's invitation.

Nothing is read here: the school is due at once, and the dispatcher takes it from there.
"""

from dataclasses import dataclass
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.text import slugify

from schools.models import AuditEntry, School
from schools.staff import invitations
from schools.text.names import Search, sort_name, words
from sync.facts.errors import NotFound, ScopeDenied, SyncError
from sync.facts.shapes import RemoteSchool
from sync.models import Access, SyncSettings, default_subjects
from sync.rules.access_states import State

UNITED_KINGDOM = "GBR"
SCOTTISH_AREAS = frozenset("AB DD DG EH FK G HS IV KA KW KY ML PA PH TD ZE".split())  # noqa: SIM905
YEAR_STARTS = {UNITED_KINGDOM: "09-01", "AUS": "01-28", "NZL": "01-28", "ZAF": "01-14"}
YEAR_STARTS_IN_SCOTLAND = "08-15"
GENERIC_WORDS = frozenset("the of and for school academy college primary secondary high community".split())  # noqa: SIM905
CODE_LIMIT = 40


class SchoolRefusedError(Exception):
    """Why a school cannot be added, in a sentence for support."""


@dataclass(frozen=True)
class FoundSchool:
    """A school as Wonde describes it: what support sees before adding it, and what we then keep."""

    wonde_id: str
    name: str
    mis: str
    phase: str
    urn: str
    town: str
    postcode: str
    timezone: str
    domain: str
    year_starts: str
    approved: bool = True


def found(remote, approved=True):
    """A school from Wonde's lists as a `FoundSchool`. Everything but id and name may be missing or null."""
    address, country = remote.address, remote.address and remote.address.address_country
    postcode = ((address and address.address_postcode) or "").strip().upper()
    return FoundSchool(
        wonde_id=remote.id,
        name=remote.name or remote.id,
        mis=remote.mis or "",
        phase=(remote.phase_of_education or "").capitalize()[:60],
        urn=str(remote.urn or "")[:20],
        town=(address and address.address_town) or "",
        postcode=postcode,
        timezone=remote.timezone if remote.timezone in available_timezones() else "Europe/London",
        domain=(remote.region and remote.region.domain) or "",
        year_starts=year_starts((country and country.code) or "", postcode),
        approved=approved,
    )


def year_starts(country, postcode):
    """Month and day on which the academic year begins, "09-01"; a first guess that support can change.

    Wonde says "United Kingdom" for every British school: the postcode shows which are in Scotland. TD12 and TD15 are
    English.
    """
    area = postcode[:2].rstrip("0123456789")
    outward = postcode.split(" ")[0]
    if country in {UNITED_KINGDOM, ""} and area in SCOTTISH_AREAS and outward not in {"TD12", "TD15"}:
        return YEAR_STARTS_IN_SCOTLAND
    return YEAR_STARTS.get(country, YEAR_STARTS[UNITED_KINGDOM])


def checked_id(wonde_id):
    """The Wonde id in the form to ask for. Raises SchoolRefusedError if it is not one, or the school is already
    here."""
    wonde_id = wonde_id.strip()
    if not wonde_id.isalnum() or len(wonde_id) > 32:
        raise SchoolRefusedError(f"“{wonde_id}” is not a Wonde id. One looks like A1930499544: a letter and digits.")
    if School.objects.filter(wonde_id=wonde_id).exists():
        raise SchoolRefusedError(f"{wonde_id} is here already: find it in the list of schools.")
    return wonde_id


def checked_search(text):
    """The text to search for. Raises SchoolRefusedError if there is next to nothing of it."""
    text = " ".join(text.split())
    if len(text) < 2:
        raise SchoolRefusedError("Type at least two letters of the name, the start of the postcode, or the URN.")
    return text


def look_up(wonde, wonde_id):
    """The school with this id at Wonde. Raises SchoolRefusedError, which says what to do."""
    wonde_id = checked_id(wonde_id)
    try:
        return found(wonde.one(f"schools/{wonde_id}", RemoteSchool))
    except (NotFound, ScopeDenied) as error:
        raise SchoolRefusedError(
            f"Wonde shows us no school with the id {wonde_id}. Check the id for typing mistakes. A school that has not "
            "approved us yet is found by its URN or postcode. Nothing was added."
        ) from error
    except SyncError as error:
        raise SchoolRefusedError(f"Nothing was added: {error}") from error


def search(wonde, text):
    """Schools that match `text`: part of a name, the start of a postcode, or a URN.

    A name is searched for among schools that have approved us; a postcode or URN also among all those Wonde knows,
    marked as not approved. Raises SchoolRefusedError if Wonde cannot be asked.
    """
    text = checked_search(text)
    try:
        approved = [found(school) for school in _list(wonde, "schools")]
        elsewhere = [found(school, approved=False) for school in _all_of(wonde, text)]
    except SyncError as error:
        raise SchoolRefusedError(str(error)) from error
    known = {school.wonde_id for school in approved}
    ours = [school for school in approved if _matches(school, text)]
    others = [school for school in elsewhere if school.wonde_id not in known and _matches(school, text)]
    return sorted(ours, key=lambda school: sort_name(school.name)) + others


def _matches(school, text):
    """Whether every word typed begins one in the name, or it is the start of the postcode or the whole URN."""
    compact = text.replace(" ", "").upper()
    return (
        Search(text).finds(sort_name(school.name))
        or school.postcode.replace(" ", "").startswith(compact)
        or school.urn == text
    )


def _list(wonde, path, **params):
    return wonde.rows(path, RemoteSchool, **params).rows.values()


def _all_of(wonde, text):
    """Wonde's list of all schools can be searched by URN and postcode, not by name. It ignores parameters it does not
    know, so the answer is filtered again."""
    if text.isdecimal():
        return _list(wonde, "schools/all", urn=text)
    if any(sign.isdigit() for sign in text):
        return _list(wonde, "schools/all", postcode=text.upper())
    return []


def add_school(school, *, by=None, subjects=(), year_groups=(), lead_email="", asks_first=False):
    """Make a school and its connection, due now, and invite its first lead. Returns the school and the invitation. One
    that has not approved us waits: it is synced once it has (`SyncSettings.objects.due`).

    school: as `look_up` or `search` found it. subjects: MIS codes or names; none means the product's own. by: who adds
    it, None on the command line. asks_first: nothing comes in before the school's lead has imported it.
    Raises SchoolRefusedError if it is already here, InvitationRefusedError if the address cannot be invited.
    """
    try:
        with transaction.atomic():
            made = School.objects.create(
                wonde_id=school.wonde_id, name=school.name, code=free_code(school.name), mis=school.mis,
                urn=school.urn, phase=school.phase, timezone=school.timezone, domain=school.domain,
            )  # fmt: skip
    except IntegrityError as error:
        raise SchoolRefusedError(f"{school.wonde_id} is here already: find it in the list of schools.") from error
    SyncSettings.objects.create(
        school=made,
        subjects=list(subjects) or default_subjects(),
        year_groups=list(year_groups),
        year_starts=school.year_starts,
        asks_first=asks_first,
        due_at=timezone.now() if school.approved else None,
    )
    if not school.approved:
        Access.objects.create(school=made, state=State.NOT_ASKED)
    AuditEntry.objects.note(by, "added", made, made)
    invitation = invitations.invite(made, lead_email, by=by, as_lead=True) if lead_email.strip() else None
    return made, invitation


def free_code(name):
    """A short code for URLs and login cards: "fenbrook", else "fenbrook-academy", else "fenbrook-academy-2"."""
    whole = words(name)
    telling = [word for word in whole if word not in GENERIC_WORDS] or whole
    short, long = slugify("-".join(telling[:2])), slugify("-".join(whole))
    stem = (long or "school")[: CODE_LIMIT - 4]
    taken = set(School.objects.filter(code__startswith=(short or stem)[:3]).values_list("code", flat=True))
    choices = [short[:CODE_LIMIT], stem] + [f"{stem}-{number}" for number in range(2, len(taken) + 3)]
    return next(code for code in choices if code and code not in taken)
