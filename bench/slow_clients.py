"""What slow clients cost the others: GET /api/products/ idle, and beside clients who send or read next to nothing.

Run by hand: `.venv/bin/python -m bench.slow_clients [--clients 200] [--seconds 60]`. A third of them never end their head, a
third their body, a third ask for megabytes and do not read. They come back as soon as they are let go. Measured twice:
straight on gunicorn in development, and behind deploy/nginx.conf in production. Each slow client has an address of its own,
as nginx limits what one address may do."""

import argparse
import multiprocessing
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event, Thread
from urllib.parse import urlsplit

import httpx

from bench import stack
from bench.streams import Asked, percentile

PAUSE_SECONDS = 0.02
IDLE_SECONDS = 20
# A list of these is more than fits between the server and a client that does not read.
PRODUCTS = 10
DESCRIPTION = "\N{HOT BEVERAGE}" * 20_000
DRIP_SECONDS = 5


@dataclass
class Asking:
    """Asks for one product over new and kept connections until told to stop, and notes how long each answer took."""

    url: str
    headers: dict[str, str]
    stop: Event = field(default_factory=Event)
    asked: list[Asked] = field(default_factory=list)

    def run(self) -> None:
        while not self.stop.is_set():
            with httpx.Client(headers=self.headers, timeout=60) as client:
                for _ in range(10):
                    begun = time.monotonic()
                    client.get(self.url).raise_for_status()
                    self.asked.append(Asked(begun, time.monotonic() - begun))
                    time.sleep(PAUSE_SECONDS)


def asked_during(asking: Asking, act: Callable[[], object]) -> list[Asked]:
    thread = Thread(target=asking.run)
    thread.start()
    act()
    asking.stop.set()
    thread.join()
    return asking.asked


# --- Slow clients, in a process of their own ---


class Slow:
    """One of them; it sends a byte now and then, and begins again when it is let go."""

    def __init__(self, address: str, number: int, authorization: str) -> None:
        self.address = urlsplit(address)
        self.source = f"127.0.{1 + number // 250}.{1 + number % 250}"
        self.text, self.drip = kinds(authorization)[number % 3]
        self.times = 0
        self.begin()

    def begin(self) -> None:
        self.times += 1
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.settimeout(5)
        with suppress(OSError):
            self.socket.bind((self.source, 0))
            self.socket.connect((self.address.hostname, self.address.port))
            self.socket.sendall(self.text)

    def go_on(self) -> None:
        if self.is_let_go():
            self.socket.close()
            self.begin()
        elif self.drip:
            with suppress(OSError):
                self.socket.send(self.drip)

    def is_let_go(self) -> bool:
        """Whether the other end has answered or closed; one who reads slowly looks at no more than one byte."""
        try:
            flags = socket.MSG_DONTWAIT | (0 if self.drip else socket.MSG_PEEK)
            found = self.socket.recv(1, flags)
            return bool(self.drip) or not found
        except BlockingIOError:
            return False
        except OSError:
            return True


def kinds(authorization: str) -> list[tuple[bytes, bytes]]:
    """What each kind sends at first, and then now and then."""
    head = "{} HTTP/1.1\r\nHost: 127.0.0.1\r\n" + (
        f"Authorization: {authorization}\r\n" if authorization else ""
    )
    upload = (
        head.format("POST /api/upload")
        + "Content-Type: text/csv\r\nContent-Length: 1000000\r\n\r\nsku,name\n"
    )
    many = head.format(f"GET /api/products/?page_size={PRODUCTS}") + "\r\n"
    return [(head.format("GET /").encode(), b"X"), (upload.encode(), b"A"), (many.encode(), b"")]


def be_slow(address: str, count: int, authorization: str, seconds: float) -> int:
    """How often one of them was let go."""
    clients = [Slow(address, number, authorization) for number in range(count)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for client in clients:
            client.go_on()
        time.sleep(min(DRIP_SECONDS, max(0.0, end - time.monotonic())))
    for client in clients:
        client.socket.close()
    return sum(client.times - 1 for client in clients)


# --- What is measured ---


def measure(running: stack.Stack, address: str, slow_key: str, options: argparse.Namespace) -> None:
    """`slow_key` is what slow clients show: with one key, most of their uploads are refused at once."""
    authorization = str(running.api.headers["Authorization"])
    url = f"{address}/api/products/?page_size=1&is_active=false"

    def asking() -> Asking:
        return Asking(url, {"Authorization": authorization})

    idle = asked_during(asking(), lambda: time.sleep(IDLE_SECONDS))
    times: list[int] = []
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        arguments = (address, options.clients, slow_key, options.seconds)
        beside = asked_during(asking(), lambda: times.append(pool.apply(be_slow, arguments)))
    report("idle", idle, idle)
    report(f"beside {options.clients} slow clients", beside, idle)
    print(f"  They were let go {times[0]} times in {options.seconds} s.")


def report(what: str, asked: list[Asked], idle: list[Asked]) -> None:
    p50, p95, most = (percentile(asked, part) for part in (0.5, 0.95, 1))
    ratio = p95 / percentile(idle, 0.95)
    print(f"  {what:38} {len(asked):>8} {p50:>8.1f} {p95:>8.1f} {most:>8.1f} {ratio:>11.2f}")


def make_products(api: httpx.Client) -> None:
    for number in range(PRODUCTS):
        product = {"sku": f"SLOW-{number}", "name": "Mug", "description": DESCRIPTION}
        if api.post("/products/", json=product).status_code not in (201, 409):
            raise AssertionError("A product could not be made.")


def main() -> None:
    from tests import live

    parser = argparse.ArgumentParser(description="Measure what slow clients cost other requests.")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=60)
    options = parser.parse_args()
    print(
        f"{'GET /api/products/ in milliseconds':40} {'requests':>8} {'p50':>8} {'p95':>8} {'most':>8} {'p95 of idle':>11}"
    )
    with stack.environment():
        os.environ |= {"DEBUG": "True", "LOG_LEVEL": "ERROR"}
        with stack.running() as running:
            make_products(running.api)
            print("development, gunicorn alone")
            measure(running, origin(running), "", options)
        os.environ |= {"DEBUG": "False", "BEHIND_PROXY": "True"}
        with stack.running() as running, live.nginx(origin(running)) as address:
            print("production, behind deploy/nginx.conf")
            measure(running, address, str(running.api.headers["Authorization"]), options)
    print("Bar: 3 times idle.")


def origin(running: stack.Stack) -> str:
    return str(running.api.base_url).removesuffix("/api/")


if __name__ == "__main__":
    main()
