"""Supervises the processes of `make run`: passes on their output, restarts them when they end, stops them together.

It runs in one thread, in short turns. No child outlives the runner, even if that is killed: on Linux the kernel signals
them (on other systems they have to be stopped by hand)."""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress

TURN_SECONDS = 0.2
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
# A child that ran this long did not fail at its start; the pauses start over.
SETTLED_SECONDS = 30
# More than gunicorn and the worker need to finish their work.
GRACE_SECONDS = 25
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Child:
    """A named process that is kept alive."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self.command = command
        self.pause = SHORTEST_PAUSE
        self.start_at = 0.0
        self.started_at = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> subprocess.Popen[bytes]:
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            # Ctrl-C only reaches the runner, which stops its children in order.
            start_new_session=True,
            preexec_fn=_tied_to(os.getpid()),
        )
        self.started_at = time.monotonic()
        return self.process

    def ended(self) -> int | None:
        """Return the exit code of a process that has just ended; also ends what it left running."""
        code = self.process.poll() if self.process else None
        if self.process and code is not None:
            self.kill()
            self.process = None
        return code

    def plan_restart(self) -> float:
        now = time.monotonic()
        if now - self.started_at > SETTLED_SECONDS:
            self.pause = SHORTEST_PAUSE
        pause, self.pause = self.pause, min(2 * self.pause, LONGEST_PAUSE)
        self.start_at = now + pause
        return pause

    def kill(self) -> None:
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


class Children:
    def __init__(self, *children: Child) -> None:
        self.children = children
        self.width = max(len(child.name) for child in children)
        self.output = selectors.DefaultSelector()

    def turn(self) -> None:
        """Start processes that are due, pass on output, and handle those that ended."""
        for child in self.children:
            if not child.process and time.monotonic() >= child.start_at:
                self._listen_to(child.name, child.start())
        self._pass_on_lines(TURN_SECONDS)
        for child in self.children:
            code = child.ended()
            if code is not None:
                pause = child.plan_restart()
                say(f"The {child.name} ended with code {code}. Restarting in {pause:g} s.")

    def stop(self, hurried: Callable[[], bool]) -> None:
        """Ask all children to end and wait; kill those that take too long, or on a second signal."""
        for child in self.children:
            if child.process:
                child.process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        while any(child.process for child in self.children):
            self._pass_on_lines(TURN_SECONDS)
            if hurried() or time.monotonic() > deadline:
                for child in self.children:
                    child.kill()
            for child in self.children:
                child.ended()
        self._pass_on_lines(0)
        self._close()

    def _listen_to(self, name: str, process: subprocess.Popen[bytes]) -> None:
        if process.stdout:
            os.set_blocking(process.stdout.fileno(), False)
            self.output.register(process.stdout, selectors.EVENT_READ, _Lines(name.ljust(self.width)))

    def _pass_on_lines(self, seconds: float) -> None:
        if not self.output.get_map():
            time.sleep(seconds)
        for key, _ in self.output.select(seconds):
            text = os.read(key.fd, 65536)
            key.data.add(text)
            if not text:
                self.output.unregister(key.fileobj)
                os.close(key.fd)

    def _close(self) -> None:
        for key in list(self.output.get_map().values()):
            os.close(key.fd)
        self.output.close()


class StopSignals:
    """Records requests to stop: Ctrl-C, a supervisor, or a terminal that closes."""

    # A supervisor may signal the process group and `make` as well: that counts as one signal.
    SAME_WISH_SECONDS = 1.0

    def __init__(self) -> None:
        self.asked = 0.0
        self.impatient = False
        signal.signal(signal.SIGINT, self.note)
        signal.signal(signal.SIGTERM, self.note)
        # `nohup make run` ignores the hang-up.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, self.note)

    def note(self, number: int, frame: object) -> None:
        now = time.monotonic()
        if self.asked and now - self.asked > self.SAME_WISH_SECONDS:
            self.impatient = True
        self.asked = self.asked or now

    def asked_again(self) -> bool:
        return self.impatient


class _Lines:
    """Splits the output of a pipe into lines, prefixed with the name of the process."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.rest = b""

    def add(self, text: bytes) -> None:
        *lines, self.rest = (self.rest + text).split(b"\n")
        if not text and self.rest:
            lines.append(self.rest)
        for line in lines:
            say(f"{self.name} | {line.decode(errors='replace').rstrip()}")


def say(line: str) -> None:
    try:
        print(line, flush=True)
    except OSError:
        # The reader is gone (`| head`, a closed terminal): stop as on a signal.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        os.kill(os.getpid(), signal.SIGTERM)


def _tied_to(parent: int) -> Callable[[], None]:
    def ask_to_be_told() -> None:
        if LIBC:
            LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:
                os._exit(1)

    return ask_to_be_told
