"""The consumer in docs/api.md, as a newcomer would paste it: its blocks of Python, run as they are."""

import re
from pathlib import Path

from django.test import Client

PAGE = Path(__file__).parents[2] / "docs" / "api.md"


MOVES_BY_ITSELF = {"as_of", "read_at", "state"}  # of a school: with every sync, and no change tells of it


def blocks():
    """The page's Python, block by block."""
    return re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)


class Copy:
    """Somebody's copy, made and kept by the page's own lines. `rows`: {kind: {id: row}}."""

    def __init__(self, base, token):
        self.names = {"BASE": f"{base}/api/v1", "TOKEN": token.secret}
        for block in blocks():
            exec(compile(block, str(PAGE), "exec"), self.names)

    @property
    def rows(self):
        return {kind: _told(rows) for kind, rows in self.names["copy"].items()}

    def follow(self):
        while self.names["follow"]():
            pass


def as_the_database_has_it(token):
    """What a full read says now, without using the consumer's lines."""
    client = Client(headers={"authorization": f"Bearer {token.secret}"})
    found = {}
    for kind in ("schools", "classes", "students", "employees", "enrolments", "teachings"):
        rows, url = [], f"/api/v1/{kind}/?limit=1000"
        while url:
            page = client.get(url).json()
            rows, url = rows + page["results"], page["next"]
        found[kind] = _told({row["id"]: row for row in rows})
    return found


def _told(rows):
    """What changes report: not how old a school's lists are, which changes with every sync."""
    return {pk: {name: value for name, value in row.items() if name not in MOVES_BY_ITSELF} for pk, row in rows.items()}
