"""GET /jobs/{id}/errors and errors.csv: all that was wrong, and the way to correct it."""

import csv
import io
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from catalog.models import Product
from imports.models import ImportJob, Phase
from imports.pipeline import runner
from lib import limits
from tests.factories import make_csv, make_import, make_job
from tests.imports.packing import make_workbook

pytestmark = pytest.mark.django_db(transaction=True)

BOM = "\ufeff"
NOTES = "_line,_column,_code,_message"
NAMELESS = "New products need a name."


def page_told(client: Client, job: ImportJob, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/api/jobs/{job.pk}/errors{query}")
    assert answer.status_code == 200
    return dict(answer.json())


def places(page: dict[str, Any]) -> list[tuple[int, str | None]]:
    return [(error["row"], error["column"]) for error in page["results"]]


def download(client: Client, job: ImportJob) -> str:
    return str(client.get(f"/api/jobs/{job.pk}/errors.csv").getvalue().decode())


# --- The list ---


def test_errors_have_the_shape_of_those_in_the_job(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,abc,"))
    page = page_told(client, job)
    assert (page["count"], page["next"], page["previous"]) == (1, None, None)
    assert page["results"] == client.get(f"/api/jobs/{job.pk}").json()["errors"]


def test_row_with_two_errors_is_there_twice(client: Client) -> None:
    job = make_import(make_csv(",Mug,,abc,", "B2,Cup,,-1,"))
    page = page_told(client, job)
    assert places(page) == [(1, "sku"), (1, "price"), (2, "price")]
    assert (page["count"], job.error_count) == (3, 2)


def test_errors_are_in_the_order_of_the_file(client: Client) -> None:
    # The first is found out last: whether a product is new is known once all rows are read.
    job = make_import(make_csv("A1,,,1,", "B2,Cup,,abc,"))
    assert places(page_told(client, job)) == [(1, "name"), (2, "price")]


def test_errors_come_in_pages(client: Client) -> None:
    job = make_import(make_csv(*(f"A{number},Mug,,x," for number in range(3))))
    here = f"http://testserver/api/jobs/{job.pk}/errors?page_size=2"
    first = page_told(client, job, "?page_size=2")
    assert (first["count"], first["next"], first["previous"]) == (3, f"{here}&page=2", None)
    second = page_told(client, job, "?page_size=2&page=2")
    assert (places(second), second["next"], second["previous"]) == ([(3, "price")], None, f"{here}&page=1")


def test_hundred_errors_are_a_page(client: Client) -> None:
    job = make_import(make_csv(*(f"A{number},Mug,,x," for number in range(101))))
    assert len(page_told(client, job)["results"]) == 100


def test_import_without_errors_has_an_empty_page(client: Client) -> None:
    page = page_told(client, make_import(make_csv("A1,Mug,,,")))
    assert page == {"count": 0, "next": None, "previous": None, "results": []}


def test_errors_of_another_import_are_not_told(client: Client) -> None:
    make_import(make_csv("A1,Mug,,x,"))
    assert page_told(client, make_import(make_csv("A1,Mug,,,")))["count"] == 0


def make_failed_job() -> ImportJob:
    """An import whose file vanished after its first row was rejected."""
    job = make_import(make_csv("A1,Mug,,x,"))
    ImportJob.objects.filter(pk=job.pk).update(status="processing", phase=Phase.STAGING, completed_at=None)
    default_storage.delete(job.stored_as)
    runner.run(job.pk)
    return job


def test_failed_import_says_first_why(client: Client) -> None:
    page = page_told(client, make_failed_job())
    assert [error["code"] for error in page["results"]] == ["file.missing", "price.invalid"]
    assert page["count"] == 2


def test_failure_takes_its_place_in_the_pages(client: Client) -> None:
    job = make_failed_job()
    pages = [page_told(client, job, f"?page_size=1&page={number}") for number in (1, 2)]
    assert [error["code"] for page in pages for error in page["results"]] == ["file.missing", "price.invalid"]
    assert pages[0]["next"] is not None
    assert pages[1]["next"] is None


@pytest.mark.parametrize("query", ["page=0", "page_size=501", "page=x"])
def test_bad_query_is_rejected(client: Client, query: str) -> None:
    job = make_job(make_csv())
    assert client.get(f"/api/jobs/{job.pk}/errors?{query}").status_code == 422


# --- errors.csv ---


def test_rejected_rows_are_a_csv_file_to_download(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,x,"))
    answer = client.get(f"/api/jobs/{job.pk}/errors.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="errors-{job.pk}.csv"'


def test_file_is_exact_to_the_byte(client: Client) -> None:
    job = make_import(
        b'Colour,SKU,name,price\n"red, dark",A1,"3/4"" bolt",abc\nblue,B2,Cup,1\ngreen,C3,Pot,-1\n'
    )
    assert download(client, job) == (
        f"{BOM}{NOTES},Colour,SKU,name,price\r\n"
        '2,price,price.invalid,\'abc\' is not a price.,"red, dark",A1,"3/4"" bolt",abc\r\n'
        "4,price,price.negative,'-1' is negative.,green,C3,Pot,'-1\r\n"
    )


def test_errors_of_a_row_share_its_line(client: Client) -> None:
    job = make_import(b"sku,name,price\n,Mug,abc\n")
    assert download(client, job) == (
        f"{BOM}{NOTES},sku,name,price\r\n"
        "2,sku price,sku.required price.invalid,The SKU is blank. 'abc' is not a price.,,Mug,abc\r\n"
    )


def test_row_rejected_after_staging_stands_as_it_was_uploaded(client: Client) -> None:
    job = make_import(b'is_active,Colour,price,name,sku\nNO," dark ""red""",01.5,,A1\n')
    assert download(client, job) == (
        f"{BOM}{NOTES},is_active,Colour,price,name,sku\r\n"
        f'2,name,name.required,{NAMELESS},NO," dark ""red""",01.5,,A1\r\n'
    )


def test_rows_rejected_before_and_after_staging_are_in_the_order_of_the_file(client: Client) -> None:
    job = make_import(make_csv("A1,,,1,", "B2,Cup,,x,", "C3,,,3,", "D4,Pot,,y,"))
    rows = list(csv.DictReader(io.StringIO(download(client, job).removeprefix(BOM))))
    assert [(row["_line"], row["sku"]) for row in rows] == [
        ("2", "A1"),
        ("3", "B2"),
        ("4", "C3"),
        ("5", "D4"),
    ]


def test_row_of_another_width_keeps_it(client: Client) -> None:
    job = make_import(make_csv("A1,Mug", "B2,Cup,Red,1,yes,and more"))
    few, many = "The row has 2 cells; the header has 5.", "The row has 6 cells; the header has 5."
    assert download(client, job) == (
        f"{BOM}{NOTES},sku,name,description,price,is_active\r\n"
        f"2,,row.too_few_cells,{few} Add delimiters for blank cells.,A1,Mug\r\n"
        f"3,,row.too_many_cells,{many} Quote cells that contain the delimiter.,"
        "B2,Cup,Red,1,yes,and more\r\n"
    )


def test_row_without_cells_is_its_notes_alone(client: Client) -> None:
    job = make_import(b'sku,name\n"A1"x,Mug\nB2,Cup\n')
    [header, row] = csv.reader(io.StringIO(download(client, job).removeprefix(BOM)))
    assert header == [*NOTES.split(","), "sku", "name"]
    assert row[:3] == ["2", "", "csv.text_after_quote"]
    assert len(row) == 4


def test_delimiter_is_that_of_the_file(client: Client) -> None:
    job = make_import(b"sku;name;price\nA1;Mug;1,5,0\n")
    assert download(client, job) == (
        f"{BOM}_line;_column;_code;_message;sku;name;price\r\n"
        "2;price;price.invalid;'1,5,0' is not a price.;A1;Mug;1,5,0\r\n"
    )


FORMULAS = ["=1+1", "+1", "-1", "@A1", "\t=2", "\uff1d1", "'=1", "a;=1"]


def test_formula_is_guarded_in_every_cell_and_read_as_it_was_by_the_next_upload(client: Client) -> None:
    rows = [f'"{cell}","{cell}","{cell}",x,"{cell}"' for cell in FORMULAS]
    job = make_import("\n".join(["sku,name,description,price,=A1", *rows]).encode())
    text = download(client, job)
    for row in csv.reader(io.StringIO(text.removeprefix(BOM))):
        assert not [cell for cell in row if cell.startswith(tuple("=+-@\t\uff1d")) or ";=" in cell]
    assert make_import(text.replace(",x,", ",1,").encode()).created_count == len(FORMULAS)
    assert set(Product.objects.values_list("name", flat=True)) == {
        "=1+1", "+1", "-1", "@A1", "=2", "\uff1d1", "=1", "a;=1",
    }  # fmt: skip


def test_cell_with_a_meaning_keeps_it(client: Client) -> None:
    job = make_import(b"sku,name,description,price\nA1,Mug,[clear],x\nB2,Cup,'[clear],#N/A\n")
    text = download(client, job)
    assert [row[6:] for row in csv.reader(io.StringIO(text))] == [
        ["description", "price"], ["[clear]", "x"], ["'[clear]", "#N/A"],
    ]  # fmt: skip


def test_formula_behind_a_comma_is_guarded_between_semicolons(client: Client) -> None:
    job = make_import(b"sku;name;price\nA1;a,=1;x\n")
    assert download(client, job).endswith("A1;'a,'=1;x\r\n")


def test_guard_does_not_grow_from_upload_to_upload(client: Client) -> None:
    once = download(
        client, make_import(b"=sku,name,price,Colour\n=A1,-Mug,-1,=red\n", mapping={"=sku": "sku"})
    )
    again = download(client, make_import(once.encode(), mapping={"=sku": "sku"}))
    assert again == once


def test_unreadable_cell_is_shown_readable(client: Client) -> None:
    job = make_import(b"sku,name\nA1,Caf\xe9\n", encoding="utf-8")
    assert download(client, job) == (
        f"{BOM}{NOTES},sku,name\r\n2,name,cell.encoding,The cell contains bytes that are invalid in the file's encoding.,A1,Caf�\r\n"
    )


def test_import_without_errors_gives_the_header_alone(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    assert download(client, job) == f"{BOM}{NOTES},sku,name,description,price,is_active\r\n"


def test_more_rows_than_one_query_fetches_are_all_there(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imports.job_errors.BATCH_ROWS", 2)
    job = make_import(make_csv(*(f",Mug,,x{number}," for number in range(5))))
    rows = list(csv.DictReader(io.StringIO(download(client, job).removeprefix(BOM))))
    assert [row["price"] for row in rows] == ["x0", "x1", "x2", "x3", "x4"]
    assert {row["_code"] for row in rows} == {"sku.required price.invalid"}


def test_file_says_that_only_the_first_rows_are_in_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LISTED_ROWS", 2)
    job = make_import(make_csv(*(f"A{number},Mug,,x," for number in range(1_234))))
    text = download(client, job)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix(BOM))))
    assert [row["_message"] for row in rows] == [
        "Only the first 2 of 1,234 rejected rows are listed. 'x' is not a price.", "'x' is not a price.",
    ]  # fmt: skip
    assert make_import(text.replace(",x,", ",1,").encode()).created_count == 2


@pytest.mark.usefixtures("read_here")
def test_row_without_cells_says_why_and_is_not_imported_again(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LISTED_ROW_CHARACTERS", 10)
    job = make_import(make_csv("A1,A long name,,x,"))
    text = download(client, job)
    assert "price. The row is not shown because it is longer than 10 characters.\r\n" in text
    assert [row.code for row in make_import(text.encode()).rejected.all()] == ["row.too_few_cells"]


@pytest.mark.parametrize("path", ["errors", "errors.csv"])
def test_errors_that_were_removed_are_reported_to_be_gone(client: Client, path: str) -> None:
    job = make_import(make_csv("A1,Mug,,x,"))
    ImportJob.objects.update(listed_count=0)
    answer = client.get(f"/api/jobs/{job.pk}/{path}")
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:problem:job.errors_removed")


# --- The way back ---


def test_corrected_file_imports_those_rows_alone(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,abc,", "B2,Cup,,1,", "C3,,,2,no"))
    corrected = download(client, job).replace("abc", "9.50").replace("C3,,", "C3,Pot,")
    again = make_import(corrected.encode())
    assert (again.total_rows, again.created_count, again.error_count) == (2, 2, 0)
    assert again.warnings == []
    assert sorted(Product.objects.values_list("sku", "name", "is_active")) == [
        ("A1", "Mug", True), ("B2", "Cup", True), ("C3", "Pot", False),
    ]  # fmt: skip


def test_file_that_is_not_corrected_fails_for_the_same_reasons(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,abc,", ",Cup,,1,", "C3,,,2,"))
    again = make_import(download(client, job).encode())
    assert list(again.rejected.order_by("line").values_list("code", flat=True)) == [
        "price.invalid", "sku.required", "name.required",
    ]  # fmt: skip


def test_errors_of_the_errors_can_be_corrected_too(client: Client) -> None:
    job = make_import(make_csv("B2,Cup,,1,", "A1,Mug,,abc,"))
    again = make_import(download(client, job).replace(",abc,", ",-1,").encode())
    assert download(client, again) == (
        f"{BOM}{NOTES},sku,name,description,price,is_active\r\n"
        "2,price,price.negative,'-1' is negative.,A1,Mug,,'-1,\r\n"
    )


def test_short_row_is_rejected_again_until_its_cells_are_added(client: Client) -> None:
    job = make_import(make_csv("A1,Mug"))
    text = download(client, job)
    assert [row.code for row in make_import(text.encode()).rejected.all()] == ["row.too_few_cells"]
    again = make_import(text.replace("A1,Mug", "A1,Mug,,2,").encode())
    assert (again.created_count, again.error_count) == (1, 0)


def test_rows_of_a_mode_can_be_imported_with_another(client: Client) -> None:
    Product.objects.create(sku="A1", name="Mug")
    job = make_import(make_csv("A1,Cup,,,", "B2,Pot,,,"), mode="update_only")
    again = make_import(download(client, job).encode(), mode="create_only")
    assert (again.created_count, again.error_count) == (1, 0)
    assert sorted(Product.objects.values_list("sku", "name")) == [("A1", "Cup"), ("B2", "Pot")]


def test_marked_cell_of_a_workbook_is_an_error_again_in_the_rows_to_correct(client: Client) -> None:
    book = make_workbook(["sku", "name", "price"], [42, "Rope", "=10*2.5"], formats={"A2": "0.00"})
    errors = [("sku", "cell.format", "#FORMAT! A2"), ("price", "cell.no_result", "#NO_RESULT! C2")]
    job = make_import(book)
    assert list(job.rejected.values_list("column", "code", "value")) == errors
    again = make_import(download(client, job).encode())
    assert list(again.rejected.values_list("column", "code", "value")) == errors
    assert not Product.objects.exists()


def test_sku_made_by_a_format_is_the_same_in_the_rows_to_correct(client: Client) -> None:
    book = make_workbook(["sku", "price"], [42, 5], formats={"A2": '"SKU-"0000'})
    job = make_import(book)
    assert list(job.rejected.values_list("code", "cells")) == [("name.required", ["SKU-0042", "5"])]
