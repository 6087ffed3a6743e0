"""What the planner knows of the catalog, which an import does not take on trust."""

from collections.abc import Iterator

import pytest
from django.db import connection

from catalog.models import Product
from tests.factories import make_csv, make_import, make_product

# ANALYZE sees what is committed.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _left_alone(transactional_db: None) -> Iterator[None]:
    """Without the pages of what other tests have deleted, and without autovacuum, which would come for them."""
    execute("TRUNCATE catalog_product CASCADE")
    execute("ALTER TABLE catalog_product SET (autovacuum_enabled = off)")
    yield
    execute("ALTER TABLE catalog_product RESET (autovacuum_enabled)")


def execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def make_known(rows: int, pages: int) -> None:
    """What the planner takes the catalog for: as after a crash of the server, which forgets that it has grown."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_class SET reltuples = %s, relpages = %s WHERE oid = 'catalog_product'::regclass",
            [rows, pages],
        )


def known_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'catalog_product'::regclass")
        return int(cursor.fetchone()[0])


@pytest.mark.parametrize(("rows", "pages"), [(0, 27), (-1, 0), (10, 1)])
def test_a_catalog_that_has_grown_is_looked_at_before_the_plan(rows: int, pages: int) -> None:
    Product.objects.bulk_create(Product(sku=f"A{number}", name="Mug") for number in range(500))
    make_known(rows, pages)
    make_import(make_csv("A1,Cup,,1,"))
    assert known_rows() == 500


def test_a_catalog_that_is_known_is_not_looked_at() -> None:
    make_product()
    make_known(rows=7, pages=1)
    make_import(make_csv("A1,Cup,,1,"))
    assert known_rows() == 7
