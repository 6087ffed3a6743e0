"""GET /api/products/export: files that can be read, opened in a spreadsheet, and imported again."""

import csv
import io
import json
import tracemalloc
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from django.db import OperationalError
from django.test import Client

from catalog.export import PLACES, Export
from catalog.formats import FORMATS, XLSX
from catalog.models import Product
from imports.template import template
from tests.factories import make_product

pytestmark = pytest.mark.django_db

URL = "/api/products/export"
MARK = "\ufeff"


def download(client: Client, query: str = "") -> str:
    response: Any = client.get(f"{URL}{query}")
    assert response.status_code == 200, response.content
    text: str = response.getvalue().decode()
    return text


def rows(client: Client, query: str = "") -> list[list[str]]:
    text = download(client, query)
    assert text.startswith(MARK)
    return list(csv.reader(io.StringIO(text.removeprefix(MARK), newline="")))[1:]


def skus(client: Client, query: str) -> list[str]:
    return [sku for sku, *_ in rows(client, query)]


def make_many(count: int) -> None:
    Product.objects.bulk_create(
        Product(sku=f"SKU-{number:06}", name=f"Product {number}", price=number) for number in range(count)
    )


# --- CSV ---


def test_csv_has_the_columns_of_an_upload(client: Client) -> None:
    header = download(client).removeprefix(MARK)
    assert header == "sku,name,description,price,is_active\r\n"
    assert b"".join(template("csv")).startswith(header.encode())


def test_product_is_a_row(client: Client) -> None:
    make_product(
        sku="MUG", name='Mug, "blue"', description="two\nlines", price=Decimal("7.5"), is_active=False
    )
    assert rows(client) == [["MUG", 'Mug, "blue"', "two\nlines", "7.50", "false"]]


@pytest.mark.parametrize("path", [URL, f"{URL}/"])
def test_answer_is_a_file(client: Client, path: str) -> None:
    response: Any = client.get(path)
    assert response.getvalue().decode().startswith(MARK)
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="products.csv"'


def test_formula_is_guarded_in_every_text(client: Client) -> None:
    make_product(sku="=A1", name="+name", description="@home")
    assert rows(client) == [["'=A1", "'+name", "'@home", "0.00", "true"]]


def test_csv_for_europe_has_semicolons_and_decimal_commas(client: Client) -> None:
    make_product(sku="MUG", name="Mug; blue", description="a,=1", price=Decimal("1234.5"))
    assert download(client, "?format=csv-eu") == (
        f"{MARK}sku;name;description;price;is_active\r\nMUG;\"Mug; blue\";'a,'=1;1234,50;true\r\n"
    )


@pytest.mark.parametrize("name", FORMATS)
def test_file_is_named_by_its_format(client: Client, name: str) -> None:
    response: Any = client.get(f"{URL}?format={name}")
    response.getvalue()
    extension = {"csv-eu": "csv"}.get(name, name)
    assert response.headers["Content-Disposition"] == f'attachment; filename="products.{extension}"'


# --- Excel ---


def test_workbook_has_the_products_of_the_list(client: Client) -> None:
    make_product(sku="MUG", name="Mug", price=Decimal("7.5"), is_active=False)
    make_product(sku="PEN", name="Pen")
    response: Any = client.get(f"{URL}?format=xlsx&q=mug")
    assert response.headers["Content-Type"] == XLSX
    rows = openpyxl.load_workbook(io.BytesIO(response.getvalue()))["Products"].values
    assert list(rows)[1:] == [("MUG", "Mug", None, 7.5, False)]


def refusal(client: Client) -> tuple[int, str, str]:
    response = client.get(f"{URL}?format=xlsx")
    [error] = response.json()["errors"]
    return response.status_code, error["pointer"], error["code"]


