"""Triggers on products: some write the ledger (catalog.models.ProductCount), the others the outbox of events.

The ledger gets one row per statement: COPY of a million rows adds one, and so does an INSERT of one. Events are one per
product that really changed. Both are written in the transaction of the change, whatever writes the table."""

# mypy: untyped-calls-exclude=pgtrigger

import pgtrigger

from catalog import event_payloads
from hooks.outbox_sql import DECLARE, capture

COUNTING = [
    pgtrigger.Trigger(
        name="count_inserted",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        func="""
        INSERT INTO catalog_productcount (total, active)
        SELECT count(*), count(*) FILTER (WHERE is_active) FROM added HAVING count(*) > 0;
        RETURN NULL;
        """,
    ),
    pgtrigger.Trigger(
        name="count_updated",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="before", new="after"),
        func="""
        INSERT INTO catalog_productcount (total, active)
        SELECT 0, moved FROM (
            SELECT (SELECT count(*) FROM after WHERE is_active)
                 - (SELECT count(*) FROM before WHERE is_active) AS moved
        ) AS difference WHERE moved <> 0;
        RETURN NULL;
        """,
    ),
    pgtrigger.Trigger(
        name="count_deleted",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        referencing=pgtrigger.Referencing(old="removed"),
        func="""
        INSERT INTO catalog_productcount (total, active)
        SELECT -count(*), -count(*) FILTER (WHERE is_active) FROM removed HAVING count(*) > 0;
        RETURN NULL;
        """,
    ),
    pgtrigger.Trigger(
        name="count_truncated",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Truncate,
        # Not DELETE, which would miss a row that a concurrent fold is writing; the sum is the same either way.
        func="""
        INSERT INTO catalog_productcount (total, active)
        SELECT -sum(total), -sum(active) FROM catalog_productcount HAVING count(*) > 0;
        RETURN NULL;
        """,
    ),
]

CAPTURING = [
    pgtrigger.Trigger(
        name="capture_inserted",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        declare=DECLARE,
        func=capture(event_payloads.every("added", "product.created"), ["product.created"]),
    ),
    pgtrigger.Trigger(
        name="capture_updated",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="before", new="after"),
        declare=DECLARE,
        func=capture(event_payloads.changed(), ["product.created", "product.updated", "product.deleted"]),
    ),
    pgtrigger.Trigger(
        name="capture_deleted",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        referencing=pgtrigger.Referencing(old="removed"),
        declare=DECLARE,
        func=capture(event_payloads.every("removed", "product.deleted"), ["product.deleted"]),
    ),
    pgtrigger.Trigger(
        name="capture_truncated",
        level=pgtrigger.Statement,
        # Before, while the rows can still be read.
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        declare=DECLARE,
        func=capture(event_payloads.every("catalog_product", "product.deleted"), ["product.deleted"]),
    ),
]
