"""A dry run: what it finds, what it leaves alone, and how it goes on, is given up or runs out.

What it says of each product is in tests.imports.test_changes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.utils.timezone import now
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Product, ProductCount
from hooks.models import Event
from imports import maintenance
from imports.models import ImportJob, Phase, Status
from imports.pipeline import runner
from imports.queries import Tables
from tests.factories import make_csv, make_import, make_job, make_product, make_webhook
from tests.imports.crashing import empty_tables
from tests.imports.results import catalog, counters, errors
from tests.imports.watcher import Reader

pytestmark = pytest.mark.django_db(transaction=True)

FILE = make_csv("A1,Mug,,2,", "B2,Cup,,5,", "C3,,,,", "D4,Pen,,x,", "E5,Ink,,1,", "e5,Ink,,3,", "F6,,,,")


def make_known() -> list[Product]:
    """One that the file changes, and one that it does not."""
    return [make_product(sku="A1", name="Mug", price=Decimal(1)), make_product(sku="C3", name="Jar")]


def job_told(client: Client, job: ImportJob) -> dict[str, Any]:
    return dict(client.get(f"/api/jobs/{job.pk}").json())


def post(client: Client, job: ImportJob, what: str) -> Any:
    return client.post(f"/api/jobs/{job.pk}/{what}")


def make_confirmed(client: Client, content: bytes, **options: object) -> ImportJob:
    job = make_import(content, dry_run=True, **options)
    assert post(client, job, "confirm").status_code == 200
    return job


def tables_left(job: ImportJob) -> tuple[bool, bool]:
    return Tables(job).exists("stage"), Tables(job).exists("plan")


def expire(job: ImportJob) -> None:
    ImportJob.objects.filter(pk=job.pk).update(expires_at=now() - timedelta(seconds=1))


def queued() -> int:
    return ProcrastinateJob.objects.filter(task_name="imports.tasks.run_import", status="todo").count()


# --- What it finds ---


def test_dry_run_counts_what_it_would_do_and_touches_nothing(client: Client) -> None:
    make_known()
    make_webhook()
    before = list(Product.objects.order_by("id").values())
    job = make_import(FILE, dry_run=True)
    assert list(Product.objects.order_by("id").values()) == before
    assert not Event.objects.exists()
    told = job_told(client, job)
    assert (told["status"], told["phase"], told["progress"], told["dry_run"]) == (
        "ready",
        "classifying",
        60,
        True,
    )
    assert told["preview"] == {
        "created": 2, "updated": 1, "unchanged": 1, "superseded": 1, "errors": 2, "deactivated": 0,
        "new_at_zero": 0, "large_price_change": 1, "goes_inactive": 0,
    }  # fmt: skip
    assert (told["total_rows"], told["error_count"], told["success_count"]) == (7, 2, 0)


def test_dry_run_draws_no_id() -> None:
    first = make_product()
    make_import(FILE, dry_run=True)
    assert make_product().pk == first.pk + 1


def test_dry_run_reports_the_errors(client: Client) -> None:
    job = make_import(FILE, dry_run=True)
    assert [(error["row"], error["code"]) for error in job_told(client, job)["errors"]] == [
        (3, "name.required"), (4, "price.invalid"), (7, "name.required"),
    ]  # fmt: skip


def test_dry_run_can_be_confirmed_for_a_day(client: Client) -> None:
    told = job_told(client, make_import(FILE, dry_run=True))
    left = datetime.fromisoformat(told["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < left <= timedelta(hours=24)
    assert told["completed_at"] is None


def test_options_are_reported_as_they_were_chosen(client: Client) -> None:
    chosen = {
        "dry_run": True,
        "mode": "create_only",
        "max_errors": 9,
        "mapping": {"price": ""},
        "blank": "clear",
    }
    told = job_told(client, make_import(FILE, **chosen))["options"]
    assert {**told, **chosen} == told
    assert (told["on_error"], told["max_missing"], told["delimiter"]) == ("skip", 10, "auto")


def test_waiting_to_be_confirmed_does_not_count_as_working(client: Client) -> None:
    job = make_import(FILE, dry_run=True)
    before = job_told(client, job)["rows_per_second"]
    for moment in ("created_at", "started_at", "expires_at"):
        ImportJob.objects.filter(pk=job.pk).update(**{moment: getattr(job, moment) - timedelta(hours=5)})
    assert job_told(client, job)["rows_per_second"] == before > 0


def test_import_that_is_no_dry_run_has_no_preview(client: Client) -> None:
    told = job_told(client, make_import(FILE))
    assert (told["dry_run"], told["preview"], told["expires_at"]) == (False, None, None)
    assert (told["undo"], told["reverted_count"], told["kept_count"], told["deactivated_count"]) == (
        None,
        0,
        0,
        0,
    )


def test_dry_run_that_options_want_no_import_of_fails_at_once() -> None:
    job = make_import(FILE, dry_run=True, on_error="reject")
    assert (job.status, job.failure_code, tables_left(job)) == (Status.FAILED, "job.rejected", (False, False))


def test_dry_run_that_is_ready_is_not_taken_up_by_a_worker() -> None:
    job = make_import(FILE, dry_run=True)
    runner.run(job.pk)
    assert maintenance.orphaned_jobs() == []
    assert ImportJob.objects.get().version == job.version


def test_ready_jobs_can_be_asked_for(client: Client) -> None:
    make_import(FILE)
    job = make_import(FILE, dry_run=True)
    told = client.get("/api/jobs?status=ready").json()
    assert [result["job_id"] for result in told["results"]] == [str(job.pk)]


# --- The stream ---


def test_stream_ends_with_the_dry_run_that_is_ready(client: Client) -> None:
    job = make_job(FILE, dry_run=True)
    with Reader(client, job) as reader:
        assert reader.event().name == "progress"
        runner.run(job.pk)
        last = reader.rest()[-1]
    assert (last.name, last.data) == ("ready", job_told(client, job))


def test_reader_who_has_seen_that_it_is_ready_is_told_not_to_reconnect(client: Client) -> None:
    job = make_import(FILE, dry_run=True)
    answer = client.get(f"/api/jobs/{job.pk}/events", headers={"Last-Event-ID": str(job.version)})
    assert answer.status_code == 204


def test_stream_of_a_confirmed_dry_run_goes_on_to_the_final_state(client: Client) -> None:
    job = make_confirmed(client, FILE)
    with Reader(client, job, last_event_id=str(job.version)) as reader:
        assert (reader.event().data["status"]) == "pending"
        runner.run(job.pk)
        assert reader.rest()[-1].name == "final"


# --- Confirmed ---


def test_confirmed_dry_run_does_what_it_said(client: Client) -> None:
    make_known()
    job = make_confirmed(client, FILE)
    runner.run(job.pk)
    assert counters(job) == (2, 1, 1, 1, 2, 0)
    assert job.preview == {
        "created": 2, "updated": 1, "unchanged": 1, "superseded": 1, "errors": 2, "deactivated": 0,
        "new_at_zero": 0, "large_price_change": 1, "goes_inactive": 0,
    }  # fmt: skip
    assert [(sku, name, str(price)) for sku, name, _, price, _ in catalog()] == [
        ("A1", "Mug", "2.00"), ("C3", "Jar", "0.00"), ("B2", "Cup", "5.00"), ("E5", "Ink", "3.00"),
    ]  # fmt: skip
    assert tables_left(job) == (False, False)


def test_answer_to_a_confirmation_is_the_job_that_waits(client: Client) -> None:
    job = make_import(FILE, dry_run=True)
    before = queued()
    told = post(client, job, "confirm").json()
    assert (told["status"], told["expires_at"], told["progress"]) == ("pending", None, 60)
    assert told["preview"]["created"] == 3
    assert queued() == before + 1


def test_confirmed_dry_run_does_not_read_the_file_again(client: Client) -> None:
    make_known()
    job = make_confirmed(client, make_csv("A1,Mug,,2,"))
    default_storage.delete(job.stored_as)
    runner.run(job.pk)
    assert counters(job) == (0, 1, 0, 0, 0, 0)


def test_progress_goes_on_from_where_the_dry_run_stood(client: Client) -> None:
    job = make_confirmed(client, FILE)
    seen: list[int] = []

    def look() -> bool:
        seen.append(ImportJob.objects.get(pk=job.pk).progress)
        return False

    runner.run(job.pk, should_stop=look)
    assert seen[0] == 60
    assert seen == sorted(seen)


def edit(mug: Product) -> None:
    mug.change({"description": "Blue", "price": Decimal(9)})


def edit_just_so(mug: Product) -> None:
    mug.change({"price": Decimal(2)})


def delete(mug: Product) -> None:
    mug.delete()


def create(_: Product) -> None:
    make_product(sku="b2", name="Pot", description="Red")


@pytest.mark.parametrize(
    ("act", "products", "counted"),
    [
        (edit, [("A1", "Mug", "Blue", 2, True), ("B2", "Cup", "", 5, True)], (1, 1, 0, 0, 0, 0)),
        (edit_just_so, [("A1", "Mug", "", 2, True), ("B2", "Cup", "", 5, True)], (1, 0, 1, 0, 0, 0)),
        (delete, [("A1", "Mug", "", 2, True), ("B2", "Cup", "", 5, True)], (2, 0, 0, 0, 0, 0)),
        (create, [("A1", "Mug", "", 2, True), ("b2", "Cup", "Red", 5, True)], (0, 2, 0, 0, 0, 0)),
    ],
)
def test_products_that_moved_since_are_classified_again(
    client: Client,
    act: Callable[[Product], None],
    products: list[tuple[object, ...]],
    counted: tuple[int, ...],
) -> None:
    mug = make_product(sku="A1", name="Mug", price=Decimal(1))
    job = make_import(make_csv("A1,Mug,,2,", "B2,Cup,,5,"), dry_run=True)
    act(mug)
    assert post(client, job, "confirm").status_code == 200
    runner.run(job.pk)
    assert catalog() == products
    assert counters(job) == counted


def test_product_that_is_gone_since_does_not_come_back_without_a_name(client: Client) -> None:
    mug = make_product(sku="A1", name="Mug")
    job = make_import(make_csv("B2,Cup,,,", "A1,,,2,"), dry_run=True)
    mug.delete()
    post(client, job, "confirm")
    runner.run(job.pk)
    assert errors(job) == [(2, 3, "name", "name.required")]
    assert job.rejected.get().cells == ["A1", "", "", "2", ""]
    assert counters(job) == (1, 0, 0, 0, 1, 0)


def test_row_that_is_rejected_only_now_lends_a_later_one_nothing(client: Client) -> None:
    mug = make_product(sku="A1", name="Mug")
    job = make_import(make_csv("A1,,Blue,2,", "A1,Cup,,,"), dry_run=True)
    assert job.staging_is_stale
    mug.delete()
    post(client, job, "confirm")
    runner.run(job.pk)
    assert errors(job) == [(1, 2, "name", "name.required")]
    assert catalog() == [("A1", "Cup", "", Decimal(0), True)]


def test_row_that_was_rejected_stays_rejected(client: Client) -> None:
    job = make_import(make_csv("A1,,,2,"), dry_run=True)
    mug = make_product(sku="A1", name="Mug")
    post(client, job, "confirm")
    runner.run(job.pk)
    assert counters(job) == (0, 0, 0, 0, 1, 0)
    assert Product.objects.get().updated_at == mug.updated_at


def test_new_errors_are_too_many_at_the_confirmation_too(client: Client) -> None:
    mug = make_product(sku="A1", name="Mug")
    job = make_import(make_csv("B2,Cup,,,", "A1,,,2,"), dry_run=True, on_error="reject")
    mug.delete()
    post(client, job, "confirm")
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.failure_code, job.error_count) == (Status.FAILED, "job.rejected", 1)
    assert not Product.objects.exists()


def test_dry_run_whose_tables_a_crash_emptied_stages_again(client: Client) -> None:
    make_known()
    job = make_import(FILE, dry_run=True)
    empty_tables(job)
    post(client, job, "confirm")
    runner.run(job.pk)
    assert counters(job) == (2, 1, 1, 1, 2, 0)
    assert errors(job) == [(4, 5, "price", "price.invalid"), (7, 8, "name", "name.required")]
    assert ProductCount.objects.totals() == (4, 4)


def test_confirmed_dry_run_that_is_cancelled_while_it_waits_leaves_no_tables(client: Client) -> None:
    job = make_confirmed(client, FILE)
    assert post(client, job, "cancel").json()["status"] == "cancelled"
    assert tables_left(job) == (False, False)
    runner.run(job.pk)
    assert not Product.objects.exists()


# --- Refused ---


@pytest.mark.parametrize("make", [make_import, make_job])
def test_only_a_dry_run_that_is_ready_can_be_confirmed(
    client: Client, make: Callable[[bytes], ImportJob]
) -> None:
    job = make(FILE)
    before = ImportJob.objects.values().get(), queued()
    answer = post(client, job, "confirm")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:job.not_ready")
    assert (ImportJob.objects.values().get(), queued()) == before


def test_dry_run_is_confirmed_once(client: Client) -> None:
    job = make_confirmed(client, FILE)
    before = queued()
    answer = post(client, job, "confirm")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:job.not_ready")
    assert queued() == before


@pytest.mark.parametrize("what", ["confirm", "undo", "cancel"])
def test_job_that_never_was_is_not_found(client: Client, what: str) -> None:
    answer = client.post(f"/api/jobs/{uuid4()}/{what}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:job.not_found")


# --- Given up, and run out ---


def test_cancelling_a_dry_run_that_is_ready_drops_its_tables(client: Client) -> None:
    job = make_import(FILE, dry_run=True)
    assert tables_left(job) == (True, True)
    told = post(client, job, "cancel").json()
    assert (told["status"], told["phase"], told["progress"]) == ("cancelled", "done", 60)
    assert told["completed_at"]
    assert told["preview"]["created"] == 3
    assert tables_left(job) == (False, False)
    assert post(client, job, "confirm").json()["type"] == "urn:problem:job.not_ready"
    assert not Product.objects.exists()


def test_stream_of_a_dry_run_that_is_cancelled_is_its_final_state(client: Client) -> None:
    job = make_import(FILE, dry_run=True)
    post(client, job, "cancel")
    with Reader(client, job, last_event_id=str(job.version)) as reader:
        assert [event.name for event in reader.rest()] == ["final"]


def test_dry_run_that_ran_out_cannot_be_confirmed_although_it_was_not_cancelled_yet(client: Client) -> None:
    job = make_import(FILE, dry_run=True)
    expire(job)
    answer = post(client, job, "confirm")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:job.not_ready")
    runner.run(job.pk)
    assert not Product.objects.exists()


def test_dry_run_that_ran_out_is_cancelled_and_leaves_no_tables(client: Client) -> None:
    job, waiting = make_import(FILE, dry_run=True), make_import(FILE, dry_run=True)
    expire(job)
    maintenance.expire_dry_runs()
    job.refresh_from_db()
    waiting.refresh_from_db()
    assert (job.status, job.phase, tables_left(job)) == (Status.CANCELLED, Phase.DONE, (False, False))
    assert (waiting.status, tables_left(waiting)) == (Status.READY, (True, True))
    assert post(client, job, "confirm").status_code == 409


def test_dry_run_that_ran_out_can_be_run_again(client: Client) -> None:
    job = make_import(FILE, dry_run=True)
    expire(job)
    maintenance.expire_dry_runs()
    answer = post(client, job, "retry")
    assert answer.status_code == 202
    again = ImportJob.objects.get(pk=answer.json()["job_id"])
    runner.run(again.pk)
    again.refresh_from_db()
    assert (again.status, again.preview) == (Status.READY, job.preview)


def test_tables_of_a_dry_run_are_all_that_it_leaves() -> None:
    job = make_import(FILE, dry_run=True)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relname ~ '^imports_(stage|plan|again)_' AND relkind = 'r'"
        )
        assert {name for (name,) in cursor.fetchall()} == {
            f"imports_{table}"
            for table in (f"stage_{job.pk.hex}_1", f"plan_{job.pk.hex}_1", f"plan_{job.pk.hex}_1_0000")
        }
