"""The option `other_sheets`: worksheets with the same columns are imported as one, and people see their rows by sheet."""

import csv
import io
from decimal import Decimal
from itertools import count
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Product
from imports.errors import FileError
from imports.formats.xlsx.sheet_choice import detect_workbook
from imports.journal.product_history import history
from imports.models import ImportJob, SupersededRow
from imports.options import Options
from imports.pipeline import runner, staging
from imports.profiles import content_of_job
from imports.reading import batches
from imports.run_again import run_again
from imports.sheet_lines import Place, place_of
from imports.upload.inspection import ColumnsUnclear
from tests.factories import make_csv, make_import, make_job, make_product
from tests.imports.headers import open_sheet, open_workbook
from tests.imports.packing import Cell, make_sheets, make_workbook, saved
from tests.imports.results import counters, names
from tests.imports.stopping import run_and_stop_when

pytestmark = pytest.mark.django_db(transaction=True)

HEADER: list[Cell] = ["sku", "name", "price"]
NORD: list[list[Cell]] = [HEADER, ["N1", "Boot", 80], ["N2", "Clog", 40]]
SUED: list[list[Cell]] = [
    ["Price list"],
    [],
    ["SKU", "Name ", "Price"],
    ["S1", "Sandal", 30],
    ["S2", "Sock", 5],
]
BOOK = make_sheets(Nord=NORD, Süd=SUED)
# An Excel sheet has room for so many rows.
ROWS = 1_048_576


def warnings(job: ImportJob) -> list[tuple[str, str]]:
    return [(warning["code"], warning["message"].split("'")[1]) for warning in job.warnings]


def errors(client: Client, job: ImportJob) -> list[tuple[int, int, str, str]]:
    told = client.get(f"/api/jobs/{job.pk}/errors").json()["results"]
    return [(error["row"], error["line"], error["sheet"], error["code"]) for error in told]


def changes(client: Client, job: ImportJob, kind: str) -> list[dict[str, Any]]:
    return list(client.get(f"/api/jobs/{job.pk}/changes?kind={kind}").json()["results"])


# --- Which sheets ---


def test_sheets_with_the_same_columns_are_imported_as_one() -> None:
    job = make_import(BOOK, other_sheets="import")
    assert names() == {"N1": "Boot", "N2": "Clog", "S1": "Sandal", "S2": "Sock"}
    assert (job.total_rows, job.error_count, job.warnings) == (4, 0, [])


def test_job_names_the_sheets_that_it_read(client: Client) -> None:
    job = make_import(BOOK, other_sheets="import")
    file = client.get(f"/api/jobs/{job.pk}").json()["file"]
    assert (file["sheet"], file["sheets"], file["header_line"]) == ("Nord", ["Nord", "Süd"], 1)


def test_without_the_option_one_sheet_is_imported_and_the_others_are_named() -> None:
    job = make_import(BOOK)
    assert names() == {"N1": "Boot", "N2": "Clog"}
    assert warnings(job) == [("sheet.ignored", "Süd")]
    assert "other_sheets=import" in job.warnings[0]["message"]


def test_sheet_that_is_asked_for_alone_is_imported_alone() -> None:
    job = make_import(BOOK, sheet="Süd")
    assert names() == {"S1": "Sandal", "S2": "Sock"}
    assert warnings(job) == []


def test_sheets_are_read_in_the_order_of_the_workbook_whichever_is_asked_for() -> None:
    job = make_import(BOOK, sheet="Süd", other_sheets="import")
    assert job.file_sheets == ["Nord", "Süd"]
    assert len(names()) == 4


@pytest.mark.parametrize(
    "header",
    [["sku", "name", "cost"], ["sku", "name"], ["name", "sku", "price"], ["sku", "name", "price", "x"]],
)
def test_sheet_with_other_columns_is_not_imported_and_is_named(header: list[Cell]) -> None:
    content = make_sheets(Nord=NORD, Süd=SUED, West=[header, ["W1", "Wader", 1, 1]])
    job = make_import(content, sheet="Nord", other_sheets="import")
    assert "W1" not in names()
    assert warnings(job) == [("sheet.other_columns", "West")]


def test_sheets_with_skus_and_different_columns_are_asked_about() -> None:
    content = make_sheets(Nord=NORD, West=[["sku", "title"], ["W1", "Wader"]])
    with pytest.raises(ColumnsUnclear) as unclear:
        make_job(content, other_sheets="import")
    assert [question.field for question in unclear.value.questions] == ["sheet"]


