from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0020_other_sheets"),
    ]

    operations = [
        migrations.AddField(
            model_name="importjob",
            name="corrected_lines",
            field=ArrayField(
                base_field=models.BigIntegerField(), blank=True, db_default=[], default=list, size=None
            ),
        ),
    ]
