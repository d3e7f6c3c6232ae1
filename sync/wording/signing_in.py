"""Can a student sign in, and if not why: in sentences."""

from django.utils.html import format_html

from schools.templatetags.words import count_of, day, when


def sentence(student, code, zone):
    """student: a row `with_signin`. code: the one that still works, or None."""
    user, seen = student.user, ""
    if student.left_at:
        told = "{name} cannot sign in: only students who are here can."
    elif user is None:
        told = "{name} cannot sign in yet, because there is no username. The next sync makes one."
    elif not user.is_active:
        told = "{name} cannot sign in, because the sign-in is switched off."
    elif student.asks_for_code:
        told = "{name} asks for a new card and waits for somebody to make one."
    elif code and user.last_login is None:
        told = "{name} has a card and has not used it yet: its words work until {until}."
    elif code:
        told = "{name} can sign in with the words of the card, until {until}."
    elif user.has_usable_password():
        told = "{name} can sign in with the password."
    elif user.last_login:
        told = "{name} cannot sign in any more: the words of the card have run out. A new code helps."
    else:
        told = "{name} has never signed in, and there is no card whose words work. A new code helps."
    if user and user.last_login:
        seen = format_html(" Last signed in {}.", when(user.last_login, zone))
    until = day(code.expires_at, zone) if code else ""
    return format_html(told + "{seen}", name=student.forename or "The student", until=until, seen=seen)


def wrong_tries(number, last_at, zone):
    """How often somebody tried with the wrong words or password."""
    if not number:
        return "Nobody has tried with wrong words in the last 90 days."
    return format_html(
        "There {} {} in 90 days, the last {}. After five in a row each further one has to wait, five minutes at most; "
        "the right words end the wait.",
        "was" if number == 1 else "were",
        count_of(number, "wrong try,wrong tries"),
        when(last_at, zone),
    )
