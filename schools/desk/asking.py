"""The page that asks support why it is looking, in front of any page of the desk with people's records."""

from django.contrib import admin
from django.http import HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from schools.access import looking


def ask_reason(request, school):
    """Ask for a reason; once it is given, go on to the page that was asked for."""
    form = looking.ask(request, school)
    if form is None:
        otherwise = reverse("admin:schools_school_change", args=[school.pk])
        return HttpResponseRedirect(looking.goes_on_to(request, otherwise))
    context = admin.site.each_context(request) | {"title": "Why are you looking?", "form": form, "school": school}
    return TemplateResponse(request, "admin/reason.html", context)
