"""Periodic tasks of the catalog."""

from procrastinate.contrib.django import app

from catalog.models import ProductCount


@app.periodic(cron="* * * * *")
@app.task(queue="maintenance", queueing_lock="catalog.fold_product_count")
def fold_product_count(timestamp: int) -> None:
    ProductCount.objects.fold()
