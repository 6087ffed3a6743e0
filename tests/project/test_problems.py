"""Whatever goes wrong is answered as a problem: one shape, a stable code, nothing of our insides."""

import json
import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

import pytest
from django.core.exceptions import BadRequest, PermissionDenied, TooManyFilesSent
from django.db import OperationalError
from django.http import Http404, UnreadablePostError
from django.http.multipartparser import MultiPartParserError
from django.test import Client
from ninja.errors import Throttled
from psycopg.errors import DiskFull

from catalog import products
from catalog.models import Product
from project.api.exception_handlers import problem_of
from project.problems import FieldError, problem

pytestmark = pytest.mark.django_db

PRODUCT = {"sku": "A-1", "name": "Anvil"}


@pytest.fixture(autouse=True, params=[True, False], ids=["DEBUG", "production"])
def either_mode(request: pytest.FixtureRequest, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DEBUG = request.param
    # Modules that are loaded meanwhile would keep the patch for good.
    import_module("project.middleware.console")
    monkeypatch.setattr("project.auth.authentication.is_development_here", lambda request: True)


def post(client: Client, body: str | bytes, content_type: str = "application/json", **more: Any) -> Any:
    return client.post("/api/products/", body, content_type=content_type, **more)


def raising(failure: Exception) -> Callable[..., NoReturn]:
    def fail(*args: object, **kwargs: object) -> NoReturn:
        raise failure

    return fail


# --- Shape ---


def test_problem_has_the_members_of_rfc_9457() -> None:
    response = problem(
        409, "sku.taken", "It is taken.", [FieldError(pointer="/sku", code="sku.taken", detail="Yes.")]
    )
    assert response.headers["Content-Type"] == "application/problem+json"
    assert json.loads(response.content) == {
        "type": "urn:problem:sku.taken",
        "title": "Conflict",
        "status": 409,
        "detail": "It is taken.",
        "errors": [{"pointer": "/sku", "code": "sku.taken", "detail": "Yes."}],
    }


def test_problem_without_faults_has_no_errors() -> None:
    assert "errors" not in json.loads(problem(404, "path.not_found", "Nothing here.").content)


# --- Invalid input ---


def test_every_invalid_field_is_named(client: Client) -> None:
    response = post(client, json.dumps({"sku": " ", "price": "-1", "colour": "red"}))
    assert response.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in response.json()["errors"]] == [
        ("/sku", "sku.required"),
        ("/name", "name.required"),
        ("/price", "price.negative"),
        ("/colour", "field.unknown"),
    ]
    assert not Product.objects.exists()


def test_single_fault_is_the_detail(client: Client) -> None:
    assert post(client, '{"sku": "A-1"}').json()["detail"] == "name is required."


def test_invalid_query_parameter_is_named(client: Client) -> None:
    response = client.get("/api/products/?page=0&page_size=x")
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {
            "pointer": "/query/page",
            "code": "page.too_small",
            "detail": "page must be greater than or equal to 1.",
        },
        {
            "pointer": "/query/page_size",
            "code": "page_size.invalid",
            "detail": "page_size must be a valid integer.",
        },
    ]


def test_pointer_escapes_what_a_json_pointer_must(client: Client) -> None:
    response = post(client, json.dumps({**PRODUCT, "a/b~c": 1}))
    assert [fault["pointer"] for fault in response.json()["errors"]] == ["/a~1b~0c"]


@pytest.mark.parametrize("body", ["[]", "null", "3", '"text"'])
def test_body_that_is_no_object_is_refused_as_a_whole(client: Client, body: str) -> None:
    response = post(client, body)
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {"pointer": "", "code": "body.invalid", "detail": "body must be an object."}
    ]


def test_missing_body_is_required(client: Client) -> None:
    assert post(client, "").json()["errors"][0]["code"] == "body.required"


# --- What is no JSON ---


@pytest.mark.parametrize(
    "body",
    [
        b'{"sku": "A',
        b"\xff\xfe{\x00}\x00",
        b'\xef\xbb\xbf{"sku": "A"}',
        b'{"sku": "\xed\xa0\x80"}',
        b'{"price": NaN}',
        b'{"price": Infinity}',
        b'{"sku": "A", "sku": "B"}',
        b"[" * 100_000,
        b'{"price": ' + b"1" * 5_000 + b"}",
        b'{"sku": "\x00"}',
    ],
    ids=["cut", "utf-16", "bom", "bytes", "nan", "infinity", "twice", "deep", "digits", "nul"],
)
def test_malformed_json_is_a_bad_request(client: Client, body: bytes) -> None:
    response = post(client, body)
    assert (response.status_code, response.json()["type"]) == (400, "urn:problem:json.malformed")


@pytest.mark.parametrize("escape", ["\\u0000", "\\ud800", "\\uDFFF"])
def test_text_that_cannot_be_stored_is_invalid(client: Client, escape: str) -> None:
    response = post(client, f'{{"sku": "A", "name": "N{escape}"}}')
    assert response.status_code == 422
    assert [(fault["pointer"], fault["code"]) for fault in response.json()["errors"]] == [
        ("/name", "text.invalid")
    ]
    assert not Product.objects.exists()


def test_escaped_astral_character_is_text(client: Client) -> None:
    assert post(client, '{"sku": "A", "name": "\\ud83d\\ude00"}').json()["name"] == "😀"


def test_nul_in_the_query_is_invalid(client: Client) -> None:
    response = client.get("/api/products/?sku=%00")
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/query/sku"


