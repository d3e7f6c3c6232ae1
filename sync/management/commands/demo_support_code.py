"""The six digits that the demo's support login is asked for: what an authenticator app would show now."""

from django.core.management.base import BaseCommand

from sync.management import demo


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        self.stdout.write(demo.support_code())
