from django.db import migrations
from schools.folding import refold


def names(apps, schema_editor):
    refold(apps.get_model("parents", "Contact"), "surname", "forename")


class Migration(migrations.Migration):

    dependencies = [
        ('parents', '0003_by_the_clock'),
    ]

    operations = [
        migrations.RunPython(names, migrations.RunPython.noop),
    ]
