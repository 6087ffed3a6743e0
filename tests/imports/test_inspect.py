"""`POST /api/imports/inspect`: how a file would be read, without a job."""

import gzip
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Product
from imports.models import ImportJob, StoredFile
from tests.imports.packing import make_workbook

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "Artikelnr;Bezeichnung;VK netto;VK brutto\nA-1;Chair;10,00;11,90\nA-2;Table;20,00;23,80\n"


def inspected(client: Client, content: bytes | str, **options: str) -> dict[str, Any]:
    answer = client.post(
        "/api/imports/inspect", {"file": SimpleUploadedFile("list.csv", as_bytes(content)), **options}
    )
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def as_bytes(content: bytes | str) -> bytes:
    return content.encode() if isinstance(content, str) else content


def matched(told: dict[str, Any]) -> dict[str, str | None]:
    return {column["header"]: column["field"] for column in told["columns"]}


def test_format_of_a_text_is_told(client: Client) -> None:
    told = inspected(client, LIST)
    assert (told["format"], told["encoding"], told["delimiter"], told["header_line"]) == (
        "csv",
        "utf-8",
        ";",
        1,
    )
    assert (told["encoding_confidence"], told["delimiter_confidence"]) == (1, 1)


def test_column_is_told_with_its_samples(client: Client) -> None:
    told = inspected(client, LIST)
    assert told["columns"][0] == {
        "number": 1, "header": "Artikelnr", "field": "sku", "reason": "name", "confidence": 0.95,
        "samples": ["A-1", "A-2"],
    }  # fmt: skip


def test_question_has_its_candidates(client: Client) -> None:
    [question] = inspected(client, LIST)["questions"]
    assert question["field"] == "price"
    assert [candidate["key"] for candidate in question["candidates"]] == ["VK netto", "VK brutto"]
    assert question["candidates"][1]["samples"] == ["11,90", "23,80"]


def test_mapping_answers_the_question(client: Client) -> None:
    told = inspected(client, LIST, mapping='{"VK brutto": "price"}')
    assert (told["questions"], told["decimal"]) == ([], ",")
    assert matched(told) == {
        "Artikelnr": "sku",
        "Bezeichnung": "name",
        "VK netto": None,
        "VK brutto": "price",
    }


def test_nothing_is_stored(client: Client) -> None:
    inspected(client, LIST)
    inspected(client, make_workbook(["sku", "name"], ["A1", "Mug"]))
    assert (ImportJob.objects.count(), StoredFile.objects.count(), Product.objects.count()) == (0, 0, 0)


def test_file_without_a_sku_is_told_with_all_its_columns(client: Client) -> None:
    told = inspected(client, "Colour\nred\nred\nred\nred\n")
    assert [(question["field"], question["candidates"]) for question in told["questions"]] == [("sku", [])]
    assert matched(told) == {"Colour": None}


def test_start_of_a_text_is_enough(client: Client) -> None:
    long = "sku,name\n" + "".join(f"A{number},Mug\n" for number in range(10_000))
    assert matched(inspected(client, long[:70_001])) == {"sku": "sku", "name": "name"}


def test_start_of_a_gzip_file_is_enough(client: Client) -> None:
    packed = gzip.compress(
        b"sku,name\n" + b"".join(b"A%d,Mug %d\n" % (number, number**3) for number in range(50_000))
    )
    assert inspected(client, packed[:100_000])["packing"] == "gzip"


def test_sheets_are_told_with_their_sizes(client: Client) -> None:
    told = inspected(client, make_workbook(["sku", "name"], ["A1", "Mug"]))
    assert (told["format"], told["sheet"], told["header_line"]) == ("xlsx", told["sheets"][0]["name"], 1)
    assert told["sheets"][0]["header"] == ["sku", "name"]


def test_file_can_be_the_body(client: Client) -> None:
    answer = client.post("/api/imports/inspect?delimiter=;", LIST.encode(), content_type="text/csv")
    assert (answer.status_code, answer.json()["delimiter"]) == (200, ";")


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "file.empty"),
        (b"\x89PNG\r\n", 415, "file.not_csv"),
        (b'"sku,name\n', 422, "csv.unclosed_quote"),
    ],
)
def test_file_that_is_no_table_is_rejected(client: Client, content: bytes, status: int, code: str) -> None:
    answer = client.post("/api/imports/inspect", {"file": SimpleUploadedFile("list.csv", content)})
    assert (answer.status_code, answer.json()["type"]) == (status, f"urn:problem:{code}")


def test_form_without_a_file_is_rejected(client: Client) -> None:
    answer = client.post("/api/imports/inspect", {"mode": "upsert"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:problem:file.required")


@pytest.mark.parametrize(
    ("content", "delimiter", "first"),
    [
        ("Artikelnummer, intern;Bezeichnung;Preis\nA1;Stuhl;12,50\n", ";", "Artikelnummer, intern"),
        ("Art.Nr., neu;Preis, EUR\nA1;12,50\nA2;13,50\n", ";", "Art.Nr., neu"),
        ("sku|name|price,old\nA|b|3,5\n", "|", "sku"),
        ("sku,name\na\na\n", ",", "sku"),
        ("Codigo;Producto;Info\nA1;Vaso, azul;L1,L2\nA2;Vaso, verde;L1,L2\n", ";", "Codigo"),
    ],
)
def test_delimiter_is_the_one_that_the_rows_have(
    client: Client, content: str, delimiter: str, first: str
) -> None:
    told = inspected(client, content)
    assert (told["delimiter"], told["columns"][0]["header"]) == (delimiter, first)
