"""POST /jobs/{id}/undo: an import taken back, but for products that changed since.

tests.imports.test_undo_attempts has what happens to the workers that do it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import Settings

from catalog.models import Product, ProductCount
from hooks.models import Event
from imports import jobs, maintenance
from imports.journal.undo import NotUndoable, request
from imports.models import ChangedProducts, CreatedProducts, ImportJob, Status, SupersededRow
from imports.pipeline import chunks, runner, undo_chunks, undo_runner
from imports.progress import sse
from tests.catalog_hash import catalog_hash
from tests.factories import make_csv, make_import, make_job, make_product, make_webhook
from tests.imports.stopping import run_and_cancel_when, run_with
from tests.imports.watcher import Reader
from tests.imports.workers import database_url, until

pytestmark = pytest.mark.django_db(transaction=True)


def undo(client: Client, job: ImportJob) -> tuple[int, int]:
    """How many products were reverted, and how many kept."""
    answer = client.post(f"/api/jobs/{job.pk}/undo")
    assert answer.status_code == 202, answer.json()
    undo_runner.run(job.pk)
    told = client.get(f"/api/jobs/{job.pk}").json()
    assert (told["undo"]["status"], told["undo"]["progress"]) == ("completed", 100)
    assert told["undone_at"] is not None
    return told["reverted_count"], told["kept_count"]


def refusal(client: Client, job: ImportJob) -> tuple[int, str, str]:
    answer: Any = client.post(f"/api/jobs/{job.pk}/undo")
    return answer.status_code, answer.json()["type"], answer.json()["detail"]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit for each page of the plan, and for as many products of the journal."""
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 60)
    monkeypatch.setattr(chunks, "FIRST_CHUNK_ROWS", 60)
    monkeypatch.setattr(undo_chunks, "FIRST_CHUNK_PRODUCTS", 50)
    monkeypatch.setattr(undo_chunks, "CHUNK_PRODUCTS", 70)


# --- What it takes back ---


def test_created_products_are_removed_and_changed_ones_restored(client: Client) -> None:
    make_product(sku="A1", name="Mug", description="Blue", price=Decimal(1), is_active=False)
    before = catalog_hash()
    job = make_import(make_csv("a1,Cup,Red,2,yes", "B2,Pot,,,", "B2,Pan,,,"))
    assert undo(client, job) == (2, 0)
    assert catalog_hash() == before
    assert ProductCount.objects.totals() == (1, 0)


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("A1,Cup,,,", {}), ("A1,,Red,,", {}), ("A1,,,2,", {}), ("A1,,,,no", {}), ("A1,,[clear],,", {}), ("A1,,,,", {"blank": "clear"}),
    ],
)  # fmt: skip
def test_each_field_comes_back(client: Client, line: str, options: dict[str, str]) -> None:
    make_product(sku="A1", name="Mug", description="Blue", price=Decimal("1.50"))
    make_product(sku="B2", name="Pot", description="", price=Decimal(9), is_active=False)
    before = catalog_hash()
    job = make_import(make_csv(line, "B2,Pan,Iron,1,yes"), **options)
    assert job.updated_count == 2
    assert undo(client, job) == (2, 0)
    assert catalog_hash() == before


@pytest.mark.usefixtures("small_chunks")
def test_import_of_many_chunks_is_taken_back_to_the_last_bit(client: Client) -> None:
    old = make_csv(
        *(f"A{number},Mug {number},{'d' * (number % 50)},{number}.50,yes" for number in range(1_000))
    )
    make_import(old)
    before = catalog_hash()
    untouched = Product.objects.get(sku="A3")
    content = make_csv(
        *(f"a{number},{f'Cup {number}' if number % 2 else ''},,{number % 7},{'no' if number % 5 == 0 else ''}"
          for number in range(0, 1_000, 2)),
        *(f"B{number},Pot,New,1,yes" for number in range(1_500)),
    )  # fmt: skip
    job = make_import(content)
    assert (job.created_count, job.updated_count) == (1_500, 500)
    assert CreatedProducts.objects.filter(job=job).count() > 3
    assert ChangedProducts.objects.filter(job=job).count() > 3
    assert undo(client, job) == (2_000, 0)
    assert catalog_hash() == before
    assert Product.objects.get(sku="A3").updated_at == untouched.updated_at
    assert ProductCount.objects.totals() == (1_000, 1_000)


def test_sync_is_taken_back(client: Client) -> None:
    make_product(sku="A1", name="Mug")
    make_product(sku="B2", name="Cup")
    make_product(sku="C3", name="Jar", is_active=False)
    before = catalog_hash()
    job = jobs.confirm(make_import(make_csv("A1,Big mug,,,"), mode="sync", max_missing=50).pk)
    runner.run(job.pk)
    assert ProductCount.objects.totals() == (3, 1)
    assert undo(client, job) == (2, 0)
    assert catalog_hash() == before


