"""The index that makes ProductQuerySet.matching() fast, on servers that have pg_trgm.

Not a migration, because whether it can be made depends on the server and on what its user may do, and may change
later: every `migrate` tries again. Without it a search reads the whole table and finds the same."""

import logging

from django.db import ProgrammingError, connections, transaction

logger = logging.getLogger(__name__)

IS_AVAILABLE = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm')"
CREATE_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
# Over what icontains compares, for both columns in one, so that `q` needs one index only.
CREATE_INDEX = """
CREATE INDEX IF NOT EXISTS product_search_trigram ON catalog_product
USING gin (upper(sku) gin_trgm_ops, upper(name) gin_trgm_ops)
"""


def prepare(*, using: str, **_: object) -> None:
    """Called by post_migrate for the database just migrated."""
    if has_trigrams(using):
        with connections[using].cursor() as cursor:
            cursor.execute(CREATE_INDEX)


def has_trigrams(using: str) -> bool:
    with connections[using].cursor() as cursor:
        cursor.execute(IS_AVAILABLE)
        if cursor.fetchone() != (True,):
            logger.info("This PostgreSQL has no pg_trgm; product searches read the whole table.")
            return False
        try:
            with transaction.atomic(using):
                cursor.execute(CREATE_EXTENSION)
        except ProgrammingError as error:
            logger.info("pg_trgm cannot be created (%s); product searches read the whole table.", error)
            return False
    return True
