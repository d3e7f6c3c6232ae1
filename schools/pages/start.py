"""Where a school begins: what is asked, for what, and the agreement to it."""

from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from schools.access.visits import for_lead_or_support
from schools.models import Task
from schools.sharing import asked, keys
from sync.facts.kinds import KINDS


@for_lead_or_support(Task.LOOK, or_authoriser=True)
@require_http_methods(["GET", "HEAD"])
def start(request, school, reason):
    """What does the product do, and what does it ask the school for?"""
    context = {"school": school, "asked": asked.snapshot(keys.on_at(school), label)}
    return render(request, "schools/start.html", context)


def label(name):
    """A field as people call it, and its kind: "students.upn" is ("UPN", "students")."""
    kind, _, column = name.partition(".")
    return KINDS[kind].columns[column].label, KINDS[kind].label
