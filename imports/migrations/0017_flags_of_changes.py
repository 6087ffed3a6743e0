from django.db import migrations, models

UNCOUNTED = """
    UPDATE imports_importjob
    SET preview = preview || '{"new_at_zero": null, "large_price_change": null, "goes_inactive": null}'
    WHERE preview IS NOT NULL
"""
# The slices of a running import do not have the counts: its plan is made again, as after a crash of the server.
PLANNED_AGAIN = """
    UPDATE imports_importjob SET phase = 'classifying' WHERE phase = 'applying' AND status IN ('pending', 'processing')
"""


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0016_profiles"),
    ]

    operations = [
        *(
            migrations.AddField(
                model_name="importjob", name=f"{flag}_count", field=models.BigIntegerField(default=0)
            )
            for flag in ("new_at_zero", "large_price_change", "goes_inactive")
        ),
        migrations.RunSQL(UNCOUNTED, migrations.RunSQL.noop),
        migrations.RunSQL(PLANNED_AGAIN, migrations.RunSQL.noop),
    ]