def test_cover_sheet_is_not_named() -> None:
    job = make_import(
        make_sheets(Cover=[["Our prices"], ["of May"]], Nord=NORD, Süd=SUED), other_sheets="import"
    )
    assert (job.file_sheets, job.warnings) == (["Nord", "Süd"], [])


def test_hidden_sheet_is_not_imported() -> None:
    book = openpyxl.load_workbook(io.BytesIO(BOOK))
    book["Süd"].sheet_state = "hidden"
    make_import(saved(book), other_sheets="import")
    assert names() == {"N1": "Boot", "N2": "Clog"}


def test_header_of_another_sheet_is_found_in_another_row_than_the_one_asked_for() -> None:
    job = make_import(BOOK, sheet="Nord", header_row=1, other_sheets="import")
    assert job.file_other_sheets == [{"name": "Süd", "header_line": 3}]
    assert len(names()) == 4


def test_empty_sheet_with_the_same_columns_has_no_rows() -> None:
    job = make_import(make_sheets(Nord=NORD, Empty=[HEADER], Süd=SUED), other_sheets="import")
    assert counters(job) == (4, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("content", [make_csv("A1,Mug,,1,"), make_workbook(["sku", "name"], ["A1", "Mug"])])
def test_file_with_one_table_is_imported_as_ever(content: bytes, client: Client) -> None:
    job = make_import(content, other_sheets="import")
    assert names() == {"A1": "Mug"}
    assert job.file_other_sheets == []


# --- Duplicates and places ---


def test_last_sheet_wins_and_the_row_before_is_a_duplicate(client: Client) -> None:
    job = make_import(make_sheets(Nord=NORD, Süd=[HEADER, ["n1", "Wellington", 90]]), other_sheets="import")
    assert names() == {"N1": "Wellington", "N2": "Clog"}
    assert counters(job) == (2, 0, 0, 1, 0, 0)
    [change] = changes(client, job, "superseded")
    assert (change["line"], change["sheet"]) == (2, "Nord")
    assert (change["superseded_by"], change["superseded_by_sheet"]) == (2, "Süd")


def test_preview_says_the_sheet_of_a_change(client: Client) -> None:
    job = make_import(BOOK, other_sheets="import", dry_run=True)
    found = [(change["sku"], change["sheet"], change["line"]) for change in changes(client, job, "created")]
    assert found == [("N1", "Nord", 2), ("N2", "Nord", 3), ("S1", "Süd", 4), ("S2", "Süd", 5)]
    assert Product.objects.count() == 0


def test_error_says_its_sheet_and_row(client: Client) -> None:
    content = make_sheets(Nord=NORD, Süd=[*SUED, ["S3", "Sabot", "abc"], ["S4"]])
    job = make_import(content, other_sheets="import")
    assert errors(client, job) == [(5, 6, "Süd", "price.invalid"), (6, 7, "Süd", "name.required")]
    assert job.rejected.filter(cells=["S4", "", ""]).exists()


def test_errors_csv_says_the_sheet_and_the_row_and_is_uploaded_again(client: Client) -> None:
    content = make_sheets(Nord=[*NORD, ["N3", "Mule", "x"]], Süd=[*SUED, ["S3", "Sabot", "abc"]])
    job = make_import(content, other_sheets="import")
    text = client.get(f"/api/jobs/{job.pk}/errors.csv").getvalue().decode("utf-8-sig")
    lines = list(csv.reader(io.StringIO(text)))
    assert [line[0] for line in lines] == ["_line", "Nord, row 4", "Süd, row 6"]
    again = make_import(text.replace("abc", "7").encode())
    assert (again.created_count, again.error_count) == (1, 1)


def test_error_of_a_single_sheet_names_no_sheet(client: Client) -> None:
    job = make_import(make_workbook(HEADER, ["A1", "Mug", "abc"]))
    [error] = client.get(f"/api/jobs/{job.pk}").json()["errors"]
    assert (error["line"], "sheet" in error) == (2, False)


def test_history_of_a_product_says_the_sheet() -> None:
    product = make_product(sku="S2", name="Sock", price=Decimal(1))
    make_import(BOOK, other_sheets="import")
    [touch] = history(product.pk)
    assert (touch.sheet, touch.line) == ("Süd", 5)


def test_row_of_the_journal_is_in_words() -> None:
    make_import(make_sheets(Nord=NORD, Süd=[HEADER, ["N1", "Boot", 9]]), other_sheets="import")
    assert str(SupersededRow.objects.get()) == "Nord, row 2 by Süd, row 2"


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (1, Place(1, "Nord")),
        (ROWS, Place(ROWS, "Nord")),
        (ROWS + 1, Place(1, "Süd")),
        (2 * ROWS, Place(ROWS, "Süd")),
    ],
)
def test_line_is_a_row_of_its_sheet(line: int, place: Place) -> None:
    assert place_of(line, ["Nord", "Süd"]) == place


