"""`make next-week`: a week of work passes; the school with weekly mail is read, and its mail of that week is sent."""

import time

from django.core.management.base import BaseCommand, CommandError

from parents.models import MailSettings, WeeklyMail
from sync.management import demo

SEND_LIMIT_S = 240  # WEEKLY_MAILS_PER_MINUTE holds some back for a minute or two


class Command(BaseCommand):
    help = __doc__

    def handle(self, **options):
        demo.secret("DEMO_PASSWORD")
        mail_settings = MailSettings.objects.filter(school__in=demo.schools()).select_related("school").first()
        if mail_settings is None:
            raise CommandError("The demo has no weekly mail yet: wait for the last block of `make demo`.")
        school = mail_settings.school
        self.stdout.write(f"Reading {school} from the Wonde sandbox")
        demo.sync_and_watch([school], self.stdout.write)
        week, made = demo.next_weekly_mail(school)
        self.stdout.write(f"The week {week} has passed: {made} mails are due.")
        if mail_settings.paused_at or not mail_settings.enabled:
            self.stdout.write("They wait: the school's mail is paused or off. Resume it in the admin.")
            return
        self.watch(school, week)

    def watch(self, school, week):
        """Until none is due, or SEND_LIMIT_S have passed."""
        mails = WeeklyMail.objects.filter(school=school, iso_year=week.year, iso_week=week.number)
        deadline = time.monotonic() + SEND_LIMIT_S
        while (due := mails.filter(state=WeeklyMail.State.DUE).count()) and time.monotonic() < deadline:
            time.sleep(0.5)
        by_state = [f"{mails.filter(state=state).count()} {label}" for state, label in WeeklyMail.State.choices]
        self.stdout.write(", ".join(told for told in by_state if not told.startswith("0 ")) or "Nothing left.")
        if due:
            self.stdout.write("Some wait still: see the week's figures in the admin, and .data/demo.log.")
