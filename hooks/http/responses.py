"""Reads the response of an endpoint within limits, and makes it text that can be stored and shown.

Responses are not trusted: they may never end, contain anything, or repeat the secrets of the request."""

import asyncio
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp.http_exceptions import HttpProcessingError

from hooks.secrets.redaction import redact_headers, redact_text
from lib.limits import (
    RESPONSE_HEADER_KEPT_CHARACTERS,
    RESPONSE_HEADERS_KEPT,
    RESPONSE_KEPT_CHARACTERS,
    RESPONSE_READ_MAX_BYTES,
)

# Control characters, surrogates, and marks that change the direction of text.
UNFIT = {"Cc", "Cf", "Cs"}


@dataclass(frozen=True)
class Body:
    content: bytes
    # It was longer, too slow, or incomplete.
    truncated: bool


async def read_body(stream: aiohttp.StreamReader, deadline: float) -> Body:
    """Read the body without decompressing it: half a megabyte can expand to a gigabyte."""
    received = bytearray()
    if stream.at_eof():
        return Body(b"", truncated=False)
    try:
        async with asyncio.timeout_at(deadline):
            while len(received) <= RESPONSE_READ_MAX_BYTES:
                block = await stream.readany()
                if not block:
                    return Body(bytes(received), truncated=False)
                received += block
    except (aiohttp.ClientError, HttpProcessingError, OSError):
        # The status has arrived, and it decides.
        pass
    return Body(bytes(received[:RESPONSE_READ_MAX_BYTES]), truncated=True)


def body_text(body: Body, encoding: str, secrets: Iterable[str]) -> tuple[str, bool]:
    """Return the text to keep, and whether it is incomplete."""
    if not body.content:
        return "", body.truncated
    if encoding.strip().lower() not in ("", "identity"):
        return f"({len(body.content):,} bytes, compressed, not shown)", body.truncated
    text = redact_text(printable(body.content.decode(errors="replace")), secrets)
    return text[:RESPONSE_KEPT_CHARACTERS], body.truncated or len(text) > RESPONSE_KEPT_CHARACTERS


def kept_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """Return the first headers, with lower-case names."""
    secrets = tuple(secrets)
    kept: dict[str, str] = {}
    for name, value in list(headers.items())[:RESPONSE_HEADERS_KEPT]:
        # aiohttp keeps bytes that are not UTF-8 as surrogates.
        text = printable(value.encode(errors="surrogateescape").decode(errors="replace"))
        kept.setdefault(name.lower(), redact_text(text, secrets)[:RESPONSE_HEADER_KEPT_CHARACTERS])
    return redact_headers(kept)


def printable(text: str) -> str:
    """Replace NUL, which PostgreSQL cannot store, and control characters, which a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(character) in UNFIT and character not in "\n\r\t"
        else character
        for character in text
    )
