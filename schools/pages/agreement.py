"""The agreement as a school reads it, and the receipt of having agreed."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from schools.access.visits import for_lead_or_support
from schools.models import Agreement, Task
from schools.sharing import agreements, receipts


@for_lead_or_support(Task.LOOK, or_authoriser=True)
@require_safe
def agreement(request, school, reason, pk):
    """What does a version of the agreement say, and what is other in it than in the one before?"""
    version = get_object_or_404(Agreement.objects.select_related("replaces"), pk=pk)
    before = version.replaces
    context = {
        "school": school,
        "agreement": version,
        "blocks": agreements.blocks(version.body),
        "differences": agreements.differences(before.body, version.body) if before else [],
        "receipt": receipts.of(school, version),
        "is_unchanged": agreements.is_unchanged(version),
    }
    return render(request, "schools/agreement.html", context)


@for_lead_or_support(Task.LOOK, or_authoriser=True)
@require_safe
def as_file(request, school, reason, pk):
    """The file as the operator gave it, whose SHA-256 anybody can work out."""
    version = get_object_or_404(Agreement, pk=pk)
    headers = {"Content-Disposition": f'attachment; filename="agreement-{version.version}.md"'}
    return HttpResponse(version.body, content_type="text/plain; charset=utf-8", headers=headers)


@for_lead_or_support(Task.LOOK, or_authoriser=True)
@require_safe
def receipt(request, school, reason, pk):
    """What did the school agree to, who agreed and when, and does the receipt still say so?"""
    found = get_object_or_404(school.acceptances.select_related("agreement", "by"), pk=pk)
    context = {"school": school, "receipt": found, "is_unchanged": receipts.is_unchanged(found)}
    return render(request, "schools/receipt.html", context)
