from django.db import migrations, models
from django.db.models.functions import Lower
from schools.text.folding import refold


def names(apps, schema_editor):
    refold(apps.get_model("schools", "School"), "name")
    refold(apps.get_model("schools", "Employee"), "surname", "forename")


def codes(apps, schema_editor):
    apps.get_model("schools", "School").objects.update(code=Lower("code"))


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0007_one_index_each'),
    ]

    operations = [
        migrations.AddField(
            model_name='school',
            name='sort_name',
            field=models.CharField(blank=True, editable=False, max_length=220),
        ),
        migrations.RunPython(names, migrations.RunPython.noop),
        migrations.RunPython(codes, migrations.RunPython.noop),
    ]
