"""The triggers on products that write the ledger of how many there are (catalog.models.ProductCount).

One line per statement, from the rows it changed: COPY of a million rows adds one line, and so does the ORM's
INSERT of one. They speak to the table whoever writes it, and their lines commit or vanish with the write."""

# mypy: untyped-calls-exclude=pgtrigger

import pgtrigger

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
        # Not DELETE, which would miss the line that a fold is just writing; the sum is the same either way.
        func="""
        INSERT INTO catalog_productcount (total, active)
        SELECT -sum(total), -sum(active) FROM catalog_productcount HAVING count(*) > 0;
        RETURN NULL;
        """,
    ),
]
