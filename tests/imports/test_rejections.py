"""imports.pipeline.rejected_rows: rows that were rejected after staging, by their number and as they stand in the file."""

import io
import zipfile
from collections.abc import Iterator

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from catalog.models import Product
from imports.files import stored_file
from imports.formats.csv_reader import CsvReader
from imports.models import ImportJob, Status
from imports.pipeline import chunks, rejected_rows
from imports.reading.opened_file import look_up
from lib import limits
from tests.factories import make_csv, make_import, make_job, make_product
from tests.imports.stopping import run_and_cancel_when, run_with

pytestmark = pytest.mark.django_db(transaction=True)

Told = tuple[int | None, int, list[str] | None]
NUL = "\0"


def cells(job: ImportJob) -> list[Told]:
    """Number, line and cells of each rejected row."""
    return list(job.rejected.order_by("line", "id").values_list("row", "line", "cells"))


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ImportJob]]:
    """The jobs whose file was read once more."""
    found: list[ImportJob] = []
    open_stored = stored_file.open_stored

    def look(job: ImportJob) -> object:
        found.append(job)
        return open_stored(job)

    monkeypatch.setattr(rejected_rows, "open_stored", look)
    yield found


# --- Pure ---


def test_records_are_found_by_the_lines_they_start_in() -> None:
    records = CsvReader(iter(['a,"1\n', '2"\n', "\n", "b,3\n", "c,4\n"]), ",")
    assert list(look_up(records, [1, 5])) == [(1, 1, ["a", "1\n2"]), (5, 3, ["c", "4"])]


def test_line_in_which_no_record_starts_is_not_found() -> None:
    records = CsvReader(iter(['a,"1\n', '2"\n', "b,3\n"]), ",")
    assert list(look_up(records, [2, 3])) == []


# --- Of a file ---


def test_cells_stand_as_they_were_uploaded() -> None:
    job = make_import(b'Colour,price,sku,name,is_active\n" dark ""red""", 01.5 ,A1,,YES\n')
    assert cells(job) == [(1, 2, [' dark "red"', " 01.5 ", "A1", "", "YES"])]


def test_lines_within_rows_and_blank_lines_are_counted() -> None:
    job = make_import(make_csv('A1,Mug,"two\nlines",1,', "", "B2,,,2,", "C3,Cup,,x,", "", "D4,,,4,"))
    assert cells(job) == [
        (2, 5, ["B2", "", "", "2", ""]), (3, 6, ["C3", "Cup", "", "x", ""]), (4, 8, ["D4", "", "", "4", ""]),
    ]  # fmt: skip


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_end_as_in_the_file(end: str) -> None:
    content = make_csv("A1,Mug,,1,", "B2,,,2,").decode().replace("\n", end).encode()
    assert cells(make_import(content)) == [(2, 3, ["B2", "", "", "2", ""])]


def test_other_delimiter_reported_by_a_line_of_its_own() -> None:
    assert cells(make_import(b"sep=;\nsku;name;price\nA1;;1,50\n")) == [(1, 3, ["A1", "", "1,50"])]


def test_other_encoding() -> None:
    job = make_import("sku,name,description\nA1,,Größe\n".encode("utf-16"))
    assert cells(job) == [(1, 2, ["A1", "", "Größe"])]


def test_packed_file() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("products.csv", make_csv("A1,,,1,"))
    assert cells(make_import(file.getvalue())) == [(1, 2, ["A1", "", "", "1", ""])]


@pytest.mark.parametrize(
    ("options", "line", "code"),
    [
        ({}, 'B2,Cup,,"1,234",', "price.ambiguous"),
        ({"mode": "create_only"}, "a1,Cup,,1,", "product.exists"),
        ({"mode": "update_only"}, "B2,Cup,,1,", "product.not_found"),
        ({}, "B2,,,1,", "name.required"),
    ],
)
def test_rows_rejected_for_whatever_reason_have_their_cells(
    options: dict[str, str], line: str, code: str
) -> None:
    make_product(sku="A1")
    job = make_import(make_csv(line), **options)
    expected = ["B2", "Cup", "", "1,234", ""] if "234" in line else line.split(",")
    assert cells(job) == [(1, 2, expected)]
    assert (job.rejected.get().code, job.rejected.get().needs_backfill) == (code, False)


def test_row_rejected_because_products_moved_meanwhile_has_its_cells() -> None:
    mug = make_product(sku="A1", name="Mug")
    job = make_job(make_csv("B2,Cup,,,", "A1,, big ,2,"))
    run_with(job, mug.delete)
    assert cells(job) == [(2, 3, ["A1", "", " big ", "2", ""])]


