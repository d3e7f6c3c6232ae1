"""What Wonde must be allowed to tell us before parents are written to: the permissions, and how each stands."""

from dataclasses import dataclass

from schools.models import LastRead
from schools.sharing import keys
from schools.sharing.purposes import WEEKLY_MAIL

# Code, as in `LastRead.rights` -> (the permission's name in Wonde, what we need it for).
NEEDED = {
    "court_order": ("Contacts court order", "so that nobody is written to against a court order"),
    "parental_responsibility": ("Contacts parental responsibility", "to write only to those who have it"),
    "priority": ("Contacts priority", "to write to whom the school asks first"),
}


@dataclass(frozen=True)
class Needed:
    """One permission. granted: None where Wonde does not say, or says what cannot be so."""

    code: str
    name: str
    purpose: str
    granted: bool | None

    @property
    def state(self):
        return {True: "granted", False: "not granted", None: "not known"}[self.granted]


def shares(school):
    """Whether the school shares parents and carers with us: neither withdrawn in Wonde nor switched off here."""
    return not {"contacts", "guardianships"} & school.frozen.keys() and keys.is_on(school, WEEKLY_MAIL)


def of(school):
    """Each that mail to parents needs, as the last sync found it: (a list of `Needed`, the school's `LastRead` or
    None)."""
    read = LastRead.objects.filter(school=school).first()
    known = read.rights if read else {}
    return [Needed(code, name, purpose, known.get(code)) for code, (name, purpose) in NEEDED.items()], read


def missing(read):
    """The names of those that are not granted, by a `LastRead`."""
    return [name for code, (name, _) in NEEDED.items() if read.rights.get(code) is False]


def without():
    """The `LastRead` of schools whose weekly mail is on and lacks one of them."""
    return LastRead.objects.filter(rights_missing_since__isnull=False, school__mail_settings__enabled=True)
