"""The way to the learning product and back: signing in here first, through OpenID Connect, and signing out here too."""

from allauth.idp.oidc.internal.oauthlib.server import get_server
from allauth.idp.oidc.internal.oauthlib.utils import convert_response, extract_params
from allauth.idp.oidc.models import Client
from allauth.idp.oidc.views import AuthorizationView, LogoutView, TokenView
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classes.identity import who
from schools.models import School
from schools.sign_in import onward


class Authorize(AuthorizationView):
    """allauth's view, requiring a proof key and a registered address of everybody, with our own two doors for anyone
    not signed in."""

    def get(self, request, *args, **kwargs):
        if request.GET.get("code_challenge_method") != "S256" or not request.GET.get("code_challenge"):
            return _refuse(request, "The product asked without a proof key (PKCE, S256).", 400)
        client = Client.objects.filter(pk=request.GET.get("client_id")).first()
        if client is None or request.GET.get("redirect_uri") not in client.get_redirect_uris():
            return _refuse(request, "The product asked for an answer at an address that is not its own.", 400)
        prompts = request.GET.get("prompt", "").split()
        if "none" in prompts:
            return self.silently(request)
        if request.user.is_anonymous or "login" in prompts:
            logout(request)
            response = HttpResponseRedirect(_door(request.GET.get("login_hint", "")))
            onward.remember(request, response)
            return response
        if who(request.user) is None:
            return _refuse(request, "This sign-in belongs to no school that uses the product.", 403)
        return super().get(request, *args, **kwargs)

    def silently(self, request):
        """For when no page of ours may be shown. With the product's own client none would be: it asks for no
        consent."""
        if request.user.is_authenticated and who(request.user):
            return HttpResponseRedirect(onward.without_prompt(request))
        request.user = AnonymousUser()
        return super().get(request)


class Exchange(TokenView):
    """allauth's view, without refresh tokens: anyone who comes back later signs in again, and is checked again."""

    def _create_token_response(self, request, **others):
        server = get_server()
        server.auth_grant.refresh_token = server.openid_connect_auth.refresh_token = False
        return convert_response(*server.create_token_response(*extract_params(request)))


class SignOut(LogoutView):
    """The product signs somebody out of their session here too: at once if it shows their ID token, otherwise after
    asking them."""

    def render_to_response(self, context, **others):
        return redirect("account_logout")

    def form_invalid(self, form):
        return _refuse(self.request, "The product asked to go on to an address that is not its own.", 400)


def _door(hint):
    """Where to sign in. hint: a school's code, or "student", from a product that knows who is at its own door."""
    school = School.objects.with_door(hint).first() if hint else None
    if school:
        return reverse("students:sign_in", args=[school.code])
    if hint == "student":
        return reverse("students:find_school")
    return f"{reverse('account_login')}?{urlencode({'next': reverse('to_product')})}"


def _refuse(request, why, status):
    return render(request, "identity/refused.html", {"why": why}, status=status)


@require_safe
@never_cache
def to_product(request):
    """Somebody signed in on their way to the product: they take the last step themselves."""
    address = onward.address(request)
    if address is None:
        return redirect("home" if request.user.email else "students:me")
    response = render(request, "identity/onward.html", {"address": address})
    response["Refresh"] = f"0; url={address}"
    onward.forget(response)
    return response


@login_not_required
def closed(request, *args, **kwargs):
    """For the parts of allauth's provider that we do not offer."""
    raise Http404
