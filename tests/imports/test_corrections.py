"""imports.corrections: skipped rows of an import, corrected one by one and imported alone."""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Product
from catalog.prices import DecimalMark
from imports import jobs, maintenance
from imports.corrections import skipped_rows
from imports.corrections.candidates import candidates
from imports.corrections.correct import CorrectionInvalid, RowsInvalid, Typed, correct, filename_of
from imports.corrections.reading import options_of
from imports.corrections.skipped_rows import NotCorrectable, lines_not_kept, uncorrected_rows, why_not
from imports.formats.csv_reader import CsvReader
from imports.journal import undo
from imports.models import ImportJob, RejectedRow, Status
from imports.pipeline import runner
from imports.run_again import run_again
from lib import limits
from tests.factories import make_csv, make_import, make_job, make_product, make_profile, make_undone
from tests.imports.packing import make_workbook
from tests.imports.results import names

pytestmark = pytest.mark.django_db(transaction=True)

SKU, NAME, DESCRIPTION, PRICE, IS_ACTIVE = range(5)
BAD = "B-2,Bucket,,cheap,true"
THREE_BAD = make_csv("A-1,Anvil,,12.50,true", BAD, ",Cup,,1,true", "D-4,,,2,perhaps")
COMPLETED_ONLY = "Only the skipped rows of a completed import can be corrected here."
GOOD_VALUES = {3: {PRICE: "5"}, 4: {SKU: "C-3"}, 5: {NAME: "Drum", IS_ACTIVE: "yes"}}

Changes = Mapping[int, Mapping[int, str]]


def queue(
    job: ImportJob, changes: Changes, lines: Sequence[int] | None = None, *, is_preview: bool = False
) -> ImportJob:
    """The import of these rows, or of all that are not corrected."""
    lines = [row.line for row in uncorrected_rows(job)] if lines is None else lines
    return correct(job.pk, Typed(lines, changes, is_preview))


def run(job: ImportJob) -> ImportJob:
    runner.run(job.pk)
    job.refresh_from_db()
    return job


def refused(job: ImportJob, changes: Changes) -> dict[int, list[tuple[str | None, str]]]:
    """What is still wrong, by line: column and code. No job is made."""
    with pytest.raises(RowsInvalid) as refusal:
        queue(job, changes)
    assert not job.corrections.exists()
    return {line: [(one.column, one.code) for one in errors] for line, errors in refusal.value.errors.items()}


def content(job: ImportJob) -> str:
    with default_storage.open(job.stored_as) as file:
        return bytes(file.read()).decode()


# --- The import of corrected rows ---


def test_corrected_rows_are_imported_alone() -> None:
    job = make_import(THREE_BAD)
    Product.objects.filter(sku="A-1").update(name="Edited since")
    made = run(queue(job, GOOD_VALUES))
    assert (made.status, made.total_rows, made.created_count) == (Status.COMPLETED, 3, 3)
    assert names() == {"A-1": "Edited since", "B-2": "Bucket", "C-3": "Cup", "D-4": "Drum"}
    assert Product.objects.get(sku="B-2").price == Decimal(5)


def test_it_says_what_it_corrects() -> None:
    job = make_import(THREE_BAD)
    made = queue(job, GOOD_VALUES)
    assert (made.corrects, made.corrected_lines) == (job, [3, 4, 5])
    assert made.filename == "products (3 corrected rows).csv"


def test_it_is_a_preview_on_request() -> None:
    made = run(queue(make_import(THREE_BAD), GOOD_VALUES, is_preview=True))
    assert (made.status, made.preview and made.preview["created"]) == (Status.READY, 3)
    assert names() == {"A-1": "Anvil"}


def test_its_settings_and_profile_are_those_of_the_first() -> None:
    version = make_profile(mapping={"Nr": "sku"}, blank="clear")
    job = make_import(b"Nr,name,price\nA1,Mug,x\n", mapping={"Nr": "sku"}, blank="clear", events="summary")
    ImportJob.objects.update(profile_version=version)
    made = queue(job, {2: {2: "1"}})
    options = made.parsed_options
    assert (options.blank, options.events, options.mapping["Nr"]) == ("clear", "summary", "sku")
    assert made.profile_version == version


