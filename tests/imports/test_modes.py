"""What the options make of an import: create_only, update_only and sync, on_error, max_errors and blank.

That all of them together come to what the rows say one by one is for tests.imports.test_proof."""

from collections.abc import Callable
from decimal import Decimal
from itertools import count
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Product, ProductCount
from imports import jobs
from imports.formats import source
from imports.models import FLAGS, ImportJob, Status, SupersededRow
from imports.options import Options
from imports.pipeline import chunks, plan, runner, staging
from imports.queries import Tables
from imports.reading import batches
from tests.database import empty_database
from tests.factories import make_csv, make_import, make_job, make_product
from tests.imports.crashing import empty_tables
from tests.imports.results import COUNTERS, catalog, counters, errors, failure, names, preview
from tests.imports.stopping import run_with, stop_when_applying

pytestmark = pytest.mark.django_db(transaction=True)


def make_confirmed(content: bytes, **options: object) -> ImportJob:
    """A dry run that is confirmed and not yet resumed."""
    return jobs.confirm(make_import(content, **options).pk)


# --- create_only ---


def test_create_only_rejects_rows_of_products_that_are_there() -> None:
    make_product(sku="a1", name="Pot")
    job = make_import(make_csv("A1,Mug,,1,", "B2,Cup,,2,"), mode="create_only")
    assert names() == {"a1": "Pot", "B2": "Cup"}
    assert counters(job) == (1, 0, 0, 0, 1, 0)
    assert errors(job) == [(1, 2, "sku", "product.exists")]


def test_create_only_lets_a_later_row_win_over_one_that_is_new_itself() -> None:
    job = make_import(make_csv("A1,Mug,,1,", "a1,Cup,,2,"), mode="create_only")
    assert names() == {"A1": "Cup"}
    assert counters(job) == (1, 0, 0, 1, 0, 0)


def test_create_only_rejects_each_row_of_a_product_that_is_there() -> None:
    make_product(sku="A1", name="Pot")
    job = make_import(make_csv("A1,Mug,,1,", "a1,Cup,,2,"), mode="create_only")
    assert errors(job) == [(1, 2, "sku", "product.exists"), (2, 3, "sku", "product.exists")]
    assert counters(job) == (0, 0, 0, 0, 2, 0)


def test_create_only_rejects_a_product_that_another_session_creates_meanwhile() -> None:
    job = make_job(make_csv("A1,Mug,,1,", "B2,Cup,,2,"), mode="create_only")
    run_with(job, lambda: make_product(sku="a1", name="Pot"))
    assert names() == {"a1": "Pot", "B2": "Cup"}
    assert counters(job) == (1, 0, 0, 0, 1, 0)
    assert errors(job) == [(1, 2, "sku", "product.exists")]


def test_create_only_rejects_a_product_that_another_session_creates_meanwhile_just_so() -> None:
    job = make_job(make_csv("A1,Mug,,1,"), mode="create_only")
    run_with(job, lambda: make_product(sku="A1", name="Mug", price=Decimal(1)))
    assert counters(job) == (0, 0, 0, 0, 1, 0)


# --- update_only ---


def test_update_only_rejects_rows_of_products_that_are_not_there() -> None:
    make_product(sku="a1", name="Pot")
    job = make_import(make_csv("A1,Mug,,0,", "B2,Cup,,2,"), mode="update_only")
    assert names() == {"a1": "Mug"}
    assert counters(job) == (0, 1, 0, 0, 1, 0)
    assert errors(job) == [(2, 3, "sku", "product.not_found")]


def test_update_only_reports_of_a_nameless_row_only_that_there_is_no_such_product() -> None:
    job = make_import(make_csv("A1,,,1,"), mode="update_only")
    assert errors(job) == [(1, 2, "sku", "product.not_found")]


def test_update_only_does_not_bring_back_a_product_that_another_session_deletes_meanwhile() -> None:
    mug, cup = make_product(sku="A1", name="Mug"), make_product(sku="B2", name="Cup")
    job = make_job(make_csv("A1,Big mug,,,", "B2,Big cup,,,"), mode="update_only")
    run_with(job, mug.delete)
    assert names() == {"B2": "Big cup"}
    assert Product.objects.get().pk == cup.pk
    assert counters(job) == (0, 1, 0, 0, 1, 0)
    assert errors(job) == [(1, 2, "sku", "product.not_found")]


def test_update_only_skips_a_product_that_another_session_creates_meanwhile() -> None:
    make_product(sku="A1", name="Mug")
    job = make_job(make_csv("A1,Big mug,,,", "B2,Cup,,,"), mode="update_only")
    run_with(job, lambda: make_product(sku="B2", name="Pot"))
    assert names() == {"A1": "Big mug", "B2": "Pot"}


