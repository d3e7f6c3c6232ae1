"""Passkeys: allauth's pages, except that support cannot remove their last factor, which would shut them out of the
admin."""

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn.views import RemoveWebAuthnView


class RemovePasskey(RemoveWebAuthnView):
    def get_context_data(self, **kwargs):
        return super().get_context_data(**kwargs) | {"can_go": get_adapter().can_delete_authenticator(self.object)}

    def form_valid(self, form):
        if not get_adapter().can_delete_authenticator(self.object):
            return self.render_to_response(self.get_context_data(form=form), status=409)
        return super().form_valid(form)
