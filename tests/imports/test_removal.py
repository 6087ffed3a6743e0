"""DELETE /jobs/{id}: a job that has ended goes with everything of its own, and nothing else does."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from pytest_django import Settings

from catalog.models import Product
from imports import jobs, removal
from imports.models import (
    ChangedProducts,
    CreatedProducts,
    ImportJob,
    JobNotFound,
    RejectedRow,
    Status,
    StoredChunk,
    SupersededRow,
)
from tests.factories import make_client, make_csv, make_import, make_job, make_product

pytestmark = pytest.mark.django_db(transaction=True)

FILE = make_csv("A1,Mug,,1,", "B2,Cup,,2,", "B2,Pot,,2,", "C3,Pen,,x,")
KEPT = (ImportJob, RejectedRow, CreatedProducts, ChangedProducts, SupersededRow, StoredChunk)


def delete(client: Client, job: ImportJob) -> int:
    return client.delete(f"/api/jobs/{job.pk}").status_code


def test_ended_job_is_removed_with_everything_of_its_own(client: Client) -> None:
    make_product(sku="A1")
    job = make_import(FILE)
    assert delete(client, job) == 204
    assert [model.objects.count() for model in KEPT] == [0] * len(KEPT)
    assert client.get(f"/api/jobs/{job.pk}").status_code == 404


def test_products_stay_as_the_import_left_them(client: Client) -> None:
    delete(client, make_import(FILE))
    assert list(Product.objects.order_by("sku").values_list("sku", "name")) == [("A1", "Mug"), ("B2", "Pot")]


def test_other_jobs_keep_what_is_theirs(client: Client) -> None:
    other = make_import(make_csv("D4,Jar,,1,", "E5,Bin,,x,"))
    delete(client, make_import(FILE))
    assert (ImportJob.objects.get(), RejectedRow.objects.count()) == (other, 1)
    assert default_storage.exists(other.stored_as)


def test_both_spellings_of_the_path_are_taken(client: Client) -> None:
    assert client.delete(f"/api/jobs/{make_import(FILE).pk}/").status_code == 204


@pytest.mark.parametrize("status", ["pending", "processing", "ready"])
def test_job_that_has_not_ended_stays(client: Client, status: str) -> None:
    job = make_import(FILE, dry_run=True) if status == "ready" else make_job(FILE)
    ImportJob.objects.update(status=status)
    answer = client.delete(f"/api/jobs/{job.pk}")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:job.not_ended")
    assert default_storage.exists(ImportJob.objects.get().stored_as)


def test_unknown_job_is_not_found(client: Client) -> None:
    answer = client.delete(f"/api/jobs/{uuid4()}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:job.not_found")


def test_key_that_may_only_read_deletes_nothing(settings: Settings) -> None:
    settings.DEBUG = False
    assert delete(make_client("read"), make_import(FILE)) == 403
    assert ImportJob.objects.exists()


def make_retried() -> tuple[ImportJob, ImportJob]:
    job = make_job(FILE)
    jobs.cancel(job.pk)
    return job, jobs.retry(job.pk)


def test_file_stays_for_the_retry_and_goes_with_it(client: Client) -> None:
    job, again = make_retried()
    assert delete(client, job) == 204
    again.refresh_from_db()
    assert (again.retry_of, default_storage.exists(again.stored_as)) == (None, True)
    ImportJob.objects.update(status=Status.CANCELLED, completed_at="2026-01-01T00:00Z")
    assert delete(client, again) == 204
    assert not default_storage.exists(again.stored_as)


def remove_in_a_thread(job: ImportJob) -> None:
    try:
        removal.remove(job.pk)
    finally:
        connection.close()


def test_two_that_share_a_file_are_removed_at_once_and_it_with_them() -> None:
    shared = make_retried()
    ImportJob.objects.update(status=Status.CANCELLED, completed_at="2026-01-01T00:00Z")
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(remove_in_a_thread, shared))
    assert not ImportJob.objects.exists()
    assert not default_storage.exists(shared[0].stored_as)


def test_job_is_removed_once() -> None:
    job = make_import(FILE)
    removal.remove(job.pk)
    with pytest.raises(JobNotFound):
        removal.remove(job.pk)
