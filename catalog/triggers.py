"""Triggers on products: some write the ledger (catalog.models.ProductCount), the others the outbox of events.

The ledger gets one row per statement: COPY of a million rows adds one, and so does an INSERT of one. Events are one per
product that really changed. Both are written in the transaction of the change, whatever writes the table."""

# mypy: untyped-calls-exclude=pgtrigger

import pgtrigger

from catalog import event_payloads
from hooks.outbox_sql import VARIABLES, outbox_trigger

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

OUTBOX = [
    pgtrigger.Trigger(
        name="outbox_inserted",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        declare=VARIABLES,
        func=outbox_trigger(event_payloads.events_of_rows("added", "product.created"), ["product.created"]),
    ),
    pgtrigger.Trigger(
        name="outbox_updated",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="before", new="after"),
        declare=VARIABLES,
        func=outbox_trigger(
            event_payloads.events_of_update(), ["product.created", "product.updated", "product.deleted"]
        ),
    ),
    pgtrigger.Trigger(
        name="outbox_deleted",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        referencing=pgtrigger.Referencing(old="removed"),
        declare=VARIABLES,
        func=outbox_trigger(event_payloads.events_of_rows("removed", "product.deleted"), ["product.deleted"]),
    ),
    pgtrigger.Trigger(
        name="outbox_truncated",
        level=pgtrigger.Statement,
        # Before, while the rows can still be read.
        when=pgtrigger.Before,
        operation=pgtrigger.Truncate,
        declare=VARIABLES,
        func=outbox_trigger(
            event_payloads.events_of_rows("catalog_product", "product.deleted"), ["product.deleted"]
        ),
    ),
]
