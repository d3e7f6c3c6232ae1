"""What every page of a lead's import shows: its steps, and how far the import is."""

from django import forms
from django.shortcuts import render

from classes import agreed
from classes.models import SchoolClass
from sync.people import first_import

STEPS = {"choose": "Choose", "match": "Match", "preview": "Preview", "progress": "Import"}
ACCEPTED = ".xlsx,.xls,.xlsb,.ods,.csv,.txt"


class UploadForm(forms.Form):
    file = forms.FileField(
        label="Your list",
        help_text="An Excel workbook or a CSV file with one line per student, as your MIS exports it or as in the "
        "template. The file itself is not kept.",
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )


def show(request, school, step, context, status=200):
    draft = first_import.draft_of(school)
    by_hand = SchoolClass.objects.current().filter(school=school, wonde_id=None)
    shared = {
        "school": school,
        "steps": STEPS,
        "step": step,
        "draft": draft,
        "by_hand": by_hand.count(),
        "may_import": agreed.may_import(school),
    }
    return render(request, f"sync/wizard/{step}.html", shared | context, status=status)
