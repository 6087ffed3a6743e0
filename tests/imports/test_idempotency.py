"""The header Idempotency-Key of POST /api/upload: what is sent again under one name is one job."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from imports.models import ImportJob, StoredFile
from tests.factories import make_csv, make_import

pytestmark = pytest.mark.django_db(transaction=True)

CSV = make_csv("A1,Mug,,,")


def send(key: str, content: bytes = CSV, **options: str) -> tuple[int, dict[str, Any]]:
    form = {"file": SimpleUploadedFile("a.csv", content), **options}
    answer = Client().post("/api/upload", form, headers={"Idempotency-Key": key})
    return answer.status_code, answer.json()


def stored() -> tuple[int, int, int]:
    return ImportJob.objects.count(), StoredFile.objects.count(), ProcrastinateJob.objects.count()


def test_upload_sent_again_is_answered_with_its_job() -> None:
    first, again = send("k1", mode="sync"), send("k1", mode="sync")
    assert first == again
    assert first[0] == 202
    assert stored() == (1, 1, 1)


def test_upload_sent_again_is_its_job_when_that_has_ended_too() -> None:
    _, answer = send("k1")
    ImportJob.objects.filter(pk=answer["job_id"]).update(
        status="cancelled", completed_at="2026-01-01T00:00:00Z"
    )
    assert send("k1") == (202, answer)
    assert stored() == (1, 1, 1)


def test_same_file_under_another_key_or_none_is_another_job() -> None:
    assert len({send("k1")[1]["job_id"], send("k2")[1]["job_id"], str(make_import(CSV).pk)}) == 3


@pytest.mark.parametrize(
    ("content", "options"),
    [(make_csv("A1,Cup,,,"), {}), (CSV, {"mode": "sync"}), (CSV + b"\n" * 100_000, {})],
)
def test_key_sent_with_something_else_is_rejected(content: bytes, options: dict[str, str]) -> None:
    send("k1")
    status, told = send("k1", content, **options)
    assert (status, told["type"]) == (422, "urn:problem:idempotency.mismatch")
    assert [error["pointer"] for error in told["errors"]] == ["/header/Idempotency-Key"]
    assert stored() == (1, 1, 1)


def test_key_of_a_rejected_upload_is_free() -> None:
    assert send("k1", b"name\nMug\n")[0] == 422
    assert send("k1")[0] == 202


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "Ø", "a\tb"])
def test_key_that_is_none_is_rejected(key: str) -> None:
    status, told = send(key)
    assert (status, told["type"]) == (422, "urn:problem:request.invalid")
    assert [error["pointer"] for error in told["errors"]] == ["/header/Idempotency-Key"]
    assert stored() == (0, 0, 0)


def test_longest_key_is_taken() -> None:
    assert send("x" * 255)[0] == 202


def test_two_uploads_at_once_with_one_key_are_one_job() -> None:
    def send_and_leave(_: int) -> tuple[int, dict[str, Any]]:
        try:
            return send("k1")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(send_and_leave, range(8)))
    assert [answer == answers[0] for answer in answers] == [True] * 8
    assert answers[0][0] == 202
    assert stored() == (1, 1, 1)


def test_page_of_another_site_may_send_the_header(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    headers = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "idempotency-key",
    }
    answer = Client().options("/api/upload", headers=headers)
    assert "idempotency-key" in answer.headers["Access-Control-Allow-Headers"].split(", ")
