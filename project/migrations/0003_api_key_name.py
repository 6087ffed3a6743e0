from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("project", "0002_sign_in_counter")]

    operations = [migrations.AlterModelOptions(name="apikey", options={"verbose_name": "API key"})]
