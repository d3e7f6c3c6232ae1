"""A class list as a file for spreadsheets, which mistake some cells for formulas."""

import csv
import io

from schools.templatetags.words import year_words

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
HEAD = ["Surname", "First name", "Year group", "Class", "In this class since"]


def as_csv(school_class, stays, zone):
    """The students in `school_class` as text, one line each, with the mark that makes Excel read it as UTF-8.

    Source: OWASP, "CSV Injection": a leading apostrophe keeps a cell from being a formula.
    """
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(HEAD)
    for stay in stays:
        student, since = stay.student, stay.joined_at.astimezone(zone).date()
        cells = [student.surname, student.forename, year_words(student.year_group), school_class.name, since]
        lines.writerow([_safe(str(cell)) for cell in cells])
    return "\ufeff" + out.getvalue()


def _safe(cell):
    return f"'{cell}" if cell.startswith(FORMULAS) else cell
