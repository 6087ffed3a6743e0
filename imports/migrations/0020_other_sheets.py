from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0019_undo_as_a_job"),
    ]

    operations = [
        migrations.AddField(
            model_name="importjob",
            name="file_other_sheets",
            field=models.JSONField(blank=True, default=list),
        ),
    ]
