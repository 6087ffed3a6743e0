"""The payloads of product events, in SQL: the exact text that is signed and sent.

Triggers write it once, with the change. It equals Python's json.dumps without spaces and without escaping non-ASCII
characters; the price is a JSON number with two decimals, made from `numeric`, never from a float."""

# Changes of other columns send no event.
FIELDS = ("sku", "name", "description", "price", "is_active")


def body(event_type: str) -> str:
    """The body as an SQL expression over the columns of a product and the variable `stamp`."""
    return (
        f"""'{{"event_type":"' || {event_type} || '","timestamp":"' || stamp || '","data":{{"id":' || id"""
        """ || ',"sku":' || to_json(sku)::text"""
        """ || ',"name":' || to_json(name)::text"""
        """ || ',"description":' || to_json(description)::text"""
        """ || ',"price":' || price::text"""
        """ || ',"is_active":' || is_active::text || '}}'"""
    )


def every(table: str, event_type: str) -> str:
    """Select an event of that type for every row of the table."""
    literal = f"'{event_type}'"
    return f"SELECT {literal}, id, {body(literal)} FROM {table}"  # noqa: S608 - constants


def changed() -> str:
    """The events of an UPDATE from `before` to `after`. A product whose id was changed went, and another came."""
    columns = ", ".join(
        f"coalesce(after.{column}, before.{column}) AS {column}" for column in ("id", *FIELDS)
    )
    then, now = (", ".join(f"{row}.{field}" for field in FIELDS) for row in ("before", "after"))
    written = body("event_type")
    return f"""
        SELECT event_type, id, {written} FROM (
            SELECT {columns}, CASE
                WHEN before.id IS NULL THEN 'product.created'
                WHEN after.id IS NULL THEN 'product.deleted'
                ELSE 'product.updated'
            END AS event_type
            FROM before FULL JOIN after ON after.id = before.id
            WHERE ({then}) IS DISTINCT FROM ({now})
        ) AS product
        WHERE event_type = ANY (wanted)
    """  # noqa: S608 - constants
