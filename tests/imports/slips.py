"""Readers of files with a slip in a parser, for tests: what the fork server runs instead of imports.reading.child.main."""

import os
import signal
import socket
import time
from collections.abc import Callable

from imports.formats import tables
from imports.reading import child, opened_file
from lib.limits import READ_MEMORY_BYTES

HEARTY = 2 * READ_MEMORY_BYTES


def slipping(slip: Callable[[], object], talks: socket.socket, asks: socket.socket) -> None:
    """As it is, but for what happens where a header is read."""

    def read_header(*arguments: object, **options: object) -> None:
        slip()

    setattr(tables, "match_columns", read_header)  # noqa: B010 - no type of it fits
    setattr(opened_file, "RowParser", read_header)  # noqa: B010 - no type of it fits
    child.main(talks, asks)


def spin() -> None:
    while True:
        pass


def spinning(talks: socket.socket, asks: socket.socket) -> None:
    slipping(spin, talks, asks)


def sleeping(talks: socket.socket, asks: socket.socket) -> None:
    slipping(lambda: time.sleep(600), talks, asks)


def hungry(talks: socket.socket, asks: socket.socket) -> None:
    slipping(lambda: bytearray(HEARTY), talks, asks)


def crashing(talks: socket.socket, asks: socket.socket) -> None:
    slipping(lambda: os.kill(os.getpid(), signal.SIGSEGV), talks, asks)


def raising(talks: socket.socket, asks: socket.socket) -> None:
    slipping(lambda: int("a word"), talks, asks)


def leaving(talks: socket.socket, asks: socket.socket) -> None:
    """The server that forked it is killed, as by a system that is out of memory."""
    slipping(lambda: os.kill(os.getppid(), signal.SIGKILL), talks, asks)
