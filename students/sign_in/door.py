"""The students' door: a school, a username, and the words of a card or a password; and how fast one may try.

The words are checked first, as that costs nothing; a password is hashed only if they are wrong. A wrong try costs the
same and gets the same answer, whatever was wrong with it. Tries are counted by the student found, or else by what was
typed (`schools.sign_in.tries`); those in a browser where the student has signed in before are counted separately. The
right words end a wait, so that other people's tries never keep out the child with the card.
"""

from django.db import transaction
from django.db.models import F

from schools.models import User
from schools.sign_in import devices, tries
from schools.sign_in.hashing import TooBusyError
from students.cards import codes
from students.models import SignInCode, Student, WrongTries

ASKS_AT_AN_ADDRESS = 60  # requests for new cards without waiting: two classes; then slower


def knock(request, school, username, secret):
    """(login, 0), or (None, seconds to wait before the next try). The login says how it got in: `came_by_code`.

    username: in the form of `signin.as_typed`, as `SignInForm` gives it.

    Raises TooBusyError if no turn came to hash; then no try is counted.
    """
    student = Student.objects.current().with_username(school, username).first()
    user = student.user if student else None
    key, of_others = _keys(request, school, user, username)
    card = getattr(student, "code", None)
    words = codes.normal(secret)  # for everybody: folding takes longer than the rest of looking at a card
    by_code = student is not None and codes.is_right(student.pk, card, words)
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
    """Ask for a new card for the student with this username. Returns the seconds to wait first, 0 once it is done; the
    same if there is no such student."""
    student = Student.objects.current().with_username(school, username).first()
    whom = tries.key("ask", school.pk, student.pk if student else f"{username}?")
    wait = tries.take(whom) or tries.take_from(request, "ask", ASKS_AT_AN_ADDRESS)
    if student and not wait:
        codes.ask(student)
    return wait


def _keys(request, school, user, username):
    """What this try is counted by, and what tries in browsers that never signed in are counted by."""
    if user is None:
        nobody = tries.key("no student", school.pk, username)
        return nobody, nobody
    return _key(user, devices.known(request, user)), _key(user, None)


def _key(user, device):
    return tries.key("student", user.pk, device)


def _is_password(user, secret, key):
    """Hashes exactly once, whoever it is, with a password or without."""
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
    """The same statements, whoever it was."""
    pk = student.pk if student else None
    SignInCode.objects.filter(student_id=pk or 0).update(wrong_tries=F("wrong_tries") + 1)
    WrongTries.objects.note(school.pk, pk)
    tries.failed_from(request)
