"""A paused school: only what the MIS or a person ended goes, and nothing else changes."""

from dataclasses import replace

from tests.sync.oracle.night.going import unasked
from tests.sync.oracle.night.keeping import PEOPLE
from tests.sync.oracle.words import LINKS, ROWS, ends_of, said_of


def only_what_ended(night, found, going, at_once):
    """What is left of `found` and `going`. at_once: (kind, key) of whom the MIS says too many are not here."""
    counted = {kind: unasked(night, going, kind, alone=False) for kind in PEOPLE}
    going = replace(
        going,
        absent={name: set() for name in ROWS}
        | {link: _freed_alone(night, going, link, going.absent[link]) for link in LINKS},
        placeless={
            kind: going.placeless[kind] - counted.get(kind, set()) - {key for what, key in at_once if what == kind}
            for kind in ROWS
        }
        | {link: _freed_alone(night, going, link, going.placeless[link]) for link in LINKS},
        moving=set(),
    )
    kept, wanted = {}, {}
    for kind in ROWS:
        here, put_out = night.ours.here(kind), going.put_out["classes"] if kind == "classes" else ()
        kept[kind] = {key: row if key in put_out else here[key] for key, row in found.kept[kind].items() if key in here}
    for link in LINKS:
        lasting = {ends_of(link, stay): said_of(link, stay) for stay in night.ours.lasting(link).values()}
        says = found.still if link == "guardianships" else {}
        wanted[link] = {ends: says.get(ends, lasting[ends]) for ends in found.wanted[link] if ends in lasting}
    return replace(found, kept=kept, wanted=wanted, details={}), going


def _freed_alone(night, going, link, pks):
    return {pk for pk in pks if going.freed(link, night.ours.stays[link][pk])}