def test_products_that_were_planned_again_are_taken_back(client: Client) -> None:
    mug = make_product(sku="A1", name="Mug")
    job = make_job(make_csv("A1,Cup,,,", "B2,Pot,,,"))

    def act() -> None:
        mug.change({"description": "Red"})
        make_product(sku="b2", name="Pan")

    run_with(job, act)
    assert dict(Product.objects.values_list("sku", "name")) == {"A1": "Cup", "b2": "Pot"}
    assert undo(client, job) == (2, 0)
    assert list(Product.objects.order_by("sku").values_list("sku", "name", "description")) == [
        ("A1", "Mug", "Red"), ("b2", "Pan", ""),
    ]  # fmt: skip


@pytest.mark.usefixtures("small_chunks")
def test_what_a_cancelled_import_had_applied_is_taken_back(client: Client) -> None:
    make_import(make_csv(*(f"A{number},Mug,,1," for number in range(0, 1_000, 2))))
    before = catalog_hash()
    job = make_job(make_csv(*(f"A{number},Cup,,1," for number in range(1_000))))
    run_and_cancel_when(client, job, lambda seen: seen.updated_count > 0)
    applied = job.created_count + job.updated_count
    assert job.status == Status.CANCELLED
    assert 0 < applied < 1_000
    assert catalog_hash() != before
    assert undo(client, job) == (applied, 0)
    assert catalog_hash() == before


def test_import_that_changed_nothing_has_nothing_to_take_back(client: Client) -> None:
    make_product(sku="A1", name="Mug")
    before = catalog_hash()
    assert undo(client, make_import(make_csv("A1,Mug,,,"))) == (0, 0)
    assert catalog_hash() == before


def test_webhooks_are_reported_of_what_is_taken_back(client: Client) -> None:
    make_product(sku="A1", name="Mug")
    job = make_import(make_csv("A1,Cup,,,", "B2,Pot,,,"))
    make_webhook()
    undo(client, job)
    assert sorted(Event.objects.values_list("event_type", flat=True)) == [
        "product.deleted",
        "product.updated",
    ]


