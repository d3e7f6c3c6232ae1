"""The demo's mailbox: real SMTP in, pages out."""

import asyncio
import smtplib
import threading
from contextlib import contextmanager
from email.message import EmailMessage

import pytest

from sync.sandbox.http.mailbox import MOST_BYTES, Mailbox


@contextmanager
def running():
    """A mailbox, and the port it accepts mail on."""
    box, loop = Mailbox(), asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(box.serve("127.0.0.1", 0), loop).result(5)
    try:
        yield box, server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()


def a_mail(subject="How the week went", text="Tobi did well.\n.\n..\nBye"):
    mail = EmailMessage()
    mail["Subject"], mail["From"] = subject, "weekly@news.example.org"
    mail["List-Unsubscribe"] = "<http://127.0.0.1:8000/mail/stop?t=abc>"
    mail.set_content(text)
    mail.add_alternative("<p style='color: red'>Tobi</p>", subtype="html")
    return mail


def test_a_mail_arrives_as_it_was_sent_and_is_shown_newest_first():
    with running() as (box, port), smtplib.SMTP("127.0.0.1", port, timeout=5) as line:
        line.send_message(a_mail(), to_addrs=["a@home.example", "b@home.example"])
        line.send_message(a_mail("Second <b>"), to_addrs=["c@home.example"])

    assert [(number, recipient) for number, recipient, _ in box.mails] == [
        (3, "c@home.example"), (2, "b@home.example"), (1, "a@home.example"),
    ]  # fmt: skip
    assert box.mails[-1][2].get_body(["plain"]).get_content().splitlines() == ["Tobi did well.", ".", "..", "Bye"]
    listed = box.respond([]).body.decode()
    assert "Second &lt;b&gt;" in listed
    assert listed.index("c@home.example") < listed.index("a@home.example")


def test_mail_to_one_address_is_found_among_the_others():
    box = Mailbox()
    for number in range(300):
        box.keep([f"parent{number}@home.example"], a_mail(f"Mail {number}").as_bytes())

    assert "The latest 200 are shown." in box.respond([]).body.decode()
    found = box.respond([], " Parent7@Home ").body.decode()
    assert "Mail 7<" in found
    assert "Mail 8<" not in found
    assert "Nothing was sent to that address" in box.respond([], "<b>").body.decode()
    assert "<b>" not in box.respond([], "<b>").body.decode()


def test_one_mail_is_shown_with_its_headers_and_a_button_that_unsubscribes():
    with running() as (box, port), smtplib.SMTP("127.0.0.1", port, timeout=5) as line:
        line.send_message(a_mail(), to_addrs=["a@home.example"])

    page = box.respond(["1"]).body.decode()
    assert 'action="http://127.0.0.1:8000/mail/stop?t=abc"' in page
    assert "List-Unsubscribe=One-Click" not in page
    assert 'value="One-Click"' in page
    alone = box.respond(["1", "html"])
    assert "sandbox" in alone.headers["Content-Security-Policy"]
    assert b"color: red" in alone.body


@pytest.mark.parametrize("parts", [["7"], ["x"], ["1", "2", "3"]])
def test_an_unknown_mail_is_a_404(parts):
    assert Mailbox().respond(parts).status == 404


@pytest.mark.parametrize(
    ("greet", "refusal"),
    [("ehlo", smtplib.SMTPSenderRefused), ("helo", smtplib.SMTPDataError)],  # by the size it says, by what it sends
)
def test_an_endless_mail_is_refused_and_the_connection_goes_on(greet, refusal):
    with running() as (box, port), smtplib.SMTP("127.0.0.1", port, timeout=20) as line:
        getattr(line, greet)()
        with pytest.raises(refusal):
            line.sendmail(
                "a@example.org", ["b@example.org"], "x" * 70 + "\r\n" + ("y" * 900 + "\r\n") * (MOST_BYTES // 900)
            )
        line.send_message(a_mail(), to_addrs=["a@home.example"])

    assert len(box.mails) == 1


def test_commands_out_of_order_are_refused():
    with running() as (_, port), smtplib.SMTP("127.0.0.1", port, timeout=5) as line:
        assert line.docmd("DATA")[0] == 503
        assert line.docmd("WHAT")[0] == 500
        assert line.noop()[0] == 250
