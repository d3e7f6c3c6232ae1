"""Asking Wonde something while somebody waits at a page. No web request reads Wonde: a worker does, and the page looks.

What was typed and what came back are in one row for some minutes (`sync.models.Question`), never in an address, the
queue, the cache or a log. Whoever shows an answer judges again who may see it.
"""

from datetime import timedelta

from django.core.exceptions import ValidationError

from schools.models import Session
from sync.models import Question

AGAIN_AFTER = timedelta(minutes=1)  # the same, asked again within this, is the same question


def ask(request, what, asked, school=None, reason="", at_most=AGAIN_AFTER):
    """(the question, whether it is new and has to be queued). Within a transaction; see `tasks.ask_wonde`.

    asked: plain data. Whoever asks the same twice, or a part of what was answered, asks once; `at_most` is how long ago
    that may have been. What came to nothing is asked anew.
    """
    session = request.session.session_key
    Session.objects.select_for_update().filter(pk=session).first()  # a double click waits for the first
    same = Question.objects.of(request, what).about(school, reason).filter(asked__contains=asked, problem="")
    newest = same.first()
    if newest and newest.age < at_most and not newest.is_lost:
        return newest, False
    made = Question(school=school, by=request.user, session_id=session, what=what, asked=asked, reason=reason)
    made.save(force_insert=True)
    return made, True


def find(request, *what, school=None, reason="", key=None):
    """The question that the address names (`?q=`), or `key` does: of this login, in this session, about this school,
    asked with the same right to look. None for every other, and where it is no longer kept."""
    key = key or request.GET.get("q")
    try:
        return Question.objects.of(request, *what).about(school, reason).filter(pk=key).first() if key else None
    except ValidationError:  # not the form of a key
        return None


def address(request, question):
    """Where this page shows the answer to `question`; "" without one."""
    if question is None:
        return ""
    params = request.GET.copy()
    params.pop("seen", None)
    params["q"] = str(question.pk)
    return f"{request.path}?{params.urlencode()}"


def is_unchanged(request, question):
    """Whether a page that looks by itself knows all this: `seen` is how far the question was when it last looked."""
    given = request.POST if request.method == "POST" else request.GET
    return bool(request.htmx and question and question.is_open and given.get("seen") == question.state)
