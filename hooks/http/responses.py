"""What a receiver answers, read with a limit and made into text that can be stored and shown.

Answers are not trusted: they may never end, hold anything, or repeat the secrets that were sent to them."""

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

# Controls, half characters, and what turns the direction of text around.
UNFIT = {"Cc", "Cf", "Cs"}


@dataclass(frozen=True)
class Body:
    content: bytes
    # It went on, was too slow, or broke off.
    truncated: bool


async def read_body(stream: aiohttp.StreamReader, deadline: float) -> Body:
    """As it was sent, compressed or not: unpacked, half a megabyte can be a gigabyte."""
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
        # The status is here already, and it decides.
        pass
    return Body(bytes(received[:RESPONSE_READ_MAX_BYTES]), truncated=True)


def shown_body(body: Body, encoding: str, secrets: Iterable[str]) -> tuple[str, bool]:
    """The text that is kept, and whether something is missing from it."""
    if not body.content:
        return "", body.truncated
    if encoding.strip().lower() not in ("", "identity"):
        return f"({len(body.content):,} bytes, compressed; they are not unpacked)", body.truncated
    text = redact_text(shown_text(body.content.decode(errors="replace")), secrets)
    return text[:RESPONSE_KEPT_CHARACTERS], body.truncated or len(text) > RESPONSE_KEPT_CHARACTERS


def shown_headers(headers: Mapping[str, str], secrets: Iterable[str]) -> dict[str, str]:
    """The first of them, by their names in lower case."""
    secrets = tuple(secrets)
    kept: dict[str, str] = {}
    for name, value in list(headers.items())[:RESPONSE_HEADERS_KEPT]:
        # aiohttp leaves bytes that are no UTF-8 as half characters.
        text = shown_text(value.encode(errors="surrogateescape").decode(errors="replace"))
        kept.setdefault(name.lower(), redact_text(text, secrets)[:RESPONSE_HEADER_KEPT_CHARACTERS])
    return redact_headers(kept)


def shown_text(text: str) -> str:
    """Without NUL, which PostgreSQL has no place for, and without controls, which a terminal would obey."""
    if text.isprintable():
        return text
    return "".join(
        "\N{REPLACEMENT CHARACTER}"
        if unicodedata.category(character) in UNFIT and character not in "\n\r\t"
        else character
        for character in text
    )
