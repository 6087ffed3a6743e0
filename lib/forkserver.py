"""A fork server: children are forked from a process with one thread and its modules loaded.

A web server or worker has many threads, so it cannot fork; a new interpreter for each file would take half a second. The
standard library's fork server imports the main module into every child and passes on the environment with all secrets.
This one runs one function, has no secrets, and needs no process id to end a child."""

import atexit
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from lib.forking import FILES

END_SECONDS = 5.0
# Needed to start Python.
KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "LANG", "LC_ALL")


ROOT = Path(__file__).parent.parent


class ServerGone(Exception):
    """The fork server ended before it reported the exit of the child."""


class Child:
    """A running child, with two sockets whose other ends its function has. Leaving the context kills it."""

    def __init__(self, sockets: Sequence[socket.socket], reports: socket.socket) -> None:
        self.sockets, self.reports = sockets, reports

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        for each in self.sockets:
            each.close()

    def kill(self) -> None:
        self.reports.close()

    def exit_code(self) -> int:
        """Return the exit code of a child that closed its sockets; negative: the signal. Raises ServerGone."""
        self.reports.settimeout(END_SECONDS)
        try:
            code = self.reports.recv(16)
        except (TimeoutError, ConnectionResetError) as error:
            raise ServerGone from error
        if not code:
            raise ServerGone
        return int(code)


class ForkServer:
    """Starts its process on first use, and again if it has ended. `target` is "module:function"."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None
        self.owner = 0
        atexit.register(self.stop)

    def start(self) -> None:
        """Start ahead, so that the first fork need not wait."""
        with self.lock:
            self._started()

    def fork(self) -> Child:
        with self.lock:
            try:
                return self._ask(self._started())
            except (BrokenPipeError, ConnectionResetError):
                self._forget()
                return self._ask(self._started())

    def stop(self) -> None:
        with self.lock:
            self._forget()

    def _started(self) -> socket.socket:
        # A parent process has a server of its own.
        if self.control is None or self.owner != os.getpid():
            self.control, theirs = socket.socketpair()
            with theirs:
                self.process = self._start(theirs.fileno())
            self.owner = os.getpid()
        return self.control

    def _start(self, control: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "lib.forking", str(control), self.target],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[control],
            env=environment(),
        )

    def _ask(self, control: socket.socket) -> Child:
        pairs = [socket.socketpair() for _ in range(FILES)]
        *ours, reports = (own for own, _ in pairs)
        try:
            socket.send_fds(control, [b"+"], [its.fileno() for _, its in pairs])
        except OSError:
            for own, _ in pairs:
                own.close()
            raise
        finally:
            for _, its in pairs:
                its.close()
        return Child(ours, reports)

    def _forget(self) -> None:
        control, self.control = self.control, None
        process, self.process = self.process, None
        if control is not None:
            control.close()
        if process is not None and self.owner == os.getpid():
            process.wait(END_SECONDS)


def environment() -> dict[str, str]:
    """Return the environment of the child: module paths, and no secrets."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
