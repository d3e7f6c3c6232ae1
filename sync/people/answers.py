"""What a worker does with a question (`sync.models.Question`): ask Wonde, and keep the answer as plain data.

If Wonde cannot be asked, or shows no such school, that is the answer, in words.
"""

from django.conf import settings
from msgspec import to_builtins

from classes.models import ImportRequest
from sync.facts.errors import SyncError
from sync.models import Question, Stop
from sync.people import access, adding_schools, class_requests
from sync.people.access import NotAskedError
from sync.people.adding_schools import SchoolRefusedError
from sync.why import finding
from sync.why.explain import explain
from sync.wonde import rolls
from sync.wonde.client import Wonde

OUR_FAULT = "Something went wrong on our side, and we have been told. Ask again in a few minutes."


def give(question):
    """Answer a question that has just been taken (`Question.objects.take`)."""
    try:
        Stop.objects.refuse(question.school)
        answer = ANSWERS[question.what](question)
        question.end(to_builtins(answer), getattr(answer, "problem", ""))
    except (SyncError, SchoolRefusedError, NotAskedError) as error:
        question.end(problem=str(error))
    except Exception:
        question.end(problem=OUR_FAULT)
        raise


def _why(question):
    """An `explain.Explanation`; if Wonde cannot be asked, it is based on what we have."""
    student = question.asked.get("student")
    asked = finding.chosen(student) if student else finding.asked(question.asked["who"])
    return explain(question.school, asked, question.by, question.reason)


def _rolls(question):
    """An `approval.Read`."""
    return class_requests.read(ImportRequest.objects.select_related("school").get(pk=question.asked["request"]))


def _names(question):
    """[kind, Wonde id, name] for each."""
    names = rolls.read_names(question.school, [tuple(one) for one in question.asked["people"]])
    return [(*who, name) for who, name in names.items()]


def _schools(question):
    """The `onboarding.Found`."""
    with _wonde() as wonde:
        return adding_schools.search(wonde, question.asked["search"])


def _school(question):
    with _wonde() as wonde:
        return adding_schools.look_up(wonde, question.asked["wonde_id"])


def _access(question):
    """How the school stands, {state, said}: after asking it for access, or only looked at."""
    contact = question.asked.get("contact")
    found = access.ask(question.school, question.by, contact) if contact else access.check(question.school)
    return {"state": found.state, "said": found.answer if contact else ""}


def _wonde():
    return Wonde(limit_s=settings.ASKING_LIMIT_S)


ANSWERS = {
    Question.What.WHY: _why,
    Question.What.ROLLS: _rolls,
    Question.What.NAMES: _names,
    Question.What.SCHOOLS: _schools,
    Question.What.SCHOOL: _school,
    Question.What.ACCESS: _access,
}
