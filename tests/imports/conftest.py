"""A database server that tests may stop in the middle of things, and files that
are read where a test has changed how."""

import socket
import threading
from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connection
from pytest_django import DjangoDbBlocker

from catalog import search_index
from imports.reading import batches, child, sandbox
from lib.channel import Channel
from lib.forkserver import Child
from project.devserver import postgres
from tests.database import drop_search_index, empty_database
from tests.servers import Server, leave_server, running_server


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
            child.serve(Channel(talks), Channel(asks), lambda seconds: None)


@pytest.fixture
def read_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files are read in this process, with whatever the test has changed about it; short ones like others."""
    server = ThreadServer()
    monkeypatch.setattr(batches, "SHORT_CHARACTERS", 0)
    monkeypatch.setattr(sandbox, "SERVER", server)
    yield
    for thread in server.threads:
        thread.join()


@pytest.fixture
def without_search_index(transactional_db: None) -> Iterator[None]:
    """For tests that import a hundred thousand products, and not to see how they are searched."""
    drop_search_index()
    yield
    empty_database()
    search_index.prepare(using="default")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def own_server(server: Server, django_db_blocker: DjangoDbBlocker) -> Iterator[Server]:
    """The server, up and empty; Django's connection of this test leads to it."""
    server.start()
    to = connection.settings_dict
    before = dict(to)
    options = {name: value for name, value in to["OPTIONS"].items() if name not in ("host", "port")}
    leave_server()
    to.update(NAME=postgres.NAME, HOST=str(server.host), USER="postgres")
    to.update(PASSWORD="", PORT="", OPTIONS=options)
    try:
        with django_db_blocker.unblock():
            call_command("migrate", verbosity=0)
            empty_database()
            drop_search_index()
            yield server
    finally:
        leave_server()
        to.update(before)
