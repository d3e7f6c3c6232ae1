"""Mails about requests, and the end of what was made by hand, out of the way of requests and of the sync."""

import logging
from datetime import timedelta
from functools import partial

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from classes import handmade
from classes.models import ImportDraft, ImportRequest
from schools import mail
from schools.models import LeadRight

log = logging.getLogger(__name__)
KEPT_BY_HAND, WARNED_BEFORE = timedelta(days=90), timedelta(days=14)


@shared_task(bind=True)
def send_answer(self, request_id):
    """Tell the asker what was answered. An asker who has lost access is told nothing."""
    request = ImportRequest.objects.with_classes().get(pk=request_id)
    readers = ImportRequest.objects.filter(pk=request_id)
    if request.asked_by is None or not readers.visible_to(request.asked_by).exists():
        return
    link = settings.SITE_URL + reverse("classes:request", args=[request.pk])
    classes = [item.school_class for item in request.items.all()]
    context = {"request": request, "school": request.school, "classes": classes, "link": link}
    mail.hand_over(self, mail.message("answer", request.asked_by.email, context).send, f"request {request_id}")


def queue_answer(request):
    """Mail the answer when it is committed."""
    transaction.on_commit(partial(send_answer.delay, request.pk))


def look_after_handmade():
    """Once a day: erase what was made by hand and matched with nothing 90 days after a school's first import; two weeks
    before, tell its leads."""
    now = timezone.now()
    for draft in ImportDraft.objects.filter(first_import_at__lte=now - KEPT_BY_HAND + WARNED_BEFORE).select_related(
        "school"
    ):
        students, classes = handmade.unmatched(draft.school)
        if not students and not classes:
            continue
        if draft.first_import_at <= now - KEPT_BY_HAND:
            handmade.erase(draft.school)
        elif draft.warned_at is None:
            draft.warned_at = now  # before the mails leave: nobody is told twice
            draft.save(update_fields=["warned_at"])
            _warn(draft, students, classes)


def _warn(draft, students, classes):
    context = {
        "school": draft.school,
        "students": students,
        "classes": classes,
        "day": (draft.first_import_at + KEPT_BY_HAND).astimezone(draft.school.zone).date(),
        "link": settings.SITE_URL + reverse("sync:import_match", args=[draft.school.code]),
    }
    for right in LeadRight.objects.filter(school=draft.school, user__is_active=True).select_related("user"):
        try:
            mail.message("handmade", right.user.email, context).send()
        except mail.NOT_TAKEN as error:
            log.warning("school %s: a lead could not be warned: %s", draft.school.wonde_id, type(error).__name__)
