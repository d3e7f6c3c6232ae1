"""A step of the first `make demo`, before beat and the workers start: live through the last six weeks."""

import logging
from datetime import date

from celery import current_app
from django.core.management.base import BaseCommand, CommandError

from sync.management import demo, past
from sync.people.adding_schools import SchoolRefusedError


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        first = date.fromisoformat(demo.secret("SANDBOX_DATE"))
        if demo.schools():
            return
        logging.disable(logging.INFO)  # of six weeks
        current_app.conf.update(task_always_eager=True, task_eager_propagates=True)
        self.stdout.write(f"Living through what has happened since {first:%-d %B}, a sync each night")
        try:
            past.live(first, self.say)
        except SchoolRefusedError as error:
            raise CommandError(str(error)) from error

    def say(self, line):
        self.stdout.write(line)
        self.stdout.flush()
