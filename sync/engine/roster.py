"""Our side of a sync: what the database holds, as the same rows that Wonde's answers become."""

import json
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from classes import agreed
from parents.rules import blocks
from schools import left_out
from schools.sharing import keys
from sync.facts.kinds import KINDS, LINKS, PEOPLE
from sync.facts.sides import Ours, SevenDays
from sync.rules.policy import Limits, Policy, academic_year, folded, last_day, year_is_over

_HERE = " UNION ALL ".join(
    f"SELECT FROM {kind.table} WHERE change.kind = '{kind.name}' AND id = change.row_id AND left_at IS NULL"
    for kind in KINDS.values()
)
WINDOW = timedelta(days=7)
SETTLING = timedelta(days=30)  # after the year turns, while students may still be without a class


def policy_of(sync_settings, rollover=False):
    """The rules of a school as plain data, from its `SyncSettings`. rollover: for the run that turns the year."""
    today = timezone.localdate(timezone=sync_settings.school.zone)
    year = academic_year(today, sync_settings.year_starts)
    over = year_is_over(today, sync_settings.year_starts, sync_settings.year_ends)
    turned = sync_settings.rolled_year is not None and sync_settings.rolled_year < year
    mail = getattr(sync_settings.school, "mail_settings", None)
    move = getattr(sync_settings.school, "announced_move", None)
    fresh = sync_settings.rolled_at is not None and timezone.now() - sync_settings.rolled_at < SETTLING
    return Policy(
        asked=keys.asked_of(sync_settings.school),
        subjects=folded(sync_settings.subjects),
        years=folded(sync_settings.year_groups),
        academic_year=year,
        today=today,
        limits=Limits(
            sync_settings.kind_share, sync_settings.kind_free, sync_settings.class_share, sync_settings.class_free
        ),
        paused=sync_settings.paused_at is not None,
        turned=turned and not rollover,
        awaiting=(turned or over) and not rollover,
        between=turned or over or fresh,
        rollover=rollover,
        asks_first=sync_settings.asks_first or not agreed.may_import(sync_settings.school),
        known=frozenset(sync_settings.facts_known),
        last_day=last_day(sync_settings.year_starts, sync_settings.year_ends),
        moving=move is not None and move.is_near(timezone.now()),
        trusts_first_contact=getattr(mail, "trusts_first_contact", False),
    )


def read(school, now):
    """Everything we hold about `school`, as rows by kind and key. The rolling seven days end at `now`."""
    ours = Ours(rows={}, former={}, stays={}, mis=school.mis)
    with connection.cursor() as cursor:
        for kind in KINDS.values():
            _read_links(cursor, kind, school, ours) if kind.name in LINKS else _read_rows(cursor, kind, school, ours)
        _read_decisions(cursor, school, ours.decisions)
        _read_week(cursor, school, now - WINDOW, ours)
        _read_class_week(cursor, school, now - WINDOW, ours)
        _read_recognitions(cursor, school, ours.said)
        _read_waiting(cursor, school, ours)
    ours.blocks = blocks.of(school)
    ours.left_out = left_out.of(school)
    return ours


def _read_rows(cursor, kind, school, ours):
    """Rows with a Wonde id. Those made by hand stay outside the sync until they are matched."""
    current, former = ours.rows.setdefault(kind.name, {}), ours.former.setdefault(kind.name, {})
    hidden = ours.hidden.setdefault(kind.name, set())
    is_hidden = "perhaps_hidden_since IS NOT NULL" if kind.name in PEOPLE else "false"
    cursor.execute(
        f"SELECT id, left_at IS NULL, {is_hidden}, {', '.join(kind.columns)} FROM {kind.table} "
        "WHERE school_id = %s AND wonde_id IS NOT NULL",
        [school.pk],
    )
    for pk, is_current, is_marked, *values in cursor.fetchall():
        (current if is_current else former)[pk] = kind.row(*values)
        if is_marked:
            hidden.add(pk)


def _read_links(cursor, kind, school, ours):
    """Links between rows with a Wonde id; those that have ended only of what is attached, which comes back."""
    rows, stays = ours.rows.setdefault(kind.name, {}), ours.stays.setdefault(kind.name, {})
    former = ours.former.setdefault(kind.name, {})
    lasting = "" if kind.attached else "AND left_at IS NULL"
    by_hand = " ".join(
        f"AND {name}_id NOT IN (SELECT id FROM {KINDS[parent].table} WHERE school_id = %s AND wonde_id IS NULL)"
        for name, parent in kind.parents.items()
    )
    cursor.execute(
        f"SELECT id, left_at IS NULL, {', '.join(kind.stored)} FROM {kind.table} "
        f"WHERE school_id = %s {lasting} {by_hand}",
        [school.pk] * (1 + len(kind.parents)),
    )
    key_of = kind.key_of
    for pk, lasts, *values in cursor.fetchall():
        row = kind.row(*values)
        key = key_of(row)
        (rows if lasts else former)[key], stays[key] = row, pk