def test_columns_that_are_not_imported_are_kept() -> None:
    job = make_import(b'Shelf,sku,name,price\n"7, left",A1,Mug,x\n')
    made = queue(job, {2: {3: "1"}})
    assert content(made) == 'Shelf,sku,name,price\r\n"7, left",A1,Mug,1\r\n'
    assert made.file_columns == job.file_columns


def test_its_own_skipped_rows_can_be_downloaded_and_corrected(client: Client) -> None:
    make_product(sku="C-3")
    job = make_import(b"Nr;Bez\n;Cup\n", mapping={"Nr": "sku", "Bez": "name"}, mode="create_only")
    made = queue(job, {2: {0: "C-4"}})
    Product.objects.update(sku="C-4")
    run(made)
    errors = client.get(f"/api/jobs/{made.pk}/errors.csv").getvalue().decode()
    assert errors.splitlines()[1:] == ["2;sku;product.exists;A product with this SKU already exists.;C-4;Cup"]
    assert run(queue(made, {2: {0: "C-5"}})).filename == "products (1 corrected row).csv"
    assert "C-5" in names()


def test_it_is_retried_and_run_again_like_any_other() -> None:
    job = make_import(b"Nr;Menge;VK\nA1;2;x\n", mapping={"Nr": "sku", "VK": "price"}, mode="update_only")
    make_product(sku="A1")
    jobs.cancel(queue(job, {2: {2: "1,5"}}).pk)
    retried = run(jobs.retry(ImportJob.objects.get(corrects=job).pk))
    again = run(run_again(retried.pk, {"events": "none"}))
    for made in (retried, again):
        assert (made.corrects, made.corrected_lines, made.updated_count + made.unchanged_count) == (
            job,
            [2],
            1,
        )
    assert [one["field"] for one in again.file_columns] == ["sku", None, "price"]


def test_rows_of_a_workbook_become_a_csv_file() -> None:
    job = make_import(make_workbook(["sku", "name", "price"], ["A1", "Mug", "x"], ["B2", "Cup", "2.50"]))
    made = run(queue(job, {2: {2: "1.25"}}))
    assert (made.file_format, made.filename) == ("csv", "products (1 corrected row).csv")
    assert Product.objects.get(sku="A1").price == Decimal("1.25")


