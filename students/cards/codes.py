"""Sign-in codes: three plain words on a login card, of which we keep an HMAC.

Made when printed or shown, never by a sync. Case, spaces, hyphens and everything else but letters are ignored.
"""

import hashlib
import hmac
import secrets
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from schools.auth import sign_out_everywhere
from schools.text.names import fold
from students.cards.unprintable import spells_something
from students.models import CodeRequest, SignInCode

WORDS = tuple((Path(__file__).parents[1] / "words" / "codes.txt").read_text().split())
NUMBER_OF_WORDS = 3
LASTS = timedelta(days=30)
WRONG_TRIES = 10_000  # wrong tries a card survives, however fast: a one-in-a-million chance of guessing it


def make():
    """Three different words, no two of which spell something where they join: ["amber", "kettle", "otter"]."""
    while True:
        words = secrets.SystemRandom().sample(WORDS, NUMBER_OF_WORDS)
        if not any(spells_something(*pair) for pair in pairwise(words)):
            return words


def normal(typed):
    """What was typed, in the form we compare: "Amber-Kettle otter" and "ambérkettleotter" are one code, whatever the
    keyboard made of it."""
    return "".join(sign for sign in fold(typed) if "a" <= sign <= "z")


def code_hmac(student_id, typed, key=None):
    """The HMAC of one student's code; two students with the same code have different HMACs."""
    message = f"sign-in code of {student_id}: {normal(typed)}".encode()
    return hmac.new((key or settings.SECRET_KEY).encode(), message, hashlib.sha256).hexdigest()


def is_right(student_id, code, typed):
    """Whether `typed` matches the SignInCode `code`, which must still work. Former keys count until their codes
    expire."""
    if code is None or code.expires_at <= timezone.now() or not normal(typed):
        return False
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(hmac.compare_digest(code.code_hmac, code_hmac(student_id, typed, key)) for key in keys)


@transaction.atomic
def renew(school, students, by):
    """New codes for `students` of one school: {student id: words}. The words are kept nowhere else.

    Each replaces the student's earlier code, not their password, ends the wait after other people's wrong tries, and
    settles their request for a new one. A fixed number of statements, however many students. by: the member of staff
    who prints or shows them.
    """
    now, expires_at = timezone.now(), expiry(school)
    words = {student.pk: make() for student in students}
    SignInCode.objects.bulk_create(
        [
            SignInCode(
                school=school,
                student_id=pk,
                code_hmac=code_hmac(pk, "".join(code)),
                made_by=by,
                made_at=now,
                expires_at=expires_at,
            )
            for pk, code in words.items()
        ],
        update_conflicts=True,
        unique_fields=["student"],
        update_fields=["code_hmac", "made_by", "made_at", "expires_at", "wrong_tries"],
    )
    CodeRequest.objects.waiting().filter(student__in=words).update(settled_at=now, settled_by=by)
    return words


@transaction.atomic
def replace_lost(school, student, by):
    """The card or password of `student` is in the wrong hands: make a new code, and stop everything that worked before,
    on every device. Returns the new words, as `renew` does."""
    student.user.set_unusable_password()
    student.user.save(update_fields=["password"])
    sign_out_everywhere(student.user)
    return renew(school, [student], by)


def expiry(school):
    """When a code made now expires: after 30 days or, where students have no passwords, with the academic year."""
    if school.students_choose_passwords:
        return timezone.now() + LASTS
    month, day = map(int, school.year_starts.split("-"))
    today = timezone.localdate(timezone=school.zone)
    turn = date(today.year, month, day)
    if turn <= today:
        turn = date(today.year + 1, month, day)
    return datetime.combine(turn, datetime.min.time(), school.zone)


def ask(student):
    """The student asks for a new code; asking twice counts once."""
    CodeRequest.objects.get_or_create(
        student=student, settled_at=None, defaults={"school_id": student.school_id, "asked_at": timezone.now()}
    )


def decline(request_id, by):
    """No new code: the teacher knows that the student has one."""
    CodeRequest.objects.waiting().filter(pk=request_id).update(settled_at=timezone.now(), settled_by=by)
