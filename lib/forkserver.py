"""Processes forked from one that has a single thread and its modules loaded: for work that must not cost more than itself.

A web server or a worker has many threads, so it cannot fork; a new interpreter for each file would take half a second.
The standard library's fork server imports the program's main module into every child and hands on its environment with
all secrets. This one runs one function, knows no secret, and needs no process id to end a child."""

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
# What Python may need to start at all.
KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME", "LANG", "LC_ALL")


ROOT = Path(__file__).parent.parent


class ServerGone(Exception):
    """The fork server ended before it could say what came of the child."""


class Child:
    """A child at work, with two sockets that its function was given the other ends of. Closed, it is killed if it has not
    ended."""

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
        """Of a child that has hung up: below zero, the signal that ended it. Raises ServerGone."""
        self.reports.settimeout(END_SECONDS)
        try:
            code = self.reports.recv(16)
        except (TimeoutError, ConnectionResetError) as error:
            raise ServerGone from error
        if not code:
            raise ServerGone
        return int(code)


class ForkServer:
    """Starts its process when it is first asked, and again when that has ended. `target` is "module:function"."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.control: socket.socket | None = None
        self.owner = 0
        atexit.register(self.stop)

    def start(self) -> None:
        """So that whoever asks first does not wait for it."""
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
        # A process that this one was forked from has a server of its own.
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
    """Where our modules and those of others are, and no secret."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
