"""deploy/nginx.conf as it is shipped, before a web server in production's settings."""

import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack

import httpx
import pytest
from django.conf import settings
from pytest_django import DjangoDbBlocker

from imports.models import ImportJob
from project import gunicorn
from project.auth import api_keys
from project.models import Scope
from tests import live
from tests.database import empty_database
from tests.hostile import wire
from tests.hostile.conftest import Site
from tests.programs import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

BEHIND = {**live.PRODUCTION, "BEHIND_PROXY": "True"}
CONFIGURATION = (ROOT / "deploy" / "nginx.conf").read_text()


@pytest.fixture(scope="module")
def proxied(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Site]:
    with django_db_blocker.unblock():
        _, key = api_keys.issue("a shop behind a proxy", Scope.WRITE)
        try:
            with live.web(**BEHIND) as behind, live.nginx(behind) as address:
                yield Site(address, f"Authorization: Bearer {key}")
        finally:
            empty_database()


@pytest.fixture
def client(proxied: Site) -> Iterator[httpx.Client]:
    name, _, value = proxied.authorization.partition(": ")
    with httpx.Client(base_url=f"{proxied.address}/api", headers={name: value}, timeout=20) as client:
        yield client


def upload(client: httpx.Client, content: bytes) -> httpx.Response:
    return client.post("/upload", files={"file": ("products.csv", content, "text/csv")})


def test_upload_arrives(client: httpx.Client) -> None:
    rows = b"".join(b"SKU%d,Mug,1.50\n" % number for number in range(300_000))
    content = b"sku,name,price\n" + rows
    answer = upload(client, content)
    assert answer.status_code == 202
    assert ImportJob.objects.get(pk=answer.json()["job_id"]).file_bytes == len(content) > 3 * 1024**2


def test_progress_streams_at_once(client: httpx.Client) -> None:
    job_id = upload(client, b"sku,name\nA-1,Mug\n").json()["job_id"]
    begun = time.monotonic()
    with client.stream("GET", f"/jobs/{job_id}/events") as answer:
        first = next(line for line in answer.iter_lines() if line.startswith("event: "))
    assert first == "event: progress"
    assert time.monotonic() - begun < 5


def test_large_body_is_refused_with_a_problem(client: httpx.Client) -> None:
    answer = client.post(
        "/products/", content=bytes(3 * 1024**2 + 1), headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:problem:body.too_large")


def test_as_much_is_let_through_as_the_application_takes() -> None:
    sizes = [int(size) * 1024**2 for size in re.findall(r"client_max_body_size (\d+)m;", CONFIGURATION)]
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE < sizes[0] < 2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    assert 0 < sizes[1] - settings.UPLOAD_MAX_BYTES <= 1024**2


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host"])
def test_what_a_client_says_of_its_address_is_not_passed_on(name: str) -> None:
    with wire.echo() as (address, requests), live.nginx(address) as proxy:
        requests.clear()
        httpx.get(f"{proxy}/", headers={name: "192.0.2.66"})
        assert "192.0.2.66" not in requests[-1]
        assert "x-forwarded-for: 127.0.0.1\r\n" in requests[-1].lower()


def test_client_cannot_say_that_it_came_by_https(proxied: Site) -> None:
    """Over HTTPS, the next page would be one of HTTPS as well."""
    headers = {"X-Forwarded-Proto": "https", "Authorization": proxied.authorization.partition(": ")[2]}
    with httpx.Client(base_url=proxied.address, headers=headers) as client:
        for sku in ("P-1", "P-2"):
            client.post("/api/products/", json={"sku": sku, "name": "Mug", "price": 1})
        page = client.get("/api/products/?page_size=1").json()
    assert page["next"].startswith(f"{proxied.address}/api/products/")


def test_slow_head_is_let_go(proxied: Site) -> None:
    assert "client_header_timeout 20s;" in CONFIGURATION
    with live.nginx(proxied.address, header_timeout="1s") as address, wire.connected(address) as client:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Half: ")
        with pytest.raises(ConnectionResetError):
            wire.answer_of(client)


def test_one_address_has_a_hundred_requests_under_way_at_most(proxied: Site, client: httpx.Client) -> None:
    text = wire.head("POST", "/sign-in/", "Content-Length: 1000") + b"us"
    with ExitStack() as stack:
        for _ in range(100):
            stack.enter_context(wire.connected(proxied.address)).sendall(text)
        live.wait_until(lambda: client.get("/products/").status_code == 429)
        answer = client.get("/products/")
        assert answer.json()["type"] == "urn:problem:connections.too_many"
        with socket.create_connection(address_of(proxied), source_address=("127.0.0.9", 0)) as other:
            other.sendall(wire.head("GET", "/healthz"))
            answered = wire.answer_of(other)
        assert answered and answered.status == 200


def address_of(site: Site) -> tuple[str, int]:
    url = httpx.URL(site.address)
    return url.host, url.port or 80


def test_connections_to_the_application_end_at_the_proxy_first() -> None:
    # nginx's own default for an upstream.
    assert gunicorn.keepalive > 60
