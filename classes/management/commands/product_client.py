"""Let the learning product sign people in: make its OpenID Connect client, or give it other addresses."""

import secrets
from urllib.parse import urlsplit

from allauth.idp.oidc.models import Client
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

CLIENT_ID = "product"


class Command(BaseCommand):
    help = "Make the product's OpenID Connect client and show its secret, once. Again: a new secret, other addresses."

    def add_arguments(self, parser):
        parser.add_argument("redirect_uri", nargs="+", help="Where the product takes people back, https://…/callback")

    def handle(self, *args, redirect_uri, **options):
        if not settings.IDP_OIDC_PRIVATE_KEY:
            raise CommandError(
                "OIDC_PRIVATE_KEY is not set, so signing in for the product is off. Set it to the output of: "
                "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"
            )
        for address in redirect_uri:
            parts = urlsplit(address)
            local = parts.hostname in {"localhost", "127.0.0.1"}
            if (parts.scheme != "https" and not (parts.scheme == "http" and local)) or "*" in address:
                raise CommandError(f"{address} is no full https address. Nothing was changed.")
        client = Client.objects.filter(pk=CLIENT_ID).first() or Client(pk=CLIENT_ID)
        client.name, client.skip_consent = settings.PRODUCT_NAME[:100], True
        client.set_scopes(["openid", "profile"])
        client.grant_types, client.response_types = Client.GrantType.AUTHORIZATION_CODE, "code"
        client.set_redirect_uris(redirect_uri)
        secret = secrets.token_urlsafe(32)
        client.set_secret(secret)
        client.save()
        self.stdout.write(f"client id: {CLIENT_ID}\nclient secret (shown once): {secret}")
