"""GET /api/imports/template.csv and .xlsx: a file to begin with, that imports as it is."""

from decimal import Decimal

import pytest
from django.test import Client

from catalog.formats import XLSX
from catalog.models import Product
from tests.factories import make_import

pytestmark = pytest.mark.django_db(transaction=True)


CSV, EUROPEAN, WORKBOOK = "template.csv", "template.csv?format=csv-eu", "template.xlsx"


def download(client: Client, name: str) -> bytes:
    return bytes(client.get(f"/api/imports/{name}").getvalue())


@pytest.mark.parametrize(
    ("name", "media_type"),
    [(CSV, "text/csv; charset=utf-8"), (EUROPEAN, "text/csv; charset=utf-8"), (WORKBOOK, XLSX)],
)
def test_template_is_a_file_to_download(client: Client, name: str, media_type: str) -> None:
    answer = client.get(f"/api/imports/{name}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, media_type)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name.partition("?")[0]}"'


def test_template_shows_every_column_of_the_contract(client: Client) -> None:
    assert download(client, CSV).splitlines()[0] == b"sku,name,description,price,is_active"


def test_template_for_europe_has_semicolons_and_decimal_commas(client: Client) -> None:
    assert download(client, EUROPEAN).decode().splitlines()[:2] == [
        "\ufeffsku;name;description;price;is_active",
        "SKU001;Product 1;A description, with a comma;29,99;true",
    ]


@pytest.mark.parametrize("name", [CSV, EUROPEAN, WORKBOOK])
def test_template_imports_without_a_error(client: Client, name: str) -> None:
    job = make_import(download(client, name))
    assert (job.status, job.created_count, job.error_count, job.warnings) == ("completed", 2, 0, [])
    assert list(Product.objects.order_by("sku").values_list("sku", "name", "description", "price", "is_active")) == [
        ("SKU001", "Product 1", "A description, with a comma", Decimal("29.99"), True),
        ("SKU002", "Product 2", "", Decimal("5.00"), False),
    ]  # fmt: skip


def test_template_in_another_format_is_refused(client: Client) -> None:
    response = client.get("/api/imports/template.csv?format=jsonl")
    assert [error["pointer"] for error in response.json()["errors"]] == ["/query/format"]
