"""The process that programs are forked from: `python -m tests.programs.preloaded <socket>`.

It has one thread, and has imported the libraries but nothing of the project, whose modules read settings as they are imported.
A program that was forked is as `python` would start it: arguments, folder, environment and open files are its own."""

import gc
import importlib
import json
import os
import runpy
import selectors
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass

from tests.programs import NUMBER

# They import the rest. None of them asks for Django's settings.
LIBRARIES = (
    "aiohttp",
    "charset_normalizer",
    "corsheaders.middleware",
    "cryptography.fernet",
    "dj_database_url",
    "django.contrib.admin.options",
    "django.contrib.messages.middleware",
    "django.contrib.postgres.search",
    "django.contrib.sessions.middleware",
    "django.contrib.staticfiles.storage",
    "django.core.management.commands.check",
    "django.core.management.commands.migrate",
    "django.core.wsgi",
    "django.db.backends.postgresql.base",
    "django.db.migrations.autodetector",
    "django.template.defaulttags",
    "django.test.testcases",
    "django.views.debug",
    "django.views.generic",
    "django_htmx.middleware",
    "django_stubs_ext",
    "dotenv",
    "gunicorn.app.wsgiapp",
    "gunicorn.workers.gthread",
    "idna",
    "logging.config",
    "pgtrigger.compiler",
    "procrastinate.contrib.django.django_connector",
    "procrastinate.contrib.django.procrastinate_app",
    "psutil",
    "psycopg_pool",
    "pydantic.dataclasses",
    "pydantic.json_schema",
    "pydantic.networks",
    "unittest.mock",
    "whitenoise.middleware",
    "xml.dom.minidom",
)
# The socket over which a program's end is told, the request, and the files of the program.
FILES = 5


@dataclass
class Program:
    arguments: list[str]
    folder: str
    environment: dict[str, str]
    files: list[int]


def main() -> None:
    for library in LIBRARIES:
        importlib.import_module(library)
    # The collector would write to what the programs share.
    gc.collect()
    gc.freeze()
    program = Forking(socket.socket(fileno=int(sys.argv[1]))).wait_for_program()
    # Run from here, so that it ends as the main program of an interpreter does.
    if program is not None:
        run(program)


class Forking:
    def __init__(self, control: socket.socket) -> None:
        self.control = control
        # Each program with the socket over which its end is told.
        self.programs: dict[int, socket.socket] = {}
        self.woken, self.waker = socket.socketpair()
        self.waker.setblocking(False)
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        self.selector = selectors.DefaultSelector()
        self.selector.register(control, selectors.EVENT_READ)
        self.selector.register(self.woken, selectors.EVENT_READ)

    def wait_for_program(self) -> Program | None:
        """Fork for each request. Returns what to run in the new process, and None in this one when nobody is left to ask."""
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.woken:
                    self.woken.recv(4096)
                    self.reap()
                    continue
                asked, numbers, _, _ = socket.recv_fds(self.control, 1, FILES)
                if not asked:
                    return None
                reports, request, *files = numbers
                with os.fdopen(request) as written:
                    program = Program(**json.load(written), files=files)
                if self.fork(socket.socket(fileno=reports), program):
                    return program

    def fork(self, reports: socket.socket, program: Program) -> bool:
        pid = os.fork()
        if pid == 0:
            self.leave()
            reports.close()
            return True
        for file in program.files:
            os.close(file)
        self.programs[pid] = reports
        reports.send(NUMBER.pack(pid))
        return False

    def reap(self) -> None:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                pid, status = ended
                with self.programs.pop(pid) as reports, suppress(BrokenPipeError):
                    reports.send(NUMBER.pack(os.waitstatus_to_exitcode(status)))

    def leave(self) -> None:
        """Nothing of this is the program's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.selector.close()
        for other in (self.control, self.woken, self.waker, *self.programs.values()):
            other.close()


def run(program: Program) -> None:
    for number, file in enumerate(program.files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(program.folder)
    os.environ.clear()
    os.environ.update(program.environment)
    option, *rest = program.arguments
    if option == "-m":
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    elif option == "-c":
        sys.argv = ["-c", *rest[1:]]
        exec(rest[0], {"__name__": "__main__"})  # noqa: S102 - what `python -c` does
    else:
        sys.argv = program.arguments
        runpy.run_path(option, run_name="__main__")


if __name__ == "__main__":
    main()
