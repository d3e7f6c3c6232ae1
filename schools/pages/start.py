"""Where a school begins: what is asked, for what, the agreement to it, and what is left to do in Wonde."""

from django import forms
from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from schools.access.visits import for_lead_or_support
from schools.models import Employee, Task
from schools.sharing import agreements, receipts
from schools.staff import authorisers
from sync.wording import access, kinds


class AgreeForm(forms.Form):
    """What somebody says who agrees for a school."""

    name = forms.CharField(
        label="Your name",
        max_length=200,
        error_messages={"required": "Enter your name."},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "name"}),
    )
    position = forms.CharField(
        label="Your position at the school",
        help_text="Business manager, for example.",
        max_length=200,
        error_messages={"required": "Enter your position."},
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "organization-title"}),
    )
    allowed = forms.BooleanField(error_messages={"required": "Tick that you are allowed to agree for the school."})

    def __init__(self, school, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["allowed"].label = f"I am allowed to agree for {school.name}"


class PaperForm(forms.Form):
    """What support says of an agreement that was signed on paper."""

    name = forms.CharField(label="Who signed it", max_length=200, widget=forms.TextInput(attrs={"class": "input"}))
    position = forms.CharField(
        label="Their position at the school", max_length=200, widget=forms.TextInput(attrs={"class": "input"})
    )
    signed_on = forms.DateField(label="Signed on", widget=forms.DateInput(attrs={"class": "input", "type": "date"}))
    kept_where = forms.CharField(
        label="Where the paper is kept",
        help_text="So that anybody in support finds it.",
        max_length=200,
        widget=forms.TextInput(attrs={"class": "input"}),
    )

    def clean_signed_on(self):
        if self.cleaned_data["signed_on"] > timezone.localdate():
            raise forms.ValidationError("This day has not come yet.")
        return self.cleaned_data["signed_on"]


@for_lead_or_support(Task.LOOK, or_authoriser=True)
@require_http_methods(["GET", "HEAD", "POST"])
def start(request, school, reason):
    """What is asked of the school, and has it agreed? By POST: agree, or record what was signed on paper."""
    may_agree = school.authorises_here
    may_record = Task.SIGN_INS in school.tasks and not school.leads_here
    form = AgreeForm(school, initial={"name": _name(school, request.user)}) if may_agree else None
    paper = PaperForm(auto_id="paper_%s") if may_record else None
    if request.method == "POST":
        is_paper = request.POST.get("do") == "record"
        if not (may_record if is_paper else may_agree):
            raise Http404
        said = PaperForm(request.POST, auto_id="paper_%s") if is_paper else AgreeForm(school, request.POST)
        if said.is_valid() and (receipt := _agree(request, school, said.cleaned_data)):
            return redirect("schools:receipt", school.code, receipt.pk)
        form, paper = (form, said) if is_paper else (said, paper)
    agreement, wanted, mark = receipts.offer(school, kinds.field)
    context = {
        "school": school,
        "agreement": agreement,
        "asked": wanted,
        "mark": mark,
        "receipt": agreement and receipts.of(school, agreement),
        "sub_processors": agreement and agreements.sub_processors(agreement.body),
        "receipts": school.acceptances.select_related("agreement"),
        "due_on": agreement and receipts.due_on(school, agreement),
        "rights": authorisers.of_school(school),
        "access": access.told(school),
        "form": form,
        "paper": paper,
    }
    return render(request, "schools/start.html", context)


def _agree(request, school, said):
    """The school's receipt; None if nothing was agreed, which the page then says."""
    said = {name: value for name, value in said.items() if name != "allowed"}
    try:
        receipt, is_new = receipts.agree(school, request.user, request.POST.get("mark", ""), kinds.field, **said)
    except receipts.NotAgreedError as error:
        messages.error(request, str(error))
        return None
    if is_new:
        messages.success(request, "Agreed. Everybody who leads the school or may agree for it gets this by mail.")
    else:
        messages.info(request, f"{receipt.name} had agreed to this version already. Nothing more is needed.")
    return receipt


def _name(school, user):
    employee = Employee.objects.current().shown().filter(school=school, user=user).first()
    return f"{employee.forename} {employee.surname}".strip() if employee else ""
