"""The embedded PostgreSQL of development and tests: runs as long as a process uses it.

Users are counted by shared locks on a file, which are released when their process ends, for whatever reason; the last one
stops the server."""

import fcntl
import hashlib
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from project.devserver import cluster, os_user, postmaster
from project.devserver.cluster import DatabaseUnavailable

__all__ = [
    "DATA",
    "NAME",
    "DatabaseUnavailable",
    "ensure_started",
    "is_running",
    "running",
    "socket_directory",
]

logger = logging.getLogger(__name__)

DATA = Path(__file__).resolve().parents[2] / ".data" / "postgres"
NAME = "product_importer"
# A socket path is limited to 104 bytes on macOS and 108 on Linux, including the final zero.
LONGEST_SOCKET_PATH = 103


def socket_directory(data: Path) -> Path:
    """Return where the server of `data` listens; starts and creates nothing."""
    return _sockets(place(data))


def place(data: Path) -> Path:
    """Return where the data is stored: elsewhere for root, if a folder above is closed to the user that runs the server."""
    data = data.resolve()
    if not os_user.closed_above(os_user.account_for(data), data.parent):
        return data
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return os_user.ELSEWHERE / name / data.name


def _warn_of_other_place(data: Path) -> None:
    data, actual = data.resolve(), place(data)
    if actual != data and not actual.exists():
        closed = os_user.closed_above(os_user.account_for(data), data.parent)
        logger.warning(
            "The user that runs PostgreSQL cannot access %s, so the database is stored in %s, for the path of this checkout.",
            closed,
            actual,
        )


def _sockets(data: Path) -> Path:
    beside = data.with_name(f"{data.name}-run")
    if len(os.fsencode(beside / ".s.PGSQL.5432")) <= LONGEST_SOCKET_PATH:
        return beside
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    # Not $TMPDIR: it differs between terminals, and all of them must find the same server.
    return Path("/tmp") / f"product-importer-{name}"  # noqa: S108 - its owner is checked before use


@contextmanager
def running(data: Path, *, durable: bool = True) -> Iterator[None]:
    """Run the server of `data` in this block, and longer if another process uses it too. Without `durable`, data survives
    a crash of the server but not of the machine."""
    _warn_of_other_place(data)
    data = place(data)
    user = _join(data)
    try:
        _start(data, durable)
        yield
    finally:
        _leave(data, user)


def is_running(data: Path) -> bool:
    return postmaster.is_ready(place(data), socket_directory(data))


def ensure_started(data: Path, *, durable: bool = True) -> None:
    """Restart the server if it has ended; cheap enough to call every second."""
    if not is_running(data):
        _start(place(data), durable)


def _join(data: Path) -> IO[str]:
    try:
        if data.is_relative_to(os_user.ELSEWHERE):
            os_user.make_passable(os_user.ELSEWHERE)
        data.parent.mkdir(parents=True, exist_ok=True)
        with _gate(data):
            user = _users(data).open("w")
            fcntl.flock(user, fcntl.LOCK_SH)
    except OSError as error:
        raise DatabaseUnavailable(f"{data.parent} must be writable for PostgreSQL's data: {error}") from error
    return user


def _start(data: Path, durable: bool) -> None:
    try:
        with _gate(data):
            cluster.start(data, _sockets(data), NAME, durable=durable)
    except OSError as error:
        raise DatabaseUnavailable(f"PostgreSQL in {data} cannot be started: {error}") from error


def _leave(data: Path, user: IO[str]) -> None:
    with _gate(data):
        user.close()
        if _is_unused(data):
            cluster.stop(data)


def _is_unused(data: Path) -> bool:
    with _users(data).open("w") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _users(data: Path) -> Path:
    return data.with_name(f"{data.name}.users")


@contextmanager
def _gate(data: Path) -> Iterator[None]:
    """Serialise joining, leaving, starting and stopping."""
    with data.with_name(f"{data.name}.lock").open("w") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        yield
