"""A school agrees: once for each version, by somebody who may, with a receipt that can be checked for ever after."""

import hashlib
import json
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from schools.locks import lock_school
from schools.mail import outgoing
from schools.models import Acceptance, AuditEntry, AuthoriserRight, Invitation, LeadRight, School, User
from schools.sharing import agreements, asked, keys

GRACE = timedelta(days=60)  # before a version that nobody agreed to becomes support's task
CHECKED_BY = 97


class NotAgreedError(Exception):
    """Why nothing was agreed, in a sentence for the person who tried."""


def offer(school, label):
    """What `school` is asked to agree to now: (the newest `Agreement` or None, what is asked, their mark). label: as
    `asked.snapshot` takes it."""
    agreement, wanted = agreements.newest(), asked.snapshot(keys.on_at(school), label)
    return agreement, wanted, digest([agreement and agreement.sha256, wanted])


def of(school, agreement):
    """The school's receipt for a version, or None."""
    return Acceptance.objects.filter(school=school, agreement=agreement).select_related("agreement").first()


@transaction.atomic
def agree(school, by, seen, label, *, name, position, signed_on=None, kept_where=""):
    """Agree for `school` to what it is asked now. Returns (its receipt, whether it is new): there is one a version, and
    whoever comes second gets the first one's.

    by: who agrees, or who of support records what was signed on paper; then with signed_on and kept_where. seen: the
    mark of what they were shown. Raises NotAgreedError if that has changed since, or there is no agreement yet.
    """
    lock_school(school.pk)
    agreement, wanted, mark = offer(school, label)
    if agreement is None:
        raise NotAgreedError("There is no agreement yet: support has to add it first. Nothing was agreed.")
    if there := of(school, agreement):
        return there, False
    if seen != mark:
        raise NotAgreedError("What is asked has changed since you opened the page. Nothing was agreed: read it again.")
    receipt = Acceptance(
        school=school,
        agreement=agreement,
        by=by,
        name=name,
        position=position,
        asked=wanted,
        permissions=asked.permissions(wanted),
        at=timezone.now(),
        receipt_no=new_number(),
        signed_on=signed_on,
        kept_where=kept_where,
    )
    receipt.sha256 = fingerprint(receipt)
    receipt.save()
    keys.agree(school, by)
    AuditEntry.objects.note(by, "recorded a paper agreement" if kept_where else "agreed", receipt, school)
    for to in [*_readers(school), None]:
        outgoing.put("receipt", school=school, to=to, about=receipt.pk)
    return receipt, True


def _readers(school):
    """The logins a receipt is sent to: every lead and every authoriser."""
    leads = LeadRight.objects.filter(school=school).values("user")
    agree = AuthoriserRight.objects.standing().filter(school=school).values("user")
    return User.objects.with_access().filter(Q(pk__in=leads) | Q(pk__in=agree)).order_by("pk")


def reader(mail):
    """The address of who a receipt's mail is for, while they lead the school or may agree for it; support's if it is
    for nobody; else None."""
    if mail.user_id is None:
        return settings.SUPPORT_EMAIL
    return _readers(mail.school).filter(pk=mail.user_id).values_list("email", flat=True).first()


def fingerprint(receipt):
    """SHA-256 of all that a receipt says, with the agreement's own."""
    return digest(
        {
            "receipt": receipt.receipt_no,
            "school": receipt.school_id,
            "agreement": [receipt.agreement.version, receipt.agreement.sha256],
            "name": receipt.name,
            "position": receipt.position,
            "asked": receipt.asked,
            "permissions": receipt.permissions,
            "at": receipt.at.timestamp(),
            "paper": [receipt.signed_on and receipt.signed_on.isoformat(), receipt.kept_where],
        }
    )


def is_unchanged(receipt):
    """Whether receipt and agreement still say what was agreed to."""
    return receipt.sha256 == fingerprint(receipt) and agreements.is_unchanged(receipt.agreement)


def digest(value):
    """SHA-256 of a value of JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def new_number():
    """A receipt's number, as it is read out: "4821-0937-5562". The last two digits check the others."""
    digits = f"{secrets.randbelow(10**10):010}"
    digits += f"{CHECKED_BY + 1 - int(digits) * 100 % CHECKED_BY:02}"
    return "-".join(digits[place : place + 4] for place in (0, 4, 8))


def tidied_number(typed):
    """A number as somebody typed it, "4821 0937 5562", as receipts have it; "" if it cannot be one."""
    digits = "".join(filter(str.isdigit, typed))
    if len(digits) != 12 or not digits.isascii() or int(digits) % CHECKED_BY != 1:
        return ""
    return "-".join(digits[place : place + 4] for place in (0, 4, 8))


def due_on(school, agreement):
    """The day from which a version that the school has not agreed to is support's task: 60 days after both are here,
    and not before it is in force. What the school agreed to before counts until then."""
    since = timezone.localdate(max(agreement.added_at, school.added_at) + GRACE, school.zone)
    return max(agreement.effective_on, since)


def unagreed(pks, now):
    """Schools that lack an agreement, or somebody who may agree: (the newest version, [school …]), each school with
    `has_agreed`, `may_agree`, `is_invited` (somebody, to agree) and `is_due` (support's task by now). Two queries; none
    where no agreement is required, and no school before there is one."""
    newest = agreements.newest() if settings.AGREEMENT_REQUIRED else None
    if newest is None:
        return None, []
    here = {"school": OuterRef("pk")}
    open_still = Q(expires_at=None) | Q(expires_at__gt=now)
    schools = School.objects.filter(pk__in=pks, revoked_at=None).annotate(
        has_agreed=Exists(Acceptance.objects.filter(agreement=newest, **here)),
        may_agree=Exists(AuthoriserRight.objects.standing().filter(**here)),
        is_invited=Exists(Invitation.objects.waiting().filter(open_still, as_authoriser=True, **here)),
    )
    lacking = list(schools.exclude(has_agreed=True, may_agree=True))
    for school in lacking:
        school.is_due = not school.has_agreed and due_on(school, newest) <= timezone.localdate(now, school.zone)
    return newest, lacking
