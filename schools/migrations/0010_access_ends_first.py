from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("schools", "0009_tries_and_sessions")]

    operations = [
        migrations.AddField(
            model_name="employee",
            name="stopped_at",
            field=models.DateTimeField("access ended", null=True, blank=True, editable=False),
        ),
    ]
