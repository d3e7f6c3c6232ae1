"""Whose a student's session is, and which passwords a student may choose."""

from functools import cache

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.password_validation import CommonPasswordValidator, MinimumLengthValidator
from django.core.exceptions import ValidationError

from schools.models import User
from schools.text.names import words
from students.cards import codes
from students.models import Student

EXAMPLE = "purple frog skates"
USERNAME_TO_FIND = 4  # letters; shorter ones are in many words by chance


class StudentBackend(BaseBackend):
    """Current students of schools that still share them. Checked again at every request, so that a session ends when a
    student leaves. How they get in: `students.sign_in.door`."""

    def get_user(self, user_id):
        users = User.objects.filter(is_active=True, student__in=Student.objects.current())
        return users.select_related("student", "school").filter(pk=user_id).first()


class LongEnoughValidator(MinimumLengthValidator):
    def validate(self, password, user=None):
        super().validate(password.strip(), user)

    def get_error_message(self):
        return f"It is too short. It needs at least {self.min_length} letters or numbers."


class NotCommonValidator(CommonPasswordValidator):
    def get_error_message(self):
        return "Many people use this one: others would guess it."


class NotYourNameValidator:
    """Refuses a password that is the student's own name, with or without digits added, or has their username in it."""

    def validate(self, password, user=None):
        student = getattr(user, "student", None)
        if student is None:
            return
        typed, username = "".join(words(password)), "".join(words(user.username))
        first, last = "".join(words(student.forename)), "".join(words(student.surname))
        if typed in {first, last, first + last, last + first} - {""}:
            raise ValidationError("This is your own name: others would guess it.", code="own_name")
        if typed == username or (len(username) >= USERNAME_TO_FIND and username in typed):
            raise ValidationError("Your username is in it: others would guess it.", code="own_username")


class NotOnPaperValidator:
    """Refuses the words of the student's card, and those we give as an example."""

    def validate(self, password, user=None):
        student = getattr(user, "student", None)
        if student and codes.is_right(student.pk, getattr(student, "code", None), password):
            raise ValidationError("These are the words on your card: who finds it could use them.", code="on_card")
        if codes.normal(password) == codes.normal(EXAMPLE):
            raise ValidationError("This is our example: everybody has seen it.", code="example")


@cache
def password_rules():
    """Length over complexity: an eight-year-old chooses it. Each rule says in their words what is wrong."""
    return [LongEnoughValidator(8), NotCommonValidator(), NotYourNameValidator(), NotOnPaperValidator()]