@pytest.mark.parametrize(
    ("name", "rows", "expected"),
    [
        ("a.b.xlsx", 1, "a.b (1 corrected row).csv"),
        ("a (1,000 corrected rows).csv", 2, "a (2 corrected rows).csv"),
        ("a" * 255, 1, "a" * 233 + " (1 corrected row).csv"),
    ],
)
def test_filename_tells_how_many_rows_it_has(name: str, rows: int, expected: str) -> None:
    assert filename_of(ImportJob(filename=name), rows) == expected


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=1))
def test_any_cell_is_read_as_it_was_written(cells: list[str]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerow(["x", *cells])
    [(_, read, error)] = CsvReader(io.StringIO(text.getvalue(), newline=""), ",")
    assert (read, error) == (["x", *cells], None)


# --- Read as in the file ---


def test_prices_are_read_as_in_the_file() -> None:
    job = make_import(b"sku;name;price\nA1;Mug;12,50\n;Cup;1.234\n;Pot;3,50\n")
    run(queue(job, {3: {0: "B2"}, 4: {0: "C3"}}))
    prices = dict(Product.objects.values_list("sku", "price"))
    assert prices == {"A1": Decimal("12.5"), "B2": Decimal(1234), "C3": Decimal("3.5")}


def test_price_in_the_notation_of_another_file_is_refused() -> None:
    job = make_import(b"sku;name;price\nA1;Mug;12,50\nB2;Cup;x\n")
    assert refused(job, {3: {2: "12.50"}}) == {3: [("price", "price.invalid")]}


def test_ambiguous_price_is_refused_although_another_row_shows_a_mark() -> None:
    job = make_import(b'sku,name,price\nA1,Mug,"1,234"\n,Cup,1.50\n')
    assert refused(job, {3: {0: "B2"}}) == {2: [("price", "price.ambiguous")]}


@pytest.mark.parametrize(("mode", "expected"), [("sync", "upsert"), ("update_only", "update_only")])
def test_no_product_is_deactivated_for_missing_among_the_rows(mode: str, expected: str) -> None:
    job = make_import(THREE_BAD)
    job.options["mode"] = mode
    assert options_of(job).mode == expected


def test_percentage_of_errors_is_not_one_of_these_rows() -> None:
    job = make_import(THREE_BAD, max_errors="80%")
    assert queue(job, GOOD_VALUES).parsed_options.max_errors == limits.MAX_ERRORS_DEFAULT


def test_rows_that_a_recipe_completed_take_nothing_from_each_other() -> None:
    header = "Item Type,Product ID,Product Name,Product Code/SKU,Price,Product Visible?"
    lamp, red = "Product,77,Lamp,LMP-1,40.00,Y", "  SKU,,[S]Colour=Red,LMP-1-R,x,"
    desk = "Product,78,Desk,,90.00,Y"
    job = make_import(make_csv(desk, lamp, red, header=header))
    run(queue(job, {2: {3: "DSK-1"}, 4: {4: "45.00"}}))
    assert names() == {"DSK-1": "Desk", "LMP-1": "Lamp", "LMP-1-R": "Lamp"}


def test_columns_that_a_recipe_does_not_have_are_not_matched_again() -> None:
    content = b"Handle,Title,SKU,Location,Available\nmug,Mug,,Shop,1\ncup,Cup,C-1,Shop,2\n"
    job = make_import(content, mode="upsert")
    again = run_again(run(queue(job, {2: {2: "M-1"}})).pk, {"events": "none"})
    assert [one["field"] for one in again.file_columns] == [None, "name", "sku", None, None]


# --- Rows that are still invalid ---


def test_rows_are_checked_by_the_rules_of_an_import() -> None:
    job = make_import(THREE_BAD)
    found = refused(job, {3: {PRICE: "-5"}, 5: {NAME: "Drum"}})
    assert found == {
        3: [("price", "price.negative")],
        4: [("sku", "sku.required")],
        5: [("is_active", "is_active.invalid")],
    }


@pytest.mark.parametrize(
    ("mode", "row", "sku", "code"),
    [
        ("upsert", "B2,,x", "B2", "name.required"),
        ("create_only", "A1,Mug,x", "A1", "product.exists"),
        ("update_only", "B2,Mug,x", "B2", "product.not_found"),
    ],
)
def test_products_are_looked_up(mode: str, row: str, sku: str, code: str) -> None:
    make_product(sku="a1")
    job = make_import(make_csv(row, header="sku,name,price"), mode=mode)
    assert [one for _, one in refused(job, {2: {2: "1"}})[2]] == [code]


def test_name_of_an_earlier_row_is_enough() -> None:
    job = make_import(make_csv("B2,Cup,x", "b2,,x", header="sku,name,price"))
    made = run(queue(job, {2: {2: "1"}, 3: {2: "2"}}))
    assert (made.created_count, made.superseded_count, made.error_count) == (1, 1, 0)


@pytest.mark.parametrize("row", ["A1,Mug,1,2,3", "Mug"])
def test_row_of_another_width_must_be_changed(row: str) -> None:
    job = make_import(make_csv(row, header="sku,name,price"))
    assert [column for column, _ in refused(job, {})[2]] == [None]
    run(queue(job, {2: {0: "A1", 1: "Mug, big", 2: "3"}}))
    assert names() == {"A1": "Mug, big"}


def test_price_with_a_surcharge_must_be_changed() -> None:
    header = "handleId,fieldType,name,sku,price,surcharge,visible"
    rows = ["p1,Product,Mug,W1,9.00,,true", "p1,Variant,,W1-M,,1.5,true"]
    job = make_import(make_csv(*rows, header=header))
    assert refused(job, {3: {2: "Big mug"}}) == {3: [(None, "row.not_computable")]}
    run(queue(job, {3: {4: "10.50"}}))
    assert Product.objects.get(sku="W1-M").price == Decimal("10.5")


def test_text_that_was_not_readable_must_be_changed() -> None:
    job = make_import(b"sku,name,Shelf\nB2,M\xfcg,\xfc\n", encoding="utf-8")
    assert refused(job, {}) == {2: [("name", "cell.encoding")]}
    run(queue(job, {2: {1: "Mug"}}))
    assert names()["B2"] == "Mug"


def test_text_that_differs_in_its_line_ends_is_as_it_was() -> None:
    job = make_import(b'sku,name,description,price\nA1,Mug,"a\r\nb",x\n')
    run(queue(job, {2: {DESCRIPTION: "a\nb", PRICE: "1"}}))
    assert Product.objects.get().description == "a\r\nb"


@pytest.mark.parametrize(
    ("lines", "changes", "code"),
    [
        ([], {}, "correction.empty"),
        ([2], {}, "correction.malformed"),
        ([3], {2: {SKU: "x"}}, "correction.malformed"),
        ([3], {3: {5: "x"}}, "correction.malformed"),
    ],
)
def test_what_is_no_row_or_cell_of_the_table_is_refused(
    lines: Sequence[int], changes: Changes, code: str
) -> None:
    job = make_import(THREE_BAD)
    with pytest.raises(CorrectionInvalid) as refusal:
        queue(job, changes, lines)
    assert refusal.value.code == code


# --- Once ---


def test_rows_sent_twice_are_imported_once() -> None:
    job = make_import(make_csv(BAD), mode="create_only")
    made = run(queue(job, {2: {PRICE: "5"}}, [2]))
    assert queue(job, {2: {PRICE: "5"}}, [2]) == made
    assert job.corrections.count() == 1


def test_two_tabs_at_once_make_one_import() -> None:
    job = make_import(make_csv(BAD))
    with ThreadPoolExecutor(2) as threads:
        made = [threads.submit(queue_apart, job) for _ in range(2)]
    assert {one.result() for one in made} == {job.corrections.get()}


def queue_apart(job: ImportJob) -> ImportJob:
    try:
        return queue(job, {2: {PRICE: "5"}}, [2])
    finally:
        connection.close()


def test_row_that_is_corrected_elsewhere_is_not_imported_again() -> None:
    job = make_import(THREE_BAD)
    queue(job, GOOD_VALUES, [3])
    with pytest.raises(NotCorrectable, match="Already corrected: line 3\\. Nothing was imported"):
        queue(job, GOOD_VALUES, [3, 4])
    assert job.corrections.count() == 1


def test_rows_that_were_not_imported_can_be_corrected_later() -> None:
    job = make_import(THREE_BAD)
    queue(job, GOOD_VALUES, [3])
    assert [row.line for row in uncorrected_rows(job)] == [4, 5]
    queue(job, GOOD_VALUES)
    with pytest.raises(NotCorrectable, match="have been corrected already"):
        uncorrected_rows(job)


def test_rows_of_a_correction_that_came_to_nothing_can_be_corrected_again() -> None:
    job = make_import(THREE_BAD)
    jobs.cancel(queue(job, GOOD_VALUES).pk)
    make_undone(run(queue(job, GOOD_VALUES)))
    assert [row.line for row in uncorrected_rows(job)] == [3, 4, 5]
    assert run(queue(job, GOOD_VALUES)).created_count == 3


# --- Imports whose rows cannot be corrected ---


def undone() -> ImportJob:
    return make_undone(make_import(THREE_BAD))


def being_undone() -> ImportJob:
    return undo.request(make_import(THREE_BAD).pk)


def long_ago() -> ImportJob:
    job = make_import(THREE_BAD)
    ImportJob.objects.update(completed_at=now() - timedelta(days=400))
    maintenance.prune_rejections()
    job.refresh_from_db()
    return job


def before_columns_were_kept() -> ImportJob:
    job = make_import(THREE_BAD)
    ImportJob.objects.update(file_columns=[])
    job.refresh_from_db()
    return job


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda: make_job(THREE_BAD), COMPLETED_ONLY),
        (lambda: make_import(THREE_BAD, dry_run=True), COMPLETED_ONLY),
        (lambda: make_import(THREE_BAD, on_error="reject"), COMPLETED_ONLY),
        (lambda: make_import(make_csv("A-1,Anvil,,1,true")), "The import has skipped no rows."),
        (lambda: make_import(make_csv('A-1,"Anvil,,1,true')), "The text of the skipped rows was not kept."),
        (before_columns_were_kept, "The import is from before its columns were kept."),
        (undone, "The import was undone. Import the whole file again."),
        (being_undone, "The import is being undone. Import the whole file again."),
        (long_ago, "The rejected rows of this import were deleted because it ended long ago"),
    ],
)
def test_other_imports_have_a_reason(made: Callable[[], ImportJob], reason: str) -> None:
    job = made()
    assert why_not(job, ()).startswith(reason)
    with pytest.raises(NotCorrectable):
        queue(job, {}, [3])


