from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0006_notice_told_since'),
    ]

    operations = [
        migrations.CreateModel(
            name='SchoolHoliday',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('start', models.DateField(verbose_name='first day')),
                ('end', models.DateField(verbose_name='last day')),
            ],
            options={
                'verbose_name': 'school holiday of region Noord',
                'verbose_name_plural': 'school holidays of region Noord',
                'ordering': ['start', 'pk'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('end__gte', models.F('start'))), name='events_schoolholiday_in_order', violation_error_message='The last day cannot be before the first day.'),
                    models.UniqueConstraint(fields=('name', 'start'), name='events_schoolholiday_once', violation_error_message='This school holiday is on the list already.'),
                ],
            },
        ),
    ]
