"""A class list as a file for spreadsheets, which mistake some cells for formulas."""

import csv
import io

from schools.templatetags.words import year_words

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
HEAD = ["Surname", "First name", "Year group", "Class", "In this class since"]


def as_csv(school_class, stays, zone):
    """The students of `school_class` as text, one line each."""
    return spreadsheet(
        HEAD,
        (
            (
                stay.student.surname,
                stay.student.forename,
                year_words(stay.student.year_group),
                school_class.name,
                stay.joined_at.astimezone(zone).date(),
            )
            for stay in stays
        ),
    )


def spreadsheet(head, rows):
    """Rows of cells as CSV, with the mark that makes Excel read it as UTF-8.

    Source: OWASP, "CSV Injection": a leading apostrophe keeps a cell from being a formula.
    """
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(head)
    lines.writerows([_safe(str(cell)) for cell in cells] for cells in rows)
    return "\ufeff" + out.getvalue()


def _safe(cell):
    return f"'{cell}" if cell.startswith(FORMULAS) else cell
