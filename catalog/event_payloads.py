"""The payloads of product events in SQL: the exact text that is signed and sent.

Triggers write it once, with the change (catalog.triggers). It equals the output of Python's json.dumps without spaces and
without escapes of non-ASCII characters; the price is a JSON number with two decimals, from `numeric`, never a float."""

from pathlib import Path

from lib import sql

FOLDER = Path(__file__).parent / "sql"
# A change of any other column is not an event.
FIELDS = ("sku", "name", "description", "price", "is_active")


def body(event_type: str) -> str:
    """Return the body as an SQL expression over the columns of a product and the variable `timestamp_text`."""
    return sql.fill(FOLDER, "product_body", event_type=event_type).strip()


def events_of_rows(table: str, event_type: str) -> str:
    """Select an event of that type for every row of the table."""
    literal = f"'{event_type}'"
    return sql.fill(FOLDER, "events_of_rows", event_type=literal, body=body(literal), table=table).strip()


def events_of_update() -> str:
    """Select the events of an UPDATE from `before` to `after`. A product whose id was changed counts as deleted and created."""
    columns = ", ".join(
        f"coalesce(after.{column}, before.{column}) AS {column}" for column in ("id", *FIELDS)
    )
    before, after = (", ".join(f"{row}.{field}" for field in FIELDS) for row in ("before", "after"))
    return sql.fill(
        FOLDER,
        "events_of_update",
        body=body("event_type"),
        columns=columns,
        values_before=before,
        values_after=after,
    ).strip()
