from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("sync", "0009_recognitions")]

    operations = [
        migrations.AddField(
            model_name="syncrun",
            name="alarms",
            field=models.JSONField(default=list, help_text="[kind, why]: what can hardly be true of what was read."),
        ),
    ]
