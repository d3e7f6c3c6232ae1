import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('schools', '0011_doubted_kinds'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutgoingMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter', models.CharField(help_text='Which mail it is.', max_length=20)),
                ('about', models.CharField(blank=True, help_text='Id of what it is about.', max_length=60)),
                ('address', models.CharField(blank=True, editable=False, max_length=254)),
                ('content', models.JSONField(blank=True, default=dict, editable=False)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('sent', 'sent'), ('refused', 'refused: no such mailbox'), ('given_up', 'given up'), ('dropped', 'no longer true')], default='waiting', max_length=8)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('answer', models.CharField(blank=True, help_text='A code, or a class of errors.', max_length=40, verbose_name='last answer')),
                ('made_at', models.DateTimeField(auto_now_add=True)),
                ('due_at', models.DateTimeField(verbose_name='tried at')),
                ('until', models.DateTimeField(verbose_name='makes sense until')),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('school', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='outgoing_mails', to='schools.school')),
                ('user', models.ForeignKey(blank=True, help_text='Empty: it goes to support, to an address without a sign-in, or to whom its letter finds.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='outgoing_mails', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'mail on its way',
                'verbose_name_plural': 'mails on their way',
                'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['due_at', 'id'], name='outgoing_due'), models.Index(condition=models.Q(('about', ''), _negated=True), fields=['letter', 'about'], name='outgoing_about'), models.Index(condition=models.Q(('ended_at__isnull', False)), fields=['ended_at'], name='outgoing_ended'), models.Index(fields=['-made_at', '-id'], name='outgoing_by_time')],
            },
        ),
    ]
