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
            model_name="importjob", name="carried_out_rows", field=models.BigIntegerField(default=0)
        ),
        # Of jobs from before nothing else is known.
        migrations.RunSQL(
            "UPDATE imports_importjob SET carried_out_rows = planned_rows", migrations.RunSQL.noop
        ),
        migrations.AddConstraint(
            model_name="importjob",
            constraint=models.CheckConstraint(
                condition=~models.Q(status="completed")
                | models.Q(carried_out_rows=models.F("planned_rows")),
                name="importjob_completed_carried_out_its_plan",
            ),
        ),
        migrations.AddField(
            model_name="importjob", name="stage_number", field=models.IntegerField(default=0)
        ),
        migrations.AddField(model_name="importjob", name="plan_number", field=models.IntegerField(default=0)),
    ]
