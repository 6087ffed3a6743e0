"""Sends one delivery to its receiver, and says how it went. Used from many coroutines at once.

    async with Sender(allowed_networks) as sender:
        outcome = await sender.send(url, body, headers)

Receivers are strangers: the address is checked at the dial, redirects are answers, every phase has its deadline,
answers are read with a limit and not unpacked, TLS is verified; no proxy, no cookies. What is sent is signed before
(hooks.http.signing); what follows from the outcome is hooks.policy.retry's."""

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
from hooks.http.responses import read_body, shown_body, shown_headers
from hooks.http.ssrf import AddressInfo, Network, check_all, open_socket

USER_AGENT = "ProductImporter-Webhooks/1.0"
STANDARD_HEADERS = {
    "content-type": "application/json",
    "accept": "*/*",
    "accept-encoding": "identity",
    "user-agent": USER_AGENT,
}
# Shorter than what common servers keep an idle connection for, so that they rarely close one that is being used.
KEEPALIVE_SECONDS = 4.0
# A name server that does not answer holds a thread for its host.
LOOKUP_THREADS = 32

# What hooks.http.url_validation stores: it goes into the request letter by letter, so nothing may end the line or the word.
SENDABLE = re.compile(r"https?://[!-~]+")

# The addresses that a name has now; raises OSError.
Lookup = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True)
class Deadlines:
    """In seconds."""

    # The address found, the connection made, TLS agreed on.
    connect: float = 5
    # From the start to the headers of the answer.
    head: float = 15
    # For the body, from then on.
    body: float = 5
    # For all of it.
    total: float = 20


class Attempt:
    """What is known of a request under way beyond what aiohttp tells."""

    __slots__ = ("dialled", "started")

    def __init__(self) -> None:
        # By the clock of the event loop, as its deadlines are.
        self.started = asyncio.get_running_loop().time()
        # False as long as a connection of the pool is used, or an address is still looked for.
        self.dialled = False

    def milliseconds(self) -> int:
        return round((asyncio.get_running_loop().time() - self.started) * 1000)


under_way: ContextVar[Attempt] = ContextVar("under_way")


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
        """`connections`: requests under way at once; further ones wait, and their clocks with them."""
        self.allowed_networks = tuple(allowed_networks)
        self.deadlines = deadlines
        self.places = asyncio.Semaphore(connections)
        self.threads = ThreadPoolExecutor(LOOKUP_THREADS, "lookup")
        self.lookup = lookup or self.look_up
        self.tls = tls

    async def __aenter__(self) -> Self:
        self.connector = aiohttp.TCPConnector(
            limit=0,  # self.places does it, outside of the deadlines
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
        """POST it. Every failure is an outcome; nothing is raised but a cancellation.

        `headers`: the signature's, and the webhook's own. `secrets`: values that are masked where the answer
        repeats them."""
        complete = {**headers, **STANDARD_HEADERS}
        async with self.places:
            attempt = Attempt()
            outcome = await self.attempt(attempt, url, body, complete, secrets)
            if outcome.error_code == "connection.lost" and not attempt.dialled:
                # A connection of the pool that the receiver had just closed: nobody's failure.
                outcome = await self.attempt(Attempt(), url, body, complete, secrets)
            return outcome

    async def attempt(
        self, attempt: Attempt, url: str, body: bytes, headers: Mapping[str, str], secrets: Collection[str]
    ) -> Outcome:
        token = under_way.set(attempt)
        try:
            return await self.post(attempt, url, body, headers, secrets)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self.failure(attempt, error)
        finally:
            under_way.reset(token)

    async def post(
        self, attempt: Attempt, url: str, body: bytes, headers: Mapping[str, str], secrets: Collection[str]
    ) -> Outcome:
        if not SENDABLE.fullmatch(url):
            raise ValueError("This is no URL of a webhook.")
        deadline = attempt.started + self.deadlines.total
        async with asyncio.timeout_at(attempt.started + self.deadlines.head):
            # As it is written: in another spelling of the same address a receiver's own signature does not hold.
            response = await self.session.post(
                URL(url, encoded=True), data=body, headers=headers, allow_redirects=False
            )
        try:
            now = asyncio.get_running_loop().time()
            answer = await read_body(response.content, min(now + self.deadlines.body, deadline))
            error_code, error = status_failure(response.status)
            text, truncated = shown_body(answer, response.headers.get("content-encoding", ""), secrets)
            return Outcome(
                duration_ms=attempt.milliseconds(),
                status_code=response.status,
                error_code=error_code,
                error=error,
                response_body=text,
                response_headers=shown_headers(response.headers, secrets),
                truncated=truncated,
            )
        finally:
            # Read to the end, the connection is back in the pool by now.
            response.close()

    def failure(self, attempt: Attempt, error: Exception) -> Outcome:
        code = failures.code_of(error, attempt.dialled)
        details: dict[str, object] = {
            "tls.certificate": failures.certificate_problem(error),
            "dns.timeout": f"{self.deadlines.connect:g}",
            "connect.timeout": f"{self.deadlines.connect:g}",
            "response.timeout": f"{self.deadlines.head:g}",
        }
        return Outcome(attempt.milliseconds(), error_code=code, error=sentence(code, details.get(code, "")))

    def open_socket(self, info: AddressInfo) -> socket.socket:
        under_way.get().dialled = True
        return open_socket(info, self.allowed_networks)

    async def look_up(self, host: str, port: int) -> list[str]:
        return await asyncio.get_running_loop().run_in_executor(self.threads, addresses_of, host, port)


class CheckedResolver(AbstractResolver):
    """Gives aiohttp the addresses of a name, if none of them is refused."""

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
        """Nothing is held."""


def addresses_of(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise socket.gaierror(socket.EAI_NONAME, "This is no name.") from None
    return [str(address[0]) for *_, address in found]


def family_of(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
