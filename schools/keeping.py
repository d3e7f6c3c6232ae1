"""How long things are kept, where several tables share the same period."""

from datetime import timedelta

THIRTEEN_MONTHS = timedelta(days=396)  # a school year, and a month in which somebody may ask about it
TWO_YEARS = timedelta(days=731)
