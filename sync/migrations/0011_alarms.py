from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("sync", "0010_what_is_held_and_what_was_known")]

    operations = [
        migrations.AddField(
            model_name="syncrun",
            name="alarms",
            field=models.JSONField(default=list, help_text="[kind, why]: what can hardly be true of what was read."),
        ),
    ]
