"""The chunks of a bulk change: select the products, change those of a chunk, and revert that."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db import connection

from catalog.models import Action, BulkChange, ProductQuerySet
from lib import sql

FOLDER = Path(__file__).parent / "sql"
# A fraction of a second's work: between two of them a worker can stop.
CHUNK_PRODUCTS = 2_000


def freeze(change_id: UUID, selection: ProductQuerySet) -> tuple[int, int]:
    """Store which products are selected. Returns the number of chunks and of products."""
    try:
        statement, parameters = selection.order_by().values_list("pk").query.sql_with_params()
    except EmptyResultSet:
        return 0, 0
    return fetch(sql.fill(FOLDER, "freeze", selection=statement), [change_id, CHUNK_PRODUCTS, *parameters])


def apply_next(change: BulkChange) -> tuple[int, int]:
    """Change the products of the next chunk. Returns how many it has, and how many of them changed."""
    statement = "delete" if change.action == Action.DELETE else "set_active"
    return run(statement, change, change.applied_chunks)


def revert_next(change: BulkChange) -> tuple[int, int]:
    """Revert the next chunk. Returns how many products had changed, and how many of them were reverted."""
    statement = "restore_deleted" if change.action == Action.DELETE else "restore_active"
    return run(statement, change, change.reverted_chunks)


def run(statement: str, change: BulkChange, number: int) -> tuple[int, int]:
    about = {"change": change.pk, "number": number, "active": change.action == Action.ACTIVATE}
    return fetch(sql.read(FOLDER, statement), about)


def fetch(statement: str, parameters: Sequence[Any] | Mapping[str, Any]) -> tuple[int, int]:
    """The two counts that the statement returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        first, second = cursor.fetchone()
        return int(first), int(second)
