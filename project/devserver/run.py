"""`make run`: everything on this machine, from the database to the worker, until Ctrl-C.

It fails early with a clear message (another copy, a port in use), then keeps the embedded PostgreSQL and the processes
running, and restarts the processes when a file is saved. Production uses a supervisor of its own and the Procfile instead."""

import fcntl
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from watchfiles import PythonFilter, watch
from watchfiles.main import FileChange

from project.devserver import postgres
from project.devserver.postgres import DatabaseUnavailable
from project.devserver.processes import Child, say

HOST = "127.0.0.1"
ROOT = postgres.DATA.parents[1]
LOCK = postgres.DATA.with_name("run.lock")
# If a copy was killed, its web server ends a moment after its runner.
PORT_PATIENCE_SECONDS = 3.0
MANAGE = [sys.executable, str(ROOT / "manage.py")]
# An open progress stream must not delay a restart.
GUNICORN = ["gunicorn", "project.wsgi", "-c", "python:project.gunicorn", "--graceful-timeout", "1"]
WATCHED = [ROOT / package for package in ("project", "dashboard", "imports", "catalog", "hooks", "lib")]
# Django caches templates in development too.
SOURCES = PythonFilter(extra_extensions=(".sql", ".html"))
WELCOME = """
The Product Importer is running. Stop it with Ctrl-C.
  Console    {site}/
  API docs   {site}/api/docs/
  Admin      {site}/admin/
             (create an account: .venv/bin/python manage.py createsuperuser)
"""


class StartError(Exception):
    """It cannot start; the message says why and what to do."""


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # `nohup make run` ignores the hang-up. With a shell's `&`, SIGINT would be ignored too.
        if number == signal.SIGINT or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, interrupt)
    try:
        with only_copy(settings.PORT):
            check_port(settings.PORT)
            with running_database():
                migrate()
                serve(settings.PORT)
    except (StartError, DatabaseUnavailable, ImproperlyConfigured) as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("Stopped.")
    return 0


def interrupt(number: int, frame: object) -> None:
    """Stop. Only Ctrl-C counts twice: a supervisor may signal the group and `make`, which passes it on."""
    for other in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(other, signal.SIG_IGN)
    raise KeyboardInterrupt


@contextmanager
def only_copy(port: int) -> Iterator[None]:
    LOCK.parent.mkdir(parents=True, exist_ok=True)
    with LOCK.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = LOCK.read_text()
            raise StartError(
                f"This checkout is already running ({other}). Stop it with Ctrl-C first."
            ) from None
        LOCK.write_text(f"pid {os.getpid()}, http://{HOST}:{port}")
        yield


def check_port(port: int) -> None:
    deadline = time.monotonic() + PORT_PATIENCE_SECONDS
    while True:
        try:
            socket.create_server((HOST, port)).close()
            return
        except PermissionError:
            raise StartError(
                f"Port {port} requires special permissions. Use another one: PORT=9000 make run"
            ) from None
        except OSError:
            if time.monotonic() > deadline:
                other = 9000 if port != 9000 else 9001
                raise StartError(
                    f"Port {port} is in use by another program. Use another one: PORT={other} make run"
                ) from None
        time.sleep(0.1)


@contextmanager
def running_database() -> Iterator[None]:
    if not settings.EMBEDDED_DATABASE:
        yield
        return
    say("Starting PostgreSQL ...")
    with postgres.running(postgres.DATA):
        try:
            yield
        finally:
            say("Stopping PostgreSQL ...")


def migrate() -> None:
    say("Applying migrations ...")
    # In its own session, so that Ctrl-C ends it without a traceback.
    command = [*MANAGE, "migrate", "--noinput", "--verbosity", "0"]
    if subprocess.run(command, start_new_session=True, check=False).returncode:
        raise StartError("The migrations failed. See the output above.")


def serve(port: int) -> None:
    web = Child("web", sys.executable, "-m", *GUNICORN, "--bind", f"{HOST}:{port}")
    children = (web, Child("worker", *MANAGE, "procrastinate", "worker"))
    try:
        keep_running(children, port)
    finally:
        say("Stopping the web server and the worker ... (Ctrl-C again to stop at once)")
        stop(children)


def keep_running(children: Sequence[Child], port: int) -> None:
    welcomed = False
    for changes in saves():
        if changes:
            say(f"{named(changes)} changed. Restarting the web server and the worker ...")
            for child in children:
                child.restart()
        keep_database()
        for child in children:
            child.turn()
        if not welcomed and answers(port):
            welcomed = True
            say(WELCOME.format(site=f"http://{HOST}:{port}"))


def saves() -> Iterator[set[FileChange]]:
    """Yield, several times a second, the files saved since the last time."""
    try:
        yield from watch(*WATCHED, watch_filter=SOURCES, rust_timeout=200, yield_on_timeout=True)
    except OSError as error:
        raise StartError(
            f"Files cannot be watched: {error}. To poll them instead: WATCHFILES_FORCE_POLLING=1 make run"
        ) from error


def named(changes: set[FileChange]) -> str:
    first, *others = sorted({os.path.relpath(path, ROOT) for _, path in changes})
    return f"{first} and {len(others)} more" if others else first


def keep_database() -> None:
    if settings.EMBEDDED_DATABASE and not postgres.is_running(postgres.DATA):
        say("PostgreSQL has stopped. Restarting it ...")
        postgres.ensure_started(postgres.DATA)


def answers(port: int) -> bool:
    with closing(http.client.HTTPConnection(HOST, port, timeout=1)) as web:
        with suppress(OSError, http.client.HTTPException):
            web.request("GET", "/healthz")
            return bool(web.getresponse())
        return False


def stop(children: Sequence[Child]) -> None:
    try:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
    finally:
        # PostgreSQL is stopped in order, whatever happened here.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for child in children:
            child.kill()


if __name__ == "__main__":
    sys.exit(main())