def test_row_of_a_cancelled_import_has_its_cells(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 60)
    mug = make_product(sku="A1", name="Mug")
    job = make_job(make_csv(*(f"B{number},Cup,,1," for number in range(1_000)), "A1,,,2,"))

    def delete_then_cancel(seen: ImportJob) -> bool:
        if seen.phase == "applying":
            Product.objects.filter(pk=mug.pk).delete()
        return seen.error_count > 0

    run_and_cancel_when(client, job, delete_then_cancel)
    assert (job.status, job.error_count) == (Status.CANCELLED, 1)
    assert 0 < job.created_count < 1_000
    assert cells(job) == [(1_001, 1_002, ["A1", "", "", "2", ""])]


# --- How much is kept ---


def places_of(job: ImportJob) -> list[tuple[int | None, str]]:
    return list(job.rejected.order_by("line", "id").values_list("row", "code"))


def test_cells_of_a_row_are_kept_once_however_many_errors_it_has() -> None:
    job = make_import(make_csv(",,,x,maybe"))
    assert cells(job) == [(1, 2, ["", "", "", "x", "maybe"]), (1, 2, None), (1, 2, None)]
    assert (job.error_count, job.listed_count) == (1, 1)


def test_row_of_two_hundred_bad_cells_has_the_first_of_its_errors() -> None:
    header = ",".join(["sku", *(f"_{number}" for number in range(198))])
    job = make_import(f"{header}\nA1{198 * (',' + NUL)}\n".encode())
    assert job.rejected.count() == limits.LISTED_FAULTS
    assert job.rejected.exclude(cells=None).count() == 1


def test_first_rows_are_kept_and_all_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LISTED_ROWS", 2)
    job = make_import(make_csv(*(f"A{number},Mug,,x," for number in range(5)), "B2,Cup,,1,"))
    assert [row for row, _ in places_of(job)] == [1, 2]
    assert (job.error_count, job.listed_count, job.created_count, job.total_rows) == (5, 2, 1, 6)


def test_rows_rejected_after_staging_are_kept_as_far_as_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "LISTED_ROWS", 3)
    job = make_import(make_csv("A1,,,1,", "B2,Cup,,x,", "C3,,,1,", 'D4,Pen,,"1,234",', "E5,,,1,"))
    assert places_of(job) == [(1, "name.required"), (2, "price.invalid"), (4, "price.ambiguous")]
    assert (job.error_count, job.listed_count) == (5, 3)


def test_rows_rejected_while_products_move_are_kept_as_far_as_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "LISTED_ROWS", 1)
    mugs = [make_product(sku=f"A{number}", name="Mug") for number in range(3)]
    job = make_job(make_csv("A0,,,1,", "A1,,,1,", "A2,,,1,", "B2,Cup,,1,"))
    run_with(job, lambda: [mug.delete() for mug in mugs])
    job.refresh_from_db()
    assert places_of(job) == [(1, "name.required")]
    assert (job.status, job.error_count, job.listed_count, job.created_count) == ("completed", 3, 1, 1)


@pytest.mark.usefixtures("read_here")
@pytest.mark.parametrize("line", ["A1,Mug,{},x,", "A1,,{},1,"])
def test_row_that_is_too_long_is_kept_without_its_cells(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    monkeypatch.setattr(limits, "LISTED_ROW_CHARACTERS", 100)
    job = make_import(make_csv(line.format("d" * 200), line.format("short")))
    assert [found and found[2] for _, _, found in cells(job)] == [None, "short"]


# --- What it costs ---


def test_file_is_not_read_again_where_nothing_was_rejected_after_staging(readings: list[ImportJob]) -> None:
    make_import(make_csv("A1,Mug,,x,", "B2,Cup,,1,"))
    assert readings == []


def test_file_is_read_again_once(readings: list[ImportJob]) -> None:
    job = make_import(make_csv("A1,,,1,", "B2,,,1,", "C3,Cup,,1,"))
    assert readings == [job]


def test_import_that_is_done_stays_so_although_its_file_is_gone() -> None:
    mug = make_product(sku="A1", name="Mug")
    job = make_job(make_csv("B2,Cup,,,", "A1,,,2,"))

    def act() -> None:
        mug.delete()
        default_storage.delete(job.stored_as)

    run_with(job, act)
    job.refresh_from_db()
    assert (job.status, job.created_count, job.error_count) == (Status.COMPLETED, 1, 1)
    assert job.rejected.get().needs_backfill
    assert cells(job) == [(None, 3, None)]
    assert Product.objects.get().sku == "B2"
