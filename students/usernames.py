"""A person decides about a student's username: another one, or the same although the name has changed.

Who decided is an audit entry with the student's id and neither username: the old one may be a name somebody gave up.
"""

from django.db import transaction

from schools.models import AuditEntry, User
from students.signin import usernames_for

CHANGED, KEPT = "changed the username of", "kept the username of"


def taken(student):
    """Usernames that `student` may not get: everyone else's of the school, leavers' too while they are kept."""
    others = User.objects.filter(school=student.school_id).exclude(pk=student.user_id)
    return set(others.values_list("username", flat=True))


def proposal(student):
    """The username we would make of the student's name as it is now."""
    return usernames_for([(student.forename, student.surname)], taken(student))[0]


@transaction.atomic
def change(student, username, by):
    """Give `student` a username that `students.signin.refusal` has nothing against. Password and code stay."""
    student.user.username = username
    student.user.save(update_fields=["username"])
    AuditEntry.objects.note(by, CHANGED, student, student.school)


def keep(student, by):
    """The name has changed, the username stays: nobody is asked again until the name changes once more."""
    AuditEntry.objects.note(by, KEPT, student, student.school)
