"""Clients that are slow, stop in the middle or never leave: others are answered meanwhile, and these are let go."""

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from pytest_django import DjangoDbBlocker

from project import gunicorn
from project.auth import api_keys
from project.models import Scope
from tests import live
from tests.database import empty_database
from tests.hostile import wire
from tests.hostile.conftest import Site

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

FEW_THREADS = {"WEB_THREADS": "32", "STREAMS_MAX": "8", "DB_POOL_SIZE": "4"}
# More than there are threads.
CLIENTS = 60
FORM = "Content-Type: application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def hurried(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    """A server that waits for clients for a few seconds only."""
    with django_db_blocker.unblock():
        _, key = api_keys.issue("a hurried shop", Scope.WRITE)
        try:
            with live.web("tests.hostile.hurried", **live.PRODUCTION, **FEW_THREADS) as address:
                yield Site(address, f"Authorization: Bearer {key}")
        finally:
            empty_database()


def send_to_many(site: Site, stack: ExitStack, text: bytes, count: int = CLIENTS) -> list[socket.socket]:
    clients = [stack.enter_context(wire.connected(site.address, receive_bytes=4096)) for _ in range(count)]
    for client in clients:
        client.sendall(text)
    return clients


def is_answered_at_once(site: Site) -> bool:
    """With something from the database, of which there are fewer connections than clients."""
    begun = time.monotonic()
    assert httpx.get(f"{site.address}/api/products/?sku=A", headers=authorized(site)).status_code == 200
    return time.monotonic() - begun < 1.5


def statuses(clients: list[socket.socket]) -> set[tuple[int, str] | None]:
    answers = [wire.answer_of(client) for client in clients]
    return {(answer.status, answer.code) if answer else None for answer in answers}


def test_half_a_head_holds_up_nobody_and_is_let_go(hurried: Site) -> None:
    with ExitStack() as stack:
        clients = send_to_many(hurried, stack, b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ")
        assert is_answered_at_once(hurried)
        assert statuses(clients) == {(408, "request.too_slow")}


def test_silence_holds_up_nobody_and_is_let_go(hurried: Site) -> None:
    with ExitStack() as stack:
        clients = send_to_many(hurried, stack, b"")
        assert is_answered_at_once(hurried)
        assert [client.recv(1) for client in clients] == [b""] * CLIENTS


def test_half_a_small_body_holds_up_nobody_and_is_let_go(hurried: Site) -> None:
    with ExitStack() as stack:
        text = wire.head("POST", "/sign-in/", FORM, "Content-Length: 1000") + b"us"
        clients = send_to_many(hurried, stack, text)
        assert is_answered_at_once(hurried)
        assert statuses(clients) == {(408, "request.too_slow")}


def test_half_a_large_body_holds_up_nobody_and_is_let_go(hurried: Site) -> None:
    with ExitStack() as stack:
        headers = [hurried.authorization, "Content-Type: application/json", "Content-Length: 1000000"]
        clients = send_to_many(hurried, stack, wire.head("POST", "/api/products/", *headers) + b"{", 30)
        assert is_answered_at_once(hurried)
        assert statuses(clients) == {(408, "body.too_slow")}


def test_half_an_upload_holds_up_nobody_and_is_let_go(hurried: Site) -> None:
    headers = [hurried.authorization, "Content-Type: text/csv", "Content-Length: 1000000"]
    with ExitStack() as stack:
        clients = send_to_many(hurried, stack, wire.head("POST", "/api/upload", *headers) + b"sku,name\n", 4)
        assert is_answered_at_once(hurried)
        assert statuses(clients) == {(408, "body.too_slow")}


@pytest.fixture
def megabytes(hurried: Site) -> int:
    """The bytes of the list of products, which are more than fit between a server and a client that does not read."""
    with httpx.Client(base_url=f"{hurried.address}/api", headers=authorized(hurried)) as client:
        for number in range(30):
            product = {"sku": f"LONG-{number}", "name": "Mug", "description": "\N{HOT BEVERAGE}" * 20_000}
            client.post("/products/", json=product)
        return len(client.get("/products/?page_size=100").content)


def test_readers_who_stop_hold_up_nobody_and_are_let_go(hurried: Site, megabytes: int) -> None:
    asked = wire.head("GET", "/api/products/?page_size=100", hurried.authorization)
    with ExitStack() as stack:
        clients = send_to_many(hurried, stack, asked, 16)
        assert is_answered_at_once(hurried)
        time.sleep(4)
        assert all(0 < bytes_from(client) < megabytes for client in clients)


def authorized(site: Site) -> dict[str, str]:
    name, _, value = site.authorization.partition(": ")
    return {name: value}


def bytes_from(client: socket.socket) -> int:
    """How many still come until the connection ends."""
    count = 0
    try:
        while piece := client.recv(1_000_000):
            count += len(piece)
    except ConnectionResetError:
        pass
    return count


def test_clients_who_never_leave_hold_up_nobody(hurried: Site) -> None:
    with ExitStack() as stack:
        send_to_many(hurried, stack, wire.head("GET", "/healthz", "Connection: close"))
        assert is_answered_at_once(hurried)


def test_more_clients_than_there_are_places_give_way(hurried: Site) -> None:
    with ExitStack() as stack:
        send_to_many(hurried, stack, b"GET /healthz HTTP/1.1\r\n", 200)
        assert is_answered_at_once(hurried)


def test_slow_but_steady_upload_arrives(hurried: Site) -> None:
    content = b"sku,name\n" + b"A-1,Mug\n" * 600
    lines = [hurried.authorization, "Content-Type: text/csv", "Transfer-Encoding: chunked"]
    with wire.connected(hurried.address) as client:
        client.sendall(wire.head("POST", "/api/upload", *lines))
        for start in range(0, len(content), 500):
            client.sendall(wire.chunks_of(content[start : start + 500])[:-5])
            time.sleep(0.4)
        client.sendall(b"0\r\n\r\n")
        answer = wire.answer_of(client)
    assert answer and answer.status == 202


def test_requests_in_one_piece_are_answered_in_turn(hurried: Site) -> None:
    body = b"username=nobody"
    post = wire.head("POST", "/sign-in/", FORM, f"Content-Length: {len(body)}") + body
    with wire.connected(hurried.address) as client:
        client.sendall(
            wire.head("GET", "/healthz") + post + wire.head("GET", "/healthz") + b"GET /healthz HT"
        )
        client.sendall(b"TP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        with client.makefile("rb") as stream:
            answers = [wire.read_answer(stream) for _ in range(4)]
    assert [answer.status for answer in answers if answer] == [200, 403, 200, 200]


@pytest.mark.parametrize(
    ("text", "status", "code"),
    [
        (wire.head("GET", "/" + "a" * 8_200), 414, "url.too_long"),
        (wire.head("GET", "/", "X-Long: " + "a" * 10_000), 431, "headers.too_large"),
        (wire.head("GET", "/", "X-Long: " + "a" * 70_000), 431, "headers.too_large"),
        (b"GET /\r\n\r\n", 400, "request.malformed"),
        (b"GET / HTTP/1.1\nHost: 127.0.0.1\n\n", 400, "request.malformed"),
        (wire.head("GET", "/", "Transfer-Encoding: rot13, chunked"), 501, "coding.unsupported"),
        (wire.head("GET", "/", "Expect: a miracle"), 417, "expectation.unknown"),
    ],
)
def test_what_is_no_request_is_told_as_a_problem(hurried: Site, text: bytes, status: int, code: str) -> None:
    with wire.connected(hurried.address) as client:
        client.sendall(text)
        answer = wire.answer_of(client)
    assert answer and (answer.status, answer.code) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_long_query_is_taken(hurried: Site) -> None:
    answer = httpx.get(f"{hurried.address}/api/products/?name={'%E7%89%A9' * 230}&cursor={'a' * 4_000}")
    assert answer.status_code == 401


@pytest.mark.parametrize("name", ["/other", "//evil.example", "/api"])
def test_client_cannot_say_where_the_application_is_mounted(hurried: Site, name: str) -> None:
    answer = httpx.get(f"{hurried.address}/healthz", headers={"SCRIPT_NAME": name})
    assert (answer.status_code, answer.json()) == (200, {"status": "up"})


def test_connections_are_kept_for_longer_than_proxies_keep_them() -> None:
    assert gunicorn.keepalive > 75
