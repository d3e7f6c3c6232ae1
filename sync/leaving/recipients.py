"""Who outside has received what we hold about a school's people: the tokens of the API that read it, and the learning
product where somebody signed in to it through us."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Max, Min, Q, Sum
from django.utils import timezone

from schools.erasing import model_of
from schools.models import ApiRead, ApiToken, ProductSignIn
from sync.facts.kinds import IN_API, KINDS, LINKS, PEOPLE
from sync.wording.kinds import many


@dataclass(frozen=True)
class Recipient:
    """What one token has read of one kind of a school's rows. kind: a list of the API, or `ApiRead.FEED`.

    A token that may read them and has not yet has 0 requests, no days, and the kind that was asked for.
    """

    token: ApiToken
    kind: str
    first_on: date | None = None
    last_on: date | None = None
    last_at: datetime | None = None
    requests: int = 0
    rows: int = 0

    @property
    def who(self):
        """What the token is called: who uses it."""
        return self.token.name

    @property
    def what(self):
        return read_as(self.kind)


def read_as(kind):
    """What the API's reads of a kind are called."""
    return "what changed, without names" if kind == ApiRead.FEED else many(kind)


def recipients_of(school, kind="", since=None):
    """Who has read `kind` ("students") of `school`, what ties it to others, and the feed of changes, from the day
    `since` on; then who may and has not. Without a kind: everything. [Recipient], by name.

    Nobody reads parents and carers through the API: for them it is empty.
    """
    asked = kinds_about(kind)
    if not asked:
        return []
    reads = ApiRead.objects.filter(school=school, kind__in=asked)
    if since:
        reads = reads.filter(day__gte=since)
    found = reads.values("token", "kind").annotate(
        first_on=Min("day"), last_on=Max("day"), requests=Sum("requests"), rows=Sum("rows"), last_at=Max("last_at")
    )
    tokens = ApiToken.objects.in_bulk({read["token"] for read in found})
    recipients = [Recipient(**read | {"token": tokens[read["token"]]}) for read in found]
    recipients += [Recipient(token, kind) for token in ApiToken.objects.reading(school).exclude(pk__in=tokens)]
    return sorted(recipients, key=_in_order)


def _in_order(each):
    return not each.requests, each.who.casefold(), each.token.pk, [*KINDS, ApiRead.FEED, ""].index(each.kind)


def kinds_about(kind):
    """What the API's reads of a kind are counted under: itself, the links it is part of, and the feed; nothing if the
    API shows none of them."""
    about = {link.name for link in LINKS.values() if kind in link.parents.values()} | {kind} if kind else KINDS.keys()
    shown = IN_API.keys() & about
    return {*shown, ApiRead.FEED} if shown else set()


def readers_before(note):
    """The names of the tokens that had read people of the kinds which an `Erasure` says are erased, by that day."""
    read = [each for kind in PEOPLE.keys() & note.ids.keys() for each in recipients_of(note.school, kind)]
    return sorted({each.who for each in read if each.requests and each.first_on <= timezone.localdate(note.at)})


def sign_ins_at(school):
    """How often people whose row at `school` has a login went on to the learning product, and how many they were:
    [{"product", "first_on", "last_at", "number", "people"}]."""
    logins = Q()
    for kind in PEOPLE.values():
        model = model_of(kind.table)
        if hasattr(model, "user"):
            logins |= Q(user__in=model._base_manager.filter(school=school).values("user"))
    return list(
        ProductSignIn.objects.filter(logins)
        .values("product")
        .annotate(
            first_on=Min("day"), last_at=Max("last_at"), number=Sum("number"), people=Count("user", distinct=True)
        )
        .order_by("product")
    )
