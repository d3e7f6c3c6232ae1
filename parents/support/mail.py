"""What support can do about one contact: preview the mail, have it sent to themselves, see the address, switch mail
off, block.

All of it is noted in the audit that the school's leads read.
"""

from csp.decorators import csp_replace
from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator

from parents.mail import preview as previews
from parents.models import AddressChoice, Block, Guardianship
from parents.rules import blocks, choices
from schools.access import looking
from schools.desk.asking import ask_reason
from schools.locks import lock_school
from schools.mail import outgoing
from schools.marks import marks
from schools.models import Task
from schools.text.addresses import masked
from students.models import Student

MAIL_ALONE = {"default-src": ["'none'"], "style-src": ["'unsafe-inline'"], "sandbox": True}


def _opened(model_admin, request, pk, task):
    """The contact, for somebody with `task`, and the form that asks why if no reason was given for its school."""
    mine = model_admin.within(request, model_admin.get_queryset(request), task)
    contact = mine.select_related("school").filter(pk=pk).first()
    if contact is None:
        raise Http404
    if not looking.reason(request, contact.school):
        return contact, ask_reason(request, contact.school)
    return contact, None


def _page(model_admin, request, contact, template, **context):
    context |= model_admin.admin_site.each_context(request) | {
        "contact": contact, "school": contact.school, "opts": model_admin.opts,
        "back": reverse("admin:parents_contact_change", args=[contact.pk]), "back_to": str(contact),
    }  # fmt: skip
    return TemplateResponse(request, f"admin/parents/{template}.html", context)


def _back(contact):
    return HttpResponseRedirect(reverse("admin:parents_contact_change", args=[contact.pk]))


def preview(model_admin, request, pk):
    """The family's mail as it would be now; a POST sends it to the viewer."""
    contact, asked = _opened(model_admin, request, pk, Task.LOOK)
    if asked:
        return asked
    mail = previews.family_mail(contact)
    if request.method == "POST" and mail:
        with transaction.atomic():
            outgoing.put("weekly-copy", school=contact.school, to=request.user, about=contact.pk)
            model_admin.audit(request, "sent the weekly mail to themselves", contact)
        told = f"It is on its way to {request.user.email}. Its links do not work."
        model_admin.message_user(request, told, messages.SUCCESS)
        return HttpResponseRedirect(request.path)
    model_admin.audit(request, "looked at the weekly mail", contact)
    return _page(
        model_admin, request, contact, "mail", title="Weekly mail as it would be now", mail=mail,
        not_now=previews.school_stands(contact.school),
    )  # fmt: skip


@method_decorator(csp_replace(MAIL_ALONE))
def as_html(model_admin, request, pk):
    """The mail's HTML alone; its styles apply, but nothing in it may run."""
    contact, asked = _opened(model_admin, request, pk, Task.LOOK)
    mail = None if asked else previews.family_mail(contact)
    if mail is None:
        raise Http404
    return HttpResponse(mail.alternatives[0].content)


class RevealForm(forms.Form):
    reason = forms.CharField(
        min_length=4,
        max_length=200,
        error_messages={"required": "Say why."},
        label="Why do you need the address?",
        help_text="The school's leads read it.",
    )


def reveal(model_admin, request, pk):
    """The whole address, if there is a reason."""
    contact, asked = _opened(model_admin, request, pk, Task.REVEAL)
    if asked:
        return asked
    form = RevealForm(request.POST if request.method == "POST" else None)
    shown = ""
    if form.is_valid():
        model_admin.audit(request, "revealed address", contact, form.cleaned_data["reason"])
        shown = contact.email or "There is no address in the MIS."
    return _page(model_admin, request, contact, "reveal", title="Show the address", form=form, shown=shown)


class AgainForm(forms.Form):
    """Asks why mail may go again to an address it did not reach."""

    reason = forms.CharField(
        min_length=4,
        max_length=200,
        error_messages={"required": "Say why."},
        label="Why may mail go there again?",
        help_text="The school's leads read it.",
    )


def switch(model_admin, request, pk):
    """Switch a contact's mail off, or on again if staff switched it off or it did not get through: never against the
    parent's own wishes."""
    contact, asked = _opened(model_admin, request, pk, Task.DECIDE)
    if asked:
        return asked
    marked = marks().addresses(contact.school_id, contact.email)
    standing = AddressChoice.objects.standing().filter(school=contact.school, address_mark__in=marked)
    off = standing.filter(cause=AddressChoice.Cause.STAFF).exists()
    bounced = choices.bounced(contact.school_id).filter(address_mark__in=marked).exists()
    again = AgainForm(request.POST if "write_again" in request.POST else None)
    if again.is_valid():
        choices.write_again(contact.school_id, marked)
        model_admin.audit(request, "let mail go again", contact, again.cleaned_data["reason"])
        return _back(contact)
    if request.method == "POST" and contact.email and not again.is_bound:
        if off:
            choices.take_back(contact.school_id, marked, [AddressChoice.Cause.STAFF])
        else:
            choices.stop_address(contact.school_id, contact.email, AddressChoice.Cause.STAFF, by=request.user)
        model_admin.audit(request, "switched mail on" if off else "switched mail off", contact)
        return _back(contact)
    said = [row.get_cause_display() for row in standing.exclude(cause=AddressChoice.Cause.STAFF)]
    return _page(
        model_admin, request, contact, "switch", title="Weekly mail on or off", off=off, said=said,
        bounced=bounced, form=again, address=masked(contact.email) if contact.email else "",
    )  # fmt: skip


class BlockForm(forms.Form):
    student = forms.ModelChoiceField(queryset=None, empty_label=None)
    cause = forms.ChoiceField(
        choices=[(cause.value, cause.label.capitalize()) for cause in Block.Cause if cause != Block.Cause.NOT_MINE]
    )

    def __init__(self, contact, *args, **kwargs):
        super().__init__(*args, **kwargs)
        links = Guardianship.objects.current().filter(contact=contact)
        self.fields["student"].queryset = Student.objects.filter(pk__in=links.values("student")).select_related(
            "school"
        )


def block(model_admin, request, pk):
    """Block a contact for one of their students: mail stops at once, and the next sync removes the link."""
    contact, asked = _opened(model_admin, request, pk, Task.DECIDE)
    if asked:
        return asked
    form = BlockForm(contact, request.POST if request.method == "POST" else None)
    if form.is_valid():
        with transaction.atomic():
            lock_school(contact.school_id)
            blocks.block(form.cleaned_data["student"], contact, form.cleaned_data["cause"], by=request.user)
            model_admin.audit(request, "blocked", contact, Block.Cause(form.cleaned_data["cause"]).label)
        model_admin.message_user(request, "Blocked. Nothing is sent to them about this student.", messages.SUCCESS)
        return _back(contact)
    return _page(model_admin, request, contact, "block", title="Block for a student", form=form)
