"""GET /api/jobs and GET /api/jobs/{id}: what a job reports; POST .../cancel."""

import uuid
from typing import Any

import pytest
from django.test import Client

from catalog.models import Product
from imports.models import ImportJob, Phase, Status
from imports.pipeline import runner
from tests.factories import make_csv, make_import, make_job

pytestmark = pytest.mark.django_db(transaction=True)

CONTRACT = {
    "job_id": str,
    "filename": str,
    "status": str,
    "total_rows": int,
    "processed_rows": int,
    "success_count": int,
    "error_count": int,
    "progress": int,
    "errors": list,
    "started_at": str,
    "completed_at": str,
    "created_at": str,
}
OURS = {
    "listed_count": int,
    "phase": str,
    "created_count": int,
    "updated_count": int,
    "unchanged_count": int,
    "superseded_count": int,
    "rows_per_second": int,
    "eta_seconds": type(None),
    "deactivated_count": int,
    "dry_run": bool,
    "preview": type(None),
    "expires_at": type(None),
    "confirmed_at": type(None),
    "cancel_requested": bool,
    "options": dict,
    "retry_of": type(None),
    "corrects": type(None),
    "profile": type(None),
    "undo": type(None),
    "undone_at": type(None),
    "reverted_count": int,
    "kept_count": int,
    "new_at_zero_count": int,
    "large_price_change_count": int,
    "goes_inactive_count": int,
    "file": dict,
    "warnings": list,
    "columns": list,
}


def job_told(client: Client, job: ImportJob) -> dict[str, Any]:
    return dict(client.get(f"/api/jobs/{job.pk}").json())


def page_told(client: Client, query: str = "") -> dict[str, Any]:
    answer = client.get(f"/api/jobs{query}")
    assert answer.status_code == 200
    return dict(answer.json())


def ids(page: dict[str, Any]) -> list[str]:
    return [job["job_id"] for job in page["results"]]


# --- One job ---


def test_job_has_the_fields_and_types_of_the_contract(client: Client) -> None:
    told = job_told(client, make_import(make_csv("A1,Mug,,,", "B2,,,x,")))
    assert {name: type(value) for name, value in told.items()} == CONTRACT | OURS


