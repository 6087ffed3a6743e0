"""Single requests of the sender from a test, and name servers that answer what the test needs."""

import asyncio
import socket
import ssl
from collections.abc import Collection, Mapping, Sequence
from ipaddress import ip_network
from typing import TypedDict, Unpack

from hooks.http.client import Deadlines, Lookup, Sender
from hooks.http.outcomes import Outcome
from hooks.http.ssrf import Network

LOOPBACK = [ip_network("127.0.0.0/8"), ip_network("::1/128")]
# Enough for a receiver that answers on a busy machine; of a body that does not end, the status decides.
PATIENT = Deadlines(connect=5, head=5, body=0.4, total=6)
QUICK = Deadlines(connect=0.4, head=0.6, body=0.4, total=0.8)
BODY = b'{"event_type":"product.created"}'


class Options(TypedDict, total=False):
    """Of the sender, where loopback and these deadlines will not do."""

    allowed_networks: Sequence[Network]
    deadlines: Deadlines
    lookup: Lookup
    tls: ssl.SSLContext


def send(
    url: str,
    headers: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
    **options: Unpack[Options],
) -> Outcome:
    return send_all([url], headers, secrets, **options)[0]


def send_all(
    urls: Sequence[str],
    headers: Mapping[str, str] | None = None,
    secrets: Collection[str] = (),
    **options: Unpack[Options],
) -> list[Outcome]:
    """One after the other, with one sender."""

    async def run() -> list[Outcome]:
        options.setdefault("allowed_networks", LOOPBACK)
        options.setdefault("deadlines", PATIENT)
        async with Sender(**options) as sender:
            return [await sender.send(url, BODY, headers or {}, secrets) for url in urls]

    return asyncio.run(run())


def leading_to(*addresses: str) -> Lookup:
    """A name server that knows one answer."""

    async def lookup(host: str, port: int) -> Sequence[str]:
        return addresses

    return lookup


async def knowing_nothing(host: str, port: int) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
