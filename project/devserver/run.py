"""`make run`: everything on this machine, from the database to the worker, until Ctrl-C.

Refuses early and plainly (another copy, a taken port), then keeps project.devserver.postgres's server and
project.devserver.supervisor's processes alive. Production has a supervisor and the Procfile instead."""

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
# Of a copy that was killed, the web server is gone a moment after its runner.
PORT_PATIENCE_SECONDS = 3.0


class Refusal(Exception):
    """It cannot start; the message says why and what to do."""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    # Until `serve` takes over, whatever asks for an end unwinds what was begun. A shell's `&` ignores SIGINT.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        embedded = bool(settings.EMBEDDED_DATABASE)
        port = chosen_port()
        with only_copy(port):
            refuse_taken_port(port)
            with running_database(embedded):
                migrate()
                serve(port, embedded)
    except (Refusal, DatabaseUnavailable, ImproperlyConfigured) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        pass
    say("Stopped.")
    return 0


def chosen_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise Refusal(f"PORT must be a number from 1 to 65535, and it is {text!r}. Try: PORT=9000 make run")
    return int(text)


@contextmanager
def only_copy(port: int) -> Iterator[None]:
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Refusal(
                f"Another copy of this checkout is already running ({lock.read()}). Stop it with Ctrl-C there first."
            ) from None
        lock.truncate(0)
        lock.write(f"pid {os.getpid()}, http://{HOST}:{port}")
        lock.flush()
        yield


def refuse_taken_port(port: int) -> None:
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while error := binding_error(port):
        if isinstance(error, PermissionError):
            raise Refusal(f"Port {port} needs special rights. Choose another: PORT=9000 make run")
        if time.monotonic() > deadline:
            other = 9000 if port != 9000 else 9001
            raise Refusal(f"Port {port} is taken by another program. Choose another: PORT={other} make run")
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
    say("Bringing the tables up to date ...")
    command = [*manage(), "migrate", "--noinput", "--verbosity", "0"]
    # In a session of its own, so that Ctrl-C lets it end without a traceback.
    with subprocess.Popen(command, start_new_session=True) as migration:
        try:
            code = migration.wait()
        except KeyboardInterrupt:
            migration.terminate()
            migration.wait()
            raise
    if code:
        raise Refusal("The tables could not be brought up to date; the lines above say why.")


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
            check_database_at = time.monotonic() + bring_database_back()
        if not announced and answers(port):
            announced = True
            announce(port)
    say("Stopping the web server and the worker ... (Ctrl-C again to hurry)")
    children.stop(hurried=stop.asked_again)


def manage() -> list[str]:
    return [sys.executable, str(Path(__file__).resolve().parents[2] / "manage.py")]


def gunicorn() -> list[str]:
    return [sys.executable, "-m", "gunicorn", "project.wsgi", "-c", "python:project.gunicorn"]


def bring_database_back() -> float:
    """Seconds until the next look."""
    if postgres.is_running(postgres.DATA):
        return DATABASE_CHECK_SECONDS
    say("PostgreSQL has ended; starting it again ...")
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
    say("             (an account for it: .venv/bin/python manage.py createsuperuser)")
    say("")


if __name__ == "__main__":
    sys.exit(main())
