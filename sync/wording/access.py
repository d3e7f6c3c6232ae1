"""How a school stands in Wonde, in words: what it means, who must act next, and how a school approves us there."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from schools.templatetags.states import STATES
from sync.models import Access, AccessList
from sync.rules.access_states import ACTORS, CLOSED, Actor, State

SILENT_AFTER = timedelta(minutes=30)  # three polls: Wonde does not answer, and nothing that needs it is offered

TITLES = {state: STATES["access"][state][2] for state in State}
WORDS = {
    State.NOT_ASKED: "{school} has not been asked in Wonde to share its class lists with {product}. Nothing is read "
    "before it agrees.",
    State.ASKED: "{school} has been asked in Wonde to share its class lists with {product}. Nothing is read before "
    "somebody there approves it; the first sync follows within minutes.",
    State.DECLINED: "{school} has declined in Wonde to share its class lists with {product}. Nothing is read.",
    State.CHECKED: "{school} has approved {product}. Wonde checks that the data comes through well, which takes hours "
    "to a week. Where nothing was synced yet, the first sync follows by itself.",
    State.OPEN: "{school} shares its class lists with {product} in Wonde.",
    State.OFFLINE: "Wonde cannot reach {mis}. Class lists stay as they were until it can.",
    State.REVOKED: "{school} has ended our access in Wonde. Nothing is read.",
}
NEXT = {
    Actor.SUPPORT: "Support asks the school for access.",
    Actor.SCHOOL: "Somebody at {school} who may approve apps in Wonde.",
    Actor.WONDE: "Wonde. There is nothing to do at the school.",
    Actor.IT: "The IT of {school}, or Wonde.",
    Actor.NOBODY: "Nobody: there is nothing to do.",
}
APPROVING = (  # as Wonde's own help describes its portal
    "Sign in at school.wonde.com. It takes an administrator of the school’s account there; if nobody knows who that "
    "is, ask support@wonde.com.",
    "Under My apps, open {product} in the part Pending approval.",
    "Look through Permissions. Those that are required are what class lists take; choose among the optional ones.",
    "Press Approve app, and confirm. Every administrator is mailed a receipt.",
)
# What is different where a school is new to Wonde, by how the MIS is called [inferred: Wonde decides what it needs].
CONNECTING = {
    "sims": "If the school is new to Wonde: SIMS runs on the school’s own server, and Wonde installs its link there "
    "with the school’s IT.",
    "wcbs": "If the school is new to Wonde: in WCBS, somebody who manages its API adds Wonde as a third party and "
    "hands Wonde the access; the guide for PASS and 3sys has every step.",
}
HOSTED = "If the school is new to Wonde: Wonde asks for access to {mis} next, which an administrator of {mis} gives."
CONTACT = {  # Wonde's keys of whom we name -> what they are called here
    "first_name": "First name",
    "last_name": "Last name",
    "email_address": "Email address",
    "phone_number": "Telephone",
    "notes": "What they do at the school",
}


@dataclass(frozen=True)
class Told:
    """How a school stands, said. who: who must act next. steps: how the school approves; none where it need not.
    contact: whom we named to Wonde, line by line. known_at: how old this is; is_silent: Wonde has not answered since
    then, so nothing that needs it can be done; None and true where it was never heard of."""

    access: Access
    title: str
    words: str
    who: str
    steps: list[str]
    contact: list[str]
    known_at: datetime | None
    is_silent: bool

    @property
    def is_open(self):
        return self.access.state == State.OPEN

    @property
    def is_closed(self):
        """Whether the school has not let us in: there is nothing to read."""
        return self.access.state in CLOSED


def told(school):
    """How `school` stands in Wonde; None where its lists have not been read since the school is here."""
    access = Access.objects.filter(school=school).select_related("asked_by", "school").first()
    if access is None:
        return None
    state, (first, last) = State(access.state), AccessList.objects.heard()
    names = {"school": school.name, "product": settings.PRODUCT_NAME, "mis": school.mis or "the MIS"}
    steps = [*APPROVING, _connecting(school.mis)] if ACTORS[state] == Actor.SCHOOL else []
    return Told(
        access=access,
        title=TITLES[state],
        words=WORDS[state].format(**names),
        who=NEXT[ACTORS[state]].format(**names),
        steps=[step.format(**names) for step in steps],
        contact=_contact(access.told),
        known_at=max(filter(None, (first, access.seen_at)), default=None),
        is_silent=last is None or timezone.now() - last > SILENT_AFTER,
    )


def _contact(told):
    name = " ".join(filter(None, (told.get("first_name"), told.get("last_name"))))
    return [said for said in (name, *(told.get(key) for key in list(CONTACT)[2:])) if said]


def _connecting(mis):
    called = (mis or "").lower()
    return next((step for name, step in CONNECTING.items() if name in called), HOSTED)