# --- on_error ---


def test_reject_writes_nothing_and_keeps_the_errors(client: Client) -> None:
    make_product(sku="B2", name="Cup")
    job = make_import(make_csv("A1,Mug,,x,", "B2,Big cup,,1,", ",Pot,,,"), on_error="reject")
    assert names() == {"B2": "Cup"}
    assert failure(job) == ("failed", "job.rejected", "2 rows are invalid, so nothing was imported.")
    told = client.get(f"/api/jobs/{job.pk}").json()
    assert [error["code"] for error in told["errors"]] == ["job.rejected", "price.invalid", "sku.required"]
    assert (told["error_count"], told["success_count"], told["total_rows"]) == (2, 0, 3)


def test_reject_names_one_invalid_row_in_the_singular() -> None:
    job = make_import(make_csv("A1,Mug,,x,"), on_error="reject")
    assert job.failure_message == "1 row is invalid, so nothing was imported."


@pytest.mark.parametrize(
    ("line", "options", "error"),
    [
        ("Z9,,,1,", {}, (2, 3, "name", "name.required")),
        ('Z9,Pen,,"1,234",', {}, (2, 3, "price", "price.ambiguous")),
        ("Z9,Pen,,1,", {"mode": "update_only"}, (2, 3, "sku", "product.not_found")),
    ],
)
def test_reject_also_means_rows_that_are_rejected_after_staging(
    line: str, options: dict[str, str], error: tuple[object, ...]
) -> None:
    make_product(sku="A1", name="Mug")
    job = make_import(make_csv("A1,Cup,,,", line), on_error="reject", **options)
    assert (names(), job.failure_code, job.error_count) == ({"A1": "Mug"}, "job.rejected", 1)
    assert errors(job) == [error]


def test_reject_imports_a_file_without_errors() -> None:
    job = make_import(make_csv("A1,Mug,,1,"), on_error="reject")
    assert counters(job) == (1, 0, 0, 0, 0, 0)


def test_reject_is_one_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 60)
    monkeypatch.setattr(chunks, "FIRST_CHUNK_ROWS", 60)
    job = make_job(make_csv(*(f"A{number},Mug,,1," for number in range(1_000))), on_error="reject")
    seen: set[int] = set()

    def look() -> bool:
        seen.add(Product.objects.count())
        return False

    runner.run(job.pk, should_stop=look)
    assert counters(job) == (1_000, 0, 0, 0, 0, 0)
    assert seen == {0}


def test_reject_writes_nothing_although_a_row_became_bad_only_meanwhile() -> None:
    mug, cup = make_product(sku="A1", name="Mug"), make_product(sku="B2", name="Cup")
    job = make_job(make_csv("A1,,,5,", "B2,,,6,", "C3,Pen,,,"), on_error="reject")
    run_with(job, mug.delete)
    job.refresh_from_db()
    assert (job.status, job.failure_code) == (Status.FAILED, "job.rejected")
    assert list(Product.objects.values_list("pk", "price")) == [(cup.pk, Decimal(0))]
    assert (job.success_count, Tables(job).exists("plan")) == (0, False)


# --- max_errors ---


def test_import_of_invalid_rows_alone_stops_by_itself() -> None:
    assert Options().max_errors == 100_000
    job = make_import(b"sku,name\n" + b"a\n" * 100_001)
    assert (job.status, job.failure_code) == (Status.FAILED, "job.too_many_errors")
    assert job.rejected.count() == job.listed_count == 10_000


