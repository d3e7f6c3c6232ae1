from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("schools", "0010_access_ends_first"),
    ]

    operations = [
        migrations.AddField(
            model_name="school",
            name="doubted",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Kinds that Wonde refused, perhaps by a fault: {kind: {since, told}}. Shown, but neither mailed "
                "nor handed on.",
            ),
        ),
    ]
