"""The marks of people who are perhaps no longer shared with us, and what whoever keeps a copy is told of them."""

from sync.facts.kinds import ATTACHED, IN_API, LINKS, PEOPLE
from sync.rules.reasons import PERHAPS_HIDDEN


def mark(cursor, school, judgement, ours, now):
    """Mark who became perhaps hidden, and no longer whom we read again; inside the transaction of a sync.

    Whoever keeps a copy is told of those who are here, as if they had gone and come back: the run's own changes tell
    only of those who do.
    """
    hidden = judgement.hidden
    for name, kind in PEOPLE.items():
        for keys, since, verb in (hidden.new, now, "remove"), (hidden.back, None, "return"):
            if pks := list(keys.get(name, ())):
                cursor.execute(
                    f"UPDATE {kind.table} SET perhaps_hidden_since = %s WHERE id = ANY(%s) AND school_id = %s",
                    [since, pks, school],
                )
                for told, rows in _here(kind, pks, judgement, ours).items():
                    _tell(cursor, school, told, rows, verb)


def _here(kind, pks, judgement, ours):
    """Kind -> primary keys of those of `pks` who are here and stay, of their links that do, and of what is attached to
    them."""
    removals, link = judgement.removals, LINKS[kind.link]
    goes = removals[link.name].keys() | judgement.plans[link.name].moves.keys()
    here = {pk for pk in pks if pk in ours.rows[kind.name] and pk not in removals[kind.name]}
    links = ours.rows[link.name].items()
    stays = [ours.stays[link.name][key] for key, row in links if getattr(row, link.member) in here and key not in goes]
    attached = [name for name, each in ATTACHED.items() if kind.name in each.parents.values()]
    beside = {name: [ours.stays[name][pk] for pk in here & ours.rows[name].keys()] for name in attached}
    return {kind.name: list(here), link.name: stays, **beside}


def _tell(cursor, school, kind, pks, verb):
    """Changes without a run, as far as the API shows these rows."""
    if kind in IN_API and pks:
        cursor.execute(
            "INSERT INTO sync_change (school_id, kind, verb, cause, reason, row_id) "
            "SELECT %s, %s, %s, '', %s, unnest(%s::bigint[])",
            [school, kind, verb, PERHAPS_HIDDEN, pks],
        )
