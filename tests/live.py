"""Real processes on the test database: gunicorn and a worker, as production has them, for tests that speak HTTP."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from django.core.management import call_command
from django.db import connection

ROOT = Path(__file__).parent.parent
PRODUCTION = {
    "DEBUG": "False",
    "SECRET_KEY": "a key for one run of the tests, which guards nothing else",
    "ALLOWED_HOSTS": "127.0.0.1",
    "HTTPS_ONLY": "False",
}
START_SECONDS = 30


@contextmanager
def web(config: str = "project.gunicorn", **variables: str) -> Iterator[str]:
    """A web server of one process; its address."""
    address = f"127.0.0.1:{free_port()}"
    gunicorn = ["gunicorn", "project.wsgi", "-c", f"python:{config}", "--log-level", "warning"]
    with child("-m", *gunicorn, "--bind", address, WEB_CONCURRENCY="1", **variables):
        wait_for(f"http://{address}/healthz")
        yield f"http://{address}"


@contextmanager
def worker(**variables: str) -> Iterator[None]:
    with child("manage.py", "procrastinate", "worker", **variables):
        yield


@contextmanager
def child(*arguments: str, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "DATABASE_URL": database_url(), **variables}
    process = subprocess.Popen([sys.executable, *arguments], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def database_url() -> str:
    """The address of the database that the tests use; DATABASE_URL names another on the same server."""
    name = connection.settings_dict["NAME"]
    # Set up by pytest-django only if a test is marked with django_db.
    assert name.startswith("test_"), f"{name} is no test database."
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with suppress(httpx.TransportError):
            httpx.get(url)
            return
        time.sleep(0.1)
    raise TimeoutError(f"{url} did not answer within {START_SECONDS} seconds.")


def wait_until(holds: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"It did not come within {seconds} seconds."
        time.sleep(0.05)


def empty_database() -> None:
    """What such tests leave behind was committed, by other processes: nothing rolls it back."""
    call_command("flush", verbosity=0, interactive=False)
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers,"
            " procrastinate_workers RESTART IDENTITY CASCADE"
        )
