"""A database server that tests may stop in the middle of things, and what imports that never end leave behind."""

import os
import signal
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

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
        database.ensure_started(self.data)
        connection.close()


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
