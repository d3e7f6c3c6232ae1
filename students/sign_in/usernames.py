"""A person decides about a student's username: a new one, or the same one although the name has changed.

An audit entry says who decided, with the student's id and neither username: the old one may be a name somebody has left
behind.
"""

from django.db import transaction

from schools.models import AuditEntry, User
from students.models import FormerUsername
from students.sign_in.spelling import usernames_for

CHANGED, KEPT = "changed the username of", "kept the username of"


def taken(school_id, but=None):
    """Usernames nobody new may get at a school, in one query: everyone's, past and present, including leavers' while
    they are kept. A card may still show them.

    but: a student whose own usernames are left out.
    """
    present = User.objects.filter(school=school_id)
    past = FormerUsername.objects.filter(school=school_id)
    if but:
        present, past = present.exclude(pk=but.user_id), past.exclude(student=but)
    return set(present.values_list("username", flat=True).union(past.values_list("username", flat=True)))


def proposal(student):
    """The username we would make of the student's name as it is now."""
    return usernames_for([(student.forename, student.surname)], taken(student.school_id, but=student))[0]


@transaction.atomic
def change(student, username, by):
    """Give `student` a username that `students.sign_in.spelling.refusal` allows. Password and code stay.

    The old one stays theirs, although it signs nobody in. Take the school's lock first.
    """
    before = student.user.username
    student.former_usernames.filter(username__iexact=username).delete()
    if before.lower() != username.lower():
        student.former_usernames.create(school_id=student.school_id, username=before)
    student.user.username = username
    student.user.save(update_fields=["username"])
    AuditEntry.objects.note(by, CHANGED, student, student.school)


def keep(student, by):
    """The name has changed but the username stays: nobody is asked again until the name next changes."""
    AuditEntry.objects.note(by, KEPT, student, student.school)