@pytest.fixture
def small_segments(read_here: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit for every few lines of the file."""
    monkeypatch.setattr(batches, "time", SimpleNamespace(monotonic=count().__next__))
    monkeypatch.setattr(staging, "FIRST_BATCH_SECONDS", 1.5)
    monkeypatch.setattr(staging, "BATCH_SECONDS", 1.5)
    monkeypatch.setattr(source, "READ_BYTES", 48)
    monkeypatch.setattr(source, "BLOCK_BYTES", 48)


@pytest.mark.usefixtures("small_segments")
def test_too_many_errors_stop_the_import_while_the_file_is_being_read() -> None:
    job = make_import(make_csv("B2,Cup,,1,", *("A1,Mug,,x," for _ in range(500))), max_errors=3)
    assert failure(job) == (
        "failed",
        "job.too_many_errors",
        "More than 3 rows are invalid, so nothing was imported.",
    )
    assert 4 <= job.error_count < job.total_rows < 100
    assert len(errors(job)) == job.error_count
    assert not Product.objects.exists()
    assert not Tables(job).exists("stage")


def test_as_many_errors_as_are_allowed_are_not_too_many() -> None:
    job = make_import(make_csv("A1,Mug,,x,", "B2,Mug,,x,", "C3,Cup,,1,"), max_errors=2)
    assert counters(job) == (1, 0, 0, 0, 2, 0)


def test_rows_that_are_rejected_after_staging_are_too_many_too() -> None:
    job = make_import(make_csv("A1,,,1,", "B2,Cup,,x,", "C3,Pen,,1,"), max_errors=1)
    assert failure(job)[:2] == ("failed", "job.too_many_errors")
    assert errors(job) == [(1, 2, "name", "name.required"), (2, 3, "price", "price.invalid")]
    assert not Product.objects.exists()


def test_no_error_at_all_can_be_allowed() -> None:
    job = make_import(make_csv("A1,Mug,,x,"), max_errors=0)
    assert failure(job)[:2] == ("failed", "job.too_many_errors")


@pytest.mark.parametrize(
    ("limit", "status"), [("50%", "completed"), ("49.99%", "failed"), ("0%", "failed"), ("100%", "completed")]
)
def test_share_of_invalid_rows_can_be_allowed(limit: str, status: str) -> None:
    job = make_import(make_csv("A1,Mug,,x,", "B2,,,1,", "C3,Cup,,1,", "D4,Pen,,1,"), max_errors=limit)
    assert job.status == status
    assert job.options["max_errors"] == limit


def test_too_large_a_share_of_invalid_rows_is_reported_with_the_limit() -> None:
    job = make_import(make_csv("A1,Mug,,x,", "C3,Cup,,1,"), max_errors="5%")
    message = "More than 5% of the rows are invalid, so nothing was imported."
    assert failure(job) == ("failed", "job.too_many_errors", message)
    assert not Product.objects.exists()


@pytest.mark.usefixtures("small_segments")
def test_share_of_invalid_rows_is_known_once_all_rows_are_read() -> None:
    job = make_import(
        make_csv(*("A1,Mug,,x," for _ in range(20)), *("B2,Cup,,1," for _ in range(30))), max_errors="40%"
    )
    assert (job.status, job.error_count, job.total_rows) == ("completed", 20, 50)


# --- blank ---


def test_blank_cells_clear_where_the_option_says_so_and_a_blank_name_does_not() -> None:
    make_product(sku="A1", name="Mug", description="Blue", price=Decimal(5), is_active=False)
    make_import(make_csv("A1,,,,"), blank="clear")
    assert catalog() == [("A1", "Mug", "", Decimal(0), True)]


def test_absent_column_is_not_cleared() -> None:
    make_product(sku="A1", name="Mug", description="Blue", price=Decimal(5), is_active=False)
    make_import(make_csv("A1,", header="sku,price"), blank="clear")
    assert catalog() == [("A1", "Mug", "Blue", Decimal(0), False)]


def test_cell_that_says_clear_clears_where_blank_ones_keep() -> None:
    make_product(sku="A1", name="Mug", description="Blue", price=Decimal(5), is_active=False)
    make_import(make_csv("A1,,[clear],[CLEAR],"))
    assert catalog() == [("A1", "Mug", "", Decimal(0), False)]


def test_cleared_cell_of_the_last_row_wins_over_what_an_earlier_row_said() -> None:
    make_import(make_csv("A1,Mug,Blue,1,", "A1,,[clear],,"))
    assert catalog() == [("A1", "Mug", "", Decimal(1), True)]


# --- Rows that lose ---


def test_superseded_rows_name_the_line_that_took_their_place() -> None:
    job = make_import(make_csv('A1,Mug,"two\nlines",1,', "B2,Cup,,,", "a1,Pot,,,", "A1,Pen,,,"))
    found = SupersededRow.objects.filter(job=job).order_by("line").values_list("line", "superseded_by")
    assert list(found) == [(2, 5), (5, 6)]
    assert counters(job) == (2, 0, 0, 2, 0, 0)


def test_superseded_rows_are_noted_once_although_the_server_crashed_before_the_first_commit() -> None:
    job = make_job(make_csv("A1,Mug,,,", "A1,Cup,,,"))
    stop_when_applying(job)
    empty_tables(job)
    runner.run(job.pk)
    assert counters(job) == (1, 0, 0, 1, 0, 0)
    assert SupersededRow.objects.filter(job=job).count() == 1


# --- sync ---


def test_sync_deactivates_nothing_until_another_session_confirms() -> None:
    make_product(sku="A1", name="Mug")
    make_product(sku="B2", name="Cup")
    job = make_import(make_csv("A1,Big mug,,,"), mode="sync", max_missing=50)
    assert (job.status, preview(job)["deactivated"]) == (Status.READY, 1)
    assert ProductCount.objects.totals() == (2, 2)
    assert names() == {"A1": "Mug", "B2": "Cup"}


def test_sync_deactivates_what_the_file_lacks_once_it_is_confirmed() -> None:
    make_product(sku="A1", name="Mug")
    make_product(sku="B2", name="Cup")
    resting = make_product(sku="C3", name="Pot", is_active=False)
    job = make_confirmed(make_csv("A1,Big mug,,,", "D4,Pen,,,"), mode="sync", max_missing=50)
    runner.run(job.pk)
    assert dict(Product.objects.values_list("sku", "is_active")) == {
        "A1": True,
        "B2": False,
        "C3": False,
        "D4": True,
    }
    assert counters(job) == (1, 1, 0, 0, 0, 1)
    assert Product.objects.get(sku="C3").updated_at == resting.updated_at


def test_sync_is_rejected_when_the_file_lacks_more_than_is_allowed() -> None:
    for number in range(10):
        make_product(sku=f"A{number}", name="Mug")
    job = make_import(make_csv(*(f"A{number},Cup,,," for number in range(8))), mode="sync")
    message = "2 of 10 active products are missing from the file, more than the maximum of 10%."
    assert failure(job) == ("failed", "sync.too_many_missing", message)
    assert set(names().values()) == {"Mug"}
    assert ProductCount.objects.totals() == (10, 10)
    assert not Tables(job).exists("stage")


def test_sync_takes_a_file_that_lacks_just_what_is_allowed() -> None:
    for number in range(10):
        make_product(sku=f"A{number}", name="Mug")
    job = make_import(make_csv(*(f"A{number},Mug,,," for number in range(9))), mode="sync")
    assert (job.status, preview(job)["deactivated"], preview(job)["unchanged"]) == (Status.READY, 1, 9)


def test_sync_that_lacks_too_many_by_the_time_it_is_confirmed_is_rejected() -> None:
    make_product(sku="A1", name="Mug")
    job = make_confirmed(make_csv("A1,Cup,,,"), mode="sync")
    make_product(sku="B2", name="Pot")
    runner.run(job.pk)
    job.refresh_from_db()
    assert failure(job)[:2] == ("failed", "sync.too_many_missing")
    assert names() == {"A1": "Mug", "B2": "Pot"}


def test_sync_rejects_a_file_with_a_invalid_row_for_it_would_deactivate_that_product() -> None:
    make_product(sku="A1", name="Mug")
    job = make_import(make_csv("A1,Cup,,x,"), mode="sync", max_missing=100)
    assert failure(job)[:2] == ("failed", "job.rejected")
    assert ProductCount.objects.totals() == (1, 1)


def test_sync_counts_no_row_of_the_file_for_what_it_deactivates() -> None:
    make_product(sku="A1", name="Mug")
    job = make_confirmed(make_csv(), mode="sync", max_missing=100)
    runner.run(job.pk)
    assert counters(job) == (0, 0, 0, 0, 0, 1)


@pytest.mark.parametrize(
    ("act", "active", "counted"),
    [
        (lambda missing: missing.delete(), {"A1": True}, (0, 1, 0, 0, 0, 0)),
        (lambda missing: missing.change({"is_active": False}), {"A1": True, "B2": False}, (0, 1, 0, 0, 0, 0)),
        (lambda missing: missing.change({"name": "Jar"}), {"A1": True, "B2": False}, (0, 1, 0, 0, 0, 1)),
        (lambda _: make_product(sku="C3"), {"A1": True, "B2": False, "C3": True}, (0, 1, 0, 0, 0, 1)),
    ],
)
def test_sync_deactivates_what_is_there_when_products_move_meanwhile(
    act: Callable[[Product], object], active: dict[str, bool], counted: tuple[int, ...]
) -> None:
    make_product(sku="A1", name="Mug")
    missing = make_product(sku="B2", name="Pot")
    job = make_confirmed(make_csv("A1,Cup,,,"), mode="sync", max_missing=50)
    run_with(job, lambda: act(missing))
    assert dict(Product.objects.values_list("sku", "is_active")) == active
    assert counters(job) == counted


# --- Stopped and taken up again ---

# Wide rows, so that a file of a few of them is read in several batches.
WIDE = [f"E{number:02},Box,{'w' * 1_800},5," for number in range(5)]
FILE = make_csv(
    "A1,Mug,,1.50,", "Z9,Pot,,x,", "B2,,,2,", "a1,Cup,,,no", "N7,,,7,", "C3,Jar,,3,", "D4,Pen,,4,", "D4,Ink,,4,", *WIDE,
    "F6,Lid,,,",
)  # fmt: skip
# The same without what sync and reject refuse a file for.
GOOD_FILE = make_csv("A1,Mug,,1.50,", "B2,,,2,", "a1,Cup,,,no", "D4,Ink,,4,", *WIDE)
# Variants that take over the name and the state of their product, which may be read in an earlier attempt.
VARIANTS = (
    b"Handle,Title,Body (HTML),Variant SKU,Variant Price,Status\n"
    + b"box,Box,%s,E0,1,draft\n" % (b"w" * 1_800)
    + b"".join(b"box,,%s,E%d,2,\n" % (b"w" * 1_800, number) for number in range(1, 5))
)
CASES: dict[str, tuple[bytes, dict[str, object]]] = {
    "upsert": (FILE, {}),
    "create_only": (FILE, {"mode": "create_only"}),
    "update_only": (FILE, {"mode": "update_only"}),
    "clear": (FILE, {"blank": "clear"}),
    "reject": (GOOD_FILE, {"on_error": "reject"}),
    "rejected": (FILE, {"on_error": "reject"}),
    "sync": (GOOD_FILE, {"mode": "sync", "max_missing": 100}),
    "variants": (VARIANTS, {}),
    "dry run": (FILE, {"dry_run": True}),
}


class Checks:
    """Asked after each commit whether to stop; says so once."""

    def __init__(self, last: int = -1) -> None:
        self.asked, self.last = 0, last

    def __call__(self) -> bool:
        self.asked += 1
        return self.asked - 1 == self.last


@pytest.mark.slow
@pytest.mark.usefixtures("small_segments")
@pytest.mark.parametrize("crashed", [False, True], ids=["stopped", "crashed"])
@pytest.mark.parametrize("case", CASES)
@pytest.mark.usefixtures("read_here")
def test_import_stopped_at_any_commit_ends_as_if_it_had_not_been(
    case: str, crashed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "READ_BYTES", 4_000)
    monkeypatch.setattr(plan, "SMALL_ROWS", 8)
    monkeypatch.setattr(plan, "PART_ROWS", 8)
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 60)
    content, options = CASES[case]
    checks = Checks()
    undisturbed = run_through(content, options, checks)
    for last in range(checks.asked):
        stopped = Checks(last)
        assert run_through(content, options, stopped, crashed=crashed) == undisturbed
        assert stopped.asked > last


def run_through(
    content: bytes, options: dict[str, object], should_stop: Callable[[], bool], *, crashed: bool = False
) -> tuple[object, ...]:
    """What an import leaves behind that is handed back when asked, and confirmed if it has to be."""
    empty_database()
    for sku in ("A1", "B2", "C3", "X8"):
        make_product(sku=sku, name="Old")
    job = make_job(content, "products.csv", **options)
    run(job, should_stop, crashed=crashed)
    if job.status == Status.READY:
        jobs.confirm(job.pk)
        run(job, should_stop, crashed=crashed)
    return (
        *(job.status, job.failure_code, job.total_rows),
        *(getattr(job, f"{name}_count") for name in (*COUNTERS, *FLAGS)),
        *(catalog_by_sku(), ProductCount.objects.totals(), sorted(errors(job)), journal(job)),
    )


def run(job: ImportJob, should_stop: Callable[[], bool], *, crashed: bool) -> None:
    job.refresh_from_db()
    while not job.is_idle:
        try:
            runner.run(job.pk, should_stop=should_stop)
        except runner.Requeued:
            if crashed:
                empty_tables(job)
        job.refresh_from_db()


def catalog_by_sku() -> list[tuple[object, ...]]:
    return list(
        Product.objects.order_by("sku").values_list("sku", "name", "description", "price", "is_active")
    )


def journal(job: ImportJob) -> tuple[int, int, list[tuple[int, int]]]:
    """How many products it has as created and as changed, and which rows as superseded."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(sum(cardinality(product_ids)), 0) FROM imports_createdproducts WHERE job_id = %s),"
            " (SELECT coalesce(sum(cardinality(product_ids)), 0) FROM imports_changedproducts WHERE job_id = %s)",
            [job.pk, job.pk],
        )
        created, changed = cursor.fetchone()
    return created, changed, sorted(job.superseded.values_list("line", "superseded_by"))
