"""Messages between two processes over a socket: JSON, and raw bytes.

Messages are data and never executed, as a pickle would be: the other process may be reading an untrusted file."""

import json
import socket
import struct
from typing import Any

JSON, BYTES = b"J", b"B"
HEADER = struct.Struct("!cI")
# Far above any valid message.
MAX_BYTES = 256 * 1024**2
BUFFER_BYTES = 1024**2


class Closed(Exception):
    """The other end is gone, or sent an invalid message."""


class Channel:
    """One end of the connection. Raises Closed if the other end is gone, and TimeoutError after `wait_seconds`."""

    def __init__(
        self, own: socket.socket, wait_seconds: float | None = None, send_seconds: float | None = None
    ) -> None:
        self.socket = own
        self.wait_seconds, self.send_seconds = wait_seconds, send_seconds
        for buffer in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            own.setsockopt(socket.SOL_SOCKET, buffer, BUFFER_BYTES)
        self._expect(HEADER.size)
        self.kind = b""

    def send(self, content: object) -> None:
        text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
        self._send(JSON, text.encode("utf-8", "surrogatepass"))

    def send_bytes(self, data: bytes) -> None:
        self._send(BYTES, data)

    def _send(self, kind: bytes, data: bytes) -> None:
        self.socket.settimeout(self.send_seconds)
        try:
            # All at once: what has no bytes may be the last that the other end waits for before it hangs up.
            self.socket.sendall(HEADER.pack(kind, len(data)) + data)
        except (BrokenPipeError, ConnectionResetError) as error:
            raise Closed from error

    def receive(self) -> Any:
        """The next message: bytes, or what was JSON. After a TimeoutError it can be asked for again."""
        self.socket.settimeout(self.wait_seconds)
        if not self.kind:
            self._fill()
            self.kind, length = HEADER.unpack(self.coming)
            if self.kind not in (JSON, BYTES) or length > MAX_BYTES:
                raise Closed
            self._expect(length)
        self._fill()
        kind, data = self.kind, self.coming
        self.kind = b""
        self._expect(HEADER.size)
        return data if kind == BYTES else json.loads(data.decode("utf-8", "surrogatepass"))

    def _expect(self, length: int) -> None:
        self.coming, self.count = bytearray(length), 0

    def _fill(self) -> None:
        rest = memoryview(self.coming)
        while self.count < len(rest):
            try:
                count = self.socket.recv_into(rest[self.count :])
            except ConnectionResetError as error:
                raise Closed from error
            if not count:
                raise Closed
            self.count += count