def _read_decisions(cursor, school, decisions):
    """What people decided, and who we know to be in classes that are out."""
    cursor.execute(
        "SELECT id, decision, member_ids FROM classes_schoolclass WHERE school_id = %s AND wonde_id IS NOT NULL "
        "AND (decision <> '' OR member_ids <> '{}')",
        [school.pk],
    )
    for pk, decision, members in cursor:
        if decision:
            decisions.classes[pk] = decision
        if members:
            decisions.members[pk] = members
    cursor.execute(
        "SELECT student_id, wonde_id, school_class_id, verdict FROM classes_choice WHERE school_id = %s", [school.pk]
    )
    for student, wonde_id, school_class, verdict in cursor:
        if verdict == "chosen":
            decisions.chosen[student or wonde_id] = school_class
        else:
            decisions.left_out.setdefault(student or wonde_id, set()).add(school_class)


def _read_recognitions(cursor, school, said):
    """What people said about whether somebody new is somebody we had."""
    cursor.execute("SELECT kind, wonde_id, row_id, is_same FROM sync_recognition WHERE school_id = %s", [school.pk])
    for kind, wonde_id, key, is_same in cursor:
        said.setdefault(kind, {})[wonde_id, key] = is_same


def _read_waiting(cursor, school, ours):
    """Of what waits: whom a person said to keep, and what had asked, without what is only held with them; and whom
    Wonde called deleted."""
    cursor.execute(
        """SELECT kind, row_id, "limit", kept_at IS NOT NULL AND "limit" <> 'with', deleted_in_mis FROM sync_hold """
        "WHERE school_id = %s AND (kept_at IS NOT NULL OR deleted_in_mis) AND NOT kind = ANY(%s)",
        [school.pk, list(LINKS)],
    )
    for kind, key, limit, is_kept, is_deleted in cursor:
        if is_kept:
            ours.kept.setdefault(kind, {})[key] = limit
        if is_deleted:
            ours.deleted.setdefault(kind, set()).add(key)


def _read_week(cursor, school, start, ours):
    """For each kind: how many there were when the seven days began (or after the first import), and how many have left
    since and not come back. And how many more people Wonde counted than it showed, by the last complete sync."""
    cursor.execute(
        "SELECT sizes, (SELECT coalesce(jsonb_object_agg(kind, number), '{}') FROM ("
        "SELECT change.kind, count(DISTINCT change.row_id) AS number FROM sync_change change "
        "JOIN sync_syncrun run ON run.id = change.run_id "
        "WHERE run.school_id = %s AND run.started_at > %s AND change.verb = 'remove' AND change.cause = 'absence' "
        "AND NOT (change.kind = 'classes' AND EXISTS (SELECT FROM classes_schoolclass class "
        "WHERE class.id = change.row_id AND class.status = 'out')) "  # losing a class that was out is no loss
        f"AND NOT EXISTS ({_HERE}) GROUP BY change.kind) went), "  # whoever is back is not missing
        "(SELECT beyond FROM sync_syncrun WHERE school_id = %s AND status = 'applied' "
        "AND trigger NOT IN ('undo', 'left_out') ORDER BY started_at DESC LIMIT 1) "
        "FROM sync_syncrun WHERE school_id = %s AND status = 'applied' AND trigger <> 'left_out' "
        "ORDER BY started_at <= %s DESC, abs(extract(epoch FROM started_at - %s)) LIMIT 1",
        [school.pk, start, school.pk, school.pk, start, start],
    )
    sizes, gone, ours.beyond = map(_as_dict, cursor.fetchone() or ({}, {}, {}))
    for kind, size in sizes.items():
        ours.week[kind] = SevenDays(size, gone.get(kind, 0))


def _read_class_week(cursor, school, start, ours):
    """The same for each class: its students who were left without any class and still have none."""
    cursor.execute(
        """
        SELECT stay.school_class_id,
               count(*) FILTER (WHERE stay.joined_at <= greatest(%(start)s, class.created_at)
                                AND (stay.left_at IS NULL OR stay.left_at > greatest(%(start)s, class.created_at))),
               count(DISTINCT stay.student_id) FILTER (WHERE stay.left_at > %(start)s AND NOT EXISTS (
                   SELECT FROM classes_enrolment again WHERE again.student_id = stay.student_id
                   AND again.left_at IS NULL) AND EXISTS (
                   SELECT FROM sync_change change WHERE change.school_id = %(school)s AND change.kind = 'enrolments'
                   AND change.row_id = stay.id AND change.verb = 'remove' AND change.cause = 'absence'))
        FROM classes_enrolment stay JOIN classes_schoolclass class ON class.id = stay.school_class_id
        WHERE stay.school_id = %(school)s AND (stay.left_at IS NULL OR stay.left_at > %(start)s)
        GROUP BY stay.school_class_id
        """,
        {"start": start, "school": school.pk},
    )
    for school_class, size, gone in cursor:
        ours.class_week[school_class] = SevenDays(size, gone)


def _as_dict(value):
    return value if isinstance(value, dict) else json.loads(value)
