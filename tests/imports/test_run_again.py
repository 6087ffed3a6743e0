"""POST /api/jobs/{id}/retry with options: the stored file again with other settings; and uploads that correct a job's file."""

import gzip
import io
import zipfile
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Product
from imports import jobs
from imports.models import ImportJob, Status, StoredFile
from imports.pipeline import runner
from tests.factories import make_csv, make_import, make_job

pytestmark = pytest.mark.django_db(transaction=True)

CSV = make_csv("A1,Mug,,1,", "B2,Cup,,x,")
TWO_PRICES = b"sku,name,Preis A,Preis B\nA1,Mug,1.00,2.00\nB2,Cup,3.00,4.00\n"


def retry(client: Client, job: ImportJob, **options: object) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"/api/jobs/{job.pk}/retry", options, content_type="application/json")
    return answer.status_code, answer.json()


def run_again(client: Client, job: ImportJob, **options: object) -> ImportJob:
    status, told = retry(client, job, **options)
    assert status == 202, told
    runner.run(told["job_id"])
    return ImportJob.objects.get(pk=told["job_id"], retry_of=job)


# --- Other options ---


def test_failed_import_runs_again_with_what_made_it_fail_changed(client: Client) -> None:
    job = make_import(CSV, on_error="reject", blank="clear")
    again = run_again(client, job, on_error="skip")
    assert (again.status, again.created_count, again.error_count) == (Status.COMPLETED, 1, 1)
    assert again.parsed_options == job.parsed_options.model_copy(update={"on_error": "skip"})


def test_completed_import_runs_again_with_other_options(client: Client) -> None:
    job = make_import(make_csv('A1,Mug,,"1,234",', 'B2,Cup,,"1,50",'))
    run_again(client, job, decimal=".")
    assert Product.objects.get(sku="A1").price == Decimal(1234)


def test_columns_are_matched_again(client: Client) -> None:
    job = make_import(b"sku,name,alias\nA1,Mug,Cup\n")
    again = run_again(client, job, mapping={"name": "", "alias": "name"})
    assert [column["field"] for column in again.file_columns] == ["sku", None, "name"]
    assert Product.objects.get().name == "Cup"


def test_preview_that_is_ready_is_discarded(client: Client) -> None:
    job = make_import(CSV, dry_run=True)
    again = run_again(client, job, mode="create_only")
    job.refresh_from_db()
    assert (job.status, again.status) == (Status.CANCELLED, Status.READY)
    assert StoredFile.objects.count() == 1


def test_unclear_columns_are_asked_about_and_change_nothing(client: Client) -> None:
    mapping = {"Preis A": "price", "Preis B": ""}
    job = make_import(TWO_PRICES, dry_run=True, mapping=mapping)
    status, told = retry(client, job, mapping={})
    assert (status, told["type"]) == (422, "urn:problem:columns.unclear")
    assert [question["field"] for question in told["questions"]] == ["price"]
    job.refresh_from_db()
    assert (job.status, ImportJob.objects.count()) == (Status.READY, 1)


def test_no_options_are_a_plain_retry(client: Client) -> None:
    assert retry(client, make_import(CSV))[0] == 409
    assert retry(client, make_import(CSV, on_error="reject"))[0] == 202


@pytest.mark.parametrize("options", [{"mode": "x"}, {"modus": "sync"}, {"mapping": {"a": 1}}])
def test_invalid_option_is_refused(client: Client, options: dict[str, object]) -> None:
    assert retry(client, make_import(CSV), **options)[0] == 422


def test_import_that_waits_does_not_run_again(client: Client) -> None:
    status, told = retry(client, make_job(CSV), mode="sync")
    detail = "The job is pending. It can run with other options once it has ended or is a preview."
    assert (status, told["type"], told["detail"]) == (409, "urn:problem:job.not_retryable", detail)


