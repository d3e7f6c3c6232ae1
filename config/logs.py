"""What reaches the log: never an address. Exceptions carry them, whoever raises them and whoever logs them.

A mail server's refusal names the recipient, PostgreSQL's DETAIL the row; both come in messages of Celery, of Django and
of ours. So they are taken out in the one place that every line passes, written out in full.
"""

import logging
import re

ADDRESS = re.compile(r"""[^\s@<>()\[\]{},;:"'=]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63})+""")
DETAIL = re.compile(r"^(DETAIL: ).*$", re.MULTILINE)  # of PostgreSQL: the row that failed, with its values


def scrub(text: str) -> str:
    """`text` without addresses and without the values of rows."""
    return DETAIL.sub(r"\1[left out]", ADDRESS.sub("[address]", text))


class Formatter(logging.Formatter):
    """A line, its traceback included, without addresses."""

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))
