import django.db.models.deletion
import sync.models.asked
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0012_outgoing_mail'),
        ('sync', '0013_how_old_and_what_is_due'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='AskedSync',
            fields=[
                ('id', models.CharField(default=sync.models.asked.new_id, editable=False, max_length=64, primary_key=True, serialize=False)),
                ('trigger', models.CharField(choices=[('night', 'nightly'), ('person', 'asked for'), ('command', 'command line'), ('decision', 'after a decision'), ('undo', 'undo'), ('api', 'asked for by the product')], max_length=10)),
                ('expected', models.CharField(blank=True, help_text='Fingerprint of the preview that was confirmed.', max_length=64)),
                ('rollover', models.BooleanField(default=False, help_text="It turns the school's year.")),
                ('asked_at', models.DateTimeField(auto_now_add=True, db_index=True)),
                ('due_at', models.DateTimeField(default=sync.models.asked.soon, help_text='When the clock queues it once more.')),
                ('over_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='sync.syncrun')),
                ('school', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='asked_syncs', to='schools.school')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('over_at', None)), fields=['due_at'], name='asked_sync_due')],
            },
        ),
    ]
