"""What every test stands on: an empty queue, and no way to another host."""

import socket
from collections.abc import Iterator

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def empty_queue(request: pytest.FixtureRequest) -> Iterator[None]:
    """Procrastinate's tables are not Django's to flush, so jobs of one transactional test would run in the next."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        with request.getfixturevalue("django_db_blocker").unblock(), connection.cursor() as cursor:
            cursor.execute(
                "TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers,"
                " procrastinate_workers RESTART IDENTITY CASCADE"
            )


@pytest.fixture(autouse=True)
def no_other_host(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and str(address[0]) not in ("127.0.0.1", "::1", "localhost"):  # type: ignore[index] # an IP address is a tuple
            raise AssertionError(f"A test dialled {address}.")
        connect(self, address)  # type: ignore[arg-type] # whatever it is, it goes on as it came

    monkeypatch.setattr(socket.socket, "connect", connect_here)
