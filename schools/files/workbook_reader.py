"""Read a workbook from standard input and write its sheets to standard output as JSON: a program of its own.

A workbook of a few kilobytes can claim a cell at the far end of a sheet, or unpack to gigabytes. Here that kills this
process and harms nothing else. It gets no environment and imports nothing of ours.
"""

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta

import python_calamine

MEMORY, SECONDS = 1 << 30, 20
MOST_SHEETS, MOST_ROWS, MOST_COLUMNS = 20, 12_000, 200
LONGEST = 1_000
LOCKED = 3  # exit status for a workbook with a password


def text(cell):
    """A cell as it would be typed: 7.0 is "7", a date is "2026-09-01"."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date | time | timedelta):
        return str(cell)
    return str(cell)[:LONGEST]


def sheets(content):
    """[(name, rows of texts)] of the sheets a person sees, every row from the first line on."""
    workbook = python_calamine.load_workbook(io.BytesIO(content))
    seen = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.visible == python_calamine.SheetVisibleEnum.Visible
        and sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
    ]
    found = []
    for name in seen[:MOST_SHEETS]:
        rows = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False, nrows=MOST_ROWS)
        found.append((name, [[text(cell) for cell in row[:MOST_COLUMNS]] for row in rows]))
    return found


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    try:
        json.dump(sheets(sys.stdin.buffer.read()), sys.stdout)
    except python_calamine.PasswordError:
        sys.exit(LOCKED)
