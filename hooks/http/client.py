"""Sends one delivery to its endpoint and returns the outcome. Safe to use from many coroutines at once.

    async with Sender(allowed_networks) as sender:
        outcome = await sender.send(url, body, headers)

Endpoints are not trusted: the address is checked when it is dialled, redirects are not followed, every phase has a
deadline, responses are read within a limit and not decompressed, TLS is verified; no proxy, no cookies."""

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from hooks.http import failures, protocol
from hooks.http.outcomes import Outcome, sentence, status_failure
from hooks.http.responses import body_text, kept_headers, read_body
from hooks.http.ssrf import AddressInfo, Network, check_all, open_socket

USER_AGENT = "ProductImporter-Webhooks/1.0"
STANDARD_HEADERS = {
    "content-type": "application/json",
    "accept": "*/*",
    "accept-encoding": "identity",
    "user-agent": USER_AGENT,
}
# Shorter than the keep-alive of common servers, so that they rarely close a connection in use.
KEEPALIVE_SECONDS = 4.0
# A lookup that gets no response holds a thread.
LOOKUP_THREADS = 32

# The form that hooks.http.url_validation stores. It is written into the request as it is, so no character may end the line.
SENDABLE = re.compile(r"https?://[!-~]+")

# Returns the current addresses of a name; raises OSError.
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True)
class Deadlines:
    """In seconds."""

    # DNS, TCP and TLS.
    connect: float = 5
    # From the start to the response headers.
    head: float = 15
    # From the headers to the end of the body.
    body: float = 5
    # The whole request.
    total: float = 20


class Exchange:
    """A request in flight, with what aiohttp does not report."""

    __slots__ = ("dialled", "started")

    def __init__(self) -> None:
        # On the event loop's clock, like the deadlines.
        self.started = asyncio.get_running_loop().time()
        # False if a pooled connection is used, and during the DNS lookup.
        self.dialled = False

    def milliseconds(self) -> int:
        return round((asyncio.get_running_loop().time() - self.started) * 1000)


current: ContextVar[Exchange] = ContextVar("current")


class Sender:
    def __init__(
        self,
        allowed_networks: Sequence[Network] = (),
        *,
        connections: int = 100,
        deadlines: Deadlines = Deadlines(),
        lookup: Lookup | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`connections`: the maximum of requests in flight; others wait, and their deadlines start later."""
        self.allowed_networks = tuple(allowed_networks)
        self.deadlines = deadlines
        self.places = asyncio.Semaphore(connections)
        self.threads = ThreadPoolExecutor(LOOKUP_THREADS, "lookup")
        self.lookup = lookup or self.look_up
        self.tls = tls

    async def __aenter__(self) -> Self:
        self.connector = aiohttp.TCPConnector(
            limit=0,  # limited by self.places, outside of the deadlines
            resolver=CheckedResolver(self.lookup, self.allowed_networks),
            socket_factory=self.open_socket,
            keepalive_timeout=KEEPALIVE_SECONDS,
            ssl=self.tls or True,
        )
        protocol.use(self.connector)
        self.session = aiohttp.ClientSession(
            connector=self.connector,
            timeout=aiohttp.ClientTimeout(total=None, connect=self.deadlines.connect),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
        )
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.session.close()
        self.threads.shutdown(wait=False, cancel_futures=True)

    async def send(
        self, url: str, body: bytes, headers: Mapping[str, str], secrets: Collection[str] = ()
    ) -> Outcome:
        """POST it. Every failure is an outcome; only a cancellation is raised.

        `headers`: the signature and the webhook's own. `secrets`: values to redact where the response repeats them."""
        complete = {**headers, **STANDARD_HEADERS}
        async with self.places:
            exchange = Exchange()
            outcome = await self.attempt(exchange, url, body, complete, secrets)
            if outcome.error_code == "connection.lost" and not exchange.dialled:
                # A pooled connection that the endpoint had just closed; not a failure.
                outcome = await self.attempt(Exchange(), url, body, complete, secrets)
            return outcome

    async def attempt(
        self, exchange: Exchange, url: str, body: bytes, headers: Mapping[str, str], secrets: Collection[str]
    ) -> Outcome:
        token = current.set(exchange)
        try:
            return await self.post(exchange, url, body, headers, secrets)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self.failure(exchange, error)
        finally:
            current.reset(token)

    async def post(
        self, exchange: Exchange, url: str, body: bytes, headers: Mapping[str, str], secrets: Collection[str]
    ) -> Outcome:
        if not SENDABLE.fullmatch(url):
            raise ValueError("Not a stored webhook URL.")
        deadline = exchange.started + self.deadlines.total
        async with asyncio.timeout_at(exchange.started + self.deadlines.head):
            # Not normalised: in another spelling of the same URL, a signature in its query would not verify.
            response = await self.session.post(
                URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
            )
        try:
            now = asyncio.get_running_loop().time()
            received = await read_body(response.content, min(now + self.deadlines.body, deadline))
            error_code, error = status_failure(response.status)
            text, truncated = body_text(received, response.headers.get("content-encoding", ""), secrets)
            return Outcome(
                duration_ms=exchange.milliseconds(),
                status_code=response.status,
                error_code=error_code,
                error=error,
                response_body=text,
                response_headers=kept_headers(response.headers, secrets),
                truncated=truncated,
            )
        finally:
            # If it was read to the end, the connection is back in the pool by now.
            response.close()

    def failure(self, exchange: Exchange, error: Exception) -> Outcome:
        code = failures.code_of(error, exchange.dialled)
        details: dict[str, object] = {
            "tls.certificate": failures.certificate_problem(error),
            "dns.timeout": f"{self.deadlines.connect:g}",
            "connect.timeout": f"{self.deadlines.connect:g}",
            "response.timeout": f"{self.deadlines.head:g}",
        }
        return Outcome(exchange.milliseconds(), error_code=code, error=sentence(code, details.get(code, "")))

    def open_socket(self, info: AddressInfo) -> socket.socket:
        current.get().dialled = True
        return open_socket(info, self.allowed_networks)

    async def look_up(self, host: str, port: int) -> list[str]:
        return await asyncio.get_running_loop().run_in_executor(self.threads, addresses_of, host, port)


class CheckedResolver(AbstractResolver):
    """Gives aiohttp the addresses of a name, unless one of them is blocked."""

    def __init__(self, lookup: Lookup, allowed_networks: Sequence[Network]) -> None:
        self.lookup = lookup
        self.allowed_networks = allowed_networks

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = await self.lookup(host, port)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "The name has no address.")
        check_all(addresses, self.allowed_networks)
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family_of(address), proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


def addresses_of(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "Not a valid name.") from None
    return [str(address[0]) for *_, address in found]


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
