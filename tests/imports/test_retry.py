"""POST /api/jobs/{id}/retry: a failed or cancelled job again, from its stored file; and how long that is kept."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.utils.timezone import now
from procrastinate.contrib.django.models import ProcrastinateJob

from catalog.models import Product
from imports import jobs, maintenance
from imports.models import ImportJob, Status, StoredFile
from imports.pipeline import runner
from tests.factories import make_csv, make_import, make_job

pytestmark = pytest.mark.django_db(transaction=True)

CSV = make_csv("A1,Mug,,1,", "B2,Cup,,x,")


def make_cancelled(**options: object) -> ImportJob:
    return jobs.cancel(make_job(CSV, "list.csv", **options).pk)


def retry(client: Client, job: ImportJob) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/api/jobs/{job.pk}/retry")
    return answer.status_code, answer.json()


def refused(client: Client, job: ImportJob) -> tuple[int, str, str]:
    before = ImportJob.objects.count()
    status, told = retry(client, job)
    assert ImportJob.objects.count() == before
    return status, told["type"].removeprefix("urn:problem:"), told["detail"]


def test_cancelled_job_is_run_again_as_another(client: Client) -> None:
    job = make_cancelled(blank="clear")
    status, told = retry(client, job)
    again = ImportJob.objects.get(retry_of=job)
    assert (status, told) == (202, {"job_id": str(again.pk), "message": "Retry started successfully"})
    runner.run(again.pk)
    again.refresh_from_db()
    assert (again.status, again.created_count, again.error_count) == (Status.COMPLETED, 1, 1)
    assert list(Product.objects.values_list("sku", flat=True)) == ["A1"]


def test_retry_has_the_file_and_the_options_of_its_job(client: Client) -> None:
    job = make_cancelled(blank="clear", mode="create_only")
    retry(client, job)
    again = ImportJob.objects.get(retry_of=job)
    for name in ["stored_as", "filename", "file_sha256", "file_delimiter", "file_header", "options"]:
        assert getattr(again, name) == getattr(job, name)
    assert again.idempotency_key is None
    assert StoredFile.objects.count() == 1


def test_retry_is_queued(client: Client) -> None:
    job = make_cancelled()
    _, told = retry(client, job)
    assert {"job_id": told["job_id"]} in ProcrastinateJob.objects.values_list("args", flat=True)


def test_failed_job_is_run_again(client: Client) -> None:
    job = make_import(CSV, on_error="reject")
    assert job.status == Status.FAILED
    assert retry(client, job)[0] == 202


def test_retry_can_be_retried(client: Client) -> None:
    _, told = retry(client, make_cancelled())
    again = jobs.cancel(UUID(told["job_id"]))
    assert retry(client, again)[0] == 202
    assert ImportJob.objects.filter(retry_of=again).count() == 1


@pytest.mark.parametrize("make", [make_job, make_import])
def test_job_that_did_not_fail_is_not_retried(client: Client, make: Any) -> None:
    job = make(CSV)
    status, code, detail = refused(client, job)
    assert (status, code) == (409, "job.not_retryable")
    assert detail == f"The job is {job.status}. Only a failed or cancelled job can be retried."


def test_job_is_not_retried_while_an_earlier_retry_has_not_ended(client: Client) -> None:
    job = make_cancelled()
    _, told = retry(client, job)
    detail = f"The job is already being retried by job {told['job_id']}."
    assert refused(client, job) == (409, "job.not_retryable", detail)
    jobs.cancel(UUID(told["job_id"]))
    assert retry(client, job)[0] == 202


def test_job_whose_file_was_removed_is_not_retried(client: Client) -> None:
    job = make_cancelled()
    ImportJob.objects.filter(pk=job.pk).update(stored_as="")
    assert refused(client, job) == (410, "file.missing", "The stored file is missing. Upload it again.")


def test_job_whose_file_is_missing_is_not_retried(client: Client) -> None:
    job = make_cancelled()
    default_storage.delete(job.stored_as)
    assert refused(client, job)[:2] == (410, "file.missing")


def test_unknown_job_is_not_retried(client: Client) -> None:
    answer = client.post(f"/api/jobs/{uuid4()}/retry")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:job.not_found")


# --- The file they share ---


def end(job: ImportJob, days_ago: int) -> None:
    ImportJob.objects.filter(pk=job.pk).update(
        status=Status.CANCELLED, completed_at=now() - timedelta(days=days_ago)
    )


@pytest.mark.parametrize("ended_days_ago", [None, 29])
def test_file_stays_while_a_retry_may_need_it(ended_days_ago: int | None) -> None:
    job = make_cancelled()
    end(job, days_ago=40)
    again = jobs.retry(job.pk)
    if ended_days_ago:
        end(again, ended_days_ago)
    assert maintenance.prune_files() == 0
    job.refresh_from_db()
    assert default_storage.exists(job.stored_as)


def test_file_of_job_and_retry_is_removed_once_both_ended_long_ago() -> None:
    job = make_cancelled()
    end(job, days_ago=40)
    end(jobs.retry(job.pk), days_ago=31)
    assert maintenance.prune_files() == 1
    assert not StoredFile.objects.exists()
    assert list(ImportJob.objects.values_list("stored_as", flat=True)) == ["", ""]
