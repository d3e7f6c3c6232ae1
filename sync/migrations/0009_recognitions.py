import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from schools.text import identifiers

AT_ONCE = 1000
TABLES = [("schools", "Employee", ["upi"]), ("students", "Student", ["upi", "upn"]), ("parents", "Contact", ["upi"])]


def only_identifiers(apps, schema_editor):
    """A stored "N/A" would never be overwritten: nothing empties a UPN or UPI. Those that are none go now."""
    clean = {"upi": identifiers.upi, "upn": identifiers.upn}
    for app, name, columns in TABLES:
        model, changed = apps.get_model(app, name), []
        for row in model._base_manager.only("pk", *columns).iterator(AT_ONCE):
            kept = {column: clean[column](getattr(row, column)) for column in columns}
            if any(getattr(row, column) != value for column, value in kept.items()):
                for column, value in kept.items():
                    setattr(row, column, value)
                changed.append(row)
        model._base_manager.bulk_update(changed, columns, batch_size=AT_ONCE)


class Migration(migrations.Migration):

    dependencies = [
        ("parents", "0003_by_the_clock"),
        ("schools", "0007_one_index_each"),
        ("students", "0006_by_the_clock"),
        ("sync", "0008_by_the_clock"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="syncrun",
            name="unlike",
            field=models.JSONField(
                default=list, help_text="[kind, Wonde id, our id]: new people whom an identifier takes for somebody we had."
            ),
        ),
        migrations.CreateModel(
            name="Recognition",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=20)),
                ("wonde_id", models.CharField(help_text="Of the new record.", max_length=32, verbose_name="Wonde id")),
                ("row_id", models.BigIntegerField(help_text="Our row that the identifier found.")),
                ("is_same", models.BooleanField()),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recognitions",
                        to="schools.school",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="recognition",
            constraint=models.UniqueConstraint("school", "kind", "wonde_id", "row_id", name="recognised_once"),
        ),
        migrations.RunPython(only_identifiers, migrations.RunPython.noop),
    ]
