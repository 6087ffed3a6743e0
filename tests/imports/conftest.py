"""A database server that tests may stop in the middle of things, what imports that never end leave behind, and files that
are read where a test has changed how."""

import os
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from imports import sandbox, sandboxed, segments
from lib.channel import Channel
from lib.forkserver import Child
from project import database, postmaster
from tests.imports.workers import until
from tests.live import empty_database


@pytest.fixture(autouse=True)
def no_tables_left(request: pytest.FixtureRequest) -> Iterator[None]:
    """An import that ends drops its tables. One that a test leaves half way has some, and no model to flush them by."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT relname FROM pg_class WHERE relname ~ '^imports_(stage|plan)_[0-9a-f]{32}_[0-9]+$'"
            )
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TABLE IF EXISTS {name} CASCADE")


class ThreadServer:
    """What the fork server is, with a thread of this process instead of each child."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []

    def fork(self) -> Child:
        (talks, its_end), (asks, its_asks), (reports, its_reports) = (socket.socketpair() for _ in range(3))
        thread = threading.Thread(target=self.serve, args=(its_end, its_asks, its_reports))
        self.threads.append(thread)
        thread.start()
        return Child([talks, asks], reports)

    def serve(self, talks: socket.socket, asks: socket.socket, reports: socket.socket) -> None:
        with reports, talks, asks:
            sandboxed.serve(Channel(talks), Channel(asks), lambda seconds: None)


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files are read in this process, with whatever the test has changed about it; short ones like others."""
    server = ThreadServer()
    monkeypatch.setattr(segments, "SHORT_CHARACTERS", 0)
    monkeypatch.setattr(sandbox, "SERVER", server)
    yield
    for thread in server.threads:
        thread.join()


@dataclass
class Server:
    """The cluster in `data`, which is the test's own."""

    data: Path

    def crash(self) -> None:
        """What `pg_ctl stop -m immediate` does: nothing is finished, and the next start recovers."""
        pid = postmaster.find(self.data)
        assert pid
        os.kill(pid, signal.SIGQUIT)
        until(lambda: postmaster.find(self.data) is None, "the server is down")

    def start(self) -> None:
        leave_server()
        database.ensure_started(self.data)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Path]:
    # Not tmp_path: its name is too long for a socket.
    with tempfile.TemporaryDirectory(prefix="pi-") as home:
        data = Path(home).resolve() / "postgres"
        with database.running(data):
            yield data


@pytest.fixture
def own_server(cluster: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    """The server, up and empty; Django's connection of this test leads to it."""
    database.ensure_started(cluster)
    to = connection.settings_dict
    before = dict(to)
    options = {name: value for name, value in to["OPTIONS"].items() if name not in ("host", "port")}
    leave_server()
    to.update(NAME=database.NAME, HOST=str(database.socket_directory(cluster)), USER="postgres")
    to.update(PASSWORD="", PORT="", OPTIONS=options)
    try:
        with django_db_blocker.unblock():
            call_command("migrate", verbosity=0)
            empty_database()
            yield Server(cluster)
    finally:
        leave_server()
        to.update(before)


def leave_server() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined] # PostgreSQL's has it
