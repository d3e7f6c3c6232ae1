"""How the mails that answer requests, and warn that something is about to end, are written."""

from django.conf import settings
from django.urls import reverse

from classes.models import ImportDraft, ImportRequest
from classes.own_list import handmade
from schools.mail import mails
from schools.mail.outgoing import letter, reader


@letter("answer")
def answer(row):
    """The answer, to the person who asked. Somebody who has lost access since is told nothing."""
    request = ImportRequest.objects.with_classes().visible_to(row.user).filter(pk=row.about).first()
    if request is None:
        return None
    context = {
        "request": request,
        "school": request.school,
        "classes": [item.school_class for item in request.items.all()],
        "link": settings.SITE_URL + reverse("classes:request", args=[request.pk]),
    }
    return mails.message("answer", row.user.email, context)


@letter("handmade")
def of_handmade(row):
    """A warning that what a school made by hand will soon be erased, if any of it is still unmatched."""
    draft, to = ImportDraft.objects.select_related("school").filter(pk=row.about).first(), reader(row)
    students, classes = handmade.unmatched(draft.school) if draft else (0, 0)
    if to is None or not (students or classes):
        return None
    context = {
        "school": draft.school,
        "students": students,
        "classes": classes,
        "day": (draft.first_import_at + handmade.KEPT).astimezone(draft.school.zone).date(),
        "link": settings.SITE_URL + reverse("sync:import_match", args=[draft.school.code]),
    }
    return mails.message("handmade", to, context)
