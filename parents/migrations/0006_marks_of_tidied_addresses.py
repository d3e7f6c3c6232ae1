"""Marks that the next sync would lose sight of.

The sync cleans what clings to the edges of an address, so that the spelling under which something was said about it may be
gone from the database the next night. Here it is still there: what was said is marked again, by today's folding.
"""

from django.conf import settings
from django.db import migrations

from schools.text.addresses import FOLDINGS, Marks, cleaned, read_keys


def mark_again(apps, schema_editor):
    rows = apps.get_model("parents", "Contact").objects.exclude(email="").values_list("school", "email").distinct()
    changing = [(school, email) for school, email in rows.iterator(2_000) if email.lower() != cleaned(email)]
    if not changing:
        return
    choices, blocks = apps.get_model("parents", "AddressChoice"), apps.get_model("parents", "Block")
    marks = Marks(read_keys(settings.ADDRESS_KEYS))
    for school, email in changing:
        before = marks.every("address", school, FOLDINGS[0](email))
        now = marks.make("address", school, FOLDINGS[1](email))
        choices.objects.filter(school=school, ended_at=None, address_mark__in=before).update(
            address_mark=now, key_number=marks.newest
        )
        for block in blocks.objects.filter(school=school, ended_at=None, contact_marks__overlap=list(before)):
            block.contact_marks = sorted({*block.contact_marks, now})
            block.save(update_fields=["contact_marks"])


class Migration(migrations.Migration):
    dependencies = [("parents", "0005_names_by_one_key")]
    operations = [migrations.RunPython(mark_again, migrations.RunPython.noop)]
