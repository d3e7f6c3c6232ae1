"""A mailbox for the demo: it accepts every mail by SMTP, keeps the latest, and has pages that show them."""

from __future__ import annotations

import asyncio
from collections import deque
from email import message_from_bytes, policy
from html import escape

from aiosmtpd.smtp import SMTP

from sync.sandbox.http.messages import NOT_FOUND, Response, error

KEPT = 2_000
SHOWN = 200
MOST_BYTES = 1_000_000

PAGE = """<!doctype html>
<html lang="en-GB">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }}
body {{ margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
td, th {{ padding: .3rem .8rem .3rem 0; text-align: left; vertical-align: top }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere }}
iframe {{ width: 100%; height: 40rem; border: 1px solid }}
</style>
<h1>{title}</h1>
{body}
</html>
"""
MAIL_ALONE = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups"


class Mailbox:
    """mails: (number, recipient, EmailMessage), newest first, the latest KEPT."""

    def __init__(self):
        self.mails = deque(maxlen=KEPT)
        self.taken = 0

    def keep(self, recipients, content):
        mail = message_from_bytes(content, policy=policy.default)
        for recipient in recipients:
            self.taken += 1
            self.mails.appendleft((self.taken, recipient, mail))

    async def serve(self, host, port):
        """Listen for SMTP; returns the asyncio server."""
        loop = asyncio.get_running_loop()
        # Named here, as aiosmtpd would ask DNS for this machine's name at each connection.
        told = {"hostname": "localhost", "ident": "demo mailbox", "data_size_limit": MOST_BYTES, "loop": loop}
        return await loop.create_server(lambda: SMTP(self, **told), host, port)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 (aiosmtpd's name)
        self.keep(envelope.rcpt_tos, envelope.content)
        return "250 OK"

    def respond(self, parts, to=""):
        """The pages: [] lists those whose recipient holds `to`, [number] shows one, [number, "html"] its HTML alone."""
        if not parts:
            return _html("Mail that was sent", self._list(to.strip()))
        found = next((entry for entry in self.mails if str(entry[0]) == parts[0]), None)
        if found is None or len(parts) > 2:
            return error(*NOT_FOUND)
        number, recipient, mail = found
        if parts[1:] == ["html"]:
            body = mail.get_body(["html"]) or mail.get_body(["plain"])
            headers = {"Content-Security-Policy": MAIL_ALONE, "Referrer-Policy": "no-referrer"}
            return Response(200, body.get_content().encode(), "text/html; charset=utf-8", headers)
        return _html(str(mail["Subject"]), _one(number, recipient, mail))

    def _list(self, to):
        if not self.mails:
            return "<p>No mail has been sent yet.</p>"
        found = [entry for entry in self.mails if to.lower() in entry[1].lower()]
        find = (
            f'<form role="search"><label>Sent to <input type="search" name="to" value="{escape(to)}"></label> '
            "<button>Find</button></form>"
        )
        if not found:
            return f"{find}<p>Nothing was sent to that address.</p>"
        rows = "\n".join(
            f'<tr><td><a href="/_sandbox/mail/{number}">{escape(str(mail["Subject"]))}</a></td>'
            f"<td>{escape(recipient)}</td><td>{escape(str(mail['Date'] or ''))}</td></tr>"
            for number, recipient, mail in found[:SHOWN]
        )
        head = '<th scope="col">Subject</th><th scope="col">To</th><th scope="col">Sent</th>'
        told = f"{len(found):,} to that address." if to else f"{self.taken:,} so far."
        told += f" The latest {SHOWN} are shown." if len(found) > SHOWN else ""
        return f"{find}<p>{told}</p><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _one(number, recipient, mail):
    headers = "\n".join(f"{name}: {value}" for name, value in mail.items())
    plain = mail.get_body(["plain"])
    leave = str(mail["List-Unsubscribe"] or "").strip(" <>")
    button = (
        f'<form method="post" action="{escape(leave)}" target="_blank">'
        '<input type="hidden" name="List-Unsubscribe" value="One-Click"><button>Unsubscribe, as a mail program does'
        "</button></form>"
        if leave
        else ""
    )
    return (
        f'<p>To {escape(recipient)}. <a href="/_sandbox/mail/">All mail</a></p>{button}'
        f'<iframe src="/_sandbox/mail/{number}/html" title="The mail"></iframe>'
        f"<h2>As text</h2><pre>{escape(plain.get_content()) if plain else ''}</pre>"
        f"<h2>Headers</h2><pre>{escape(headers)}</pre>"
    )


def _html(title, body):
    return Response(200, PAGE.format(title=escape(title), body=body).encode(), "text/html; charset=utf-8")
