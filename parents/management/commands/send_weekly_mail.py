"""Make and send a school's weekly mail now instead of at its hour: `manage.py send_weekly_mail harbour --yes`.

For a week that was missed, and for the demo. Every rule of who may be written to applies, and the week's one mail.
"""

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from parents.mail import dispatch, sending
from parents.mail.letter import week_of
from parents.mail.preview import school_stands
from parents.models import MailSettings, WeeklyMail
from parents.rules.recipients import NOT_NOW, why_not_now


class Command(BaseCommand):
    help = "Make and send a school's mail of this week now. Who had this week's mail gets no second one."

    def add_arguments(self, parser):
        parser.add_argument("code", help="The school's short code.")
        parser.add_argument("--yes", action="store_true", help="Send. Without it, only say how many would be made.")

    def handle(self, *, code, yes, **options):
        mail_settings = MailSettings.objects.select_related("school").filter(school__code=code).first()
        if mail_settings is None:
            raise CommandError(f"No school with the short code {code} has settings for weekly mail; see the admin.")
        school, now = mail_settings.school, timezone.now()
        if reason := why_not_now(school, mail_settings, now):
            raise CommandError(f"Nothing was made: {NOT_NOW[reason]}")
        week = week_of(now.astimezone(school.zone).date())
        if not yes:
            number = dispatch.count(school, mail_settings, week)
            self.stdout.write(f"{number} mails of {week} would be made. Say --yes to send them.")
            return
        made = dispatch.make_now(school.pk, week, now)
        sent = sending.send_due(school.pk, limit_s=3600)
        waits = WeeklyMail.objects.filter(school=school, state=WeeklyMail.State.DUE).count()
        self.stdout.write(f"{week}: {made} made, {sent} handed over, {waits} wait. {school_stands(school)}".strip())
