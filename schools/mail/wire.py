"""How a mail of ours leaves: seven bits, short lines, and headers that every mail program can read.

A mail service (anymail) gets the same mail as fields, and writes it in its own way.
"""

from base64 import b64encode
from binascii import b2a_qp
from email.charset import QP, Charset
from email.utils import formataddr, make_msgid, parseaddr, quote
from functools import lru_cache

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

WORD_BYTES = 36  # of an encoded word: 60 characters of the 75 that RFC 2047 allows, so that it fits beside "Subject: "


class _QuotedPrintable(Charset):
    """UTF-8 as quoted-printable, by the standard library's C instead of its Python."""

    def __init__(self):
        super().__init__("utf-8")
        self.body_encoding = QP

    def body_encode(self, string):
        return b2a_qp(string if isinstance(string, bytes) else string.encode(), istext=True).decode("ascii")


class Mail(EmailMultiAlternatives):
    """A mail that a machine wrote: no out-of-office answers it, and its id names the domain it is from."""

    encoding = _QuotedPrintable()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.extra_headers.setdefault("Auto-Submitted", "auto-generated")
        if "Message-ID" not in self.extra_headers:
            self.extra_headers["Message-ID"] = make_msgid(domain=domain_of(parseaddr(self.from_email)[1]))

    def message(self):
        """Raises ValueError for an address or header that cannot be written."""
        built = super().message()
        if not self.from_email.isascii():
            name, _ = parseaddr(self.from_email)
            built.replace_header("From", formataddr((in_words(name), parseaddr(built["From"])[1])))
        if not self.subject.isascii():
            built.replace_header("Subject", in_words(self.subject))
        return built


def is_our_own(address):
    """Whether `address` is at a domain that we send from, or where support is."""
    ours = (settings.SUPPORT_EMAIL, settings.WEEKLY_FROM_ADDRESS, parseaddr(settings.DEFAULT_FROM_EMAIL)[1])
    return domain_of(address) in map(domain_of, ours)


def domain_of(address):
    return address.rpartition("@")[2].lower()


def named(name, address):
    """ "Hillside School" <weekly@example.org>, for `Mail`'s sender: the name as people read it."""
    return f'"{quote(name)}" <{address}>'


@lru_cache(maxsize=64)
def in_words(text):
    """`text` for a header: as it is, or in encoded words (RFC 2047) with spaces between them, which no reader sees."""
    if text.isascii():
        return text
    words = [""]
    for character in text:
        if len((words[-1] + character).encode()) > WORD_BYTES:
            words.append("")
        words[-1] += character
    return " ".join(f"=?utf-8?b?{b64encode(word.encode()).decode()}?=" for word in words)