def test_more_products_than_a_sheet_has_rows_are_refused(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.workbook.PRODUCTS_MAX", 1)
    make_many(2)
    assert refusal(client) == (422, "/query/format", "exports.too_large")


def test_description_that_excel_would_cut_is_refused(client: Client) -> None:
    make_many(2_500)
    make_product(description="\U0001f381" * 20_000)
    assert refusal(client) == (422, "/query/format", "exports.too_large")


def test_more_text_than_a_sheet_holds_is_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.export.EXPORT_WORKBOOK_MAX_BYTES", 100)
    make_many(10)
    assert refusal(client) == (422, "/query/format", "exports.too_large")


# --- JSON lines ---


def test_line_is_the_product_as_the_list_has_it(client: Client) -> None:
    make_product(sku="=MUG", name="Größe", description='a "b"\n', price=Decimal("7.5"))
    make_product(is_active=False)
    lines = download(client, "?format=jsonl").splitlines()
    assert [json.loads(line) for line in lines] == client.get("/api/products/").json()["results"]


def test_empty_catalog_is_an_empty_file(client: Client) -> None:
    assert download(client, "?format=jsonl") == ""


def test_json_lines_are_named_so(client: Client) -> None:
    response: Any = client.get(f"{URL}?format=jsonl")
    response.getvalue()
    assert response.headers["Content-Type"] == "application/x-ndjson; charset=utf-8"
    assert response.headers["Content-Disposition"] == 'attachment; filename="products.jsonl"'


# --- Which products ---


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=mug", ["MUG", "CUP"]),
        ("?sku=mug", ["MUG"]),
        ("?name=mug", ["MUG", "CUP"]),
        ("?is_active=false", ["CUP"]),
        ("?price_min=2&price_max=3", ["CUP", "PEN"]),
        ("?ordering=-sku", ["PEN", "MUG", "CUP"]),
        ("?updated_since=2100-01-01T00:00:00Z", []),
    ],
)
def test_filters_and_order_are_those_of_the_list(client: Client, query: str, found: list[str]) -> None:
    make_product(sku="MUG", name="Mug", price=Decimal(1))
    make_product(sku="CUP", name="Little mug", price=Decimal(2), is_active=False)
    make_product(sku="PEN", name="Pen", price=Decimal(3))
    assert skus(client, query) == found


@pytest.mark.parametrize("ordering", ["id", "-updated_at"])
def test_long_list_is_whole_and_in_order(client: Client, ordering: str) -> None:
    make_many(4_500)
    found = skus(client, f"?ordering={ordering}")
    assert (len(found), len(set(found))) == (4_500, 4_500)
    assert found == sorted(found, reverse=ordering.startswith("-"))


# --- What is rejected ---


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?format=xml", "/query/format"),
        ("?price_min=abc", "/query/price_min"),
        ("?ordering=odd", "/query/ordering"),
    ],
)
def test_nonsense_is_rejected_with_its_place(client: Client, query: str, pointer: str) -> None:
    response = client.get(f"{URL}{query}")
    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]


def test_other_methods_are_rejected(client: Client) -> None:
    assert client.post(URL).status_code == 405


def test_head_holds_no_place(client: Client) -> None:
    for _ in range(9):
        response: Any = client.head(URL)
        assert (response.status_code, response.getvalue()) == (200, b"")
    assert download(client)


# --- Memory, places, failures ---


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
def test_memory_does_not_grow_with_the_catalog(kind: str) -> None:
    make_many(10_000)
    # The first brings in what is loaded once.
    _, few, many = (peak_of(kind, rows) for rows in (10, 4_000, 10_000))
    assert many < 1.3 * few


def peak_of(kind: str, rows: int) -> int:
    tracemalloc.start()
    export = Export(Product.objects.filter(price__lt=rows).order_by("id"), kind)
    sizes = [len(piece) for piece in export]
    export.close()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    end = kind == "xlsx"
    assert len(sizes) == max(1, rows // 2_000) + end
    return peak


def test_only_so_many_are_sent_at_once(client: Client) -> None:
    under_way = [Export(Product.objects.all(), "csv") for _ in range(4)]
    response = client.get(URL)
    assert response.status_code == 503
    assert response.json()["type"] == "urn:problem:exports.too_many"
    for export in under_way:
        export.close()
    assert download(client)


def test_export_that_is_broken_off_gives_its_place_back() -> None:
    make_many(2_500)
    for _ in range(9):
        export = Export(Product.objects.order_by("id"), "csv")
        assert next(iter(export))
        export.close()
        export.close()
    assert PLACES.acquire(blocking=False)
    PLACES.release()


def test_failure_of_the_database_has_a_status(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr("django.db.models.query.QuerySet.iterator", fail)
    for _ in range(9):
        assert client.get(URL).status_code == 503
    monkeypatch.undo()
    assert download(client)
