"""Reads that may take long: few at once, none without an end, and everything else goes on beside them."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Product, ProductQuerySet
from lib import slow_reads
from lib.slow_reads import PLACES, ReadTooSlow, TooManyReads, slow_read
from tests.factories import make_csv, make_delivery, make_import, make_product

pytestmark = pytest.mark.django_db

PRODUCTS = "/api/products/"
SLOW = [
    "q=a",
    "sku=a",
    "name=a",
    "price_min=1",
    "updated_since=2025-01-01",
    "ordering=price",
    "ordering=-name",
]
SLOW += ["is_active=true&ordering=sku", "page=21", "page=3&page_size=500", "q=a&cursor="]
QUICK = [
    "",
    "page=20",
    "cursor=",
    "ordering=-sku",
    "ordering=created_at",
    "is_active=true",
    "is_active=false&cursor=",
]


@pytest.fixture
def no_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As if as many searches as there are places were under way."""
    monkeypatch.setattr(slow_reads, "SLOW_READ_WAIT_SECONDS", 0.01)
    with ExitStack() as stack:
        for _ in range(slow_reads.places()):
            PLACES.acquire()
            stack.callback(PLACES.release)
        yield


@pytest.fixture
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_reads, "SLOW_READ_SECONDS", 0.05)


def ask(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


def make_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every search sleeps for each product it looks at."""
    make_product()
    matching = ProductQuerySet.matching
    monkeypatch.setattr(
        ProductQuerySet,
        "matching",
        lambda *args, **sought: matching(*args, **sought).extra(where=["pg_sleep(5) IS NOT NULL"]),
    )


# --- None without an end ---


@pytest.mark.usefixtures("short_patience")
def test_statement_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(ReadTooSlow), slow_read():
        ask("SELECT pg_sleep(5)")


@pytest.mark.usefixtures("short_patience")
def test_search_that_takes_too_long_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    make_slow(monkeypatch)
    response = client.get(f"{PRODUCTS}?q=product")
    assert (response.status_code, response.json()["type"]) == (503, "urn:problem:query.too_slow")
    assert response.headers["Retry-After"] == "5"


@pytest.mark.usefixtures("short_patience")
def test_search_of_the_console_that_takes_too_long_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_slow(monkeypatch)
    response = client.get("/products/?q=product", headers={"Accept": "text/html"})
    assert response.status_code == 503
    assert "The query was stopped after" in response.content.decode()


@pytest.mark.django_db(transaction=True)
def test_limit_ends_with_the_read() -> None:
    with slow_read():
        assert ask("SHOW statement_timeout") == "10s"
    assert ask("SHOW statement_timeout") == "0"


# --- Few at once ---


@pytest.mark.usefixtures("no_place")
@pytest.mark.parametrize("query", SLOW)
def test_read_of_the_whole_table_waits_for_a_place_and_not_long(client: Client, query: str) -> None:
    response = client.get(f"{PRODUCTS}?{query}")
    assert (response.status_code, response.json()["type"]) == (503, "urn:problem:reads.too_many")
    assert response.headers["Retry-After"] == "5"


@pytest.mark.usefixtures("no_place")
@pytest.mark.parametrize("query", QUICK)
def test_read_by_an_index_needs_no_place(client: Client, query: str) -> None:
    assert client.get(f"{PRODUCTS}?{query}").status_code == 200


@pytest.mark.parametrize("path", ["/products/?q=a", "/products/confirm/?action=delete&scope=filter"])
@pytest.mark.usefixtures("no_place")
def test_read_of_the_console_waits_for_a_place_too(client: Client, path: str) -> None:
    response = client.get(path, headers={"Accept": "text/html"})
    assert response.status_code == 503
    assert "Too many searches are running" in response.content.decode()


def test_changes_of_an_import_need_a_place(client: Client, request: pytest.FixtureRequest) -> None:
    job = make_import(make_csv("A-1,Anvil,,1,true"))
    request.getfixturevalue("no_place")
    assert client.get(f"/api/jobs/{job.pk}/changes").status_code == 503


@pytest.mark.usefixtures("no_place")
@pytest.mark.parametrize(
    ("query", "status"), [("", 200), ("?status=pending", 503), ("?event_type=product.created", 503)]
)
def test_deliveries_need_a_place_if_they_are_looked_for(client: Client, query: str, status: int) -> None:
    webhook = make_delivery().webhook
    assert client.get(f"/api/webhooks/{webhook.pk}/deliveries/{query}").status_code == status


@pytest.mark.usefixtures("no_place")
def test_everything_else_goes_on(client: Client) -> None:
    product = make_product()
    assert client.get(f"{PRODUCTS}{product.pk}/").status_code == 200
    assert client.get(f"{PRODUCTS}export?q=product").status_code == 200
    assert client.patch(f"{PRODUCTS}{product.pk}/", '{"name": "New"}', "application/json").status_code == 200
    assert client.delete(f"{PRODUCTS}bulk-delete/").status_code == 200
    assert not Product.objects.exists()


def test_place_is_given_back_whatever_happens() -> None:
    for _ in range(2 * slow_reads.places()):
        with pytest.raises(ZeroDivisionError), slow_read():
            raise ZeroDivisionError
    with slow_read():
        pass


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("no_place")
def test_whoever_waits_holds_no_connection() -> None:
    ask("SELECT 1")
    with pytest.raises(TooManyReads), slow_read():
        pass
    assert connection.connection is None