def test_completed_job_reports_the_truth_about_its_file(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,1.50,", "B2,Cup,,x,", "a1,Mug,,2,"))
    told = job_told(client, job)
    assert told["job_id"] == str(job.pk)
    assert (told["filename"], told["status"], told["phase"]) == ("products.csv", "completed", "done")
    assert (told["total_rows"], told["processed_rows"]) == (3, 3)
    assert (told["success_count"], told["error_count"], told["progress"]) == (2, 1, 100)
    assert (told["created_count"], told["superseded_count"]) == (1, 1)
    assert told["file"] == {
        "bytes": job.file_bytes,
        "sha256": job.file_sha256,
        "encoding": "utf-8",
        "delimiter": ",",
        "sheet": "",
        "sheets": [],
        "header_line": 1,
        "recipe": "",
    }


def test_error_of_a_row_has_the_shape_of_the_contract(client: Client) -> None:
    told = job_told(client, make_import(make_csv('A1,Mug,"two\nlines",1,', "B2,Cup,,abc,")))
    assert told["errors"] == [
        {
            "row": 2,
            "line": 4,
            "column": "price",
            "code": "price.invalid",
            "message": "'abc' is not a price.",
            "value": "abc",
        }
    ]


def test_moments_are_in_utc(client: Client) -> None:
    told = job_told(client, make_import(make_csv("A1,Mug,,,")))
    assert all(told[moment].endswith("Z") for moment in ("created_at", "started_at", "completed_at"))
    assert told["created_at"] <= told["started_at"] <= told["completed_at"]


def test_waiting_job_has_nothing_to_tell_yet(client: Client) -> None:
    told = job_told(client, make_job(make_csv("A1,Mug,,,")))
    assert (told["status"], told["phase"], told["progress"]) == ("pending", "queued", 0)
    assert (told["started_at"], told["completed_at"], told["eta_seconds"]) == (None, None, None)
    assert (told["total_rows"], told["rows_per_second"], told["errors"]) == (0, 0, [])


def test_running_job_reckons_its_time(client: Client) -> None:
    job = runner.claim(make_job(make_csv("A1,Mug,,,")).pk)
    assert job
    job.checkpoint(phase=Phase.STAGING, total_rows=1000, progress=20)
    told = job_told(client, job)
    assert (told["status"], told["phase"], told["progress"]) == ("processing", "staging", 20)
    assert told["rows_per_second"] > 0
    assert type(told["eta_seconds"]) is int


def test_first_hundred_errors_are_told(client: Client) -> None:
    told = job_told(client, make_import(make_csv(*(f"A{number},Mug,,x," for number in range(120)))))
    assert [error["row"] for error in told["errors"]] == list(range(1, 101))
    assert told["error_count"] == 120


def test_job_records_every_column_as_it_was_read(client: Client) -> None:
    told = job_told(client, make_import(b"Artikelnr,name,Colour\nA1,Mug,red\n"))
    assert told["columns"] == [
        {"header": "Artikelnr", "field": "sku", "reason": "name", "confidence": 0.95},
        {"header": "name", "field": "name", "reason": "name", "confidence": 1.0},
        {"header": "Colour", "field": None, "reason": "other", "confidence": 0.9},
    ]


def test_unknown_columns_are_warned_of(client: Client) -> None:
    told = job_told(client, make_import(b"sku,name,price,Colour\nA1,Mug,1,red\n"))
    assert told["warnings"] == [
        {
            "column": "Colour",
            "code": "header.unknown",
            "message": "The column was not recognized and was ignored.",
        }
    ]


@pytest.mark.parametrize("way", ["", "/events", "/errors", "/errors.csv"])
def test_unknown_job_is_not_found(client: Client, way: str) -> None:
    job_id = uuid.uuid4()
    answer = client.get(f"/api/jobs/{job_id}{way}")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert answer.json() == {
        "type": "urn:problem:job.not_found",
        "title": "Not found",
        "status": 404,
        "detail": f"No job has the ID {job_id}.",
    }


@pytest.mark.parametrize("job_id", ["1", "abc", "0b0f6c0e-5c55-4b0a-9d0e-0a3f1f3f7c1", "%00"])
def test_id_that_is_none_is_not_found(client: Client, job_id: str) -> None:
    answer = client.get(f"/api/jobs/{job_id}")
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:problem:path.not_found")


# --- The list ---


def test_jobs_are_listed_newest_first(client: Client) -> None:
    first, second = make_job(make_csv()), make_job(make_csv())
    page = page_told(client)
    assert ids(page) == [str(second.pk), str(first.pk)]
    assert (page["count"], page["next"], page["previous"]) == (2, None, None)


def test_listed_job_has_all_but_its_columns_and_errors(client: Client) -> None:
    job = make_import(make_csv("A1,,,x,"))
    told = job_told(client, job)
    del told["columns"], told["errors"]
    assert page_told(client)["results"] == [told]


def test_no_jobs_are_an_empty_page(client: Client) -> None:
    assert page_told(client) == {"count": 0, "next": None, "previous": None, "results": []}


def test_pages_lead_on_and_back(client: Client) -> None:
    jobs = [str(make_job(make_csv()).pk) for _ in range(3)]
    here = "http://testserver/api/jobs?page_size=2"
    first = page_told(client, "?page_size=2")
    assert (ids(first), first["next"], first["previous"]) == ([jobs[2], jobs[1]], f"{here}&page=2", None)
    second = page_told(client, "?page_size=2&page=2")
    assert (ids(second), second["next"], second["previous"]) == ([jobs[0]], None, f"{here}&page=1")


def test_page_behind_the_last_is_empty_and_leads_back(client: Client) -> None:
    make_job(make_csv())
    page = page_told(client, "?page=9")
    assert (page["count"], page["results"], page["next"]) == (1, [], None)
    assert page["previous"] == "http://testserver/api/jobs?page=1"


def test_jobs_of_one_status_are_found(client: Client) -> None:
    waiting, done = make_job(make_csv()), make_import(make_csv())
    assert ids(page_told(client, "?status=pending")) == [str(waiting.pk)]
    assert ids(page_told(client, "?status=completed")) == [str(done.pk)]
    assert ids(page_told(client, "?status=failed")) == []


def test_filter_stays_in_the_links(client: Client) -> None:
    make_job(make_csv()), make_job(make_csv())
    page = page_told(client, "?status=pending&page_size=1")
    assert page["next"] == "http://testserver/api/jobs?status=pending&page_size=1&page=2"


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("page=0", "page"), ("page=x", "page"), ("page_size=501", "page_size"), ("page_size=0", "page_size"),
     ("status=done", "status")],
)  # fmt: skip
def test_bad_query_is_rejected(client: Client, query: str, pointer: str) -> None:
    answer = client.get(f"/api/jobs?{query}")
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/query/{pointer}"]


# --- Cancelling ---


def test_waiting_job_is_cancelled_at_once(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,,"))
    told = client.post(f"/api/jobs/{job.pk}/cancel").json()
    assert (told["status"], told["phase"], told["cancel_requested"]) == ("cancelled", "done", True)
    assert told["completed_at"]


def test_cancelled_job_is_not_imported(client: Client) -> None:
    job = make_job(make_csv("A1,Mug,,,"))
    client.post(f"/api/jobs/{job.pk}/cancel")
    runner.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.attempt) == (Status.CANCELLED, 0)
    assert not Product.objects.exists()


def test_running_job_is_asked_to_stop_and_does(client: Client) -> None:
    job = runner.claim(make_job(make_csv("A1,Mug,,,")).pk)
    assert job
    told = client.post(f"/api/jobs/{job.pk}/cancel").json()
    assert (told["status"], told["cancel_requested"], told["completed_at"]) == ("processing", True, None)
    runner.run(job.pk)
    assert job_told(client, job)["status"] == "cancelled"
    assert not Product.objects.exists()


def test_ended_job_cannot_be_cancelled(client: Client) -> None:
    job = make_import(make_csv("A1,Mug,,,"))
    answer = client.post(f"/api/jobs/{job.pk}/cancel")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:problem:job.ended")
    assert answer.json()["detail"] == ("The job cannot be cancelled: it is already completed.")
    assert job_told(client, job)["status"] == "completed"
