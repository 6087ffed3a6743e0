"""A socket that waits for its client, but not forever.

Each request starts with a time budget. Waiting spends it, transferred bytes earn it back up to its initial value: a client
that stalls is disconnected after CLIENT_STALL_SECONDS, one that stays below CLIENT_LEAST_BYTES_PER_SECOND soon after. Only
waiting counts, not the work in between, so an idle stream loses nothing.

Slow clients hold threads meanwhile. Their number is limited; beyond it the slowest is disconnected."""

import errno
import select
import socket
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from lib.limits import CLIENT_LEAST_BYTES_PER_SECOND, CLIENT_SLOW_SECONDS, CLIENT_STALL_SECONDS

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

# How soon a client notices that another took its place.
STEP_SECONDS = 1.0


class TooSlow(TimeoutError):
    def __init__(self) -> None:
        # By this number gunicorn knows a client that is gone, and writes no trace of it into the log.
        super().__init__(errno.EPIPE, "The client is too slow.")


class PatientSocket(socket.socket):
    places: "SlowPlaces"

    @classmethod
    def of(cls, client: socket.socket, places: "SlowPlaces") -> "PatientSocket":
        patient = cls(fileno=client.detach())
        patient.places = places
        patient.begin()
        return patient

    def begin(self) -> None:
        """A request begins."""
        self.patience = float(CLIENT_STALL_SECONDS)
        self.waited = 0.0
        self.moved = 0
        self.is_cut = False

    def end(self) -> None:
        self.places.leave(self)

    @property
    def rate(self) -> float:
        return self.moved / self.waited if self.waited else float("inf")

    def recv_now(self, size: int) -> bytes:
        """What is there already. Raises BlockingIOError if nothing is."""
        return super().recv(size, socket.MSG_DONTWAIT)

    def send_now(self, data: bytes) -> None:
        """As much as fits in at once, if the client is still there."""
        with suppress(OSError):
            super().send(data, socket.MSG_DONTWAIT)

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        while True:
            try:
                data = super().recv(size, flags | socket.MSG_DONTWAIT)
            except BlockingIOError:
                self.wait(select.POLLIN)
            else:
                self.earn(len(data))
                return data

    def send(self, data: "ReadableBuffer", flags: int = 0, /) -> int:
        while True:
            try:
                sent = super().send(data, flags | socket.MSG_DONTWAIT)
            except BlockingIOError:
                self.wait(select.POLLOUT)
            else:
                self.earn(sent)
                return sent

    def sendall(self, data: "ReadableBuffer", flags: int = 0, /) -> None:
        rest = memoryview(data).cast("B")
        while rest:
            rest = rest[self.send(rest, flags) :]

    def wait(self, event: int) -> None:
        poll = select.poll()
        poll.register(self, event)
        is_ready = False
        while not is_ready:
            if self.patience <= 0 or self.is_cut:
                raise TooSlow
            begun = time.monotonic()
            is_ready = bool(poll.poll(1000 * min(self.patience, STEP_SECONDS)))
            self.spend(time.monotonic() - begun)

    def spend(self, seconds: float) -> None:
        self.patience -= seconds
        self.waited += seconds
        if self.waited > CLIENT_SLOW_SECONDS:
            self.places.take(self)

    def earn(self, size: int) -> None:
        self.moved += size
        self.patience = min(CLIENT_STALL_SECONDS, self.patience + size / CLIENT_LEAST_BYTES_PER_SECOND)


class SlowPlaces:
    """How many threads of this process slow clients may hold at once: threads are of the process, so is the count."""

    def __init__(self, places: int) -> None:
        self.places = places
        self.lock = threading.Lock()
        self.taken: set[PatientSocket] = set()

    def take(self, client: PatientSocket) -> None:
        with self.lock:
            self.taken.add(client)
            if len(self.taken) > self.places:
                slowest = min(self.taken, key=lambda each: each.rate)
                self.taken.remove(slowest)
                slowest.is_cut = True

    def leave(self, client: PatientSocket) -> None:
        with self.lock:
            self.taken.discard(client)
