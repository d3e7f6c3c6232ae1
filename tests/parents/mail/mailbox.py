"""A real SMTP server on this machine that keeps what it gets, refuses on request, and can hang up."""

import asyncio
import threading
from contextlib import contextmanager
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller

from config.embedded import free_port


class Mailbox:
    """mails: what was accepted, as (recipient, EmailMessage); wire: the same as bytes. answers: recipient -> reply to
    RCPT. refuses: step (RCPT, MAIL, DATA) -> reply to everybody. asked: who was named in a RCPT. breaks: hang up after
    DATA, before saying whether it was accepted."""

    def __init__(self):
        self.mails, self.wire, self.asked = [], [], []
        self.answers, self.refuses, self.breaks = {}, {}, False

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 (aiosmtpd's name)
        if "MAIL" in self.refuses:
            return self.refuses["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        self.asked.append(address)
        if answer := self.answers.get(address) or self.refuses.get("RCPT"):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if "DATA" in self.refuses:
            return self.refuses["DATA"]
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails += [(address, mail) for address in envelope.rcpt_tos]
        self.wire.append(envelope.original_content)
        if self.breaks:
            server.transport.close()
        return "250 OK"

    def to(self, address):
        return [mail for recipient, mail in self.mails if recipient == address]


class Stalling(Mailbox):
    """Stalls at one mail to `whom`, before or after taking its text, until `go_on` is set."""

    def __init__(self, stands, whom):
        super().__init__()
        self.stands, self.whom = stands, whom
        self.is_there, self.go_on = threading.Event(), threading.Event()

    async def _stand(self, moment, addresses):
        if moment == self.stands and self.whom in addresses and not self.is_there.is_set():
            self.is_there.set()
            await asyncio.to_thread(self.go_on.wait, 120)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        await self._stand("before the text", [address])
        return await super().handle_RCPT(server, session, envelope, address, options)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        await self._stand("after the text", envelope.rcpt_tos)
        return answer


@contextmanager
def running(settings, box=None, **smtp):
    """The mailbox, or a `box` of the test's own, with Django's mail going to it. smtp: more of aiosmtpd's settings."""
    box = box or Mailbox()
    server = Controller(box, hostname="127.0.0.1", port=free_port(), **smtp)
    server.start()
    try:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield box
    finally:
        server.stop()
