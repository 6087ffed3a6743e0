"""The triggers on deliveries that count how many were accepted and how many failed (hooks.models.DeliveryCount).

Each statement adds one line for the rows it changed, in its own transaction. Pruning sets `hooks.pruning`, and what it
removes stays counted."""

from pathlib import Path

import pgtrigger

from lib import sql
from lib.triggers import statement_trigger

# Also in sql/count_deleted.sql.
PRUNING = "hooks.pruning"
FOLDER = Path(__file__).parent / "sql"

COUNTING = [
    statement_trigger("count_inserted", pgtrigger.Insert, sql.read(FOLDER, "count_inserted")),
    statement_trigger("count_updated", pgtrigger.Update, sql.read(FOLDER, "count_updated")),
    statement_trigger("count_deleted", pgtrigger.Delete, sql.read(FOLDER, "count_deleted")),
    statement_trigger("count_truncated", pgtrigger.Truncate, sql.read(FOLDER, "count_truncated")),
]
