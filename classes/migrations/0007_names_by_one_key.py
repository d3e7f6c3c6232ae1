from django.db import migrations
from schools.text.folding import refold


def names(apps, schema_editor):
    refold(apps.get_model("classes", "SchoolClass"), "name")


class Migration(migrations.Migration):

    dependencies = [
        ('classes', '0006_one_index_each'),
    ]

    operations = [
        migrations.RunPython(names, migrations.RunPython.noop),
    ]
