import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import members.models.merging


class Migration(migrations.Migration):

    dependencies = [
        ('members', '0004_contact_moments'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='organisation',
            options={'ordering': ['name'], 'permissions': [('import_organisation', 'Can import organisations'), ('export_organisation', 'Can export organisations')], 'verbose_name': 'organisation', 'verbose_name_plural': 'organisations'},
        ),
        migrations.AlterModelOptions(
            name='person',
            options={'ordering': ['name'], 'permissions': [('import_person', 'Can import people'), ('export_person', 'Can export people')], 'verbose_name': 'person', 'verbose_name_plural': 'people'},
        ),
        migrations.CreateModel(
            name='Duplicate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(choices=[('person', 'Person'), ('organisation', 'Organisation')], max_length=12, verbose_name='kind')),
                ('one_id', models.BigIntegerField(editable=False, help_text='The lowest key of the two.')),
                ('other_id', models.BigIntegerField(editable=False)),
                ('shared', models.CharField(max_length=160, verbose_name='in common')),
                ('found_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='found on')),
                ('refused_at', models.DateTimeField(blank=True, null=True, verbose_name='no duplicate, said on')),
            ],
            options={
                'verbose_name': 'likely duplicate',
                'verbose_name_plural': 'likely duplicates',
                'ordering': ['subject', '-found_at', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('subject', 'one_id', 'other_id'), name='members_duplicate_once'), models.CheckConstraint(condition=models.Q(('one_id__lt', models.F('other_id'))), name='members_duplicate_in_order')],
            },
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(choices=[('person', 'Person'), ('organisation', 'Organisation')], max_length=12, verbose_name='kind')),
                ('kept_id', models.BigIntegerField(editable=False)),
                ('gone_id', models.BigIntegerField(editable=False)),
                ('kept_name', models.CharField(max_length=160, verbose_name='stays')),
                ('gone_name', models.CharField(max_length=160, verbose_name='went into it')),
                ('merged_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='merged on')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='undone on')),
                ('record', models.JSONField(editable=False, encoder=members.models.merging.ExactEncoder, null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='merged by')),
            ],
            options={
                'verbose_name': 'merge',
                'verbose_name_plural': 'merges',
                'ordering': ['-merged_at', '-pk'],
            },
        ),
    ]
