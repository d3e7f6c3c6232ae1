"""How the desk says a value: one way for every list and every page, in the words and times of the portal."""

from datetime import date, datetime, time

from django.utils.html import format_html

from schools.templatetags.words import thousands, when


def told(value, zone, field=None):
    """A value in words, "" if there is none.

    field: the model's field it is of, whose choices have labels; zone: the time zone of whoever it is told of
    """
    if field is not None and field.flatchoices and not isinstance(value, list):
        value = dict(field.flatchoices).get(value, value)
    if value is None:
        return ""
    match value:
        case bool():
            return "Yes" if value else "No"
        case int():
            return thousands(value)
        case datetime():
            return when(value, zone)
        case date():
            return format_html('<time datetime="{}">{} {:%B %Y}</time>', value.isoformat(), value.day, value)
        case time():
            return f"{value:%H:%M}"
        case list():
            return ", ".join(map(str, value))
    return value
