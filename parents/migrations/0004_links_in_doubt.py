from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parents", "0003_by_the_clock")]

    operations = [
        migrations.AddField(
            model_name="guardianship",
            name="doubt",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Why the last reading did not confirm it. Until one does, nobody is written to about the student.",
                max_length=20,
                verbose_name="not confirmed",
            ),
        ),
    ]
