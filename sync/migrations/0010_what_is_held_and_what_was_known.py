import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sync", "0009_recognitions")]

    operations = [
        migrations.AddField(
            model_name="hold",
            name="reason",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Why the MIS lists it and it would go all the same. Empty: missing.",
                max_length=40,
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="facts_known",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=40),
                blank=True,
                default=list,
                editable=False,
                help_text="What the MIS has ever said here: codes of sync.rules.silence.",
                size=None,
            ),
        ),
    ]
