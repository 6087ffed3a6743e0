"""Signals to a running command: recorded here and handled between two checks; raised at once only while it waits."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Self


class Interrupted(Exception):
    """A signal arrived while the command was waiting."""


class Detached(Exception):
    """The command ends before the job does."""


class Signals:
    """Ctrl-C asks to cancel, a second Ctrl-C, SIGTERM or SIGHUP to detach."""

    def __init__(self) -> None:
        self.sigint_count = 0
        self.ended_by = 0
        self.may_raise = False

    def __enter__(self) -> Self:
        numbers = [signal.SIGINT, signal.SIGTERM]
        # nohup ignores SIGHUP.
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            numbers.append(signal.SIGHUP)
        self.before = {number: signal.signal(number, self.record) for number in numbers}
        return self

    def __exit__(self, *exc_info: object) -> None:
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def record(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT:
            self.sigint_count += 1
        else:
            self.ended_by = number
        if self.asks_to_detach:
            # The next Ctrl-C ends the process wherever it is.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.raise_if_allowed()

    @property
    def asks_to_cancel(self) -> bool:
        return self.sigint_count > 0

    @property
    def asks_to_detach(self) -> bool:
        return self.sigint_count > 1 or self.ended_by > 0

    def raise_if_allowed(self) -> None:
        if self.may_raise and (self.asks_to_cancel or self.asks_to_detach):
            raise Interrupted

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """While inside, for a call that may block, a signal raises Interrupted, including one received before."""
        try:
            self.may_raise = True
            self.raise_if_allowed()
            yield
        finally:
            self.may_raise = False
