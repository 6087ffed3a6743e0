"""The ledger of products: its sum is COUNT after every kind of write, and folding it changes nothing."""

from collections.abc import Callable
from threading import Thread

import pytest
from django.db import DatabaseError, connection, transaction

from catalog import tasks
from catalog.models import Product, ProductCount
from tests.factories import make_product

COPY = "COPY catalog_product (sku, name, is_active) FROM STDIN"
INSERT = "INSERT INTO catalog_product (sku, name) VALUES ('A', 'A'), ('new', 'new')"
MERGE = """
MERGE INTO catalog_product USING (VALUES ('A'), ('new')) AS source (sku) ON lower(catalog_product.sku) = lower(source.sku)
WHEN MATCHED THEN UPDATE SET is_active = NOT is_active
WHEN NOT MATCHED THEN INSERT (sku, name, is_active) VALUES (source.sku, 'merged', false)
"""


def copy() -> None:
    with connection.cursor() as cursor, cursor.copy(COPY) as rows:
        for number in range(10):
            rows.write_row((f"copied-{number}", "Copied", number % 2 == 0))


def sql(statement: str) -> Callable[[], None]:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return run


WRITES: dict[str, Callable[[], object]] = {
    "create": lambda: make_product(is_active=False),
    "save": lambda: Product(sku="new", name="new").save(),
    "delete one": lambda: Product.objects.get(sku="A").delete(),
    "delete many": lambda: Product.objects.filter(is_active=False).delete(),
    "update": lambda: Product.objects.update(is_active=False),
    "update of nothing": lambda: Product.objects.filter(sku="none").update(is_active=False),
    "update of something else": lambda: Product.objects.update(name="other"),
    "set_active": lambda: Product.objects.all().set_active(True),
    "bulk_create": lambda: Product.objects.bulk_create(Product(sku=f"b{n}", name="b") for n in range(5)),
    "bulk_create of nothing new": lambda: Product.objects.bulk_create(
        [Product(sku="a", name="a")], ignore_conflicts=True
    ),
    "COPY": copy,
    "upsert": sql(f'{INSERT} ON CONFLICT (lower(sku) COLLATE "C") DO UPDATE SET is_active = false'),
    "MERGE": sql(MERGE),
    "raw delete": sql("DELETE FROM catalog_product"),
    "TRUNCATE": sql("TRUNCATE catalog_product"),
    "TRUNCATE of both": sql("TRUNCATE catalog_product, catalog_productcount"),
}


def counted() -> tuple[int, int]:
    return Product.objects.count(), Product.objects.filter(is_active=True).count()


@pytest.mark.django_db
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_totals_are_what_count_says_after(write: Callable[[], object]) -> None:
    make_product(sku="A"), make_product(sku="B", is_active=False), make_product(sku="C")
    write()
    assert ProductCount.objects.totals() == counted()


@pytest.mark.django_db
def test_totals_of_an_empty_catalog_are_zero() -> None:
    assert ProductCount.objects.totals() == (0, 0)


@pytest.mark.django_db
def test_write_undone_counts_for_nothing() -> None:
    make_product()
    with pytest.raises(DatabaseError), transaction.atomic():
        make_product()
        Product.objects.create(sku="", name="")
    assert ProductCount.objects.totals() == (1, 1)


@pytest.mark.django_db
def test_write_that_changes_no_count_writes_no_line() -> None:
    make_product()
    Product.objects.update(name="other")
    Product.objects.filter(sku="none").delete()
    assert ProductCount.objects.count() == 1


@pytest.mark.django_db
def test_fold_leaves_one_line_with_the_same_totals() -> None:
    make_product(), make_product(is_active=False), make_product().delete()
    ProductCount.objects.fold()
    assert [(line.total, line.active) for line in ProductCount.objects.all()] == [(2, 1)]


@pytest.mark.django_db
def test_fold_of_one_line_or_none_writes_nothing() -> None:
    ProductCount.objects.fold()
    assert not ProductCount.objects.exists()
    make_product()
    before = ProductCount.objects.get()
    ProductCount.objects.fold()
    assert ProductCount.objects.get() == before


@pytest.mark.django_db
def test_task_folds() -> None:
    make_product(), make_product()
    tasks.fold_product_count(timestamp=0)
    assert ProductCount.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", [ProductCount.objects.fold, make_product], ids=["fold", "write"])
def test_fold_beside_another_counts_nothing_twice(other: Callable[[], object]) -> None:
    for _ in range(3):
        make_product()

    def run() -> None:
        other()
        connection.close()

    with transaction.atomic():
        ProductCount.objects.fold()
        thread = Thread(target=run)
        thread.start()
        thread.join(timeout=0.3)
    thread.join()
    assert ProductCount.objects.totals() == counted()


@pytest.mark.django_db(transaction=True)
def test_truncate_beside_a_fold_leaves_nothing() -> None:
    make_product(), make_product()

    def truncate() -> None:
        sql("TRUNCATE catalog_product")()
        connection.close()

    with transaction.atomic():
        ProductCount.objects.fold()
        thread = Thread(target=truncate)
        thread.start()
        thread.join(timeout=0.3)
    thread.join()
    assert ProductCount.objects.totals() == counted() == (0, 0)
