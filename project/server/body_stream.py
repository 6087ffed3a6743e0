"""The body of a request, which is never cut short silently.

A client that loses its connection sends fewer bytes than it announced, and WSGI does not report it: the stream just ends.
Here that raises an error, wherever the body is read, and so do malformed chunks and a body that arrives too slowly."""

from collections.abc import Callable
from time import monotonic
from typing import Protocol

from gunicorn.http.errors import NoMoreData, ParseException

from lib.lending import give_back_connection
from lib.limits import BODY_MAX_SECONDS


class Stream(Protocol):
    def read(self, size: int, /) -> bytes: ...
    def readline(self, size: int, /) -> bytes: ...


class BodyError(OSError):
    """An error while reading the body; Django expects an OSError from a failing stream."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


class WholeBody:
    """Reads like the stream it wraps. `length` is the announced length; None for chunks, which mark their own end."""

    def __init__(self, stream: Stream, length: int | None) -> None:
        self.stream = stream
        self.length = length
        self.position = 0
        self.deadline = monotonic() + BODY_MAX_SECONDS

    @property
    def left(self) -> int | None:
        return None if self.length is None else self.length - self.position

    def read(self, size: int | None = -1) -> bytes:
        wanted = within(-1 if size is None else size, self.left)
        data = self.taken(self.stream.read, wanted)
        # gunicorn returns less than requested only at the end of the data.
        if self.left and (wanted < 0 or len(data) < wanted):
            raise incomplete()
        return data

    def readline(self, size: int | None = -1) -> bytes:
        wanted = within(-1 if size is None else size, self.left)
        line = self.taken(self.stream.readline, wanted)
        if self.left and len(line) != wanted and not line.endswith(b"\n"):
            raise incomplete()
        return line

    def taken(self, read: Callable[[int], bytes], size: int) -> bytes:
        if monotonic() > self.deadline:
            raise too_slow()
        give_back_connection()
        try:
            data = read(size)
        except TimeoutError:
            raise too_slow() from None
        except ParseException:
            raise BodyError(
                400, "body.malformed", "The chunks of the body are malformed. Send it with a Content-Length."
            ) from None
        except (NoMoreData, ConnectionError):
            raise incomplete() from None
        self.position += len(data)
        return data


def within(size: int, left: int | None) -> int:
    if left is None:
        return size
    return left if size < 0 else min(size, left)


def too_slow() -> BodyError:
    return BodyError(
        408,
        "body.too_slow",
        "The body timed out because it arrived too slowly. Retry.",
    )


def incomplete() -> BodyError:
    return BodyError(
        400, "body.incomplete", "The connection was closed before the whole body arrived. Retry."
    )
