"""The triggers on deliveries that write the ledger of how many were accepted and how many given up
(hooks.models.DeliveryCount).

One line per statement, from the rows it changed, whoever runs it; it commits or vanishes with them. Pruning says that
it is one (`hooks.pruning`), and what it takes away stays counted."""

# mypy: untyped-calls-exclude=pgtrigger

import pgtrigger

PRUNING = "hooks.pruning"
HOUR = "date_trunc('hour', now(), 'UTC')"


def counts(table: str) -> str:
    """How many rows of the table are accepted, and given up. One that got through once is not given up."""
    return f"""
        SELECT count(accepted_at) AS accepted,
            count(*) FILTER (WHERE status = 'failed' AND accepted_at IS NULL) AS failed
        FROM {table}
    """  # noqa: S608 - names of our own


ADDED = f"""
    INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
    SELECT {HOUR}, false, accepted, failed FROM ({counts("added")}) AS counted
    WHERE accepted <> 0 OR failed <> 0;
    RETURN NULL;
"""  # noqa: S608
CHANGED = f"""
    INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
    SELECT {HOUR}, false, is_now.accepted - was.accepted, is_now.failed - was.failed
    FROM ({counts("before")}) AS was, ({counts("after")}) AS is_now
    WHERE (was.accepted, was.failed) <> (is_now.accepted, is_now.failed);
    RETURN NULL;
"""  # noqa: S608
REMOVED = f"""
    INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
    SELECT {HOUR}, line.pruned, line.sign * accepted, line.sign * failed
    FROM ({counts("removed")}) AS counted, (VALUES (false, -1), (true, 1)) AS line (pruned, sign)
    WHERE (accepted <> 0 OR failed <> 0)
        AND (NOT line.pruned OR current_setting('{PRUNING}', true) = 'on');
    RETURN NULL;
"""  # noqa: S608
EMPTIED = f"""
    INSERT INTO hooks_deliverycount (hour, pruned, accepted, failed)
    SELECT {HOUR}, false, -sum(accepted), -sum(failed) FROM hooks_deliverycount WHERE NOT pruned HAVING count(*) > 0;
    RETURN NULL;
"""  # noqa: S608

COUNTING = [
    pgtrigger.Trigger(
        name="count_inserted",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        func=ADDED,
    ),
    pgtrigger.Trigger(
        name="count_updated",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="before", new="after"),
        func=CHANGED,
    ),
    pgtrigger.Trigger(
        name="count_deleted",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        referencing=pgtrigger.Referencing(old="removed"),
        func=REMOVED,
    ),
    pgtrigger.Trigger(
        name="count_truncated",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Truncate,
        func=EMPTIED,
    ),
]
