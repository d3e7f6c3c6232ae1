"""The way to the learning product: signing in here first, with OpenID Connect."""

from allauth.idp.oidc.views import AuthorizationView
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classes.identity import who
from schools import onward


class Authorize(AuthorizationView):
    """allauth's, with a proof key required of everybody, and our own two doors for whoever has not signed in."""

    def get(self, request, *args, **kwargs):
        if request.GET.get("code_challenge_method") != "S256" or not request.GET.get("code_challenge"):
            return _refuse(request, "The product asked without a proof key (PKCE, S256).", 400)
        prompts = request.GET.get("prompt", "").split()
        if "none" not in prompts and (request.user.is_anonymous or "login" in prompts):
            logout(request)
            onward.remember(request)
            door = urlencode({"next": reverse("to_product")})
            return HttpResponseRedirect(f"{reverse('account_login')}?{door}")
        if request.user.is_authenticated and who(request.user) is None:
            return _refuse(request, "This sign-in belongs to no school that uses the product.", 403)
        return super().get(request, *args, **kwargs)


def _refuse(request, why, status):
    return render(request, "identity/refused.html", {"why": why}, status=status)


@require_safe
@never_cache
def to_product(request):
    """Somebody has signed in on their way to the product: on they go, by a step of their own."""
    address = onward.take(request)
    if address is None:
        return redirect("home" if request.user.email else "students:me")
    response = render(request, "identity/onward.html", {"address": address})
    response["Refresh"] = f"0; url={address}"
    return response


@login_not_required
def closed(request, *args, **kwargs):
    """Parts of allauth's provider that we do not offer."""
    raise Http404
