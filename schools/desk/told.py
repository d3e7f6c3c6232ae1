"""How the desk says a value: one way for every list and every page, in the words and times of the portal."""

from datetime import date, datetime, time

from django.utils.html import format_html, strip_tags
from django.utils.text import capfirst

from schools.templatetags.words import date_words, thousands, when

LABELS = {
    "actor": "Who",
    "at": "When",
    "created at": "First seen",
    "employee": "Teacher",
    "form": "Kind",
    "granted at": "Given",
    "granted by": "Given by",
    "last login": "Last signed in",
    "school class": "Class",
    "status since": "Since",
    "tried at": "Next try",
    "tries": "Times tried",
}


def headed(label):
    """What stands over a column or beside a fact: "Class" for a field "school class", "Made" for "made at"."""
    return LABELS.get(label) or capfirst(label.removesuffix(" at"))


def moment(at, zone):
    """A moment in words alone, for a title."""
    return strip_tags(when(at, zone))


def server_code(answer):
    """A mail server's answer as one looks it up: "SMTP 550 5.1.1" for "smtp_550_5.1.1"; or the class of an error."""
    return answer.replace("smtp", "SMTP", 1).replace("_", " ")


def told(value, zone, field=None):
    """A value in words, "" if there is none.

    field: the model's field it is of, whose choices have labels; zone: the time zone of whoever it is told of
    """
    if field is not None and field.flatchoices and not isinstance(value, list):
        value = capfirst(dict(field.flatchoices).get(value, value))
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
            return format_html('<time datetime="{}">{}</time>', value.isoformat(), date_words(value.isoformat()))
        case time():
            return f"{value:%H:%M}"
        case list():
            return ", ".join(map(str, value))
    return value
