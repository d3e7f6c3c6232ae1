"""Students whose first name has changed in the MIS and whose username nobody has decided about since.

A username is made once and survives a change of name; but an old name on a card can do harm, so somebody is asked. The
question is worked out from what runs and people record anyway (docs/decisions/0014-a-question-read-not-kept.md).
"""

from django.db.models import Exists, Max, OuterRef

from schools.models import AuditEntry
from students.sign_in.spelling import is_made_from
from students.sign_in.usernames import CHANGED, KEPT
from sync.models import Change


def asked_about(school, students):
    """{student id: when the first name last changed} for the `students` of `school` to ask about. One query.

    students: each with their `user`. If the username is what we would make of the new name, there is nothing to ask.
    """
    odd = [
        student.pk
        for student in students
        if student.user and not is_made_from(student.user.username, student.forename, student.surname)
    ]
    decided = AuditEntry.objects.filter(
        school=OuterRef("school"),
        kind="student",
        object_id=OuterRef("row_id"),
        verb__in=[CHANGED, KEPT],
        at__gte=OuterRef("at"),
    )
    renames = Change.objects.filter(school=school, kind="students", row_id__in=odd, values__has_key="forename")
    return dict(renames.filter(~Exists(decided)).values_list("row_id").annotate(Max("at")).order_by())
