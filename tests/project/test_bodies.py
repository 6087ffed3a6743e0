"""Bodies that nobody would read: said to be overlooked, or read up so that the answer arrives."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Product
from tests.factories import make_client

pytestmark = pytest.mark.django_db

PICTURE = b"\x89PNG" + bytes(300_000)


@pytest.fixture(autouse=True)
def production(settings: Any) -> None:
    settings.DEBUG = False


def upload(client: Client) -> Any:
    return client.post("/api/upload", {"file": SimpleUploadedFile("products.csv", PICTURE)})


def unread(response: Any) -> int:
    return len(response.wsgi_request.META["wsgi.input"].read())


def test_json_in_chunks_is_told_to_have_a_length() -> None:
    headers = {"Transfer-Encoding": "chunked"}
    response = make_client().generic(
        "POST", "/api/products/", b"{}", "application/json", headers=headers, CONTENT_LENGTH=""
    )
    assert (response.status_code, response.json()["type"]) == (411, "urn:problem:body.length_required")


def test_refused_upload_is_read_up() -> None:
    response = upload(make_client())
    assert (response.status_code, response.json()["type"]) == (415, "urn:problem:file.not_csv")
    assert unread(response) == 0


def test_refused_upload_is_read_no_further_than_an_accepted_one(settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = 100_000
    response = upload(make_client())
    assert (response.status_code, response.json()["type"]) == (413, "urn:problem:file.too_large")
    assert unread(response) > 100_000


def test_upload_of_a_stranger_is_not_read(client: Client) -> None:
    response = upload(client)
    assert response.status_code == 401
    assert unread(response) > len(PICTURE)


def test_large_body_of_json_is_read_up(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    body = json.dumps({"sku": "A-1", "name": "Anvil", "description": "x" * 10_000})
    response = make_client().post("/api/products/", body, content_type="application/json")
    assert (response.status_code, unread(response)) == (413, 0)
    assert not Product.objects.exists()
