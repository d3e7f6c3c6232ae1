"""The eight steps of the guide for schools on PASS and 3sys, and how far a school is with each.

What the steps say (templates/sync/wcbs) is from Wonde's printed integration guide for WCBS, but for this:

[inferred] that the guide's school id "(e.g. I)" is the digit 1; that a client ID or secret has no spaces; that Swagger
is below the address; that the API must be reached from the internet; that 3sys has the menus of PASS 5.6; what the box
for consent says.
[unknown] what stands in the menus before 5.6, beyond "Security, Users, Data Protection 2"; whether Wonde's counts
include people without consent at every school; whether Wonde has a form of its own for secrets: the guide says to ask.
"""

from typing import NamedTuple

from sync.rules.access_states import State
from sync.rules.wcbs import is_wcbs

STEPS = {
    "what-you-need": "What you need",
    "third-party": "Add Wonde as a third party",
    "client-secret": "Generate the client secret",
    "four-values": "The four values",
    "school-id": "The school ID",
    "hand-over": "Hand over to Wonde",
    "consent": "Consent for each person",
    "connected": "Connected?",
}
THIRD_PARTY = {  # as Wonde's guide has it typed in
    "Code": "WONDEAPI",
    "Name": "Wonde Ltd",
    "Contact": "Technical Support Team",
    "Email": "integrate@wonde.com",
}
WONDE = "support@wonde.com"  # takes what a school hands over


class Step(NamedTuple):
    """One step as a school stands with it. state: of `STATES["guide"]`; said: in a few words, how far it is."""

    number: int
    key: str
    title: str
    state: str
    said: str


def of_school(school, row, access):
    """The eight steps in their order. row: the school's `Wcbs` or None; access: its `Access` or None."""
    found = {
        "four-values": _values(row),
        "school-id": ("done", row.id_there) if row and row.id_there else ("open", "Not chosen yet"),
        "hand-over": ("done", "Handed over") if row and row.handed_at else ("open", "Not yet"),
        "consent": ("info", "For every person, at any time"),
        "connected": _connected(school, access),
    }
    is_typed = row is not None or found["connected"][0] == "done"
    before = ("done", "Done") if is_typed else ("open", "Not yet")
    steps = [Step(n, key, title, *found.get(key, before)) for n, (key, title) in enumerate(STEPS.items(), 1)]
    here = next((step for step in steps if step.state == "open"), None)
    return [step._replace(state="next") if step is here else step for step in steps]


def next_of(steps):
    """The step to go on with."""
    return next((step for step in steps if step.state in {"next", "wrong", "waiting"}), steps[-1])


def _values(row):
    if row is None:
        return "open", "Not typed yet"
    if row.is_open:
        return "waiting", "Being checked"
    if row.is_lost or not row.answered_at:
        return "open", "Typed, not checked"
    return ("done", "Checked: it works") if row.outcome == "reached" else ("wrong", "Checked: something is wrong")


def _connected(school, access):
    if access is None or access.state != State.OPEN:
        return "open", "Not yet"
    if not is_wcbs(school.mis):
        return "open", f"Wonde reads {school.mis} so far" if school.mis else "Approved, not read yet"
    return "done", "Wonde reads it"
