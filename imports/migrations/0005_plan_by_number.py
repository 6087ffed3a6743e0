from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0004_history"),
    ]

    operations = [
        migrations.RemoveField(model_name="importjob", name="applied_pages"),
        migrations.AddField(
            model_name="importjob", name="applied_rows", field=models.BigIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="importjob", name="stage_number", field=models.IntegerField(default=0)
        ),
        migrations.AddField(model_name="importjob", name="plan_number", field=models.IntegerField(default=0)),
    ]
