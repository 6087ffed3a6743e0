"""An export goes in again without a change, whatever its texts look like."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from catalog.models import Product
from catalog.validation import read_description, read_name, read_sku
from imports.models import ImportJob
from tests.catalog import awkward
from tests.factories import make_import

pytestmark = pytest.mark.django_db(transaction=True)

UPLOADABLE = ("csv", "csv-eu", "xlsx")
FIELDS = ("sku", "name", "description", "price", "is_active")


def export(client: Client, name: str) -> bytes:
    response: Any = client.get(f"/api/products/export?format={name}")
    assert response.status_code == 200
    return bytes(response.getvalue())


def stored() -> list[tuple[object, ...]]:
    return sorted(Product.objects.values_list(*FIELDS))


def counts(job: ImportJob) -> tuple[str, int, int, int]:
    return job.status, job.total_rows, job.unchanged_count, job.error_count


@pytest.fixture
def catalog() -> Iterator[int]:
    count = 3 * len(awkward.TEXTS)
    Product.objects.bulk_create(awkward.products(count))
    yield count


def test_awkward_products_are_valid() -> None:
    for product in awkward.products(500):
        assert read_sku(product.sku) == product.sku
        assert read_name(product.name) == product.name
        assert read_description(product.description) == product.description


@pytest.mark.parametrize("name", UPLOADABLE)
@pytest.mark.parametrize("blank", ["keep", "clear"])
def test_export_imported_into_its_catalog_changes_nothing(
    client: Client, catalog: int, name: str, blank: str
) -> None:
    job = make_import(export(client, name), blank=blank)
    assert counts(job) == ("completed", catalog, catalog, 0)


@pytest.mark.parametrize("name", UPLOADABLE)
def test_catalog_comes_back_from_its_export(client: Client, catalog: int, name: str) -> None:
    file, before = export(client, name), stored()
    Product.objects.all().delete()
    assert make_import(file).created_count == catalog
    assert stored() == before


def test_workbook_imported_with_a_decimal_comma_changes_nothing(client: Client, catalog: int) -> None:
    job = make_import(export(client, "xlsx"), decimal=",")
    assert counts(job) == ("completed", catalog, catalog, 0)


@pytest.mark.slow
def test_workbook_of_texts_that_compress_best_is_no_bomb(client: Client) -> None:
    Product.objects.bulk_create(
        Product(sku=f"S{number}", name="x", description="x" * 20_000) for number in range(1_000)
    )
    assert counts(make_import(export(client, "xlsx"))) == ("completed", 1_000, 1_000, 0)


# --- errors.csv ---


@pytest.mark.parametrize("name", UPLOADABLE)
def test_rejected_rows_of_an_export_come_back_from_errors_csv(
    client: Client, catalog: int, name: str
) -> None:
    file = export(client, name)
    before = stored()
    Product.objects.all().delete()
    rejected = make_import(file, mode="update_only")
    assert rejected.error_count == catalog
    errors: Any = client.get(f"/api/jobs/{rejected.pk}/errors.csv")
    assert make_import(errors.getvalue()).created_count == catalog
    assert stored() == before
