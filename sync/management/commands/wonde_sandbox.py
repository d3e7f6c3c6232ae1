"""`manage.py wonde_sandbox`: starts the Wonde sandbox (see docs/sandbox.md)."""

import sys
from argparse import Namespace

from django.core.management.base import BaseCommand

from sync.sandbox import cli


class Command(BaseCommand):
    """A thin wrapper: the options are those of `python -m sync.sandbox`."""

    requires_system_checks = []

    def create_parser(self, prog_name, subcommand, **kwargs):
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        cli.add_arguments(parser)
        return parser

    def handle(self, *args, **options):
        if status := cli.run(Namespace(**options)):
            sys.exit(status)