def test_more_rows_than_a_page_has_are_for_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_import(THREE_BAD)
    monkeypatch.setattr(limits, "CORRECTED_ROWS_MAX", 2)
    assert why_not(job, ()) == "More than 2 rows were skipped, which is too many to correct them here."


def test_more_text_than_a_page_has_is_for_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    job = make_import(THREE_BAD)
    monkeypatch.setattr(limits, "CORRECTED_ROWS_CHARACTERS", 20)
    assert "too much for a page" in why_not(job, ())


def test_rows_whose_text_was_not_kept_are_told_apart() -> None:
    job = make_import(make_csv(BAD, 'C-3,"Cup" x,,1,true'))
    assert [row.line for row in uncorrected_rows(job)] == [2]
    assert lines_not_kept(job) == [3]


def test_row_with_two_errors_is_one_row() -> None:
    job = make_import(make_csv("A1,Mug,,x,perhaps"))
    [row] = uncorrected_rows(job)
    assert [error.code for error in row.errors] == ["price.invalid", "is_active.invalid"]
    assert RejectedRow.objects.count() == 2


def test_corrections_of_a_deleted_import_stay() -> None:
    job = make_import(THREE_BAD)
    made = run(queue(job, GOOD_VALUES))
    job.delete()
    made.refresh_from_db()
    assert (made.corrects, made.status) == (None, Status.COMPLETED)
    assert not skipped_rows.corrections(made).exists()


# --- What may be meant ---


@pytest.mark.parametrize(
    ("code", "cell", "decimal", "texts"),
    [
        ("price.ambiguous", "1,234", "auto", ["1234.00", "1.23 rounded"]),
        ("price.ambiguous", "EUR 1.230", "auto", ["1.23", "1230.00"]),
        ("price.invalid", "12.50", ",", ["12,50"]),
        ("price.too_precise", "0.125", ".", ["0.13 rounded"]),
        ("price.invalid", "cheap", "auto", []),
        ("price.invalid", "9" * 5000, "auto", []),
        ("price.negative", "-5", "auto", []),
        ("is_active.invalid", "perhaps", "auto", ["true", "false"]),
        ("sku.required", "", "auto", []),
    ],
)
def test_candidates_are_texts_that_can_be_imported(
    code: str, cell: str, decimal: DecimalMark, texts: list[str]
) -> None:
    assert list(map(str, candidates(code, cell, decimal))) == texts
