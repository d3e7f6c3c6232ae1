from django.db import migrations
from schools.text.folding import refold


def names(apps, schema_editor):
    refold(apps.get_model("parents", "Contact"), "surname", "forename")


class Migration(migrations.Migration):

    dependencies = [
        ("parents", "0004_links_in_doubt"),
    ]

    operations = [
        migrations.RunPython(names, migrations.RunPython.noop),
    ]
