"""A list as a file for spreadsheets, which mistake some cells for formulas."""

import csv
import io

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from django.utils.text import slugify

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")


def as_csv(head, rows):
    """A head and rows of cells as text, one line each, with the mark that makes Excel read it as UTF-8.

    Source: OWASP, "CSV Injection": a leading apostrophe keeps a cell from being a formula.
    """
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(head)
    lines.writerows([_safe(str(cell)) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()


def _safe(cell):
    return f"'{cell}" if cell.startswith(FORMULAS) else cell


def as_download(text, called):
    """The answer that a browser saves as a file; called: what the file is called, without its ending."""
    name = slugify(called.replace("/", "-")) or "list"
    disposition = content_disposition_header(as_attachment=True, filename=f"{name}.csv")
    return HttpResponse(text, content_type="text/csv; charset=utf-8", headers={"Content-Disposition": disposition})
