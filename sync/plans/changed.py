"""New details for many people in one night: perhaps a slip with a spreadsheet, or ids that now belong to others. They
wait for a person. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from msgspec import Struct, structs

from sync.facts.kinds import CONTACTS, GUARDIANSHIPS, STUDENTS, Key
from sync.facts.rows import with_values
from sync.facts.sides import Ours
from sync.plans.plan import Plan
from sync.rules.policy import Limits

MOST_IDENTITIES = 5  # students whose name and UPN both change in one night
ADDRESSES_SHARE = 20  # per cent of the parents and carers whose address changes in one night


class Changed(Struct, frozen=True):
    """Whose new details wait. at_once: too many for ordinary changes. kept: a person said that the old ones stay."""

    at_once: Collection[Key] = frozenset()
    kept: Collection[Key] = frozenset()

    @property
    def all(self) -> set[Key]:
        return {*self.at_once, *self.kept}


def identities(plan: Plan, kept: Collection[Key]) -> Changed:
    """Known students whose ids other children may have now. kept: those a person said are still the same."""
    found = {
        key
        for key, (before, after) in STUDENTS.pairs(plan.updates).items()
        if before.upn and before.upn != after.upn and before.sort_name != after.sort_name
    }
    news = found.difference(kept)
    return Changed(news if len(news) > MOST_IDENTITIES else (), found.intersection(kept))


def addresses(plan: Plan, existing: int, limits: Limits, kept: Collection[Key]) -> Changed:
    """Parents and carers with a new address, if many had another before; then those who had none too."""
    found = {
        key: before for key, (before, after) in CONTACTS.pairs(plan.updates).items() if before.email != after.email
    }
    news = found.keys() - kept
    had = sum(bool(found[key].email) for key in news)
    many = had > limits.kind_free and had * 100 > ADDRESSES_SHARE * existing
    return Changed(news if many else (), found.keys() & kept)


def without_strangers(plans: Mapping[str, Plan], students: Collection[Key], ours: Ours) -> dict[str, Plan]:
    """`plans` in which nothing is concluded about the details, parents and carers of `students`, who may be other
    children now: theirs stay, parents and carers in doubt, and nobody comes in for them."""
    if not students:
        return dict(plans)
    links, contacts, details = plans["guardianships"], plans["contacts"], plans["details"]
    stay = {
        key: row
        for key, row in GUARDIANSHIPS.of(ours.rows).items()
        if row.student in students and key not in links.ended
    }
    new = GUARDIANSHIPS.of({"guardianships": links.creates})
    creates = {key: row for key, row in new.items() if row.student not in students}
    wanted = {row.contact for row in creates.values()}
    held = {row.contact for row in stay.values()}
    in_doubt = {key: (row, with_values(row, {"doubt": "identity"})) for key, row in stay.items()}
    return {
        **plans,
        "details": structs.replace(
            details,
            creates=_without(details.creates, students),
            returns=_without(details.returns, students),
            updates=_without(details.updates, students),
        ),
        "guardianships": structs.replace(
            links,
            creates=creates,
            updates=_without(links.updates, stay) | {key: pair for key, pair in in_doubt.items() if pair[0] != pair[1]},
            absent=_without(links.absent, stay),
            following=_without(links.following, stay),
        ),
        "contacts": structs.replace(
            contacts,
            creates={key: row for key, row in contacts.creates.items() if key in wanted},
            returns={key: pair for key, pair in contacts.returns.items() if key in wanted},
            absent=_without(contacts.absent, held),
            following=_without(contacts.following, held),
        ),
    }


def _without(entries: Mapping[Key, Any], keys: Collection[Key]) -> dict[Key, Any]:
    return {key: entry for key, entry in entries.items() if key not in keys}
