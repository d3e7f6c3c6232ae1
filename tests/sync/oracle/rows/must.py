"""What must stand in our tables: the form in which the rules answer."""

from copy import deepcopy
from dataclasses import dataclass, field

from tests.sync.oracle.words import LINKS, ends_of, said_of


@dataclass
class Expected:
    """rows: kind -> key -> columns, and `here`; links: link -> (ends) -> columns and `pk`, None for one that begins.
    A key is our primary key, or the Wonde id of a new row. rolled: the year in use, and when its rollover was
    confirmed. kept: (kind, primary key) of whom a person said that they stay. hidden: kind -> primary keys of people
    who are perhaps no longer shared. details: student -> columns, `pk`, None for a new one, and `here`. gone: (kind,
    primary key) -> cause."""

    rows: dict
    links: dict
    holds: set
    kept: set
    members: dict
    choices: set
    rolled: tuple
    hidden: dict
    details: dict
    gone: dict = field(default_factory=dict)


def unchanged(ours):
    links = {
        link: {ends_of(link, stay): said_of(link, stay) | {"pk": pk} for pk, stay in ours.lasting(link).items()}
        for link in LINKS
    }
    return Expected(
        rows=deepcopy(ours.rows),
        links=links,
        holds=set(ours.holds),
        kept=set(ours.kept),
        members=dict(ours.members),
        choices=set(ours.choices),
        rolled=ours.rolled,
        hidden=dict(ours.hidden),
        details=deepcopy(ours.details),
    )
