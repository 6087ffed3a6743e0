"""GET /api/imports/template.csv: a file to begin with, that imports as it is."""

from decimal import Decimal

import pytest
from django.test import Client

from catalog.models import Product
from tests.factories import make_import

pytestmark = pytest.mark.django_db(transaction=True)


def test_template_is_a_csv_file_to_download(client: Client) -> None:
    answer = client.get("/api/imports/template.csv")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="template.csv"'


def test_template_shows_every_column_of_the_contract(client: Client) -> None:
    assert client.get("/api/imports/template.csv").getvalue().splitlines()[0] == (
        b"sku,name,description,price,is_active"
    )


def test_template_imports_without_a_error(client: Client) -> None:
    job = make_import(client.get("/api/imports/template.csv").getvalue())
    assert (job.status, job.created_count, job.error_count, job.warnings) == ("completed", 2, 0, [])
    assert list(Product.objects.order_by("sku").values_list("sku", "name", "description", "price", "is_active")) == [
        ("SKU001", "Product 1", "A description, with a comma", Decimal("29.99"), True),
        ("SKU002", "Product 2", "", Decimal("5.00"), False),
    ]  # fmt: skip
