"""Accepting an invitation: one page, without a login."""

from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.contrib.auth import logout, password_validation
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from schools.models import Invitation, User
from schools.staff import invitations

TOKEN_HASH = "invitation"  # noqa: S105 (the name of a session key)


class FirstPasswordForm(forms.Form):
    """A first password. The address is shown beside it, so that password managers save both."""

    password = forms.CharField(
        strip=False,
        label="Choose a password",
        help_text="At least 10 characters. Three or four words are good.",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, email, *args):
        super().__init__(*args)
        self.email = email

    def clean_password(self):
        password_validation.validate_password(self.cleaned_data["password"], User(email=self.email))
        return self.cleaned_data["password"]


class HandOnForm(forms.Form):
    email = forms.EmailField(
        label="Who is the right person?",
        help_text="Their address at the school. They get the invitation in your place.",
        error_messages={"required": "Enter their address."},
        widget=forms.EmailInput(attrs={"class": "input", "autocomplete": "off"}),
    )


@require_GET
@login_not_required
@never_cache
def invitation_link(request, secret):
    """The link in the mail. The secret leaves the URL at once; if it is genuine, the session keeps its hash."""
    token_hash = invitations.token_hash(secret)
    if Invitation.objects.by_token_hash(token_hash):
        request.session[TOKEN_HASH] = token_hash
    else:
        request.session.pop(TOKEN_HASH, None)
    return redirect("schools:invitation")


@require_http_methods(["GET", "POST"])
@login_not_required
@never_cache
@sensitive_post_parameters("password")
def invitation(request):
    """Choose a password, or accept with the login the address already has."""
    invited = Invitation.objects.select_related("school").by_token_hash(request.session.get(TOKEN_HASH))
    if invited is None:
        return render(request, "schools/invitation_over.html", status=410)
    login = invitations.login_for(invited)
    form = None if login else FirstPasswordForm(invited.email, request.POST or None)
    if request.method == "POST" and (login or form.is_valid()):
        try:
            user = invitations.accept(invited.pk, form and form.cleaned_data["password"])
        except invitations.InvitationRefusedError as error:
            return render(request, "schools/invitation_over.html", {"why": str(error)}, status=409)
        return _enter(request, user, invited, is_new=login is None)
    return render(request, "schools/invitation.html", {"invitation": invited, "form": form, "login": login})


@require_http_methods(["GET", "POST"])
@login_not_required
@never_cache
def hand_on(request):
    """ "I am not the right person": the invitation to agree goes to the address that is typed."""
    invited = Invitation.objects.select_related("school").by_token_hash(request.session.get(TOKEN_HASH))
    if invited is None or not invited.as_authoriser or invited.handed_on:
        return render(request, "schools/invitation_over.html", status=410)
    form = HandOnForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            handed = invitations.hand_on(invited.pk, form.cleaned_data["email"])
        except invitations.InvitationRefusedError as error:
            form.add_error("email", str(error))
        else:
            return render(request, "schools/handed_on.html", {"invitation": invited, "handed": handed})
    return render(request, "schools/hand_on.html", {"invitation": invited, "form": form})


def _enter(request, user, invited, is_new):
    """A new login is signed in straight away; an existing one needs its password, unless it is already signed in."""
    begins = reverse("schools:start", args=[invited.school.code]) if invited.as_authoriser else reverse("home")
    if request.user.is_authenticated and request.user != user:
        logout(request)
    request.session.pop(TOKEN_HASH, None)
    if is_new:
        return perform_login(request, user, email=user.email, redirect_url=begins)
    messages.success(request, f"{invited.school.name} is now part of your login.")
    return redirect(begins) if request.user.is_authenticated else redirect_to_login(begins)
