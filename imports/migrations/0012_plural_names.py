from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("imports", "0011_products_without_a_line")]

    operations = [
        migrations.AlterModelOptions(
            name="createdproducts", options={"verbose_name_plural": "created products"}
        ),
        migrations.AlterModelOptions(
            name="changedproducts", options={"verbose_name_plural": "changed products"}
        ),
    ]
