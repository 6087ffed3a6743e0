"""Triggers on products: some write the ledger (catalog.models.ProductCount), the others the outbox of events.

The ledger gets one row per statement: COPY of a million rows adds one, and so does an INSERT of one. Events are one per
product that really changed. Both are written in the transaction of the change, whatever writes the table."""

import pgtrigger

from catalog import event_payloads
from hooks.outbox_sql import VARIABLES, outbox_trigger
from lib.triggers import statement_trigger

COUNTING = [
    statement_trigger(
        "count_inserted",
        pgtrigger.Insert,
        func="""
        INSERT INTO catalog_productcount (total, active)
        SELECT count(*), count(*) FILTER (WHERE is_active) FROM added HAVING count(*) > 0;
        RETURN NULL;
        """,
    ),
    statement_trigger(
        "count_updated",
        pgtrigger.Update,
        func="""
        INSERT INTO catalog_productcount (total, active)
        SELECT 0, moved FROM (
            SELECT (SELECT count(*) FROM after WHERE is_active)
                 - (SELECT count(*) FROM before WHERE is_active) AS moved
        ) AS difference WHERE moved <> 0;
        RETURN NULL;
        """,
    ),
    statement_trigger(
        "count_deleted",
        pgtrigger.Delete,
        func="""
        INSERT INTO catalog_productcount (total, active)
        SELECT -count(*), -count(*) FILTER (WHERE is_active) FROM removed HAVING count(*) > 0;
        RETURN NULL;
        """,
    ),
    statement_trigger(
        "count_truncated",
        pgtrigger.Truncate,
        # Not DELETE, which would miss a row that a concurrent fold is writing; the sum is the same either way.
        func="""
        INSERT INTO catalog_productcount (total, active)
        SELECT -sum(total), -sum(active) FROM catalog_productcount HAVING count(*) > 0;
        RETURN NULL;
        """,
    ),
]

OUTBOX = [
    statement_trigger(
        "outbox_inserted",
        pgtrigger.Insert,
        declare=VARIABLES,
        func=outbox_trigger(event_payloads.events_of_rows("added", "product.created"), ["product.created"]),
    ),
    statement_trigger(
        "outbox_updated",
        pgtrigger.Update,
        declare=VARIABLES,
        func=outbox_trigger(
            event_payloads.events_of_update(), ["product.created", "product.updated", "product.deleted"]
        ),
    ),
    statement_trigger(
        "outbox_deleted",
        pgtrigger.Delete,
        declare=VARIABLES,
        func=outbox_trigger(event_payloads.events_of_rows("removed", "product.deleted"), ["product.deleted"]),
    ),
    statement_trigger(
        "outbox_truncated",
        pgtrigger.Truncate,
        # Before, while the rows can still be read.
        when=pgtrigger.Before,
        declare=VARIABLES,
        func=outbox_trigger(
            event_payloads.events_of_rows("catalog_product", "product.deleted"), ["product.deleted"]
        ),
    ),
]
