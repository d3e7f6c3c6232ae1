"""A school's own list between upload and import: for an hour, in a row that every web process can find."""

from datetime import timedelta

import msgspec
from django.conf import settings
from django.db import models
from django.utils import timezone

from classes.own_list import uploads

KEPT = timedelta(hours=1)


class UploadedListQuerySet(models.QuerySet):
    def keep(self, school, by, upload):
        """Keep `upload` (`classes.own_list.uploads.Upload`) for an hour from now, in place of the one before."""
        self.update_or_create(school=school, by=by, defaults=_columns(upload))

    def keep_on(self, school, by, upload):
        """The same for an upload found before; does nothing if it has been stored meanwhile."""
        self.filter(school=school, by=by).update(**_columns(upload))

    def find(self, school, by):
        """What `by` uploaded for `school` within the hour, or None."""
        row = self.filter(school=school, by=by, kept_at__gt=timezone.now() - KEPT).first()
        return uploads.from_data(msgspec.msgpack.decode(row.content)) if row else None

    def forget(self, school, by):
        """Delete the upload: it has been stored."""
        self.filter(school=school, by=by).delete()

    def purge(self):
        """Delete what is older than an hour."""
        self.filter(kept_at__lt=timezone.now() - KEPT).delete()


def _columns(upload):
    return {"content": msgspec.msgpack.encode(uploads.as_data(upload)), "kept_at": timezone.now()}


class UploadedList(models.Model):
    """Names children who are not here yet, so it never appears in a log, the admin or an export, and erasing anybody at
    the school deletes it. content: `uploads.as_data` as MessagePack (a cell may hold what JSON cannot)."""

    school = models.ForeignKey("schools.School", on_delete=models.CASCADE, related_name="+", db_index=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    content = models.BinaryField()
    kept_at = models.DateTimeField(db_index=True)

    objects = UploadedListQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["school", "by"], name="one_uploaded_list_each")]

    def __str__(self):
        return f"list uploaded for {self.school_id}"
