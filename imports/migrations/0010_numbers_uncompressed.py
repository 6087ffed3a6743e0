"""Numbers of the journal are stored as they are: compressing them took half of the time of writing the journal, and saved
half of its 36 bytes a product."""

from django.db import migrations

NUMBERS = {
    "imports_createdproducts": ["product_ids"],
    "imports_changedproducts": [
        "product_ids",
        "lines",
        "prices_before",
        "prices_after",
        "actives_before",
        "actives_after",
    ],
}


def alter(storage: str) -> str:
    return ";".join(
        f"ALTER TABLE {table} " + ", ".join(f"ALTER {name} SET STORAGE {storage}" for name in names)
        for table, names in NUMBERS.items()
    )


class Migration(migrations.Migration):
    dependencies = [("imports", "0009_named_states")]

    operations = [migrations.RunSQL(alter("EXTERNAL"), alter("EXTENDED"))]
