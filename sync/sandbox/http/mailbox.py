"""A mailbox for the demo: a small SMTP server that takes every mail and keeps the latest, and pages that show them."""

from __future__ import annotations

import asyncio
from collections import deque
from email import message_from_bytes, policy
from html import escape

from sync.sandbox.http.messages import NOT_FOUND, Response, error

KEPT = 2_000
SHOWN = 200
LONGEST_LINE = 64 * 1024
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
        return await asyncio.start_server(self._talk, host, port, limit=LONGEST_LINE)

    async def _talk(self, reader, writer):
        try:
            await self._conversation(reader, writer)
        except (ConnectionError, ValueError):  # it hung up, or sent a line without end
            pass
        finally:
            writer.close()

    async def _conversation(self, reader, writer):
        recipients = []

        async def say(line):
            writer.write(line.encode() + b"\r\n")
            await writer.drain()

        await say("220 demo mailbox")
        while line := await reader.readline():
            verb = line[:4].upper().strip()
            if verb in {b"EHLO", b"HELO"}:
                await say("250 8BITMIME" if verb == b"EHLO" else "250 hello")
            elif verb in {b"MAIL", b"RSET"}:
                recipients = []
                await say("250 OK")
            elif verb == b"RCPT":
                recipients.append(line.partition(b"<")[2].partition(b">")[0].decode("utf-8", "replace"))
                await say("250 OK")
            elif verb == b"DATA" and recipients:
                await say("354 end with a dot")
                content = await _content(reader)
                if content is None:
                    await say("552 too large")
                else:
                    self.keep(recipients, content)
                    await say("250 OK")
                recipients = []
            elif verb == b"NOOP":
                await say("250 OK")
            elif verb == b"QUIT":
                await say("221 bye")
                return
            else:
                await say("503 not now")

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


async def _content(reader):
    """The lines up to a single dot, or None where they are too many to keep; they are read in any case."""
    content, size = [], 0
    while (line := await reader.readline()) not in {b".\r\n", b".\n"}:
        if not line:
            raise ConnectionError
        size += len(line)
        if size <= MOST_BYTES:
            content.append(line[1:] if line.startswith(b"..") else line)
    return b"".join(content) if size <= MOST_BYTES else None


def _html(title, body):
    return Response(200, PAGE.format(title=escape(title), body=body).encode(), "text/html; charset=utf-8")
