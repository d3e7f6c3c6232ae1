from django.db import migrations, models

# The last read by then in which the link to the MIS was up; where there was none, the newest change Wonde had.
AS_OF = """
UPDATE sync_syncrun r SET as_of = coalesce(
    (SELECT max(o.ended_at) FROM sync_syncrun o WHERE o.school_id = r.school_id AND o.status = 'applied'
        AND o.trigger <> 'undo' AND NOT o.mis_offline AND o.ended_at <= r.ended_at),
    r.wonde_newest, r.ended_at)
WHERE r.status = 'applied' AND r.trigger <> 'undo';
"""


class Migration(migrations.Migration):

    dependencies = [
        ("sync", "0012_doubts_are_told"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecurringWork",
            fields=[
                ("name", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("due_at", models.DateTimeField()),
                (
                    "done_at",
                    models.DateTimeField(
                        blank=True, help_text="When the last one that ended well began.", null=True
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="connection",
            name="to_confirm",
            field=models.JSONField(
                blank=True,
                default=dict,
                editable=False,
                help_text="What waits for a person's word as a whole, and which: {migration: the new MIS, rollover: the "
                "year}.",
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="old_told_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When leads were told that what we have is old; empty again once it is not.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="syncrun",
            name="as_of",
            field=models.DateTimeField(
                blank=True,
                help_text="From when what it read is: its end, or earlier, where Wonde had nothing newer (sync.engine.age).",
                null=True,
                verbose_name="data as of",
            ),
        ),
        migrations.RunSQL(AS_OF, migrations.RunSQL.noop),
    ]
