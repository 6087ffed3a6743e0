"""One list of products in every format it may come in: each on its whole way, from the upload to the catalog."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from catalog.models import Product
from imports import job_errors
from imports.files.stored_file import open_stored, source_of
from imports.formats import compression, source
from imports.formats.csv_reader import Record
from imports.formats.source import OPENERS, open_rows
from imports.models import ImportJob, Status, StoredChunk, StoredFile
from imports.pipeline import runner, staging
from tests.factories import make_import, make_job
from tests.imports.packing import Cell, make_parts, make_sheet, make_workbook, make_zip

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "sku,name,price\nA1,Küchentuch weiß,1.50\nB2,Größe,\nC3,Tasse,5\n"
CATALOG = [("A1", "Küchentuch weiß", "1.50"), ("B2", "Größe", "0.00"), ("C3", "Tasse", "5.00")]


@dataclass(frozen=True)
class Format:
    """How a list is packed, and what its job says of it: format, packing, encoding, delimiter."""

    pack: Callable[[str], bytes]
    facts: tuple[str, str, str, str]
    is_guess: bool = False


def text(
    encoding: str = "utf-8", delimiter: str = ",", start: str = "", end: str = "\n"
) -> Callable[[str], bytes]:
    return lambda rows: (start + rows.replace(",", delimiter).replace("\n", end)).encode(encoding)


def workbook(rows: str) -> bytes:
    return make_workbook(*([cell_of(cell) for cell in line.split(",")] for line in rows.splitlines()))


def cell_of(text: str) -> Cell:
    return float(text) if text.replace(".", "").isdecimal() else text or None


def zipped(rows: str) -> bytes:
    return make_zip(("list/list.csv", rows.encode()), ("__MACOSX/list/._list.csv", b"\0"))


MARK = "\ufeff"
FORMATS = {
    "UTF-8": Format(text(), ("csv", "", "utf-8", ",")),
    "UTF-8 with a mark": Format(text(start=MARK), ("csv", "", "utf-8", ",")),
    "UTF-16 LE": Format(text("utf-16-le", start=MARK), ("csv", "", "utf-16-le", ",")),
    "UTF-16 BE": Format(text("utf-16-be", start=MARK), ("csv", "", "utf-16-be", ",")),
    "Excel's Unicode": Format(text("utf-16-le", "\t", MARK, "\r\n"), ("csv", "", "utf-16-le", "\t")),
    "UTF-16 without a mark": Format(text("utf-16-le"), ("csv", "", "utf-16-le", ","), is_guess=True),
    "Windows": Format(text("cp1252", ";"), ("csv", "", "cp1252", ";"), is_guess=True),
    "bars": Format(text(delimiter="|"), ("csv", "", "utf-8", "|")),
    "sep=": Format(text(delimiter=";", start="sep=;\r\n"), ("csv", "", "utf-8", ";")),
    "sep= of another kind": Format(text(delimiter="^", start='"SEP=^"\n'), ("csv", "", "utf-8", "^")),
    "sep= behind a mark": Format(text("utf-16-be", "\t", MARK + "sep=\t\n"), ("csv", "", "utf-16-be", "\t")),
    "gzip": Format(lambda rows: gzip.compress(rows.encode()), ("csv", "gzip", "utf-8", ",")),
    "gzip of Windows": Format(
        lambda rows: gzip.compress(rows.encode("cp1252")), ("csv", "gzip", "cp1252", ","), is_guess=True
    ),
    "ZIP": Format(zipped, ("csv", "zip", "utf-8", ",")),
    "Excel": Format(workbook, ("xlsx", "", "utf-8", ",")),
}


def upload(client: Client, content: bytes, filename: str = "list.csv") -> tuple[int, dict[str, Any]]:
    answer = client.post("/api/upload", {"file": SimpleUploadedFile(filename, content)})
    return answer.status_code, answer.json()


def refused(client: Client, content: bytes) -> tuple[int, str]:
    status, told = upload(client, content)
    assert not ImportJob.objects.exists()
    assert not StoredFile.objects.exists()
    return status, told["type"].removeprefix("urn:problem:")


def catalog() -> list[tuple[str, str, str]]:
    found = Product.objects.order_by("sku").values_list("sku", "name", "price")
    return [(sku, name, str(price)) for sku, name, price in found]


def test_formats_are_of_every_kind() -> None:
    assert {given.facts[:2] for given in FORMATS.values()} == set(OPENERS)


@pytest.mark.parametrize("name", FORMATS)
def test_list_is_imported(name: str) -> None:
    job = make_import(FORMATS[name].pack(TEXT))
    assert (job.status, job.created_count, job.error_count) == (Status.COMPLETED, 3, 0)
    assert catalog() == CATALOG
    facts = (job.file_format, job.file_packing, job.file_encoding, job.file_delimiter)
    assert facts == FORMATS[name].facts
    assert [warning["code"] for warning in job.warnings] == ["file.encoding_guessed"] * FORMATS[name].is_guess


@pytest.mark.parametrize("name", FORMATS)
def test_rejected_rows_are_uploaded_again_as_they_are(name: str) -> None:
    job = make_import(FORMATS[name].pack(TEXT.replace("1.50", "abc")))
    assert (job.created_count, job.error_count) == (2, 1)
    rejects = "".join(job_errors.write_errors(job))
    mended = "1.50".join(rejects.rsplit("abc", 1))
    again = make_import(mended.encode())
    assert (again.created_count, again.error_count, again.warnings) == (1, 0, [])
    assert catalog() == CATALOG


@pytest.mark.parametrize("name", ["UTF-16 LE", "gzip", "ZIP", "Excel"])
def test_name_of_a_file_is_ignored(client: Client, name: str) -> None:
    assert upload(client, FORMATS[name].pack(TEXT), "holiday.jpg")[0] == 202


def test_guess_is_told(client: Client) -> None:
    job = make_import(FORMATS["Windows"].pack(TEXT))
    told = client.get(f"/api/jobs/{job.pk}").json()
    message = (
        "The text is not UTF-8, so it was read as cp1252, which is a guess. If letters are wrong, upload the file again "
        "with the option encoding."
    )
    assert told["file"]["encoding"] == "cp1252"
    assert told["warnings"] == [{"column": None, "code": "file.encoding_guessed", "message": message}]


def test_header_of_gzip_may_be_long() -> None:
    header = b"\x1f\x8b\x08\x04" + bytes(6) + b"\xff\xff" + bytes(0xFFFF)
    assert make_import(header + gzip.compress(TEXT.encode())[10:]).created_count == 3


def test_encoding_is_decided_by_letters_that_come_late() -> None:
    plain = "".join(f"P{number},Mug,\n" for number in range(20_000))
    job = make_import(("sku,name,price\n" + plain + "Z9,Schüssel,\n").encode("cp1252"))
    assert (job.file_encoding, job.error_count) == ("cp1252", 0)
    assert Product.objects.get(sku="Z9").name == "Schüssel"


def test_few_bytes_that_are_no_utf_8_reject_their_rows_alone() -> None:
    job = make_import(TEXT.encode() + b"D4,Caf\xe9,\n")
    assert (job.file_encoding, job.created_count, job.error_count) == ("utf-8", 3, 1)
    assert [(error.line, error.column, error.code) for error in job.rejected.all()] == [
        (5, "name", "cell.encoding")
    ]


def test_bytes_that_an_encoding_does_not_have_reject_their_rows() -> None:
    job = make_import(b"sku,name\nA1,M\xfcg\nB2,C\x81p\n", encoding="cp1252")
    assert [(error.line, error.value, error.code) for error in job.rejected.all()] == [
        (3, "C\ufffdp", "cell.encoding")
    ]
    assert catalog() == [("A1", "Müg", "0.00")]


def test_half_a_character_of_utf_16_rejects_its_row() -> None:
    content = "sku,name\nA1,Mug\nB2,C".encode("utf-16") + b"\x00\xd8" + "p\nC3,Pot".encode("utf-16-le") + b"x"
    job = make_import(content)
    assert [(error.line, error.code) for error in job.rejected.all()] == [
        (3, "cell.encoding"),
        (4, "cell.encoding"),
    ]


# --- Where an error is ---


@pytest.mark.parametrize(
    ("name", "line"),
    [("UTF-16 LE", 3), ("gzip", 3), ("ZIP", 3), ("sep=", 4), ("sep= behind a mark", 4), ("Excel", 3)],
)
def test_error_is_reported_by_row_and_line(name: str, line: int) -> None:
    job = make_import(FORMATS[name].pack(TEXT.replace("Größe", "")))
    assert [(error.row, error.line, error.code) for error in job.rejected.all()] == [
        (2, line, "name.required")
    ]
    assert catalog() == [CATALOG[0], CATALOG[2]]


@pytest.mark.parametrize("decimal", ["auto", ".", ","])
def test_number_of_a_workbook_is_the_same_with_whatever_decimal_mark(decimal: str) -> None:
    book = make_workbook(["sku", "name", "price"], ["A1", "Mug", 1234.5], ["B2", "Cup", 12])
    assert make_import(book, decimal=decimal).error_count == 0
    prices = Product.objects.order_by("sku").values_list("price", flat=True)
    assert list(map(str, prices)) == ["1234.50", "12.00"]


def test_line_of_a_workbook_is_the_row_of_its_sheet() -> None:
    job = make_import(make_workbook([], ["sku", "name"], [], ["A1", "Mug"], [], [], ["B2"]))
    assert [(error.row, error.line, error.code) for error in job.rejected.all()] == [(2, 7, "name.required")]


def test_error_of_a_formula_is_rejected() -> None:
    rows = (
        '<row r="1"><c t="str"><v>sku</v></c><c t="str"><v>name</v></c><c t="str"><v>price</v></c></row>'
        '<row r="2"><c t="str"><v>A1</v></c><c t="str"><v>Mug</v></c><c t="e"><v>#N/A</v></c></row>'
    )
    job = make_import(make_parts(make_sheet(rows)))
    assert [(error.line, error.column, error.code, error.value) for error in job.rejected.all()] == [
        (2, "price", "cell.excel_error", "#N/A")
    ]


# --- In pieces ---

ROWS = 5_000
LONG = "sku,name,price\n" + "".join(f"SKU{number},Küchentuch {number},1\n" for number in range(ROWS))
LONG_FORMATS = {
    "UTF-16": LONG.encode("utf-16"),
    "Windows": LONG.encode("cp1252"),
    "gzip": gzip.compress(LONG.encode()),
    "ZIP": make_zip(("a.csv", LONG.encode())),
    "Excel": workbook(LONG),
}


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("name", LONG_FORMATS)
def test_import_that_is_stopped_again_and_again_goes_on_where_it_was(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "BATCH_SECONDS", 0.001)
    for module, size in [(source, "READ_BYTES"), (source, "BLOCK_BYTES"), (compression, "BLOCK_BYTES")]:
        monkeypatch.setattr(module, size, 2**14)
    job = make_job(LONG_FORMATS[name])
    seen: list[tuple[int, int]] = []

    def stop() -> bool:
        job.refresh_from_db()
        is_news = (job.rows_read, job.progress) not in seen
        seen.append((job.rows_read, job.progress))
        return is_news

    for _ in range(200):
        try:
            runner.run(job.pk, should_stop=stop)
            break
        except runner.Requeued:
            continue
    job.refresh_from_db()
    assert (job.status, job.total_rows, job.created_count) == (Status.COMPLETED, ROWS, ROWS)
    assert seen == sorted(seen)
    assert len({rows_read for rows_read, _ in seen}) > 2


@pytest.mark.parametrize("name", LONG_FORMATS)
def test_records_are_those_of_the_plain_file(name: str) -> None:
    assert records(make_job(LONG_FORMATS[name])) == records(make_job(LONG.encode()))


def records(job: ImportJob) -> list[Record]:
    with open_stored(job) as file:
        return list(open_rows(file, source_of(job)))


# --- What cannot be imported ---

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
NO_SKU = b"name,price\nMug,1\n"


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        pytest.param(gzip.compress(NO_SKU), 422, "header.sku_missing", id="no SKU in gzip"),
        pytest.param(make_zip(("a.csv", NO_SKU)), 422, "header.sku_missing", id="no SKU in ZIP"),
        pytest.param(make_workbook(["name"], ["Mug"]), 422, "header.sku_missing", id="no SKU in Excel"),
        pytest.param(NO_SKU.decode().encode("utf-16"), 422, "header.sku_missing", id="no SKU in UTF-16"),
        pytest.param(gzip.compress(b""), 422, "file.empty", id="nothing in gzip"),
        pytest.param(make_zip(("a.csv", b"\n")), 422, "file.empty", id="nothing in ZIP"),
        pytest.param(make_workbook(), 422, "file.empty", id="nothing in Excel"),
        pytest.param(b"\xff\xfe\n\0", 422, "file.empty", id="nothing in UTF-16"),
        pytest.param(gzip.compress(b"\x89PNG\r\n\x1a\n"), 415, "file.not_csv", id="an image in gzip"),
        pytest.param(make_zip(("a.png", b"\x89PNG\r\n\x1a\n")), 415, "file.not_csv", id="an image in ZIP"),
        pytest.param(gzip.compress(gzip.compress(TEXT.encode())), 422, "archive.nested", id="gzip in gzip"),
        pytest.param(make_zip(("a.csv.gz", gzip.compress(TEXT.encode()))), 422, "archive.nested", id="gzip in ZIP"),
        pytest.param(make_zip(("a.xlsx", workbook(TEXT))), 422, "archive.nested", id="Excel in ZIP"),
        pytest.param(make_zip(("a.csv", TEXT.encode()), ("b.csv", TEXT.encode())), 422, "archive.file_count", id="two files"),
        pytest.param(make_zip(("a.csv", TEXT.encode()), password_flag=True), 422, "archive.encrypted", id="a locked ZIP"),
        pytest.param(LONG_FORMATS["gzip"][:5_000], 422, "archive.corrupt", id="half a gzip"),
        pytest.param(LONG_FORMATS["ZIP"][:5_000], 422, "archive.corrupt", id="half a ZIP"),
        pytest.param(LONG_FORMATS["Excel"][:5_000], 422, "archive.corrupt", id="half a workbook"),
        pytest.param(make_parts("x"), 422, "workbook.damaged", id="a damaged workbook"),
        pytest.param(OLE, 415, "file.not_csv", id="an old workbook"),
        pytest.param(OLE + "EncryptedPackage".encode("utf-16-le"), 422, "workbook.encrypted", id="a locked workbook"),
        pytest.param(make_zip(("mimetype", b""), ("content.xml", b"")), 415, "file.not_csv", id="OpenDocument"),
        pytest.param(gzip.compress(b"sku\n" + b"\n" * 70_000_000), 413, "archive.too_large", id="a bomb in gzip"),
        pytest.param(make_zip(("a", b"sku\n" + b"\n" * 70_000_000)), 413, "archive.too_large", id="a bomb in ZIP"),
    ],
)  # fmt: skip
def test_file_is_rejected_and_leaves_nothing(client: Client, content: bytes, status: int, code: str) -> None:
    assert refused(client, content) == (status, code)


def test_text_of_no_encoding_is_rejected(client: Client) -> None:
    assert refused(client, b"sku,name\nA1," + bytes(range(128, 256))) == (422, "file.encoding")


@pytest.mark.parametrize("name", ["gzip", "ZIP", "Excel", "Windows"])
def test_stored_file_that_is_not_whole_fails_the_job(name: str) -> None:
    job = make_job(LONG_FORMATS[name])
    with connection.cursor() as cursor:
        cursor.execute("UPDATE imports_storedchunk SET data = substring(data from 1 for 5000)")
    assert StoredChunk.objects.exists()
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.failure_code, Product.objects.count()) == (Status.FAILED, "file.missing", 0)
