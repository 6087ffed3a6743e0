"""/healthz says that the process is up, /readyz that it can do its work, or what is missing for it."""

import threading
import time
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from lib.limits import READY_TIMEOUT_SECONDS
from project import health
from project.health import Migrations, SharedCheck, State


def make_worker(seconds_ago: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - %s * interval '1 second')",
            [seconds_ago],
        )


def latest_migration() -> tuple[str, str]:
    [(app, name)] = MigrationLoader(connection).graph.leaf_nodes("project")
    return app, name


@pytest.fixture(autouse=True)
def production(settings: Any) -> None:
    settings.DEBUG = False


@pytest.fixture(autouse=True)
def another_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "MIGRATIONS", Migrations())


def answer_with(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "CHECK", SharedCheck(lambda: state))


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


# --- What is looked at ---


@pytest.mark.django_db
def test_worker_seen_lately_is_there() -> None:
    make_worker(seconds_ago=50)
    assert health.check() == State(problem=None, has_worker=True)


@pytest.mark.django_db
def test_worker_not_seen_lately_is_missing() -> None:
    make_worker(seconds_ago=61)
    assert health.check() == State(problem=None, has_worker=False)


@pytest.mark.django_db
def test_unapplied_migration_is_missing() -> None:
    MigrationRecorder(connection).record_unapplied(*latest_migration())
    assert health.check().problem == health.UNMIGRATED


@pytest.mark.django_db
def test_migrations_are_looked_at_until_they_are_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = MigrationRecorder(connection)
    recorder.record_unapplied(*latest_migration())
    assert not health.MIGRATIONS.are_applied()
    recorder.record_applied(*latest_migration())
    assert health.MIGRATIONS.are_applied()
    monkeypatch.setattr(health, "MigrationExecutor", lambda connection: pytest.fail("It was asked again."))
    assert health.MIGRATIONS.are_applied()


@pytest.mark.django_db
def test_database_that_takes_no_changes_is_told() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
    assert health.check().problem == health.READ_ONLY


def test_failure_of_the_database_is_told_without_its_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> bool:
        raise OperationalError("password of shop at 10.0.0.1")

    monkeypatch.setattr(health, "is_read_only", fail)
    assert health.check().problem == ("database.unavailable", "The database is unavailable.")


@pytest.mark.django_db(transaction=True)
def test_connections_that_died_are_replaced_and_not_waited_for() -> None:
    pool = connection.pool  # type: ignore[attr-defined] # PostgreSQL's has it
    connection.close()
    lent = [pool.getconn() for _ in range(6)]
    keeper, pids = lent.pop(), [one.info.backend_pid for one in lent]
    for one in lent:
        pool.putconn(one)
    keeper.execute("SELECT pg_terminate_backend(pid, 1000) FROM unnest(%s::int[]) pid", [pids])
    pool.putconn(keeper)
    begun = time.monotonic()
    # As each request does, also where nobody asks for /readyz.
    assert health.fetched("SELECT true")
    assert time.monotonic() - begun < 3
    connection.close()


# --- What is answered ---


@pytest.mark.django_db(transaction=True)
def test_ready_with_what_the_database_says(client: Client) -> None:
    make_worker(seconds_ago=0)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "worker": "seen"})


def test_ready_without_a_worker(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(State(has_worker=False), monkeypatch)
    response = client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "worker": "missing"})


def test_worker_can_be_required(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(State(has_worker=False), monkeypatch)
    response = client.get("/readyz?worker=required")
    assert (response.status_code, response.json()["type"]) == (503, "urn:problem:worker.missing")
    assert "python manage.py procrastinate worker" in response.json()["detail"]
    answer_with(State(has_worker=True), monkeypatch)
    assert client.get("/readyz?worker=required").status_code == 200


def test_not_ready_without_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(State(health.UNAVAILABLE), monkeypatch)
    response = client.get("/readyz")
    assert (response.status_code, response.json()["type"]) == (503, "urn:problem:database.unavailable")
    assert response.headers["Retry-After"] == "5"


def test_database_that_hangs_is_not_waited_for(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()

    def hang() -> State:
        ended.wait(10)
        return State()

    monkeypatch.setattr(health, "CHECK", SharedCheck(hang))
    monkeypatch.setattr(health, "READY_TIMEOUT_SECONDS", 0.05)
    assert client.get("/readyz").json()["type"] == "urn:problem:database.unavailable"
    ended.set()


def test_answer_comes_before_a_probe_gives_up() -> None:
    assert READY_TIMEOUT_SECONDS < 1


def test_many_who_ask_at_once_share_one_look() -> None:
    looks, ended = [], threading.Event()

    def slow() -> State:
        looks.append(1)
        ended.wait(10)
        return State(has_worker=True)

    look = SharedCheck(slow)
    futures = [look.start() for _ in range(20)]
    ended.set()
    assert {future.result(1) for future in futures} == {State(has_worker=True)}
    assert len(looks) == 1


def test_next_look_is_a_new_one() -> None:
    states = iter([State(health.UNAVAILABLE), State(has_worker=True)])
    look = SharedCheck(lambda: next(states))
    assert [look.result(), look.result()] == [State(health.UNAVAILABLE), State(has_worker=True)]


def test_health_is_only_read(client: Client) -> None:
    response = client.post("/healthz")
    assert (response.status_code, response.headers["Content-Type"]) == (405, "application/problem+json")


def test_health_is_never_cached(client: Client) -> None:
    assert "no-store" in client.get("/healthz").headers["Cache-Control"]
