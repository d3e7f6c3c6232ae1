"""Whose a student's session is, and which passwords a student may choose."""

from functools import cache

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.password_validation import CommonPasswordValidator, MinimumLengthValidator
from django.core.exceptions import ValidationError

from schools.models import User
from schools.text.names import words
from students.models import Student


class StudentBackend(BaseBackend):
    """Current students of schools that still share them. Checked again at every request, so that a session ends when a
    student leaves. How they get in: `students.sign_in.door`."""

    def get_user(self, user_id):
        users = User.objects.filter(is_active=True, student__in=Student.objects.current())
        return users.select_related("student", "school").filter(pk=user_id).first()


class NotYourNameValidator:
    """Refuses a password that is the student's own name or username, with or without digits added."""

    def validate(self, password, user=None):
        student = getattr(user, "student", None)
        if student is None:
            return
        first, last = "".join(words(student.forename)), "".join(words(student.surname))
        own = {"".join(words(user.username)), first, last, first + last, last + first} - {""}
        if "".join(words(password)) in own:
            raise ValidationError("This is your own name: others would guess it.", code="own_name")

    def get_help_text(self):
        return "Not your own name."


@cache
def password_rules():
    """Length over complexity: an eight-year-old chooses it. Common passwords and their own name are refused."""
    return [MinimumLengthValidator(8), CommonPasswordValidator(), NotYourNameValidator()]
