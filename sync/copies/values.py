"""Values of any row of ours as a copy tells them: in words, secrets named and not shown, other people as what they are
to the person."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models

from schools.models import School, User
from sync.copies.told import Fact, Meant, Words
from sync.facts.kinds import KINDS, PEOPLE

NOT_SHOWN = "a secret: kept as a fingerprint, or sealed"
SECRET = ("password", "hash", "hmac", "secret", "token", "data", "session", "mark")
SHORTEST = 200  # characters of a field into which people write sentences
FOR_MACHINES = (ArrayField, models.JSONField, models.BinaryField)
NUMBERS = {"key_number", "newest"}  # of keys and rows: they say nothing of the person
OF_TABLES = {kind.table: kind for kind in KINDS.values()}
THEMSELVES = "they themselves"


@dataclass(frozen=True)
class Whom:
    """The person everything is about. row: theirs, of `kind`."""

    school: School
    kind: str
    row: Any

    @property
    def user_id(self):
        return getattr(self.row, "user_id", None)

    @property
    def me(self):
        return Meant(self.kind, self.row.pk, str(self.row), str(self.row))

    @property
    def mis(self):
        return self.school.mis or "the MIS"

    def meant(self, kind, row):
        """What a row of `kind` is to them. A class is named: it is nobody."""
        if kind not in PEOPLE:
            return Meant(kind, row.pk, str(row), str(row))
        if (kind, row.pk) == (self.kind, self.row.pk):
            return Meant(kind, row.pk, THEMSELVES, THEMSELVES)
        one = KINDS[kind].one
        role = f"another {one}" if kind == self.kind else f"a {one}"
        return Meant(kind, row.pk, role, str(row) or role)

    def actor(self, user):
        """What whoever did something is to them: who of support it was is nobody's business but ours."""
        if user is None:
            return "no person, or somebody whose sign-in is gone"
        if user.pk == self.user_id:
            return (Meant("users", user.pk, THEMSELVES, THEMSELVES),)
        if user.is_staff:
            return "support"
        role = "somebody at the school" if user.email else "another student"
        return (Meant("users", user.pk, role, str(user)),)


def of_row(row, whom, but=()):
    """The columns of a row as `Fact`s, but for those named, its number and its school. Follows foreign keys: select
    them with `related(model)`."""
    return tuple(
        Fact(str(field.verbose_name), value)
        for field in row._meta.local_fields
        if field.name not in {*but, *NUMBERS} and not _says_nothing(field)
        for value in [_value(row, field, whom)]
        if value is not None
    )


def related(model):
    """The names of the foreign keys that `of_row` follows."""
    return [field.name for field in model._meta.local_fields if _is_told(field)]


def plain(value):
    """A value in JSON: moments as text, everything else as it is."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def is_secret(field):
    return any(word in field.name for word in SECRET)


def is_written(field):
    """Whether people write sentences into it."""
    if isinstance(field, models.EmailField) or field.choices or {"email", "address"} & {*field.name.split("_")}:
        return False
    return isinstance(field, models.TextField) or (
        isinstance(field, models.CharField) and (field.max_length or 0) >= SHORTEST
    )


def _says_nothing(field):
    if field.primary_key or isinstance(field, FOR_MACHINES):
        return not is_secret(field)
    return bool(field.remote_field) and not _is_told(field)


def _is_told(field):
    other = field.remote_field and field.remote_field.model
    return bool(other) and (other is User or other._meta.db_table in OF_TABLES)


def _value(row, field, whom):
    """None where it says nothing."""
    value = getattr(row, field.attname)
    if is_secret(field):
        return NOT_SHOWN if value else None
    if field.remote_field:
        other = getattr(row, field.name)
        if other is None:
            return None
        kind = OF_TABLES.get(field.remote_field.model._meta.db_table)
        return (whom.meant(kind.name, other),) if kind else whom.actor(other)
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    if value and is_written(field):
        return Words(value)
    return plain(value)
