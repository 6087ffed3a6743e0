"""The headers that keep browsers in check, on whatever is answered."""

from contextlib import closing
from typing import Any

import pytest
from django.core.checks import ERROR
from django.db import connection
from django.test import Client

from project import checks

pytestmark = pytest.mark.django_db

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


@pytest.fixture(autouse=True)
def development(settings: Any) -> None:
    settings.DEBUG = True


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/api/docs/",
        "/api/products/",
        "/api/nowhere/",
        "/admin/login/",
        "/healthz",
        "/static/nowhere.css",
    ],
)
def test_every_answer_has_the_headers(client: Client, path: str) -> None:
    headers = client.get(path).headers
    assert {name: headers.get(name) for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "path", ["/api/products/", "/api/nowhere/", "/api/webhooks/1/", "/api/products/export", "/api/schema/"]
)
def test_answers_of_the_api_are_kept_by_nobody(client: Client, path: str) -> None:
    with closing(client.get(path)) as response:
        assert response.headers["Cache-Control"] == "private, no-store"


def test_answer_with_a_secret_is_kept_by_nobody(client: Client) -> None:
    form = {"url": "http://127.0.0.1:9000/", "event_types": ["*"]}
    response = client.post("/api/webhooks/", form, content_type="application/json")
    assert "secret" in response.json()
    assert response.headers["Cache-Control"] == "private, no-store"


def test_refused_host_has_the_headers(client: Client) -> None:
    headers = client.get("/", headers={"Host": "evil.example"}).headers
    assert headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_foreign_origin_is_not_allowed_to_read(client: Client) -> None:
    response = client.get("/api/products/", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in response.headers


def test_allowed_origin_may_read_also_what_failed(client: Client, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    for path in ("/api/products/", "/api/nowhere/"):
        response = client.get(path, headers={"Origin": "https://shop.example"})
        assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert "Access-Control-Allow-Credentials" not in response.headers


def test_preflight_is_answered_without_a_key(client: Client, settings: Any) -> None:
    settings.DEBUG = False
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
    response = client.options("/api/products/", headers=headers)
    assert response.status_code == 200
    assert "authorization" in response.headers["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match", "Last-Event-ID", "Idempotency-Key"])
def test_preflight_allows_what_the_api_reads(client: Client, settings: Any, header: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    headers = {"Origin": "https://shop.example", "Access-Control-Request-Method": "HEAD"}
    response = client.options("/api/products/", headers=headers)
    assert header.lower() in response.headers["Access-Control-Allow-Headers"].split(", ")
    assert "HEAD" in response.headers["Access-Control-Allow-Methods"].split(", ")


def test_page_of_an_allowed_origin_sees_the_headers_of_answers(client: Client, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://shop.example"]
    with closing(client.get("/api/products/export", headers={"Origin": "https://shop.example"})) as response:
        exposed = response.headers["Access-Control-Expose-Headers"].split(", ")
    assert {"Content-Disposition", "Retry-After", "Location", "ETag"} <= set(exposed)


# --- System checks ---


def test_database_of_the_tests_is_fit() -> None:
    assert checks.check_server(None, databases=["default"]) == []


def test_connections_of_the_tests_have_sessions_of_their_own() -> None:
    assert checks.check_sessions(None, databases=["default"]) == []


def test_pooler_that_shares_sessions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By chance it gave two at first."""
    processes = iter([41, 42, 42, 42])
    monkeypatch.setattr(checks, "backend", lambda connection: next(processes))
    [message] = checks.check_sessions(None, databases=["default"])
    assert (message.id, message.level) == ("project.E003", ERROR)


@pytest.mark.parametrize(
    ("row", "identity"),
    [
        ((140_012, True, False), "project.E001"),
        ((150_000, False, False), "project.W001"),
        ((150_000, True, True), "project.W004"),
    ],
)
def test_unfit_database_is_found(
    settings: Any, monkeypatch: pytest.MonkeyPatch, row: tuple[int, bool, bool], identity: str
) -> None:
    class Cursor:
        def __enter__(self) -> "Cursor":
            return self

        def __exit__(self, *failure: object) -> None:
            pass

        def execute(self, query: str) -> None:
            pass

        def fetchone(self) -> tuple[int, bool, bool]:
            return row

    settings.DEBUG = False
    monkeypatch.setattr(connection, "cursor", Cursor)
    assert [message.id for message in checks.check_server(None, databases=["default"])] == [identity]