def test_job_reports_that_it_was_undone(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    undo(client, job)
    told = client.get(f"/api/jobs/{job.pk}").json()
    assert (told["status"], told["created_count"], told["reverted_count"], told["kept_count"]) == (
        "completed",
        1,
        1,
        0,
    )
    assert told["undone_at"].endswith("Z")


def test_reader_who_saw_the_import_end_is_reported_that_it_was_undone(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    undo(client, job)
    with Reader(client, job, last_event_id=str(job.version)) as reader:
        assert [(event.name, event.data["reverted_count"]) for event in reader.rest()] == [("final", 1)]


def test_same_file_can_be_imported_after_it_was_undone(client: Client) -> None:
    undo(client, make_import(make_csv("A1,Mug,,,")))
    assert make_import(make_csv("A1,Mug,,,")).created_count == 1


def test_request_is_answered_before_a_product_is_reverted(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    told: Any = client.post(f"/api/jobs/{job.pk}/undo").json()
    assert (told["status"], told["undone_at"], told["reverted_count"]) == ("completed", None, 0)
    assert told["undo"] == {
        "status": "pending", "progress": 0, "requested_at": told["undo"]["requested_at"],
        "failure_code": "", "failure_message": "",
    }  # fmt: skip
    assert told["undo"]["requested_at"].endswith("Z")
    assert entries() == [("imports.tasks.undo_import", "imports")]
    assert Product.objects.count() == 1


def entries() -> list[tuple[str, str]]:
    """The task and the lock of each undo in the queue."""
    undos = ProcrastinateJob.objects.filter(task_name__contains="undo")
    return list(undos.values_list("task_name", "lock"))


@pytest.mark.usefixtures("small_chunks")
def test_watcher_sees_every_chunk_and_then_the_end(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "TICK_SECONDS", 0.02)
    job = make_import(make_csv(*(f"A{number},Mug,,," for number in range(170))))
    request(job.pk)
    with Reader(client, job) as reader:
        seen = [reader.event()]

        def look() -> bool:
            seen.append(reader.event())
            return False

        undo_runner.run(job.pk, should_stop=look)
        seen += reader.rest()
    figures = [(event.name, event.data["undo"]["status"], event.data["undo"]["progress"]) for event in seen]
    assert figures == [
        ("progress", "pending", 0), ("progress", "processing", 0), ("progress", "processing", 29),
        ("progress", "processing", 70), ("final", "completed", 100),
    ]  # fmt: skip
    assert seen[3].data["reverted_count"] == 120


# --- What it keeps ---


def edit(client: Client, pot: Product, mug: Product) -> None:
    for product in (pot, mug):
        answer = client.patch(f"/api/products/{product.pk}/", {"price": "9"}, content_type="application/json")
        assert answer.status_code == 200


def delete(client: Client, pot: Product, mug: Product) -> None:
    Product.objects.filter(pk__in=[pot.pk, mug.pk]).delete()


def import_again(client: Client, pot: Product, mug: Product) -> None:
    assert make_import(make_csv("A1,,Green,,", "B2,,Green,,")).updated_count == 2


@pytest.mark.parametrize("act", [edit, delete, import_again])
def test_products_that_were_touched_since_are_kept_as_they_are(
    client: Client, act: Callable[[Client, Product, Product], None]
) -> None:
    mug = make_product(sku="A1", name="Mug")
    make_product(sku="C3", name="Jar")
    job = make_import(make_csv("A1,Cup,,,", "B2,Pot,,,", "C3,Can,,,", "D4,Pen,,,"))
    act(client, Product.objects.get(sku="B2"), mug)
    touched = list(Product.objects.filter(sku__in=["A1", "B2"]).order_by("id").values())
    assert undo(client, job) == (2, 2)
    assert list(Product.objects.filter(sku__in=["A1", "B2"]).order_by("id").values()) == touched
    assert list(Product.objects.exclude(sku__in=["A1", "B2"]).values_list("sku", "name")) == [("C3", "Jar")]


def test_later_import_that_left_a_product_as_it_was_has_not_touched_it(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    make_import(make_csv("A1,Mug,,,"))
    assert undo(client, job) == (1, 0)
    assert not Product.objects.exists()


def test_product_that_another_session_created_again_is_kept(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    Product.objects.all().delete()
    make_product(sku="A1", name="Pot")
    assert undo(client, job) == (0, 1)
    assert Product.objects.get().name == "Pot"


def test_renamed_product_is_kept(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    Product.objects.get().change({"sku": "Z9"})
    assert undo(client, job) == (0, 1)
    assert Product.objects.get().sku == "Z9"


# --- Refused ---


def test_import_is_undone_once(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    undo(client, job)
    make_product(sku="B2")
    before = ImportJob.objects.values().get()
    assert refusal(client, job) == (
        409,
        "urn:problem:job.not_undoable",
        "The import has already been undone.",
    )
    assert ImportJob.objects.values().get() == before
    assert Product.objects.count() == 1


@pytest.mark.parametrize(("options", "status"), [({}, "pending"), ({"dry_run": True}, "ready")])
def test_import_that_has_not_ended_cannot_be_undone(
    client: Client, options: dict[str, bool], status: str
) -> None:
    job = make_import(make_csv("A1,Mug,,,"), **options) if options else make_job(make_csv("A1,Mug,,,"))
    told = refusal(client, job)
    assert told[:2] == (409, "urn:problem:job.not_undoable")
    assert told[2] == f"The job is {status}. Only an import that has ended can be undone."


def test_import_that_is_being_undone_cannot_be_undone(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    request(job.pk)
    before = ImportJob.objects.values().get()
    assert refusal(client, job)[2] == "The import is already being undone."
    assert ImportJob.objects.values().get() == before
    assert len(entries()) == 1


def test_import_that_is_running_cannot_be_undone(client: Client) -> None:
    job = runner.claim(make_job(make_csv("A1,Mug,,,")).pk)
    assert job
    assert refusal(client, job)[:2] == (409, "urn:problem:job.not_undoable")
    runner.run(job.pk)
    assert Product.objects.count() == 1


def test_import_whose_journal_was_forgotten_cannot_be_undone(client: Client, settings: Settings) -> None:
    settings.IMPORT_KEEP_FILES_DAYS = 30
    make_product(sku="A1")
    job, recent = (
        make_import(make_csv("A1,Mug,,,", "B2,Cup,,,", "B2,Pot,,,")),
        make_import(make_csv("C3,Jar,,,")),
    )
    long_ago = now() - timedelta(days=31)
    ImportJob.objects.filter(pk=job.pk).update(
        **dict.fromkeys(("created_at", "started_at", "completed_at"), long_ago)
    )
    maintenance.prune_journals()
    told = refusal(client, job)
    assert told[2] == "This import is too old to undo: its change history was deleted."
    assert ImportJob.objects.get(pk=job.pk).undo is None
    assert entries() == []
    assert Product.objects.count() == 3
    assert not SupersededRow.objects.exists()
    assert undo(client, recent) == (1, 0)


def test_two_who_undo_at_once_do_it_once() -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    with psycopg.connect(database_url()) as other, ThreadPoolExecutor(2) as threads:
        other.execute("SELECT FROM imports_importjob WHERE id = %s FOR UPDATE", [job.pk])
        outcomes = [threads.submit(request_and_tell, job) for _ in range(2)]
        until(lambda: waiting_for_the_job() == 2, "both wait for the job")
        other.rollback()
    told = sorted(outcome.result() for outcome in outcomes)
    assert told == ["The import is already being undone.", "requested"]
    assert len(entries()) == 1


def request_and_tell(job: ImportJob) -> str:
    try:
        request(job.pk)
    except NotUndoable as refused:
        return refused.detail
    finally:
        connection.close()
    return "requested"


def waiting_for_the_job() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock' AND query ~ 'imports_importjob'"
        )
        return int(cursor.fetchone()[0])
