"""GET /api/products/: filters, order and pages by number."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal
from unicodedata import normalize
from urllib.parse import quote

import pytest
from django.db.models import F
from django.test import Client

from catalog.models import Product
from tests.factories import make_product

pytestmark = pytest.mark.django_db

Form = Literal["NFC", "NFD"]
ORDERINGS = ["id", "sku", "name", "price", "created_at", "updated_at"]


def get(client: Client, query: str = "") -> Any:
    response = client.get(f"/api/products/{query}")
    assert response.status_code == 200, response.content
    return response.json()


def skus(client: Client, query: str = "") -> list[str]:
    return [product["sku"] for product in get(client, query)["results"]]


def error(client: Client, query: str) -> dict[str, str]:
    response = client.get(f"/api/products/{query}")
    assert response.status_code == 422
    errors: list[dict[str, str]] = response.json()["errors"]
    return {error["pointer"]: error["code"] for error in errors}


def test_empty_catalog_is_an_empty_page(client: Client) -> None:
    assert get(client) == {"count": 0, "next": None, "previous": None, "results": []}


def test_product_is_listed_with_exactly_these_fields(client: Client) -> None:
    mug = make_product(sku="MUG", name="Mug", description="Blue", price=Decimal("29.9"), is_active=False)
    [listed] = get(client)["results"]
    created_at, updated_at = listed.pop("created_at"), listed.pop("updated_at")
    assert listed == {
        "id": mug.pk,
        "sku": "MUG",
        "name": "Mug",
        "description": "Blue",
        "price": "29.90",
        "is_active": False,
    }
    assert created_at == updated_at == mug.created_at.isoformat(timespec="milliseconds")[:23] + "Z"


def test_pages_are_found_by_number_and_know_their_neighbours(client: Client) -> None:
    for number in range(5):
        make_product(sku=f"A{number}")
    page = get(client, "?page=2&page_size=2")
    assert [product["sku"] for product in page["results"]] == ["A2", "A3"]
    assert page["count"] == 5
    assert page["next"] == "http://testserver/api/products/?page_size=2&page=3"
    assert page["previous"] == "http://testserver/api/products/?page_size=2&page=1"


def test_first_page_has_fifty_products_and_no_previous(client: Client) -> None:
    Product.objects.bulk_create(Product(sku=f"A{number}", name="A") for number in range(51))
    page = get(client)
    assert (page["count"], len(page["results"]), page["previous"]) == (51, 50, None)
    assert page["next"] == "http://testserver/api/products/?page=2"


def test_last_full_page_has_no_next(client: Client) -> None:
    for _ in range(4):
        make_product()
    page = get(client, "?page=2&page_size=2")
    assert (page["count"], len(page["results"]), page["next"]) == (4, 2, None)


def test_links_keep_the_other_parameters(client: Client) -> None:
    for number in range(3):
        make_product(name=f"50% & more {number}")
    page = get(client, "?name=50%25+%26&page=2&page_size=1&_=7")
    assert page["next"] == "http://testserver/api/products/?name=50%25+%26&page_size=1&_=7&page=3"
    assert page["count"] == 3


def test_links_have_the_slash_whether_or_not_it_was_asked_for_with_one(client: Client) -> None:
    make_product(), make_product()
    page = client.get("/api/products?page_size=1").json()
    assert page["next"] == "http://testserver/api/products/?page_size=1&page=2"


def test_page_past_the_end_is_empty_and_leads_back_to_the_last(client: Client) -> None:
    for _ in range(3):
        make_product()
    page = get(client, "?page=40000&page_size=2")
    assert (page["results"], page["count"], page["next"]) == ([], 3, None)
    assert page["previous"] == "http://testserver/api/products/?page_size=2&page=2"


@pytest.mark.parametrize("query", ["page=2001", "page=201&page_size=500", "page=1000000000000"])
def test_page_that_numbers_do_not_reach_is_rejected_and_names_the_cursor(client: Client, query: str) -> None:
    response = client.get(f"/api/products/?{query}")
    assert response.status_code == 422
    assert error(client, f"?{query}") == {"/query/page": "page.too_deep"}
    assert "start with ?cursor=" in response.json()["detail"]


def test_last_page_that_numbers_reach_leads_on_by_a_cursor(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("catalog.listing.PAGE_DEPTH_MAX", 4)
    made = [make_product().pk for _ in range(6)]
    assert [product["id"] for product in get(client, "?page=2&page_size=2")["results"]] == made[2:4]
    rest = client.get(get(client, "?page=2&page_size=2")["next"]).json()
    assert [product["id"] for product in rest["results"]] == made[4:]
    assert rest["next"] is None


@pytest.mark.parametrize("page", ["0", "-1", "1.5", "abc", "", "100000000000000000000", "9" * 5000])
def test_page_that_is_no_page_is_rejected(client: Client, page: str) -> None:
    assert list(error(client, f"?page={page}")) == ["/query/page"]


@pytest.mark.parametrize("size", ["0", "-5", "501", "100000000000000000000"])
def test_page_size_is_1_to_500(client: Client, size: str) -> None:
    assert list(error(client, f"?page_size={size}")) == ["/query/page_size"]


def test_sku_filter_matches_anywhere_in_any_case(client: Client) -> None:
    make_product(sku="BLUE-MUG"), make_product(sku="red-mug-2"), make_product(sku="pen", name="mug")
    assert skus(client, "?sku=Mug") == ["BLUE-MUG", "red-mug-2"]


def test_name_filter_matches_anywhere_in_any_case(client: Client) -> None:
    make_product(sku="A", name="Blue Mug"), make_product(sku="MUG", name="Pen")
    assert skus(client, "?name=mug") == ["A"]


def test_q_matches_name_or_sku(client: Client) -> None:
    make_product(sku="A", name="Blue Mug"), make_product(sku="MUG", name="Pen"), make_product(sku="B")
    assert skus(client, "?q=mug") == ["A", "MUG"]


@pytest.mark.parametrize("text", ["50%", "a_b", "back\\slash", "it's", 'say "x"', "Ünïcödé", "日本", "😀"])
def test_searched_text_is_taken_literally(client: Client, text: str) -> None:
    make_product(sku="HIT", name=f"x{text}x"), make_product(name="50 or axb or backslash")
    assert skus(client, f"?name={quote(text)}") == ["HIT"]
    assert get(client, f"?q={quote(text)}")["count"] == 1


@pytest.mark.parametrize("typed", ["NFC", "NFD"])
@pytest.mark.parametrize("kept", ["NFC", "NFD"])
def test_accents_are_found_however_they_are_spelled(client: Client, kept: Form, typed: Form) -> None:
    make_product(sku="A", name=normalize(kept, "Café crème"))
    assert skus(client, f"?name={quote(normalize(typed, 'É CRÈ'))}") == ["A"]
    assert skus(client, f"?q={quote(normalize(typed, 'fé c'))}") == ["A"]


def test_product_is_found_by_the_sku_it_was_made_with(client: Client) -> None:
    sku = normalize("NFD", "É-1")
    body = {"sku": sku, "name": "Mug"}
    created = client.post("/api/products/", body, content_type="application/json").json()
    assert skus(client, f"?sku={quote(sku)}") == [created["sku"]] == [normalize("NFC", sku)]
    assert skus(client, f"?q={quote(sku)}") == [created["sku"]]


@pytest.mark.parametrize(("value", "found"), [("true", ["ON"]), ("false", ["OFF"]), ("", ["ON", "OFF"])])
def test_is_active_filters(client: Client, value: str, found: list[str]) -> None:
    make_product(sku="ON"), make_product(sku="OFF", is_active=False)
    assert skus(client, f"?is_active={value}") == found
    assert get(client, f"?is_active={value}&page_size=1")["count"] == len(found)


def test_prices_filter_inclusively(client: Client) -> None:
    for price in ["1.00", "2.00", "3.00", "4.00"]:
        make_product(sku=price, price=Decimal(price))
    assert skus(client, "?price_min=2&price_max=3.00") == ["2.00", "3.00"]


def test_updated_since_is_inclusive(client: Client) -> None:
    mug, pen = make_product(), make_product(sku="PEN")
    Product.objects.filter(pk=mug.pk).update(updated_at=F("updated_at") - timedelta(hours=1))
    assert skus(client, f"?updated_since={quote(pen.updated_at.isoformat())}") == ["PEN"]


def test_updated_since_without_a_zone_is_utc(client: Client) -> None:
    pen = make_product(sku="PEN")
    late, early = pen.updated_at + timedelta(minutes=1), pen.updated_at - timedelta(minutes=1)
    assert skus(client, f"?updated_since={late:%Y-%m-%dT%H:%M:%S}") == []
    assert skus(client, f"?updated_since={early:%Y-%m-%dT%H:%M:%S}") == ["PEN"]


def test_filters_narrow_together(client: Client) -> None:
    make_product(sku="A", name="mug", price=Decimal(5))
    make_product(sku="B", name="mug", price=Decimal(5), is_active=False)
    make_product(sku="C", name="mug", price=Decimal(9))
    assert skus(client, "?q=mug&price_max=5&is_active=true") == ["A"]


@pytest.mark.parametrize("field", ORDERINGS)
def test_ordering_sorts_either_way_and_the_id_breaks_ties(client: Client, field: str) -> None:
    for letter in "bac":
        make_product(sku=letter, name=letter, price=Decimal(ord(letter)))
    make_product(sku="d", name="a", price=Decimal(ord("a")))
    expected = [p.sku for p in sorted(Product.objects.all(), key=lambda p: (getattr(p, field), p.pk))]
    assert skus(client, f"?ordering={field}") == expected
    assert skus(client, f"?ordering=-{field}") == expected[::-1]


def test_ordering_by_sku_ignores_case(client: Client) -> None:
    make_product(sku="b"), make_product(sku="C"), make_product(sku="A")
    assert skus(client, "?ordering=sku") == ["A", "b", "C"]


@pytest.mark.parametrize("ordering", ["password", "name,sku", "--id", "?", "pk", "id;drop table"])
def test_ordering_by_anything_else_is_rejected(client: Client, ordering: str) -> None:
    assert error(client, f"?ordering={quote(ordering)}") == {"/query/ordering": "ordering.invalid"}


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("is_active=banana", "/query/is_active", "is_active.invalid"),
        ("price_min=abc", "/query/price_min", "price.invalid"),
        ("price_max=NaN", "/query/price_max", "price.invalid"),
        ("price_min=1e400", "/query/price_min", "price.invalid"),
        ("updated_since=yesterday", "/query/updated_since", "updated_since.invalid"),
        ("sku=%00", "/query/sku", "text.invalid"),
        ("name=a%00b", "/query/name", "text.invalid"),
        ("q=" + "x" * 256, "/query/q", "q.too_long"),
    ],
)
def test_filter_that_makes_no_sense_is_rejected(client: Client, query: str, pointer: str, code: str) -> None:
    assert error(client, f"?{query}") == {pointer: code}


@pytest.mark.parametrize(
    "query", ["?sku=%ff", "?name=%ED%A0%80", "?updated_since=9999-12-31T23:59:59.999999Z"]
)
def test_odd_bytes_and_times_are_no_accident(client: Client, query: str) -> None:
    assert get(client, query)["results"] == []


def test_count_is_exact_on_every_page(client: Client) -> None:
    Product.objects.bulk_create(Product(sku=f"A{number}", name="mug") for number in range(7))
    counts = {
        get(client, f"?{query}")["count"]
        for query in ("page_size=3", "page=3&page_size=3", "q=mug&page_size=3")
    }
    assert counts == {7}


def test_list_costs_two_queries(client: Client, django_assert_max_num_queries: Any) -> None:
    for _ in range(3):
        make_product()
    with django_assert_max_num_queries(2):
        assert get(client, "?page_size=2")["count"] == 3
