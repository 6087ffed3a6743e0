"""Products in the admin."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from unicodedata import normalize

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Product
from tests.factories import make_product

pytestmark = pytest.mark.django_db

URL = "/admin/catalog/product/"
MUG = {"sku": "MUG", "name": "Mug", "description": "", "price": "5.00", "is_active": "on"}


def errors(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 200
    found: dict[str, list[str]] = response.context["adminform"].form.errors
    return found


def test_product_is_added(admin_client: Client) -> None:
    assert admin_client.post(f"{URL}add/", {**MUG, "sku": " MUG "}).status_code == 302
    mug = Product.objects.get()
    assert (mug.sku, mug.name, mug.price, mug.is_active) == ("MUG", "Mug", Decimal("5.00"), True)


def test_price_may_be_written_as_in_a_file(admin_client: Client) -> None:
    admin_client.post(f"{URL}add/", {**MUG, "price": "1.234,50 €"})
    assert Product.objects.get().price == Decimal("1234.50")


def test_change_moves_updated_at(admin_client: Client) -> None:
    mug = make_product(sku="MUG", name="Mug")
    assert admin_client.post(f"{URL}{mug.pk}/change/", {**MUG, "name": "Cup"}).status_code == 302
    changed = Product.objects.get()
    assert changed.name == "Cup"
    assert changed.updated_at > mug.updated_at


def test_saving_without_a_change_writes_nothing(admin_client: Client) -> None:
    mug = make_product(sku="MUG", name="Mug", price=Decimal(5))
    assert admin_client.post(f"{URL}{mug.pk}/change/", {**MUG, "price": "5,0"}).status_code == 302
    assert Product.objects.get().updated_at == mug.updated_at


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("sku", "mug-1", "This SKU is already in use."),
        ("sku", "", "This field is required."),
        ("sku", "  ", "This field is required."),
        ("sku", "a\u200bb", "The SKU contains a control or invisible character."),
        ("name", " ", "This field is required."),
        ("price", "-1", "'-1' is negative."),
        ("price", "abc", "'abc' is not a price."),
        ("price", "0.005", "'0.005' has more than two decimals."),
    ],
)
def test_bad_value_is_reported_beside_its_field(
    admin_client: Client, field: str, value: str, message: str
) -> None:
    make_product(sku="MUG-1")
    response = admin_client.post(f"{URL}add/", {**MUG, field: value})
    assert errors(response) == {field: [message]}
    assert Product.objects.count() == 1


@pytest.mark.parametrize(("action", "active"), [("activate", True), ("deactivate", False)])
def test_action_sets_the_selected_and_says_how_many_changed(
    admin_client: Client, action: str, active: bool
) -> None:
    mug, pen, cup = make_product(is_active=not active), make_product(is_active=active), make_product()
    selected = {"action": action, "_selected_action": [mug.pk, pen.pk]}
    response = admin_client.post(URL, selected, follow=True)
    assert f"1 product {action}d" in response.content.decode()
    assert Product.objects.get(pk=mug.pk).is_active is active
    assert Product.objects.get(pk=mug.pk).updated_at > mug.updated_at
    assert Product.objects.get(pk=pen.pk).updated_at == pen.updated_at
    assert Product.objects.get(pk=cup.pk).is_active is True


def test_list_shows_the_newest_first(admin_client: Client) -> None:
    first, second = make_product(), make_product()
    listed = admin_client.get(URL).context["cl"].result_list
    assert list(listed) == [second, first]


@pytest.fixture
def queries() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connection) as captured:
        yield captured


def test_list_does_not_count_the_table(admin_client: Client, queries: CaptureQueriesContext) -> None:
    make_product(), make_product()
    page = admin_client.get(URL).context["cl"]
    assert page.result_count == 2
    counts = [query["sql"] for query in queries.captured_queries if "COUNT(" in query["sql"]]
    assert not [sql for sql in counts if '"catalog_product"' in sql]


def test_search_and_filter_count_what_they_find(admin_client: Client) -> None:
    make_product(name="a mug"), make_product(sku="MUG", is_active=False), make_product()
    assert admin_client.get(f"{URL}?q=mug").context["cl"].result_count == 2
    assert admin_client.get(f"{URL}?is_active__exact=0").context["cl"].result_count == 1


def test_ledger_is_not_shown(admin_client: Client) -> None:
    assert "productcount" not in admin_client.get("/admin/").content.decode().lower()


def test_selected_are_deleted_by_one_statement(admin_client: Client, queries: CaptureQueriesContext) -> None:
    mug, pen = make_product(), make_product()
    selected = {"action": "delete_selected", "_selected_action": [mug.pk], "post": "yes"}
    assert admin_client.post(URL, selected).status_code == 302
    assert list(Product.objects.all()) == [pen]
    [statement] = [query["sql"] for query in queries.captured_queries if "DELETE" in query["sql"]]
    assert "FOR UPDATE" in statement


def test_search_finds_accents_however_they_are_spelled(admin_client: Client) -> None:
    make_product(sku="A", name=normalize("NFD", "Blue café")), make_product(sku="B", name="Café")
    page = admin_client.get("/admin/catalog/product/", {"q": "CAFÉ blue"})
    assert [product.sku for product in page.context["cl"].result_list] == ["A"]
