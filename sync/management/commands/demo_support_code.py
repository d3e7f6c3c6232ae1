"""The six digits that the demo's support login is asked for: what an authenticator app would show now."""

import time

from allauth.mfa import app_settings
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.management.base import BaseCommand

from sync.management import demo


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        counter = int(time.time()) // app_settings.TOTP_PERIOD
        self.stdout.write(format_hotp_value(hotp_value(demo.secret("DEMO_TOTP_SECRET"), counter)))
