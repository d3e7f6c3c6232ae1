"""What goes into a copy, decided by a lead before it is made; and the file, once."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from schools.access.visits import for_lead_or_support
from schools.models import Task
from schools.web.reasons import SAY
from sync.copies import requests
from sync.copies.told import entries
from sync.models import AccessRequest
from sync.tasks import queue_copy


class DecideForm(forms.Form):
    """entries: what there is to decide about (`sync.copies.told.Entry`), ticked where a copy has it."""

    names = forms.BooleanField(required=False, label="Name other people in it")
    because = forms.CharField(
        required=False,
        max_length=200,
        label="Why are they named?",
        help_text="Only if you name them: they have agreed, or it is reasonable without. Kept with the request and "
        "under “Who looked”.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )

    def __init__(self, found, one, data=None):
        super().__init__(data, initial={"names": bool(one.names_because), "because": one.names_because})
        self.found = found
        chosen = [each.key for each in found if one.decided.get(each.key, each.is_in)]
        self.ticked = set(data.getlist("has") if data is not None else chosen)

    @property
    def entries(self):
        return [(each, each.key in self.ticked) for each in self.found]

    @property
    def decided(self):
        return {each.key: is_in for each, is_in in self.entries}

    def clean(self):
        if self.cleaned_data.get("names") and len(self.cleaned_data.get("because", "")) < len("yes, "):
            self.add_error("because", SAY)
        return self.cleaned_data


@never_cache
@for_lead_or_support(Task.EXPORT)
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request, school, reason, pk):
    """What may this copy say of other people, and of what people wrote? By POST: make it so."""
    one = _of_lead(school, pk)
    held = requests.held_for(one) if one.is_open else None
    if held is None:
        messages.error(request, requests.NOT_HELD)
        return redirect("sync:copy", school.code, pk)
    form = DecideForm(entries(held.parts), one, request.POST if request.method == "POST" else None)
    if form.is_valid():
        because = form.cleaned_data["because"] if form.cleaned_data["names"] else ""
        try:
            with transaction.atomic():
                requests.decide(one, request.user, form.decided, because)
                queue_copy(one)
        except requests.NotDoneError as error:
            messages.error(request, str(error))
        return redirect("sync:copy", school.code, pk)
    return render(request, "sync/copies/decide.html", {"school": school, "one": one, "held": held, "form": form})


@never_cache
@for_lead_or_support(Task.EXPORT)
@require_POST
def fetch(request, school, reason, pk):
    """The file, once: it is deleted with this, and who fetched it is noted."""
    one = _of_lead(school, pk)
    try:
        found = requests.fetch(one, request.user)
    except requests.NotDoneError as error:
        messages.error(request, str(error))
        return redirect("sync:copy", school.code, pk)
    disposition = content_disposition_header(as_attachment=True, filename=f"what-is-held-{one.pk}.zip")
    return HttpResponse(found, content_type="application/zip", headers={"Content-Disposition": disposition})


def _of_lead(school, pk):
    """The school decides what it hands on, not support."""
    if not school.leads_here:
        raise Http404
    one = get_object_or_404(AccessRequest, school=school, pk=pk)
    one.school = school
    return one
