"""How much of what takes long a key or an account may do at once, over all web processes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from django.test import Client

from catalog.export import EXPORTS, Export, ExportTooSlow
from catalog.models import Product
from hooks.ping import TESTS
from imports.models import ImportJob, StoredFile
from imports.progress.sse import STREAMS
from imports.upload.request import UPLOADS
from lib import places
from lib.places import Places
from project.models import ApiKey
from tests.factories import make_client, make_csv, make_job, make_product

pytestmark = pytest.mark.django_db

CSV = make_csv("A-1,Mug,,1,true")


def upload(client: Client) -> Any:
    return client.post("/api/upload", CSV, content_type="text/csv")


def holder() -> str:
    """The key that was made last."""
    return f"project.ApiKey {ApiKey.objects.latest('pk').pk}"


@contextmanager
def another_process(kind: Places, holder: str) -> Iterator[None]:
    """It has all the places of the holder. At the end it dies, and gives nothing back."""
    with places.connect() as session:
        for number in kind.numbers(holder):
            session.execute("SELECT pg_advisory_lock(%s)", [number])
        yield
        session.close()


def test_uploads_beyond_four_at_once_are_refused() -> None:
    client = make_client()
    with ExitStack() as under_way:
        for _ in range(4):
            under_way.enter_context(UPLOADS.held(holder()))
        answer = upload(client)
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:problem:uploads.too_many")
    assert answer.headers["Retry-After"] == "5"
    assert not (ImportJob.objects.exists() or StoredFile.objects.exists())


def test_uploads_of_another_process_count() -> None:
    client = make_client()
    with another_process(UPLOADS, holder()):
        assert upload(client).status_code == 429


def test_process_that_died_holds_no_places() -> None:
    client = make_client()
    with another_process(UPLOADS, holder()):
        pass
    assert upload(client).status_code == 202


def test_upload_that_ended_has_given_its_place_back() -> None:
    client = make_client()
    assert [upload(client).status_code for _ in range(6)] == [202] * 6
    assert not places.session.held


def test_places_of_another_key_are_its_own() -> None:
    with another_process(UPLOADS, "project.ApiKey 0"):
        assert upload(make_client()).status_code == 202


def test_open_development_has_as_many_as_it_likes(client: Client) -> None:
    with UPLOADS.held(None), UPLOADS.held(None), UPLOADS.held(None), UPLOADS.held(None):
        assert upload(client).status_code == 202


def test_places_outlast_a_session_that_was_lost() -> None:
    client = make_client()
    with another_process(UPLOADS, "project.ApiKey 0"), ExitStack() as under_way:
        under_way.enter_context(UPLOADS.held(holder()))
        assert places.session.connection
        places.session.connection.close()
        for _ in range(3):
            under_way.enter_context(UPLOADS.held(holder()))
        assert upload(client).status_code == 429
    assert upload(client).status_code == 202


def test_second_export_at_once_is_refused() -> None:
    client = make_client()
    with another_process(EXPORTS, holder()):
        answer = client.get("/api/products/export")
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:problem:exports.one_at_a_time")


def test_export_that_was_read_has_given_its_place_back() -> None:
    """Before it is closed: whoever has seen its end may ask for another one."""
    make_client()
    assert list(Export(Product.objects.all(), "csv", holder()))
    Export(Product.objects.all(), "csv", holder()).close()


def test_export_that_takes_too_long_breaks_off(monkeypatch: pytest.MonkeyPatch) -> None:
    make_product()
    monkeypatch.setattr("catalog.export.BATCH_ROWS", 1)
    make_product()
    export = Export(Product.objects.order_by("id"), "csv")
    export.deadline = 0
    with pytest.raises(ExportTooSlow):
        list(export)
    export.close()


def test_streams_beyond_twenty_at_once_are_refused() -> None:
    client, job = make_client(), make_job(CSV)
    with another_process(STREAMS, holder()):
        answer = client.get(f"/api/jobs/{job.pk}/events")
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:problem:streams.too_many_of_yours")


def test_webhook_tests_beyond_two_at_once_are_refused() -> None:
    client = make_client()
    webhook = client.post(
        "/api/webhooks/",
        {"url": "http://127.0.0.1:9000/hook", "event_types": ["product.created"]},
        content_type="application/json",
    ).json()
    with another_process(TESTS, holder()):
        answer = client.post(f"/api/webhooks/{webhook['id']}/test/")
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:problem:webhook_tests.too_many")
