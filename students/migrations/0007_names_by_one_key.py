from django.db import migrations
from schools.text.folding import refold


def names(apps, schema_editor):
    refold(apps.get_model("students", "Student"), "surname", "forename")


class Migration(migrations.Migration):

    dependencies = [
        ('students', '0006_by_the_clock'),
    ]

    operations = [
        migrations.RunPython(names, migrations.RunPython.noop),
    ]
