"""What every test stands on: an empty database, and no way to another host. And a receiver of webhooks for those that want
one."""

import os
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import connection
from hypothesis import settings
from pytest_django.plugin import DjangoDbBlocker

from tests.database import empty_after_each_transactional_test
from tests.receiver import Receiver

empty_after_each_transactional_test()
# Half a second for each password otherwise. Servers that a test starts can check such a hash, too.
PBKDF2PasswordHasher.iterations = 1
# What takes a millisecond may take half a second beside other processes.
settings.register_profile("beside others", deadline=None)
settings.load_profile("beside others")


def pytest_xdist_auto_num_workers() -> int:
    """For `-n auto`: one more than there are processors, because many tests wait for processes and for time to pass."""
    return (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests whose changes are committed, which `make check` leaves out, and begin with the files that take longest,
    so that no process is left alone with one in the end."""
    slow: Counter[Path] = Counter()
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark is not None and mark.kwargs.get("transaction"):
            item.add_marker("commits")
        slow[item.path] += item.get_closest_marker("slow") is not None
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A process that a test killed may leave its session behind for a while, and no database is dropped under one."""
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture(autouse=True)
def no_other_host(monkeypatch: pytest.MonkeyPatch) -> None:
    connect = socket.socket.connect

    def connect_here(self: socket.socket, address: object) -> None:
        if self.family != socket.AF_UNIX and str(address[0]) not in ("127.0.0.1", "::1", "localhost"):  # type: ignore[index] # an IP address is a tuple
            raise AssertionError(f"A test dialled {address}.")
        connect(self, address)  # type: ignore[arg-type] # whatever it is, it goes on as it came

    monkeypatch.setattr(socket.socket, "connect", connect_here)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started
