"""How long what is recorded is kept, where more than one table is kept as long."""

from datetime import timedelta

THIRTEEN_MONTHS = timedelta(days=396)  # a school year and the month in which somebody asks about it
TWO_YEARS = timedelta(days=731)
