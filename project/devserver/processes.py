"""A process of `make run`: passes on its output, brings it back, ends it.

It does not outlive the runner, even if that is killed: it is tied to a pipe that closes with the runner."""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress

# How long a process that ended by itself stays down, unless a file is saved: its error may need to be corrected first.
PAUSE_SECONDS = 10
# More than gunicorn and the worker need to finish their work. A worker that is asked to end in the moment it opens its
# pool of connections may never end: the pool takes the cancellation for a failed connection.
GRACE_SECONDS = 25
# The shell becomes the command. Another one beside it waits for the end of the pipe, then asks the command to end.
TIED = 'exec 3<&0; (read _ <&3; kill $$) & exec "$@" </dev/null 3<&-'


class Child:
    """A named process; the first turn starts it."""

    def __init__(self, name: str, *command: str) -> None:
        self.name, self.command = name, command
        self.process: subprocess.Popen[bytes] | None = None
        self.output = threading.Thread()
        self.start_at = 0.0
        self.is_stopping = False
        self.end_by = 0.0

    def turn(self) -> None:
        if self.process and (code := self.process.poll()) is not None:
            self._note_end(code)
        if self.process and self.is_stopping and time.monotonic() >= self.end_by:
            self.kill()
        if not self.process and time.monotonic() >= self.start_at:
            self._start()

    def restart(self) -> None:
        """Ask it to end; the turn after its end starts it. An import goes on where it was stopped, or even killed."""
        self.start_at = 0.0
        self.terminate()

    def terminate(self) -> None:
        if self.process and not self.is_stopping:
            self.process.terminate()
            self.is_stopping = True
            self.end_by = time.monotonic() + GRACE_SECONDS

    def wait(self) -> None:
        if self.process:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(GRACE_SECONDS)

    def kill(self) -> None:
        """End it at once, with whatever it has left running."""
        if self.process:
            # macOS denies it for a group in which all have ended.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            if self.output.is_alive():
                self.output.join(1)
            self.process = None

    def _note_end(self, code: int) -> None:
        self.kill()
        if not self.is_stopping:
            self.start_at = time.monotonic() + PAUSE_SECONDS
            ended = f"The {self.name} process ended with code {code}."
            say(f"{ended} It starts again when a file is saved, or in {PAUSE_SECONDS} seconds.")

    def _start(self) -> None:
        self.process = subprocess.Popen(
            ["/bin/sh", "-c", TIED, "sh", *self.command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            # Ctrl-C only reaches the runner, which stops its processes in order.
            start_new_session=True,
        )
        self.is_stopping = False
        self.output = threading.Thread(target=self._pass_on, args=[self.process], daemon=True)
        self.output.start()

    def _pass_on(self, process: subprocess.Popen[bytes]) -> None:
        with process:
            for line in process.stdout or ():
                say(f"{self.name:6} | {line.decode(errors='replace').rstrip()}")


def say(line: str) -> None:
    try:
        # In one piece: several threads write.
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except OSError:
        # The reader is gone (`| head`, a closed terminal): stop as on a signal.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        os.kill(os.getpid(), signal.SIGTERM)
