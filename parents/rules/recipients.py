"""Who may be mailed now, and why not: applies the rule (`parents.rules.rule`) to a school's rows, in a few statements.

The dispatcher, the sender, the preview and the student's admin page all ask here.
"""

from collections import defaultdict
from datetime import timedelta
from types import SimpleNamespace

from django.db.models import Q
from django.db.models.functions import Greatest
from django.utils import timezone

from parents.models import AddressChoice, Guardianship, MailSettings
from parents.rules import blocks
from parents.rules.rule import Rules, decide
from parents.rules.standing import Link, why_not
from schools.marks import marks
from schools.models import Employee, LastRead
from schools.sharing import keys
from schools.sharing.purposes import WEEKLY_MAIL
from schools.text.addresses import folded, mailbox, spellings

FRESH = timedelta(hours=48)

# Why nobody at a school is written to: code -> a sentence for its leads and for support.
NOT_NOW = {
    "not_shared": "The school has switched off the weekly mail under “Sharing”, so parents and carers are not read.",
    "off": "The weekly mail is switched off.",
    "paused": "The weekly mail is paused until a person resumes it.",
    "no_reply_to": "The weekly mail has stopped: for 30 days no address has taken parents’ answers. It goes on once "
    "the school gives one under “Settings”.",
    "no_rights": "The weekly mail has stopped: Wonde may not tell us what we need to know of parents’ rights. "
    "It goes on once the school grants the permissions that “Parents and carers” names.",
    "revoked": "The school has ended our access.",
    "withdrawn": "The school has withdrawn the permission to read parents and carers.",
    "doubted": "Wonde did not let us read parents and carers; whether that was a fault shows the next night.",
    "stale": "What we have of parents and carers is more than 48 hours old.",
    "undone": "A sync was undone, which may have brought old details back; the next sync will tell.",
    "addresses_gone": "Many addresses vanished from the MIS at once; the old ones are kept but not written to.",
}


def why_not_now(school, settings, now):
    """Why nobody at `school` may be written to at the moment `now`: a code of NOT_NOW, or "".

    settings: the school's `MailSettings`, or None.
    """
    if not keys.is_on(school, WEEKLY_MAIL):
        return "not_shared"
    if settings is None or not settings.enabled:
        return "off"
    if settings.paused_at:
        return "paused"
    if settings.stops_at and settings.stops_at <= now:
        return "no_reply_to"
    if code := _why_nothing_is_shared(school):
        return code
    read = LastRead.objects.filter(school=school).first()
    if read and read.has_stopped_for_rights:
        return "no_rights"
    if not _is_fresh(read, now):
        return "stale"
    if read.undone:
        return "undone"
    return "addresses_gone" if read.addresses_gone else ""


def _why_nothing_is_shared(school):
    """Why nothing of parents and carers may be used now: a code of NOT_NOW, or ""."""
    if school.revoked_at:
        return "revoked"
    about = {"contacts", "guardianships", "students"}
    if about & school.frozen.keys():
        return "withdrawn"
    return "doubted" if about & school.doubted.keys() else ""


def _is_fresh(read, now):
    """Whether what we have of them was read lately. read: the school's `LastRead`, or None."""
    return bool(read and read.parents_as_of and read.parents_as_of >= now - FRESH)


def verdicts(school, students=None):
    """Decide every current link of `school`, or all those that affect `students` (ids): a
    `parents.rules.rule.Verdicts`.

    With `students`, only the answer about them is complete.
    """
    links = list(_links(school, students))
    return decide(links, rules_of(school), _stops(school))


def known_to(school, mark, students):
    """Those of `students` (ids) that the reader of mail to this address may know about now: a set of ids.

    mark: of the address. Empty if parents and carers are no longer shared or have not been read lately.
    """
    read = LastRead.objects.filter(school=school).first()
    if _why_nothing_is_shared(school) or not _is_fresh(read, timezone.now()):
        return set()
    marker, trusts = marks(), rules_of(school).trusts_first_contact
    return {
        link.student
        for link in _links(school, students)
        if link.student in students and not why_not(link, trusts) and mark in marker.addresses(school.pk, link.address)
    }


def rules_of(school):
    """What the school has decided about its mail."""
    settings = MailSettings.objects.filter(school=school).first() or MailSettings(school=school)
    staff = Employee.objects.current().filter(school=school).exclude(email="").values_list("email", flat=True)
    domains = defaultdict(int)
    for address in staff:
        domains[folded(address).partition("@")[2]] += 1
    own = {folded(address) for address in [*settings.own_addresses, settings.reply_to] if address}
    # A domain shared by several members of staff is the school's; one teacher's private mailbox is not enough.
    usual = frozenset(domain for domain, number in domains.items() if number > 1)
    return Rules(settings.trusts_first_contact, frozenset(own), usual)


def _links(school, students):
    rows = Guardianship.objects.current().filter(school=school, contact__left_at=None, student__left_at=None)
    if students is not None:
        about = Guardianship.objects.current().filter(school=school, student__in=students, contact__left_at=None)
        written = about.exclude(contact__email="").values_list("contact__email", flat=True).distinct()
        same = {spelling for address in written for spelling in spellings(address)}
        rows = rows.filter(Q(student__in=students) | Q(contact__email__in=same))
    blocked = blocks.of(school)
    rows = rows.annotate(hidden_since=Greatest("contact__perhaps_hidden_since", "student__perhaps_hidden_since"))
    columns = [
        "student_id", "contact_id", "responsibility", "priority", "doubt", "hidden_since", "contact__email",
        "contact__wonde_id", "contact__upi", "student__wonde_id", "student__upi", "student__upn",
    ]  # fmt: skip
    for row in rows.values_list(*columns).iterator(2_000):
        student, contact, responsible, priority, doubt, hidden_since, email, *ids = row
        is_blocked = bool(blocked.rows) and blocked.cover(
            student,
            SimpleNamespace(wonde_id=ids[2], upi=ids[3], upn=ids[4]),
            SimpleNamespace(wonde_id=ids[0], upi=ids[1], email=email),
        )
        doubt = "perhaps_hidden" if hidden_since else doubt
        yield Link(student, contact, mailbox(email), responsible, priority, is_blocked, doubt)


def _stops(school):
    """What was decided about addresses at the school, in the form `parents.rules.rule.decide` takes."""
    said = defaultdict(list)
    choices = AddressChoice.objects.standing().filter(school=school)
    for mark, student, cause in choices.values_list("address_mark", "student_id", "cause").iterator(2_000):
        said[mark].append((student, cause))
    marker = marks()

    def stops(address):
        if not said:
            return ()
        return [entry for mark in marker.addresses(school.pk, address) for entry in said.get(mark, ())]

    return stops
