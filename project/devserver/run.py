"""`make run`: everything on this machine, from the database to the worker, until Ctrl-C.

It fails early with a clear message (another copy, a port in use), then keeps the embedded PostgreSQL and the processes
alive. Production uses a supervisor of its own and the Procfile instead."""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from project.devserver import postgres
from project.devserver.postgres import DatabaseUnavailable
from project.devserver.supervisor import Child, Children, StopSignals, say

HOST = "127.0.0.1"
LOCK = postgres.DATA.with_name("run.lock")
DATABASE_CHECK_SECONDS = 1.0
# If a copy was killed, its web server ends a moment after its runner.
PORT_PATIENCE_SECONDS = 3.0


class StartError(Exception):
    """It cannot start; the message says why and what to do."""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    # Until `serve` takes over, both signals raise KeyboardInterrupt. With a shell's `&`, SIGINT would be ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        embedded = bool(settings.EMBEDDED_DATABASE)
        port = chosen_port()
        with only_copy(port):
            check_port(port)
            with running_database(embedded):
                migrate()
                serve(port, embedded)
    except (StartError, DatabaseUnavailable, ImproperlyConfigured) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        pass
    say("Stopped.")
    return 0


def chosen_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise StartError(f"PORT must be a number from 1 to 65535, got {text!r}. Try: PORT=9000 make run")
    return int(text)


@contextmanager
def only_copy(port: int) -> Iterator[None]:
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise StartError(
                f"This checkout is already running ({lock.read()}). Stop it with Ctrl-C first."
            ) from None
        lock.truncate(0)
        lock.write(f"pid {os.getpid()}, http://{HOST}:{port}")
        lock.flush()
        yield


def check_port(port: int) -> None:
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while error := binding_error(port):
        if isinstance(error, PermissionError):
            raise StartError(f"Port {port} requires special permissions. Use another one: PORT=9000 make run")
        if time.monotonic() > deadline:
            other = 9000 if port != 9000 else 9001
            raise StartError(
                f"Port {port} is in use by another program. Use another one: PORT={other} make run"
            )
        time.sleep(0.1)


def binding_error(port: int) -> OSError | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            return error
    return None


@contextmanager
def running_database(embedded: bool) -> Iterator[None]:
    if not embedded:
        yield
        return
    say("Starting PostgreSQL ...")
    with postgres.running(postgres.DATA):
        yield
        say("Stopping PostgreSQL ...")


def migrate() -> None:
    say("Applying migrations ...")
    command = [*manage(), "migrate", "--noinput", "--verbosity", "0"]
    # In its own session, so that Ctrl-C ends it without a traceback.
    with subprocess.Popen(command, start_new_session=True) as migration:
        try:
            code = migration.wait()
        except KeyboardInterrupt:
            migration.terminate()
            migration.wait()
            raise
    if code:
        raise StartError("The migrations failed. See the output above.")


def serve(port: int, embedded: bool) -> None:
    stop = StopSignals()
    children = Children(
        Child("web", [*gunicorn(), "--bind", f"{HOST}:{port}"]),
        Child("worker", [*manage(), "procrastinate", "worker"]),
    )
    announced = False
    check_database_at = time.monotonic()
    while not stop.asked:
        children.turn()
        if embedded and time.monotonic() >= check_database_at:
            check_database_at = time.monotonic() + check_database()
        if not announced and answers(port):
            announced = True
            announce(port)
    say("Stopping the web server and the worker ... (Ctrl-C again to stop at once)")
    children.stop(hurried=stop.asked_again)


def manage() -> list[str]:
    return [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py")]


def gunicorn() -> list[str]:
    return [sys.executable, "-m", "gunicorn", "project.wsgi", "-c", "python:project.gunicorn"]


def check_database() -> float:
    """Restart PostgreSQL if it has ended; return the seconds until the next check."""
    if postgres.is_running(postgres.DATA):
        return DATABASE_CHECK_SECONDS
    say("PostgreSQL has stopped. Restarting it ...")
    try:
        postgres.ensure_started(postgres.DATA)
    except DatabaseUnavailable as error:
        say(str(error))
        return 5 * DATABASE_CHECK_SECONDS
    return DATABASE_CHECK_SECONDS


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def announce(port: int) -> None:
    say("")
    say("The Product Importer is running. Stop it with Ctrl-C.")
    say(f"  Console    http://{HOST}:{port}/")
    say(f"  API docs   http://{HOST}:{port}/api/docs/")
    say(f"  Admin      http://{HOST}:{port}/admin/")
    say("             (create an account: .venv/bin/python manage.py createsuperuser)")
    say("")


if __name__ == "__main__":
    sys.exit(main())
