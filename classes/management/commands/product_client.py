"""Let the learning product sign people in: make its OpenID Connect client, or change its addresses."""

import re
import secrets
from urllib.parse import urlsplit

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from schools.signing_keys import MAKE

CLIENT_ID = "product"
THIS_MACHINE = {"localhost", "127.0.0.1"}


class Command(BaseCommand):
    help = "Make the product's OpenID Connect client and show its secret, once. Again: a new secret, other addresses."

    def add_arguments(self, parser):
        parser.add_argument("redirect_uri", nargs="+", help="Where the product takes people back, https://…/callback")

    def handle(self, *args, redirect_uri, **options):
        if not settings.IDP_OIDC_PRIVATE_KEYS:
            raise CommandError(
                f"OIDC_PRIVATE_KEYS is not set, so signing in for the product is off. Set it to the output of: {MAKE}"
            )
        if wrong := [address for address in redirect_uri if not _is_full(address)]:
            raise CommandError(
                f"{', '.join(wrong)}: give the full address, starting with https:// (http:// only for this machine), "
                "without * or #. Nothing was changed."
            )
        client = Client.objects.filter(pk=CLIENT_ID).first() or Client(pk=CLIENT_ID)
        client.name, client.skip_consent = settings.PRODUCT_NAME[:100], True
        client.set_scopes(["openid", "profile"])
        client.grant_types, client.response_types = Client.GrantType.AUTHORIZATION_CODE, "code"
        client.set_redirect_uris(redirect_uri)
        secret = secrets.token_urlsafe(32)
        client.set_secret(secret)
        client.save()
        self.stdout.write(f"client id: {CLIENT_ID}\nclient secret (shown once): {secret}")


def _is_full(address):
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    plain = parts.hostname and not parts.username and not re.search(r"[\s*#\\\x00-\x1f]", address)
    return bool(plain) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in THIS_MACHINE))
