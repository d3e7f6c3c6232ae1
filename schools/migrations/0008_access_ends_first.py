from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("schools", "0007_one_index_each")]

    operations = [
        migrations.AddField(
            model_name="employee",
            name="stopped_at",
            field=models.DateTimeField("access ended", null=True, blank=True, editable=False),
        ),
    ]
