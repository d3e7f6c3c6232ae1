"""Whether the domain that sends the weekly mail is set up for it: `manage.py check_mail_domain --selector s1`."""

from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from parents.mail.domain import check

MARKS = {True: "ok     ", False: "wrong  ", None: "?      "}


class Command(BaseCommand):
    help = "Check what the sending domain of the weekly mail publishes: SPF, DKIM, DMARC, MX, and https for the links."

    def add_arguments(self, parser):
        parser.add_argument("--domain", default="", help="Default: that of WEEKLY_FROM_ADDRESS.")
        parser.add_argument("--selector", action="append", default=[], help="A DKIM selector; may be given again.")
        parser.add_argument("--server", default="", metavar="ADDRESS[:PORT]", help="Name server to ask.")

    def handle(self, *, domain, selector, server, **options):
        domain = domain or settings.WEEKLY_FROM_ADDRESS.rpartition("@")[2]
        address, _, port = server.partition(":")
        findings = check(domain, selector, (address, int(port or 53)) if server else None)
        wrong = sum(finding.good is False for finding in findings)
        for finding in findings:
            self.stdout.write(MARKS[finding.good] + finding.what)
        if urlsplit(settings.SITE_URL).scheme != "https":
            wrong += 1
            self.stdout.write(f"{MARKS[False]}SITE_URL is {settings.SITE_URL}: one-click unsubscribing needs https.")
        self.stdout.write(f"{MARKS[None]}Not visible from here: whether DKIM signs List-Unsubscribe and "
                          "List-Unsubscribe-Post. Look at the h= of a mail you sent to yourself.")  # fmt: skip
        if wrong:
            raise CommandError(f"{wrong} of these must be put right before mail is sent (docs/parents.md).")
