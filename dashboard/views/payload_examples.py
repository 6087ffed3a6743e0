"""Example payloads for each event type, made by the same code as real ones.

Payloads of products come from the SQL of their triggers (catalog.event_payloads), with the newest product or a sample one;
those of imports from imports.pipeline.runner, with the last completed import."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import connection

from catalog import event_payloads
from hooks.models import Event
from hooks.openapi import MEANINGS
from hooks.outbox import EventType, body
from hooks.request_preview import request_head
from imports.models import ImportJob, Status
from imports.pipeline.runner import summary

BODIES = """
    WITH product AS (
        (SELECT id, sku, name, description, price, is_active FROM catalog_product ORDER BY id DESC LIMIT 1)
        UNION ALL
        SELECT 1, 'SKU001', 'Product Name', 'Product description', 29.99, true
        WHERE NOT EXISTS (SELECT FROM catalog_product)
    ), present AS (
        SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS timestamp_text
    )
    SELECT event_type, {body} FROM product, present, unnest(%s::text[]) AS event_types (event_type)
"""
ADDRESS = "https://example.com/webhook"


@dataclass(frozen=True)
class Example:
    event_type: str
    meaning: str
    # The request line and headers.
    head: str
    body: str


def examples() -> list[Example]:
    return [
        Example(event_type, MEANINGS[EventType(event_type)], head_of(event_type, content), content)
        for event_type, content in [*of_products(), (EventType.IMPORT_COMPLETED.value, of_import())]
    ]


def of_products() -> Sequence[tuple[str, str]]:
    event_types = [name.value for name in EventType if name.startswith("product.")]
    with connection.cursor() as cursor:
        cursor.execute(BODIES.format(body=event_payloads.body("event_type")), [event_types])
        bodies = dict(cursor.fetchall())
    return [(name, bodies[name]) for name in event_types]


def of_import() -> str:
    last = ImportJob.objects.filter(status=Status.COMPLETED).order_by("-created_at").first()
    job = last or ImportJob(
        filename="products.csv", status=Status.COMPLETED, total_rows=100, created_count=95
    )
    return body(EventType.IMPORT_COMPLETED, summary(job))


def head_of(event_type: str, content: str) -> str:
    event = Event(pk=1, event_type=event_type, body=content)
    return request_head(ADDRESS, event, 1, datetime.now(UTC), {})
