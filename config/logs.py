"""What reaches the log: never an address. Exceptions carry addresses, whatever raises or logs them.

A mail server's refusal names the recipient, PostgreSQL's DETAIL the row; both turn up in messages from Celery, Django
and us. So they are removed in the one place every line passes through, once it is written out in full.
"""

import logging
import re

ADDRESS = re.compile(r"""[^\s@<>()\[\]{},;:"'=]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+""")
HOOK = re.compile(r"(/hooks/wonde/)[^/\s?]+")  # the secret in that address opens it
DETAIL = re.compile(r"^(DETAIL: ).*$", re.MULTILINE)  # from PostgreSQL: the row that failed, with its values


def scrub(text: str) -> str:
    """`text` without addresses, the values of rows, and the secret of the address for webhooks."""
    return HOOK.sub(r"\1[secret]", DETAIL.sub(r"\1[left out]", ADDRESS.sub("[address]", text)))


class Formatter(logging.Formatter):
    """Formats a line, traceback included, without addresses."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


class WithoutTraceback(logging.Filter):
    """Lets lines through without the traceback, where it would only say how we found somebody else's mistake."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info, record.levelno, record.levelname = None, logging.WARNING, "WARNING"
        return True
