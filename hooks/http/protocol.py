"""How the head of an answer is read: as aiohttp reads it, within limits of our own.

A receiver may send a header of any length, and interim answers (1xx) without end. What is refused here is what no usual
client takes either; what is only long is cut later, where it is stored (hooks.http.responses)."""

import asyncio
from functools import partial
from typing import Any

from aiohttp import TCPConnector
from aiohttp.client_proto import ResponseHandler
from aiohttp.http_exceptions import BadHttpMessage, HttpProcessingError, LineTooLong
from aiohttp.http_parser import RawResponseMessage
from aiohttp.streams import StreamReader

from lib.limits import INTERIM_RESPONSES_MAX, RESPONSE_HEAD_MAX_BYTES

SWITCHING_PROTOCOLS = 101

Message = tuple[RawResponseMessage, StreamReader]


class ResponseProtocol(ResponseHandler):
    """Of one connection; the counts are of the request under way."""

    # Any: whatever aiohttp says of the rest.
    def set_response_params(self, **params: Any) -> None:
        self.head_bytes, self.interim, self.is_in_head = 0, 0, True
        # One bound, that of the whole head, instead of one for each line.
        for name in ("max_line_size", "max_field_size", "max_headers"):
            params[name] = RESPONSE_HEAD_MAX_BYTES
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Idle, a connection has no parser yet.
        if self._parser is None or not self.is_in_head or self.exception():
            return
        self.head_bytes += len(data)
        if self.head_bytes > RESPONSE_HEAD_MAX_BYTES:
            self.force_close()
            self.set_exception(HttpProcessingError(), LineTooLong(b"", RESPONSE_HEAD_MAX_BYTES))

    def feed_data(self, data: Message, size: int = 0) -> None:
        self.is_in_head = self.is_in_head and is_interim(data)
        super().feed_data(data, size)

    async def read(self) -> Message:
        message = await super().read()
        if is_interim(message):
            self.interim += 1
            if self.interim > INTERIM_RESPONSES_MAX:
                self.force_close()
                raise BadHttpMessage("Too many interim answers.")
        return message


def is_interim(message: Message) -> bool:
    return 100 <= message[0].code <= 199 and message[0].code != SWITCHING_PROTOCOLS


def use(connector: TCPConnector) -> None:
    """The connections it makes from now on read answers so. aiohttp has no public way to say it."""
    connector._factory = partial(make, loop=asyncio.get_running_loop())


def make(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return ResponseProtocol(loop)
