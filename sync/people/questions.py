"""Asking Wonde something while somebody waits at a page. No web request reads Wonde: a worker does, and the page looks
for the answer.

What was typed and what came back are kept in one row for some minutes (`sync.models.Question`), never in a URL, the
queue, the cache or a log. Code that shows an answer checks again who may see it.
"""

from datetime import timedelta

from django.core.exceptions import ValidationError

from schools.models import Session
from sync.models import Question

AGAIN_AFTER = timedelta(minutes=1)  # asked again within this time, it is the same question


def ask(request, what, asked, school=None, reason="", at_most=AGAIN_AFTER):
    """(the question, whether it is new and must be queued). Call it in a transaction; see `tasks.ask_wonde`.

    asked: plain data. Asking the same thing twice, or part of what was answered, counts as asking once; `at_most` is
    how long ago that may have been. What came to nothing is asked again.
    """
    session = request.session.session_key
    Session.objects.select_for_update().filter(pk=session).first()  # a double click waits for the first click
    same = Question.objects.of(request, what).about(school, reason).filter(asked__contains=asked, problem="")
    newest = same.first()
    if newest and newest.age < at_most and not newest.is_lost:
        return newest, False
    made = Question(school=school, by=request.user, session_id=session, what=what, asked=asked, reason=reason)
    made.save(force_insert=True)
    return made, True


def find(request, *what, school=None, reason="", key=None):
    """The question named in the URL (`?q=`), or by `key`: asked by this login, in this session, about this school, with
    the same right to look. None for any other, or if it is no longer kept."""
    key = key or request.GET.get("q")
    try:
        return Question.objects.of(request, *what).about(school, reason).filter(pk=key).first() if key else None
    except ValidationError:  # does not look like a key
        return None


def address(request, question):
    """The URL where this page shows the answer to `question`; "" if there is none."""
    if question is None:
        return ""
    params = request.GET.copy()
    params.pop("seen", None)
    params["q"] = str(question.pk)
    return f"{request.path}?{params.urlencode()}"


def is_unchanged(request, question):
    """Whether a page that refreshes itself already shows all this: `seen` is how far the question was when it last
    looked."""
    given = request.POST if request.method == "POST" else request.GET
    return bool(request.htmx and question and question.is_open and given.get("seen") == question.state)
