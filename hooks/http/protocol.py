"""Reads the head of a response as aiohttp does, within limits of our own.

An endpoint may send headers of any length, and interim responses (1xx) without end. Only what no common client accepts is
rejected here; long values are cut where they are stored (hooks.http.responses)."""

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
    """One connection; the counters are those of the current request."""

    # Any: the other parameters are aiohttp's own.
    def set_response_params(self, **params: Any) -> None:
        self.head_bytes, self.interim, self.is_in_head = 0, 0, True
        # One limit for the whole head instead of one for each line.
        for name in ("max_line_size", "max_field_size", "max_headers"):
            params[name] = RESPONSE_HEAD_MAX_BYTES
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # An idle connection has no parser yet.
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
                raise BadHttpMessage("Too many interim responses.")
        return message


def is_interim(message: Message) -> bool:
    return 100 <= message[0].code <= 199 and message[0].code != SWITCHING_PROTOCOLS


def use(connector: TCPConnector) -> None:
    """Make new connections use ResponseProtocol. aiohttp has no public way to set it."""
    connector._factory = partial(make, loop=asyncio.get_running_loop())


def make(loop: asyncio.AbstractEventLoop) -> ResponseHandler:
    return ResponseProtocol(loop)
