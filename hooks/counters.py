"""The triggers on deliveries that count how many were accepted and how many failed (hooks.models.DeliveryCount).

Each statement adds one line for the rows it changed, in its own transaction. Pruning sets `hooks.pruning`, and what it
removes stays counted."""

# mypy: untyped-calls-exclude=pgtrigger

from pathlib import Path

import pgtrigger

from lib import sql

# Also in sql/count_deleted.sql.
PRUNING = "hooks.pruning"
FOLDER = Path(__file__).parent / "sql"

COUNTING = [
    pgtrigger.Trigger(
        name="count_inserted",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        referencing=pgtrigger.Referencing(new="added"),
        func=sql.read(FOLDER, "count_inserted"),
    ),
    pgtrigger.Trigger(
        name="count_updated",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Update,
        referencing=pgtrigger.Referencing(old="before", new="after"),
        func=sql.read(FOLDER, "count_updated"),
    ),
    pgtrigger.Trigger(
        name="count_deleted",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Delete,
        referencing=pgtrigger.Referencing(old="removed"),
        func=sql.read(FOLDER, "count_deleted"),
    ),
    pgtrigger.Trigger(
        name="count_truncated",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Truncate,
        func=sql.read(FOLDER, "count_truncated"),
    ),
]
