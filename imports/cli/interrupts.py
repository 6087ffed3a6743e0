"""What people press, and what supervisors send, while a command is at work: noted here, acted upon between two looks.

imports.cli.inline_worker asks; only where there is nothing but waiting does a signal raise at once."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self


class Interrupted(Exception):
    """A signal came while there was nothing but waiting for somebody else."""


class Left(Exception):
    """The command ends before the job does."""


class Signals:
    """Ctrl-C asks to cancel, a second one to leave; whoever ends the process or closes the terminal asks to leave."""

    def __init__(self) -> None:
        self.presses = 0
        self.ended_by = 0
        self.may_raise = False

    def __enter__(self) -> Self:
        numbers = [signal.SIGINT, signal.SIGTERM]
        # `nohup` asks for the hang-up to be ignored.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        self.before = {number: signal.signal(number, self.note) for number in numbers}
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def note(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            self.presses += 1
        else:
            self.ended_by = number
        if self.asks_to_leave:
            # The next Ctrl-C ends the process wherever it is.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.raise_if_allowed()

    @property
    def asks_to_cancel(self) -> bool:
        return self.presses > 0

    @property
    def asks_to_leave(self) -> bool:
        return self.presses > 1 or self.ended_by > 0

    def raise_if_allowed(self) -> None:
        if self.may_raise and (self.asks_to_cancel or self.asks_to_leave):
            raise Interrupted

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Around what may wait for ever, such as a read: signals, also one that came before, raise Interrupted."""
        try:
            self.may_raise = True
            self.raise_if_allowed()
            yield
        finally:
            self.may_raise = False
