"""A request while it arrives, before it takes a thread: its head, and its body if that is small.

gunicorn's parser reads and checks it afterwards."""

import re

from lib.limits import REQUEST_HEAD_MAX_BYTES, SMALL_BODY_MAX_BYTES

END = b"\r\n\r\n"
# Such a body is left to the view: its length is unknown, or the client waits for 100-continue.
IS_STREAMED = re.compile(rb"\r\n(transfer-encoding|expect):", re.IGNORECASE)
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,9})[ \t]*\r\n", re.IGNORECASE)


class Arriving:
    def __init__(self) -> None:
        self.received = bytearray()
        self.has_head = False
        self.is_malformed = False
        # The total number of bytes; known once the head is complete.
        self.length = 0

    def take(self, data: bytes) -> None:
        seen = max(0, len(self.received) - len(END) + 1)
        self.received += data
        if not self.has_head:
            self.find_head(seen)

    def find_head(self, seen: int) -> None:
        end = self.received.find(END, seen)
        if end >= 0:
            self.has_head = True
            self.length = end + len(END) + small_body_length(bytes(self.received[: end + 2]))
        else:
            # A line without CR is malformed; the parser rejects it at once instead of waiting for more.
            self.is_malformed = bool(re.search(rb"(?<!\r)\n", self.received[max(0, seen - 1) :]))

    @property
    def is_too_large(self) -> bool:
        return not self.has_head and len(self.received) > REQUEST_HEAD_MAX_BYTES

    @property
    def is_complete(self) -> bool:
        """Whether there is a request, or an error, to respond to."""
        if self.has_head:
            return len(self.received) >= self.length
        return self.is_malformed or self.is_too_large


def small_body_length(head: bytes) -> int:
    length = LENGTH.search(head)
    if length is None or IS_STREAMED.search(head) or int(length[1]) > SMALL_BODY_MAX_BYTES:
        return 0
    return int(length[1])
