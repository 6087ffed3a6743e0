"""GET /api/products/?cursor=: pages that stay as fast, and as true, however deep."""

from decimal import Decimal
from itertools import chain
from typing import Any

import pytest
from django.core.signing import Signer
from django.test import Client

from catalog.models import Product
from tests.factories import make_product

pytestmark = pytest.mark.django_db

FIELDS = ["id", "sku", "name", "price", "created_at", "updated_at"]
START = "/api/products/?cursor=&page_size=2"


def get(client: Client, url: str) -> Any:
    response = client.get(url)
    assert response.status_code == 200, response.content
    return response.json()


def skus(page: Any) -> list[str]:
    return [product["sku"] for product in page["results"]]


def walk(client: Client, url: str, direction: str = "next") -> list[list[str]]:
    pages, following = [], url
    while following:
        page = get(client, following)
        pages.append(skus(page))
        following = page[direction]
    return pages


def last_of(client: Client, url: str) -> Any:
    page = get(client, url)
    while page["next"]:
        page = get(client, page["next"])
    return page


def make_five() -> None:
    for letter in "dbeca":
        make_product(sku=letter, name=letter.upper() * 2, price=Decimal(ord(letter)))


def make_alike() -> None:
    Product.objects.bulk_create(Product(sku=f"A{number}", name="same", price=1) for number in range(5))


def test_walk_forwards_sees_every_product_once(client: Client) -> None:
    make_five()
    assert walk(client, START) == [["d", "b"], ["e", "c"], ["a"]]


def test_walk_backwards_sees_the_same_products(client: Client) -> None:
    make_five()
    assert walk(client, last_of(client, START)["previous"], "previous") == [["e", "c"], ["d", "b"]]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_every_ordering_walks_as_the_list_is_sorted(client: Client, sign: str, field: str) -> None:
    make_five()
    pages = walk(client, f"{START}&ordering={sign}{field}")
    assert list(chain(*pages)) == skus(get(client, f"/api/products/?ordering={sign}{field}"))


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("sign", ["", "-"])
def test_similar_products_are_told_apart_by_id(client: Client, sign: str, field: str) -> None:
    make_alike()
    pages = walk(client, f"{START}&ordering={sign}{field}")
    assert list(chain(*pages)) == [f"A{n}" for n in (range(5) if not sign else range(4, -1, -1))]


def test_first_page_has_no_previous_and_the_last_no_next(client: Client) -> None:
    make_five()
    assert get(client, START)["previous"] is None
    assert last_of(client, START)["next"] is None


def test_going_back_to_the_start_finds_no_previous(client: Client) -> None:
    make_five()
    second = get(client, get(client, START)["next"])
    first = get(client, second["previous"])
    assert (skus(first), first["previous"]) == (["d", "b"], None)
    assert skus(get(client, first["next"])) == ["e", "c"]


def test_product_inserted_before_shifts_nothing(client: Client) -> None:
    make_five()
    first = get(client, f"{START}&ordering=sku")
    make_product(sku="A0")
    assert skus(get(client, first["next"])) == ["c", "d"]


def test_deleting_the_product_a_cursor_names_loses_nothing(client: Client) -> None:
    make_five()
    first = get(client, START)
    Product.objects.filter(sku="b").delete()
    assert skus(get(client, first["next"])) == ["e", "c"]


def test_when_everything_beyond_is_gone_previous_is_the_last_page(client: Client) -> None:
    make_five()
    first = get(client, START)
    Product.objects.exclude(sku__in="db").delete()
    empty = get(client, first["next"])
    assert (skus(empty), empty["next"]) == ([], None)
    assert skus(get(client, empty["previous"])) == ["d", "b"]


def test_filters_and_page_size_stay_on_the_way(client: Client) -> None:
    make_five()
    assert walk(client, f"{START}&q=d") == [["d"]]
    assert walk(client, f"{START}&price_min=99") == [["d", "e"], ["c"]]


def test_count_is_that_of_the_whole_list(client: Client) -> None:
    make_five()
    assert get(client, START)["count"] == 5
    assert last_of(client, f"{START}&price_min=99")["count"] == 3


@pytest.mark.parametrize("cursor", ["abc", "a:b", ":", "%F0%9F%98%80", "x" * 1600])
def test_made_up_cursor_is_rejected(client: Client, cursor: str) -> None:
    response = client.get(f"/api/products/?cursor={cursor}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "cursor.invalid"
    assert response.json()["errors"][0]["pointer"] == "/query/cursor"


def test_cursor_of_another_ordering_is_rejected(client: Client) -> None:
    make_five()
    following = get(client, f"{START}&ordering=sku")["next"]
    response = client.get(following.replace("ordering=sku", "ordering=name"))
    assert response.status_code == 422


def test_cursor_signed_for_something_else_is_rejected(client: Client) -> None:
    forged = Signer(salt="elsewhere").sign_object(["id", False, ["1", 1]])
    assert client.get("/api/products/", {"cursor": forged}).status_code == 422
