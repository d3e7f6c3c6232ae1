"""Making and withdrawing requests about classes. Support answers them: `sync.people.class_requests`."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from classes.models import ImportRequest, RequestedClass, SchoolClass
from schools.mail import outgoing
from schools.models import AuditEntry

MOST = 50  # classes in one request


class RequestRefusedError(Exception):
    """Why a request cannot be made or withdrawn, in a sentence for the person who asked."""


def ask(school, school_classes, wish, by, note=""):
    """Ask support to bring `school_classes` in, or leave them out. Raises RequestRefusedError."""
    if not school_classes:
        raise RequestRefusedError("Choose at least one class.")
    if len(school_classes) > MOST:
        raise RequestRefusedError(f"Ask for {MOST} classes at a time.")
    for school_class in school_classes:
        _refuse_what_is_so(school_class, wish)
    try:
        with transaction.atomic():
            request = ImportRequest.objects.create(school=school, wish=wish, note=note.strip(), asked_by=by)
            RequestedClass.objects.bulk_create(
                RequestedClass(request=request, school_class=school_class) for school_class in school_classes
            )
            AuditEntry.objects.note(by, "asked", request, school, request.note)
    except IntegrityError:
        raise RequestRefusedError(_already_asked(school_classes)) from None
    return request


def _refuse_what_is_so(school_class, wish):
    name = school_class.name or "The class"
    if school_class.left_at:
        raise RequestRefusedError(f"{name} has ended: the MIS no longer lists it.")
    if school_class.wonde_id is None:
        raise RequestRefusedError(f"{name} is not from the MIS: it was made by hand, and is here already.")
    if wish == ImportRequest.Wish.IN and (
        school_class.status == SchoolClass.Status.IN or school_class.decision == "in"
    ):
        raise RequestRefusedError(f"{name} is in already. There is nothing to ask for.")
    if (
        wish == ImportRequest.Wish.OUT
        and school_class.status == SchoolClass.Status.OUT
        and school_class.decision != "in"
    ):
        raise RequestRefusedError(f"{name} is left out already. There is nothing to ask for.")
    if wish == ImportRequest.Wish.IN and school_class.reason == "other_academic_year":
        raise RequestRefusedError(
            f"{name} belongs to another academic year ({school_class.academic_year}). If that is wrong, correct it in "
            "the MIS; the class is here by the next morning."
        )


def _already_asked(school_classes):
    asked = SchoolClass.objects.filter(pk__in=[row.pk for row in school_classes], requested__is_open=True).in_order()
    names = ", ".join(row.name for row in asked) or "One of these classes"
    return f"{names}: somebody has asked already, and the answer is due. You find the request under Requests."


@transaction.atomic
def part(request_id, keys, by):
    """Move some classes (primary keys) of a waiting request into a request of their own, asked by the same person at
    the same time, so that each part gets its own answer. Returns the new request. Raises RequestRefusedError."""
    request = ImportRequest.objects.select_for_update().get(pk=request_id)
    if request.state != ImportRequest.State.WAITING:
        raise RequestRefusedError(f"This request is {request.get_state_display()} already. Nothing was changed by you.")
    moved = request.items.filter(school_class__in=keys)
    number, of = moved.count(), request.items.count()
    if not 0 < number < of:
        raise RequestRefusedError("Tick some of the classes, but not all. Nothing was changed.")
    rest = ImportRequest.objects.create(
        school_id=request.school_id, wish=request.wish, note=request.note, asked_by_id=request.asked_by_id
    )
    ImportRequest.objects.filter(pk=rest.pk).update(asked_at=request.asked_at)
    moved.update(request=rest)
    classes = "1 class" if number == 1 else f"{number} classes"
    AuditEntry.objects.note(by, f"{classes} moved to request {rest.pk}", request, request.school)
    AuditEntry.objects.note(by, f"moved here from request {request.pk}", rest, request.school)
    return rest


@transaction.atomic
def withdraw(request_id, by, reason=""):
    """Withdraw a request. Raises RequestRefusedError if it has been answered meanwhile."""
    request = ImportRequest.objects.select_for_update().get(pk=request_id)
    if request.state != ImportRequest.State.WAITING:
        raise RequestRefusedError(f"This request is {request.get_state_display()} already; it can't be withdrawn now.")
    close(request, ImportRequest.State.WITHDRAWN, by, reason)


def close(request, state, by, answer=""):
    """The last step of a request, whichever it is; an answer is mailed to the person who asked. The caller has locked
    its row."""
    request.state, request.settled_by, request.settled_at, request.answer = state, by, timezone.now(), answer.strip()
    request.save(update_fields=["state", "settled_by", "settled_at", "answer"])
    request.items.update(is_open=False)
    AuditEntry.objects.note(by, str(state), request, request.school, request.answer)
    if request.asked_by and state in (ImportRequest.State.APPROVED, ImportRequest.State.DECLINED):
        outgoing.put("answer", school=request.school, to=request.asked_by, about=request.pk)
