"""The fields that our pages read."""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]


def fields():
    """The name of every field that a page of ours reads from a query or form."""
    read = re.compile(r"""[(\[]"(\w[\w-]*)"[,)\]]|^    (\w+) = (?:forms\.\w+Field|Why)\(""", re.MULTILINE)
    rooms = ("*/pages/**/*.py", "*/support/*.py", "*/support.py", "*/desk/*.py", "schools/sign_in/forms.py")
    others = (
        "classes/roster/as_of.py",
        "classes/roster/filters.py",
        "students/listing.py",
        "sync/wording/syncs/history.py",
        "schools/rest/endpoints.py",
    )
    files = [file for room in (*rooms, *others) for file in PROJECT.glob(room)]
    found = {name for file in files for pair in read.findall(file.read_text()) for name in pair if name}
    return sorted(found | {"q", "p", "o", "page", "_popup", "action", "_selected_action", "next", "cursor", "limit"})


FIELDS = fields()
