"""What a sync keeps up to date beside the mirrored rows: the members of classes that are out, and people's choices."""

from django.db import connection

from classes.models import Choice
from schools.models import AuditEntry


def keep_members(screened, ours, school, paused):
    """Write the Wonde ids of the members of classes that are out, if they changed, in one statement.

    Nothing is kept for a class that is in, has ended or teaches another subject. While a school is paused no list is
    emptied: whatever brings a class in waits, and until then the membership check needs its list. If classes were not
    read, nothing changes.
    """
    if "classes" in screened.aside:
        return
    was = ours.decisions.members
    kept = {key: ids for key, ids in screened.members.items() if ids != was.get(key, [])}
    if not paused:
        kept |= {key: [] for key in was.keys() - screened.members.keys() - screened.present["classes"]}
    if not kept:
        return
    known = [key if isinstance(key, int) else None for key in kept]  # they have new Wonde ids after a change of MIS
    new = [key if isinstance(key, str) else None for key in kept]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE classes_schoolclass t SET member_ids = string_to_array(u.ids, ' ') "
            "FROM unnest(%s::bigint[], %s::text[], %s::text[]) u(id, wonde_id, ids) "
            "WHERE t.school_id = %s AND (t.id = u.id OR t.wonde_id = u.wonde_id)",
            [known, new, [" ".join(ids) for ids in kept.values()], school.pk],
        )


def keep_choices(screened, ours, school):
    """Point choices at their student once we hold them, and end those whose conflict is over."""
    decisions = ours.decisions
    if any(isinstance(student, str) for student in {**decisions.chosen, **decisions.left_out}):
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE classes_choice t SET student_id = s.id, wonde_id = '' FROM students_student s "
                "WHERE t.school_id = %s AND t.student_id IS NULL AND s.school_id = %s AND s.wonde_id = t.wonde_id",
                [school.pk, school.pk],
            )
    if not screened.over:
        return
    over = [
        choice
        for choice in Choice.objects.filter(school=school)
        if (choice.student_id or choice.wonde_id, choice.school_class_id) in screened.over
    ]
    AuditEntry.objects.bulk_create(
        AuditEntry(school=school, verb="ended (no longer in two classes)", kind="choice", object_id=choice.pk)
        for choice in over
    )
    Choice.objects.filter(pk__in=[choice.pk for choice in over]).delete()