@pytest.mark.parametrize(
    ("place", "words", "named"), [(Place(7), "7", "line 7"), (Place(7, "Süd"), "Süd, row 7", "Süd, row 7")]
)
def test_place_is_said_in_words(place: Place, words: str, named: str) -> None:
    assert (str(place), place.named) == (words, named)


# --- Reading ---


def test_records_go_on_behind_the_header_of_the_next_sheet() -> None:
    records = open_sheet(BOOK, other_sheets="import")
    assert [line for line, _, _ in records] == [1, 2, 3, ROWS + 4, ROWS + 5]
    assert records.bytes_read == len(BOOK)


def test_reading_goes_on_in_the_second_sheet() -> None:
    records = open_sheet(BOOK, other_sheets="import")
    next(records.records)
    records.skip_to(ROWS + 4)
    assert [cells for _, cells, _ in records] == [["S2", "Sock", "5"]]


@pytest.mark.usefixtures("read_here")
def test_import_that_is_stopped_in_the_second_sheet_goes_on_there(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A batch has one row, because looking at the clock takes a second.
    monkeypatch.setattr(staging, "FIRST_BATCH_SECONDS", 2)
    monkeypatch.setattr(staging, "BATCH_SECONDS", 2)
    monkeypatch.setattr(batches, "time", SimpleNamespace(monotonic=count().__next__))
    monkeypatch.setattr(batches, "MAX_RECHECK_INTERVAL", 1)
    job = make_job(make_sheets(Nord=NORD, Süd=[*SUED, ["S3", "Sabot", "x"]]), other_sheets="import")
    run_and_stop_when(job, lambda job: job.rows_read == 3)
    job.refresh_from_db()
    assert (job.lines_read, names()) == (ROWS + 4, {})
    runner.run(job.pk)
    assert counters(job) == (4, 0, 0, 0, 1, 0)
    assert errors(client, job) == [(5, 6, "Süd", "price.invalid")]


def test_sheet_that_is_damaged_fails_the_upload_and_imports_nothing() -> None:
    content = BOOK[:-40]
    with pytest.raises(FileError):
        make_job(content, other_sheets="import")
    assert ImportJob.objects.count() == 0


# --- Everywhere else ---


def test_inspect_says_which_sheets_would_be_read(client: Client) -> None:
    content = make_sheets(Nord=NORD, Süd=SUED, Cover=[["Our prices"]])
    answer = client.post(
        "/api/imports/inspect", {"file": SimpleUploadedFile("a.xlsx", content), "other_sheets": "import"}
    )
    told = answer.json()
    found = [(sheet["name"], sheet["has_same_columns"], sheet["is_imported"]) for sheet in told["sheets"]]
    assert found == [("Nord", True, True), ("Süd", True, True), ("Cover", False, False)]
    assert (told["sheet"], told["warnings"]) == ("Nord", [])


def test_inspect_says_which_sheets_could_be_read_too() -> None:
    info = detect_workbook(open_workbook(BOOK), Options())
    assert [(sheet.has_same_columns, sheet.is_imported) for sheet in info.sheets] == [
        (True, True),
        (True, False),
    ]


def test_option_is_kept_by_a_profile() -> None:
    job = make_import(BOOK, other_sheets="import")
    assert content_of_job(job.pk).options.other_sheets == "import"


def test_import_is_run_again_with_the_other_sheets() -> None:
    again = run_again(make_import(BOOK).pk, {"other_sheets": "import"})
    runner.run(again.pk)
    assert counters(again) == (2, 0, 2, 0, 0, 0)


def test_unknown_value_is_refused(client: Client) -> None:
    answer = client.post("/api/upload", {"file": SimpleUploadedFile("a.xlsx", BOOK), "other_sheets": "all"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/other_sheets")
