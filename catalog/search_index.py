"""The trigram index for ProductQuerySet.matching(), on servers that have pg_trgm.

Not a migration, because the extension depends on the server and the user's privileges, which may change: every `migrate`
tries again. Without the index a search reads the whole table, with the same result."""

import logging

from django.db import ProgrammingError, connections, transaction

from catalog.search_text import FOLDED

logger = logging.getLogger(__name__)

IS_AVAILABLE = "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm')"
CREATE_EXTENSION = "CREATE EXTENSION IF NOT EXISTS pg_trgm"
NAME = "product_search_folded"
# On the expressions of icontains; one index for both columns, so that `q` needs only one.
CREATE_INDEX = f"""
DROP INDEX IF EXISTS product_search_trigram;
CREATE INDEX IF NOT EXISTS {NAME} ON catalog_product
USING gin (upper({FOLDED.format("sku")}) gin_trgm_ops, upper({FOLDED.format("name")}) gin_trgm_ops)
"""


def prepare(*, using: str, **_: object) -> None:
    """Create the index after a migration, if the server supports it."""
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
