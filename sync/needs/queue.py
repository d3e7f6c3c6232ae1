"""What needs a person, as it is noted, in words: of one school for its pages, of all for support's list."""

from collections import Counter
from dataclasses import dataclass
from operator import attrgetter
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Case, Count, IntegerField, Min, OuterRef, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse

from schools.templatetags.words import and_list
from sync.facts.kinds import KINDS
from sync.models import Need
from sync.needs.states import STATES, ForProduct
from sync.wording.kinds import many
from sync.wording.sentences import day_in_full

OVERVIEW = "sync:school"  # support has a page of its own that says the same


@dataclass(frozen=True)
class Waiting:
    """One need of a school, for people. code: the school's. mis: what it calls its MIS. zone: by which it tells
    days."""

    need: Need
    code: str
    mis: str
    zone: ZoneInfo

    @property
    def state(self):
        return STATES[self.need.code]

    @property
    def urgency(self):
        """The code of how long it can wait: "now", "soon" or "later"."""
        return self.state.urgency.name.lower()

    @property
    def sentence(self):
        return self._said(self.state.said)

    @property
    def short(self):
        return self._said(self.state.short)

    @property
    def since(self):
        """In a mail, which is read on any day: "3 October 2026"."""
        return day_in_full(self.need.since.astimezone(self.zone))

    @property
    def who(self):
        return self.state.who.format(mis=self.mis)

    @property
    def page(self):
        """Where a lead ends it."""
        return reverse(self.state.page, args=[self.code]) + self._anchor

    @property
    def link(self):
        """The same, for a mail."""
        return settings.SITE_URL + self.page

    def address(self, school):
        """Where it is ended, for whoever looks at `school` (from `for_lead_or_support`); "" where they may not."""
        if self.state.task not in school.tasks:
            return ""
        if school.leads_here:
            return self.page
        if self.state.desk:
            return f"{reverse(self.state.desk)}?school={school.pk}"
        if self.state.page == OVERVIEW:
            return reverse("admin:schools_school_change", args=[school.pk]) + self._anchor
        return self.page

    @property
    def _anchor(self):
        return f"#{self.state.anchor}" if self.state.anchor else ""

    def _said(self, patterns):
        about = self.need.about
        kinds = about.split(",")
        words = and_list(map(many, kinds)) if set(kinds) <= KINDS.keys() else about
        said = patterns[self.need.number != 1].format(number=f"{self.need.number:,}", about=words, mis=self.mis)
        return said[:1].upper() + said[1:] if patterns is self.state.said else said


def of_school(school):
    """What needs a person at `school`: the most urgent first, of these what has waited longest. One query."""
    return in_order(school, Need.objects.filter(school=school))


def in_order(school, needs):
    """Some needs of `school` as `Waiting`, in the order in which people look at them."""
    mis = school.mis or "the MIS"
    told = [
        Waiting(need, school.code, mis, school.zone)
        for need in sorted(needs, key=attrgetter("since"))
        if need.code in STATES
    ]
    return sorted(told, key=lambda waiting: -waiting.state.urgency)


def by_tab(school):
    """How many needs each tab of the lead's pages counts: {tab: number}."""
    return Counter(waiting.state.tab for waiting in of_school(school))


def by_state(schools):
    """What waits at `schools`: [(code, its state, at how many of them)], the most urgent first."""
    counted = Need.objects.filter(school__in=schools.order_by().values("pk")).order_by().values_list("code")
    numbers = dict(counted.annotate(Count("pk")))
    return [(code, state, numbers[code]) for code, state in STATES.items() if code in numbers]


def with_rank(schools):
    """`schools` with `rank`, the place of their most urgent need among all states; beyond the last without a need."""
    places = [When(code=code, then=Value(place)) for place, code in enumerate(STATES)]
    needs = Need.objects.filter(school=OuterRef("pk"), code__in=STATES).order_by().values("school")
    first = needs.annotate(first=Min(Case(*places, output_field=IntegerField())))
    return schools.annotate(rank=Coalesce(Subquery(first.values("first")), len(STATES)))


def for_product(schools):
    """`schools` with `state`, how each stands for the learning product."""
    codes = {
        each: [code for code, state in STATES.items() if state.for_product is each]
        for each in ForProduct
        if each != ForProduct.CURRENT
    }
    return schools.annotate(
        state=Case(
            *[
                When(pk__in=Need.objects.filter(code__in=some).values("school"), then=Value(each))
                for each, some in codes.items()
            ],
            default=Value(ForProduct.CURRENT),
        )
    )