def test_import_whose_file_was_removed_does_not_run_again(client: Client) -> None:
    job = make_import(CSV)
    ImportJob.objects.update(stored_as="")
    assert retry(client, job, mode="sync")[0] == 410


@pytest.mark.parametrize("kind", ["gzip", "zip", "utf-16"])
def test_file_of_any_kind_is_inspected_again(client: Client, kind: str) -> None:
    content = make_csv("A1,Mug,,1,").decode().encode("utf-16") if kind == "utf-16" else packed(kind)
    again = run_again(client, make_import(content), mode="update_only")
    assert (again.status, again.total_rows, again.file_packing) == (
        Status.COMPLETED,
        1,
        "" if kind == "utf-16" else kind,
    )


def packed(kind: str) -> bytes:
    content = make_csv("A1,Mug,,1,")
    if kind == "gzip":
        return gzip.compress(content)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a.csv", content)
    return archive.getvalue()


# --- Corrected files ---


def upload(client: Client, content: bytes, **options: object) -> tuple[int, dict[str, Any]]:
    file = SimpleUploadedFile("fixed.csv", content)
    answer = client.post("/api/upload", {"file": file, **options})
    return answer.status_code, answer.json()


def test_corrected_file_has_the_options_of_the_job(client: Client) -> None:
    job = make_import(TWO_PRICES, blank="clear", mapping={"Preis A": "price", "Preis B": ""})
    status, told = upload(client, TWO_PRICES, corrects=job.pk)
    corrected = ImportJob.objects.get(corrects=job)
    assert (status, told["job_id"]) == (202, str(corrected.pk))
    assert corrected.parsed_options == job.parsed_options
    assert client.get(f"/api/jobs/{corrected.pk}").json()["corrects"] == str(job.pk)


def test_option_given_beside_it_wins(client: Client) -> None:
    job = make_import(CSV, blank="clear", mode="create_only")
    upload(client, CSV, corrects=job.pk, mode="upsert")
    options = ImportJob.objects.get(corrects=job).parsed_options
    assert (options.mode, options.blank) == ("upsert", "clear")


def test_corrected_file_may_be_saved_in_another_way(client: Client) -> None:
    job = make_import("sku;name;price\nA1;M\xfcg;1\n".encode("cp1252"), encoding="cp1252", delimiter=";")
    upload(client, "sku,name,price\nA1,M\xfcg,1\n".encode(), corrects=job.pk)
    corrected = ImportJob.objects.get(corrects=job)
    runner.run(corrected.pk)
    assert Product.objects.get().name == "M\xfcg"


def test_errors_csv_is_such_a_file(client: Client) -> None:
    job = make_import(b"Nr;Bez;VK\nA1;Mug;x\nB2;Cup;2\n", mapping={"Nr": "sku", "Bez": "name", "VK": "price"})
    errors = client.get(f"/api/jobs/{job.pk}/errors.csv").getvalue().replace(b";x", b";1")
    upload(client, errors, corrects=job.pk)
    runner.run(ImportJob.objects.get(corrects=job).pk)
    assert dict(Product.objects.values_list("sku", "price")) == {"A1": Decimal(1), "B2": Decimal(2)}


def test_unknown_job_has_no_corrected_file(client: Client) -> None:
    assert upload(client, CSV, corrects=uuid4())[0] == 404


@pytest.mark.parametrize("options", [{"corrects": "x"}, {"corrects": uuid4(), "profile": "A shop"}])
def test_corrects_is_the_id_of_a_job_and_comes_without_a_profile(
    client: Client, options: dict[str, object]
) -> None:
    status, told = upload(client, CSV, **options)
    assert (status, told["errors"][0]["pointer"]) == (422, "/corrects")


def test_corrections_outlive_the_job_they_correct(client: Client) -> None:
    job = jobs.cancel(make_job(CSV).pk)
    upload(client, CSV, corrects=job.pk)
    client.delete(f"/api/jobs/{job.pk}")
    assert ImportJob.objects.get().corrects is None
