"""An import that is cancelled: at once while it waits, between two commits while it runs, and then for good.

What the answers look like is in tests.imports.test_jobs."""

from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from catalog.models import Product, ProductCount
from imports.models import ImportJob, Phase, RejectedRow, Status
from imports.pipeline import chunks, runner
from imports.queries import Tables
from tests.factories import make_csv, make_import, make_job
from tests.imports.crashing import make_content
from tests.imports.stopping import run_and_cancel_when
from tests.imports.workers import outcome, queue_is_empty, until, watching, working

pytestmark = pytest.mark.django_db(transaction=True)

STOPS_WITHIN_SECONDS = 5


def cancel(client: Client, job: ImportJob) -> Any:
    return client.post(f"/api/jobs/{job.pk}/cancel")


@pytest.mark.slow
def test_worker_passes_over_an_import_that_was_cancelled_while_it_waited(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,1,"))
    assert cancel(client, job).json()["status"] == "cancelled"
    with working():
        until(queue_is_empty, "the queue is done with it")
    job.refresh_from_db()
    assert (job.status, job.attempt, job.started_at) == (Status.CANCELLED, 0, None)
    assert not Product.objects.exists()


def test_chunks_that_are_committed_stay_and_are_counted(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chunks, "CHUNK_ROWS", 60)
    job = make_job(make_csv(*(f"A{number},Mug,,1," for number in range(1_000))))
    run_and_cancel_when(client, job, lambda seen: seen.applied_rows > 0)
    assert (job.status, job.phase) == (Status.CANCELLED, Phase.DONE)
    assert 0 < job.created_count < job.total_rows == 1_000
    assert job.created_count == Product.objects.count() == ProductCount.objects.totals()[0]
    assert 50 <= job.progress < 100
    assert job.completed_at


def test_import_cancelled_while_its_rows_are_staged_changes_no_product(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,1,", "B2,Cup,,abc,"))
    run_and_cancel_when(client, job, lambda seen: seen.phase == Phase.STAGING)
    assert (job.status, job.total_rows, job.processed_rows, job.error_count) == (Status.CANCELLED, 2, 1, 1)
    assert RejectedRow.objects.filter(job=job).count() == 1
    assert not Product.objects.exists()


def test_cancelled_import_leaves_no_tables(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,1,"))
    run_and_cancel_when(client, job, lambda seen: seen.phase == Phase.APPLYING)
    assert (Tables(job).exists("stage"), Tables(job).exists("plan")) == (False, False)


def test_cancelled_import_stays_so_however_often_it_is_run(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,1,"))
    run_and_cancel_when(client, job, lambda seen: seen.phase == Phase.APPLYING)
    ended = ImportJob.objects.values().get(pk=job.pk)
    Product.objects.all().delete()
    runner.run(job.pk)
    assert ImportJob.objects.values().get(pk=job.pk) == ended
    assert not Product.objects.exists()


def test_import_of_a_dead_worker_is_cancelled_by_the_next_one(client: Client) -> None:
    job = runner.claim(make_job(make_csv("A1,Mug,,1,")).pk)
    assert job
    assert cancel(client, job).json()["status"] == "processing"
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempt) == (Status.CANCELLED, 2)
    assert not Product.objects.exists()


@pytest.mark.usefixtures("without_search_index")
@pytest.mark.slow
@pytest.mark.parametrize("phase", ["staging", "applying"])
def test_worker_stops_a_running_import_soon(phase: str, client: Client, tmp_path: Path) -> None:
    job = make_job(make_content(tmp_path, 200_000))
    with working(), watching(job.pk) as watch:
        watch.until(lambda seen: seen.is_within(phase) or seen.is_final, f"the import is {phase}")
        assert cancel(client, job).status_code == 200
        watch.until_final(STOPS_WITHIN_SECONDS)
        until(queue_is_empty, "the queue is done with it")
    found = outcome(job.pk)
    assert (found.status, found.tables) == ("cancelled", 0)
    assert found.created == found.products == found.counted
    assert watch.wrong == []


def test_import_that_has_ended_cannot_be_cancelled(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,1,"))
    ended = ImportJob.objects.values().get(pk=job.pk)
    answer = cancel(client, job)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:job.ended")
    assert ImportJob.objects.values().get(pk=job.pk) == ended


def test_import_that_never_was_cannot_be_cancelled(client: Client) -> None:
    answer = client.post(f"/api/jobs/{uuid4()}/cancel")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:job.not_found")
