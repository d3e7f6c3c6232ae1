"""`manage.py sandbox_day`: lets a school day pass in a running Wonde sandbox (see docs/sandbox.md)."""

import sys
from argparse import Namespace

from django.conf import settings
from django.core.management.base import BaseCommand

from sync.sandbox import pass_day


class Command(BaseCommand):
    """A thin wrapper. The sandbox is the one that the product reads, unless --url says otherwise."""

    requires_system_checks = []

    def create_parser(self, prog_name, subcommand, **kwargs):
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        base = getattr(settings, "WONDE_BASE_URL", "")
        pass_day.add_arguments(parser, **({"url": base} if base else {}))
        return parser

    def handle(self, *args, **options):
        if status := pass_day.run(Namespace(**options), say=self.stdout.write):
            sys.exit(status)
