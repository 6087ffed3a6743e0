"""Products missing from the file had line 0 in the journal; now they have none."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

FORGET = "UPDATE imports_changedproducts SET lines = array_replace(lines, 0, NULL) WHERE lines @> ARRAY[0::bigint]"
RESTORE = (
    "UPDATE imports_changedproducts SET lines = array_replace(lines, NULL, 0)"
    " WHERE array_position(lines, NULL) IS NOT NULL"
)


class Migration(migrations.Migration):
    dependencies = [("imports", "0010_numbers_uncompressed")]

    operations = [
        migrations.AlterField(
            model_name="changedproducts",
            name="lines",
            field=ArrayField(models.BigIntegerField(null=True)),
        ),
        migrations.RunSQL(FORGET, RESTORE),
    ]
