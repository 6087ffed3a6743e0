from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("imports", "0007_listed_rows"),
    ]

    operations = [
        migrations.RenameField(
            model_name="importjob",
            old_name="fruitless_attempts",
            new_name="attempts_without_progress",
        ),
    ]
