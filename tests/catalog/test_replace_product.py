"""PUT /api/products/{id}/: what is omitted gets its default."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from catalog.models import Product
from tests.factories import make_product

pytestmark = pytest.mark.django_db


def put(client: Client, product_id: int, body: object) -> Any:
    return client.put(f"/api/products/{product_id}/", body, content_type="application/json")


def test_every_field_is_replaced(client: Client) -> None:
    mug = make_product(description="Old", price=Decimal(5), is_active=False)
    response = put(client, mug.pk, {"sku": "PEN", "name": "Pen"})
    replaced = Product.objects.get()
    assert response.status_code == 200
    assert response.json()["price"] == "0.00"
    assert (replaced.pk, replaced.sku, replaced.name) == (mug.pk, "PEN", "Pen")
    assert (replaced.description, replaced.price, replaced.is_active) == ("", Decimal("0.00"), True)


def test_change_moves_updated_at_only(client: Client) -> None:
    mug = make_product()
    put(client, mug.pk, {"sku": "PEN", "name": "Pen"})
    replaced = Product.objects.get()
    assert replaced.updated_at > mug.updated_at
    assert replaced.created_at == mug.created_at


def test_same_values_write_nothing(client: Client) -> None:
    mug = make_product(sku="MUG", name="Mug", price=Decimal("29.90"))
    response = put(client, mug.pk, {"sku": "MUG", "name": "Mug", "price": 29.9})
    assert response.status_code == 200
    assert Product.objects.get().updated_at == mug.updated_at


def test_required_fields_are_required(client: Client) -> None:
    mug = make_product(name="Mug")
    response = put(client, mug.pk, {"sku": "PEN"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["code"] == "name.required"
    assert Product.objects.get().sku == mug.sku


def test_own_sku_in_another_spelling_is_no_conflict(client: Client) -> None:
    mug = make_product(sku="MUG")
    assert put(client, mug.pk, {"sku": "Mug", "name": "Mug"}).json()["sku"] == "Mug"


def test_sku_of_another_product_is_a_conflict(client: Client) -> None:
    make_product(sku="PEN")
    mug = make_product(sku="MUG", name="Mug")
    response = put(client, mug.pk, {"sku": "pen", "name": "Pen"})
    mug.refresh_from_db()
    assert (response.status_code, response.json()["errors"][0]["code"]) == (409, "sku.taken")
    assert (mug.sku, mug.name) == ("MUG", "Mug")


def test_deleted_product_is_not_found_and_not_made_again(client: Client) -> None:
    mug = make_product()
    mug_id = mug.pk
    mug.delete()
    assert put(client, mug_id, {"sku": "MUG", "name": "Mug"}).status_code == 404
    assert not Product.objects.exists()


@pytest.mark.parametrize("method", ["put", "patch"])
def test_what_get_gave_can_be_sent_back(client: Client, method: str) -> None:
    mug = make_product(description="Blue", price=Decimal("29.9"), is_active=False)
    path = f"/api/products/{mug.pk}/"
    given = client.get(path).json()
    response = getattr(client, method)(path, given, content_type="application/json")
    assert (response.status_code, response.json()) == (200, given)
    assert Product.objects.get().updated_at == mug.updated_at


@pytest.mark.parametrize("method", ["put", "patch"])
def test_read_only_fields_change_nothing(client: Client, method: str) -> None:
    mug = make_product()
    body = {"sku": "PEN", "name": "Pen", "created_at": "2000-01-01T00:00:00Z", "updated_at": None}
    response = getattr(client, method)(f"/api/products/{mug.pk}/", body, content_type="application/json")
    assert (response.status_code, response.json()["sku"]) == (200, "PEN")
    assert Product.objects.get().created_at == mug.created_at


@pytest.mark.parametrize("method", ["put", "patch"])
def test_another_id_is_rejected(client: Client, method: str) -> None:
    mug = make_product(sku="MUG")
    body = {"id": mug.pk + 1, "sku": "PEN", "name": "Pen"}
    response = getattr(client, method)(f"/api/products/{mug.pk}/", body, content_type="application/json")
    [error] = response.json()["errors"]
    assert (response.status_code, error["pointer"], error["code"]) == (422, "/id", "field.read_only")
    assert Product.objects.get().sku == "MUG"
