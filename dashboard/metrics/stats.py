"""Totals of products, imports, webhooks and deliveries, read in one statement so that they are consistent.

Products and deliveries are read from counters (catalog.models.ProductCount, hooks.models.DeliveryCount), so the cost does
not grow with their number."""

from datetime import timedelta

from django.db import connection

from dashboard.schemas import StatsOut

RECENT = timedelta(days=7)

FIGURES = """
    SELECT
        (SELECT coalesce(sum(total), 0) FROM catalog_productcount),
        (SELECT coalesce(sum(active), 0) FROM catalog_productcount),
        (SELECT count(*) FROM imports_importjob WHERE created_at >= now() - %s::interval),
        (SELECT count(*) FROM hooks_webhook),
        accepted,
        failed
    FROM (
        SELECT coalesce(sum(accepted), 0) AS accepted, coalesce(sum(failed), 0) AS failed FROM hooks_deliverycount
    ) AS deliveries
"""


def stats() -> StatsOut:
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, [f"{RECENT.days} days"])
        return StatsOut(**dict(zip(StatsOut.model_fields, map(int, cursor.fetchone()), strict=True)))
