"""What a school shares for no purpose any more is not kept: a kind as a whole, or a column of all its rows."""

from django.db.models import Q

from schools.erasing import blank, model_of
from schools.locks import lock_school
from schools.models import Erasure
from sync.erasing import rows
from sync.facts.asked import is_asked, unasked, without
from sync.facts.kinds import KINDS


def held(school, asked):
    """What is held of `school` beyond the fields `asked`: of a kind, or of a field ("employees.email"), the primary
    keys of the rows that have something. What a school entered itself is not among it."""
    found = {}
    for name, kind in KINDS.items():
        if is_asked(kind, asked):
            for column in unasked(kind, asked):
                found[f"{name}.{column}"] = _with_a_value(school, kind, column)
        elif not any(not is_asked(KINDS[parent], asked) for parent in kind.parents.values()):  # else it goes with it
            found[name] = _rows(school, kind)
    return {name: pks for name, pks in found.items() if pks}


def empty(school, asked, now, actor=None, reason=""):
    """Erase what is `held` beyond the fields `asked`, in a transaction with the school's lock. Returns the note about
    it, None where there was nothing."""
    ids = held(school, asked)
    if not ids:
        return None
    lock_school(school.pk)  # whatever the transaction told itself so far: from here on triggers tell of it
    note = rows.erase(school, ids, now, Erasure.Cause.PERMISSION, actor, reason)
    school.refresh_from_db(fields=["frozen", "doubted"])
    for kind in without(asked):
        school.frozen.pop(kind, None)
        school.doubted.pop(kind, None)
    school.save(update_fields=["frozen", "doubted"])
    return note


def _rows(school, kind):
    model = model_of(kind.table)
    something = Q(left_at=None) if kind.key else rows.something_held(kind.name, model)
    for column in kind.given if kind.attached else ():  # what has ended still says something of whom it hung from
        something |= ~Q(**{column: blank(model._meta.get_field(column))})
    return _pks(model._base_manager.filter(something, school=school))


def _with_a_value(school, kind, column):
    model = model_of(kind.table)
    found = model._base_manager.filter(school=school).exclude(**{column: blank(model._meta.get_field(column))})
    return _pks(found if kind.key else found.exclude(wonde_id=None))  # whom the school entered keep what it entered


def _pks(found):
    return list(found.order_by("pk").values_list("pk", flat=True))
