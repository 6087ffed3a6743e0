"""/healthz says that the process is up, /readyz that work gets done, or what is missing for it."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client


def make_worker(seconds_ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second')",
            [seconds_ago],
        )


@pytest.fixture(autouse=True)
def production(settings: Any) -> None:
    settings.DEBUG = False


def test_process_is_up_without_a_database(client: Client) -> None:
    # No django_db mark: a query would fail.
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "up"})


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_other_methods_are_told_which_there_are(path: str) -> None:
    client = Client(enforce_csrf_checks=True)
    posted, options = client.post(path), client.options(path)
    assert (posted.status_code, posted.json()["type"]) == (405, "urn:problem:method.not_allowed")
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")
    assert posted.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.django_db
def test_ready_with_a_worker(client: Client) -> None:
    make_worker(seconds_ago=50)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready"})


@pytest.mark.django_db
def test_not_ready_without_a_worker(client: Client) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json()["type"]) == (503, "urn:problem:worker.missing")
    assert "python manage.py procrastinate worker" in response.json()["detail"]


@pytest.mark.django_db
def test_worker_not_seen_lately_is_missing(client: Client) -> None:
    make_worker(seconds_ago=61)
    assert client.get("/readyz").json()["type"] == "urn:problem:worker.missing"


@pytest.mark.django_db
def test_not_ready_with_a_migration_unapplied(client: Client) -> None:
    make_worker(seconds_ago=0)
    MigrationRecorder(connection).record_unapplied("project", "0001_initial")
    response = client.get("/readyz")
    assert (response.status_code, response.json()["type"]) == (503, "urn:problem:migrations.missing")


@pytest.mark.django_db
def test_not_ready_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("password of shop at 10.0.0.1")

    monkeypatch.setattr("project.health.has_unapplied_migrations", fail)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["type"]) == (503, "urn:problem:database.unavailable")
    assert response.headers["Retry-After"] == "5"
    assert "10.0.0.1" not in response.content.decode()


def test_health_is_only_read(client: Client) -> None:
    response = client.post("/healthz")
    assert (response.status_code, response.headers["Content-Type"]) == (405, "application/problem+json")


def test_health_is_never_cached(client: Client) -> None:
    assert "no-store" in client.get("/healthz").headers["Cache-Control"]
