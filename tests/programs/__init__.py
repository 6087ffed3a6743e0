"""Python programs of the project as processes of their own: `manage.py worker` and the like, in a third of the time.

Most of what a program does until it is at work is to import libraries, more than a second of it. A process of each test run
has imported them (tests.programs.preloaded); programs are forked from it, and then run as `python` runs them."""

import atexit
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

# How process ids and exit codes are told.
NUMBER = struct.Struct("i")
ROOT = Path(__file__).parent.parent.parent


class Program:
    """A process that runs `python <arguments>` in ROOT. Its files default to those of this process."""

    def __init__(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
    ) -> None:
        self.arguments = arguments
        self.returncode: int | None = None
        files = [own if given is None else given for own, given in enumerate((stdin, stdout, stderr))]
        self.reports = preloaded.fork(arguments, env, files)
        [self.pid] = NUMBER.unpack(self.reports.recv(NUMBER.size))

    def poll(self) -> int | None:
        """Return its exit code, negative if a signal ended it, or None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self.reports.settimeout(timeout)
            try:
                [self.returncode] = NUMBER.unpack(self.reports.recv(NUMBER.size))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self.arguments, timeout or 0) from None
            self.reports.close()
        return self.returncode

    def send_signal(self, number: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)


def run(
    arguments: Sequence[str], env: Mapping[str, str], timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with nothing to read and its output captured."""
    with (
        Path(os.devnull).open() as nothing,
        tempfile.TemporaryFile("w+") as out,
        tempfile.TemporaryFile("w+") as err,
    ):
        program = Program(arguments, env, nothing.fileno(), out.fileno(), err.fileno())
        try:
            code = program.wait(timeout)
        finally:
            program.kill()
        return subprocess.CompletedProcess(program.arguments, code, written(out), written(err))


def written(file: IO[str]) -> str:
    file.seek(0)
    return file.read()


class Preloaded:
    """The process that programs are forked from, started when the first is wanted."""

    def __init__(self) -> None:
        self.control: socket.socket | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def fork(self, arguments: Sequence[str], env: Mapping[str, str], files: list[int]) -> socket.socket:
        """Ask for a program. The socket says its process id, and later its exit code."""
        control = self.control or self.start()
        own, its = socket.socketpair()
        with its, tempfile.TemporaryFile("w+") as request:
            json.dump({"arguments": list(arguments), "folder": str(ROOT), "environment": dict(env)}, request)
            request.seek(0)
            socket.send_fds(control, [b"+"], [its.fileno(), request.fileno(), *files])
        return own

    def start(self) -> socket.socket:
        self.control, its = socket.socketpair()
        command = [sys.executable, "-m", "tests.programs.preloaded", str(its.fileno())]
        with its:
            self.process = subprocess.Popen(command, cwd=ROOT, pass_fds=[its.fileno()])
        atexit.register(self.stop)
        return self.control

    def stop(self) -> None:
        """End the process, which leaves programs running."""
        if self.control and self.process:
            self.control.close()
            self.process.wait()


preloaded = Preloaded()
