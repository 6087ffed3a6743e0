import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0017_flags_of_changes"),
    ]

    operations = [
        migrations.AddField(
            model_name="importjob",
            name="corrects",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="corrections",
                to="imports.importjob",
            ),
        ),
    ]
