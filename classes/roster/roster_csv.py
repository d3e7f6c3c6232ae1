"""A class list as a file for spreadsheets."""

from schools.files.csv_out import as_csv
from schools.templatetags.words import year_words

HEAD = ["Surname", "First name", "Year group", "Class", "In this class since"]


def roster_csv(school_class, stays, zone):
    """The students of `school_class` as text, one line each."""
    rows = [
        [
            stay.student.surname,
            stay.student.forename,
            year_words(stay.student.year_group),
            school_class.name,
            stay.joined_at.astimezone(zone).date(),
        ]
        for stay in stays
    ]
    return as_csv(HEAD, rows)
