"""The students' door: a school, a username, and the code of a card or a password."""

from functools import cache

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.password_validation import CommonPasswordValidator, MinimumLengthValidator
from django.core.exceptions import ValidationError

from schools.models import User
from schools.names import words
from students import codes
from students.models import SignInCode, Student


class StudentBackend(ModelBackend):
    """Students who are current, of schools that still share them. Asked again at every request, so that a session ends
    when a student leaves."""

    def authenticate(self, request, school=None, username=None, secret=None, **others):
        """The login of `username` at `school`, if `secret` is its password or the code of its card.

        The login then says how it came in: `user.came_by_code`. A password is hashed whoever asks, so that the time
        an answer takes tells nobody which usernames exist.
        """
        if school is None or not username or not secret:
            return None
        user = _may_sign_in().filter(school=school, username__iexact=username.strip()).first()
        by_password = user.check_password(secret) if user else _hash_for_nothing(secret)
        by_code = user is not None and codes.is_right(user.student.pk, _code(user), secret)
        if not (by_password or by_code):
            return None
        user.came_by_code = by_code and not by_password
        return user

    def get_user(self, user_id):
        return _may_sign_in().filter(pk=user_id).first()


class NotYourNameValidator:
    """A password that is the student's own name or username, whatever is added to it in figures."""

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
    """Length over complexity: an eight-year-old chooses it. Common ones, and one's own name, are refused."""
    return [MinimumLengthValidator(8), CommonPasswordValidator(), NotYourNameValidator()]


def _may_sign_in():
    return User.objects.filter(is_active=True, student__in=Student.objects.current()).select_related(
        "student", "school"
    )


def _code(user):
    return SignInCode.objects.filter(student=user.student).first()


def _hash_for_nothing(secret):
    User().set_password(secret)
    return False