def test_nul_in_the_path_is_not_found(client: Client) -> None:
    assert client.get("/api/products/%00/").status_code == 404


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "",
        "application/json; charset=utf-16",
        "application/jsonp",
    ],
)
def test_other_content_type_is_unsupported(client: Client, content_type: str) -> None:
    response = post(client, json.dumps(PRODUCT), content_type)
    assert (response.status_code, response.json()["type"]) == (415, "urn:problem:content_type.unsupported")
    assert not Product.objects.exists()


def test_compressed_body_is_unsupported(client: Client) -> None:
    assert post(client, json.dumps(PRODUCT), headers={"Content-Encoding": "gzip"}).status_code == 415


def test_json_of_a_more_specific_type_is_taken(client: Client) -> None:
    assert post(client, json.dumps(PRODUCT), "application/merge-patch+json").status_code == 201


def test_large_body_is_too_large(client: Client, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = post(client, json.dumps({**PRODUCT, "description": "x" * 1000}))
    assert (response.status_code, response.json()["type"]) == (413, "urn:problem:body.too_large")
    assert not Product.objects.exists()


# --- What Django answers by itself ---


@pytest.mark.parametrize("path", ["/nowhere", "/api/nowhere/", "/api/products/abc/", "/api/products/1_0/"])
def test_unknown_path_is_not_found(client: Client, path: str) -> None:
    response = client.get(path)
    assert response.headers["Content-Type"] == "application/problem+json"
    assert (response.status_code, response.json()["type"]) == (404, "urn:problem:path.not_found")


def test_wrong_method_names_the_right_ones(client: Client) -> None:
    response = client.patch("/api/products/")
    assert (response.status_code, response.json()["type"]) == (405, "urn:problem:method.not_allowed")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


def test_unknown_host_is_refused(client: Client) -> None:
    response = client.get("/api/products/", headers={"Host": "evil.example"})
    assert (response.status_code, response.json()["type"]) == (400, "urn:problem:host.not_allowed")


def test_admin_keeps_its_pages(admin_client: Client) -> None:
    response = admin_client.get("/admin/nowhere/")
    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


def test_length_of_a_rewritten_page_is_true(client: Client) -> None:
    response = client.get("/nowhere")
    assert response.headers["Content-Length"] == str(len(response.content))


# --- Methods ---


def test_head_is_a_get_without_a_body(client: Client) -> None:
    response = client.head("/api/products/")
    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Length"] == str(len(client.get("/api/products/").content))


def test_options_lists_the_methods(client: Client) -> None:
    response = client.options("/api/products/")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


# --- What a view raises ---


def test_refusal_of_the_domain_has_its_status_and_pointer(client: Client) -> None:
    post(client, json.dumps(PRODUCT))
    response = post(client, json.dumps({**PRODUCT, "sku": "a-1"}))
    assert (response.status_code, response.json()["type"]) == (409, "urn:problem:sku.taken")
    assert response.json()["errors"][0]["pointer"] == "/sku"
    assert Product.objects.count() == 1


def test_unknown_product_is_not_found(client: Client) -> None:
    response = client.get("/api/products/999/")
    assert (response.status_code, response.json()["detail"]) == (404, "No product has the ID 999.")


@pytest.mark.parametrize(
    ("failure", "status", "code"),
    [
        (Http404("There is no page 7."), 404, "object.not_found"),
        (Http404(), 404, "path.not_found"),
        (PermissionDenied(), 403, "access.denied"),
        (BadRequest("secret"), 400, "request.malformed"),
        (TooManyFilesSent("secret"), 400, "form.too_many_parts"),
        (MultiPartParserError("secret"), 400, "form.malformed"),
        (UnreadablePostError("secret"), 400, "body.incomplete"),
        (OperationalError("secret"), 503, "database.unavailable"),
        (Throttled(wait=7), 429, "rate.exceeded"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
def test_exception_becomes_a_problem(
    client: Client, monkeypatch: pytest.MonkeyPatch, failure: Exception, status: int, code: str
) -> None:
    monkeypatch.setattr(products, "get", raising(failure))
    response = client.get("/api/products/1/")
    assert (response.status_code, response.json()["type"]) == (status, f"urn:problem:{code}")
    assert "secret" not in response.content.decode()


@pytest.mark.parametrize(("failure", "seconds"), [(OperationalError(), "5"), (Throttled(wait=7), "7")])
def test_failure_that_passes_says_when_to_come_back(failure: Exception, seconds: str) -> None:
    response = problem_of(failure)
    assert response is not None
    assert response.headers["Retry-After"] == seconds


def test_full_disk_of_the_database_is_told_as_that(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    full = OperationalError("could not extend file /srv/secret")
    full.__cause__ = DiskFull()
    monkeypatch.setattr(products, "create", raising(full))
    response = post(client, json.dumps(PRODUCT))
    assert (response.status_code, response.json()["type"]) == (507, "urn:problem:storage.full")
    assert "secret" not in response.content.decode()
    assert "out of disk space" in caplog.text


def test_fault_of_ours_tells_the_log_and_not_the_client(
    client: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(products, "get", raising(RuntimeError("SELECT secret FROM /srv/app")))
    client.raise_request_exception = False
    with caplog.at_level(logging.ERROR):
        response = client.get("/api/products/1/")
    assert (response.status_code, response.json()["type"]) == (500, "urn:problem:server.error")
    assert "secret" not in response.content.decode()
    assert "SELECT secret" in caplog.text
