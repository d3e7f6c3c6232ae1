"""The students' door: a school, a username, and the words of a card or a password; and how fast one may try.

The words are looked at first, as that costs nothing; a password is hashed only where they are wrong. A wrong try costs
and is answered alike whatever was wrong with it. Tries are counted by the student that was found, else by what was
typed (`schools.sign_in.tries`); those of a browser in which the student was right before are counted apart. The right
words end a wait, so that nobody else's tries keep out the child with the card.
"""

from django.db import transaction
from django.db.models import F

from schools.models import User
from schools.sign_in import devices, tries
from schools.sign_in.hashing import TooBusyError
from students.cards import codes
from students.models import SignInCode, Student, WrongTries

ASKS_AT_AN_ADDRESS = 60  # for new cards at any speed: two classes; then slower


def knock(request, school, username, secret):
    """(login, 0), or (None, seconds to wait before another try). The login says how it came in: `came_by_code`.

    username: in the form of `signin.as_typed`, as `SignInForm` gives it.

    Raises TooBusyError where it was no turn to hash; then no try is counted.
    """
    student = Student.objects.current().with_username(school, username).first()
    user = student.user if student else None
    key, of_others = _keys(request, school, user, username)
    card = getattr(student, "code", None)
    by_code = student is not None and codes.is_right(student.pk, card, secret)
    wait = 0
    if not by_code or card.wrong_tries >= codes.WRONG_TRIES:
        wait = tries.take(key, tries.free_at(request))
        if wait or not (by_code or _is_password(user, secret, key)):
            _refused(request, school, student)
            return None, wait
    tries.forget(key, of_others)
    user.came_by_code = by_code
    return user, 0


def ask(request, school, username):
    """A new card is asked for, for whom the username is. Seconds to wait first, 0 once it is done; alike for nobody."""
    student = Student.objects.current().with_username(school, username).first()
    whom = tries.key("ask", school.pk, student.pk if student else f"{username}?")
    wait = tries.take(whom) or tries.take_from(request, "ask", ASKS_AT_AN_ADDRESS)
    if student and not wait:
        codes.ask(student)
    return wait


def _keys(request, school, user, username):
    """What this try is counted by, and what those of browsers are that were never right."""
    if user is None:
        nobody = tries.key("no student", school.pk, username)
        return nobody, nobody
    return _key(user, devices.known(request, user)), _key(user, None)


def _key(user, device):
    return tries.key("student", user.pk, device)


def _is_password(user, secret, key):
    """One hash, whoever it is and whether they have a password."""
    try:
        if user:
            return user.check_password(secret)
        User().set_password(secret)
    except TooBusyError:
        tries.give_back(key)
        raise
    return False


@transaction.atomic
def _refused(request, school, student):
    """The same statements whoever it was."""
    pk = student.pk if student else None
    SignInCode.objects.filter(student_id=pk or 0).update(wrong_tries=F("wrong_tries") + 1)
    WrongTries.objects.note(school.pk, pk)
    tries.failed_from(request)
