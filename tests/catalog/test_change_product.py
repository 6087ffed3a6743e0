"""PATCH /api/products/{id}/: what is omitted is kept."""

from decimal import Decimal
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from catalog.models import Product
from tests.factories import make_product


def patch(client: Client, product_id: int, body: object) -> Any:
    return client.patch(f"/api/products/{product_id}/", body, content_type="application/json")


@pytest.mark.django_db
def test_only_fields_sent_change(client: Client) -> None:
    mug = make_product(sku="MUG", name="Mug", description="Blue", price=Decimal(5), is_active=False)
    response = patch(client, mug.pk, {"price": "24.5"})
    changed = Product.objects.get()
    assert (response.status_code, response.json()["price"]) == (200, "24.50")
    assert (changed.sku, changed.name, changed.description) == ("MUG", "Mug", "Blue")
    assert (changed.price, changed.is_active) == (Decimal("24.50"), False)
    assert changed.updated_at > mug.updated_at


@pytest.mark.django_db
@pytest.mark.parametrize("body", [{}, {"sku": "MUG"}, {"price": 5}, {"price": "5.0", "name": " Mug "}])
def test_same_values_write_nothing(client: Client, body: dict[str, object]) -> None:
    mug = make_product(sku="MUG", name="Mug", price=Decimal("5.00"))
    response = patch(client, mug.pk, body)
    assert (response.status_code, response.json()["price"]) == (200, "5.00")
    assert Product.objects.get().updated_at == mug.updated_at


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["sku", "name", "description", "price", "is_active"])
def test_null_is_no_value(client: Client, field: str) -> None:
    mug = make_product()
    response = patch(client, mug.pk, {field: None})
    assert response.status_code == 422
    assert [error["code"] for error in response.json()["errors"]] == [f"{field}.invalid"]
    assert Product.objects.get().updated_at == mug.updated_at


@pytest.mark.django_db
def test_unknown_fields_are_rejected(client: Client) -> None:
    mug = make_product()
    response = patch(client, mug.pk, {"colour": 5, "is_staff": True})
    assert [error["code"] for error in response.json()["errors"]] == ["field.unknown", "field.unknown"]


@pytest.mark.django_db
def test_sku_of_another_product_is_a_conflict(client: Client) -> None:
    make_product(sku="PEN")
    mug = make_product(sku="MUG")
    response = patch(client, mug.pk, {"sku": "pen", "name": "Other"})
    mug.refresh_from_db()
    assert response.status_code == 409
    assert (mug.sku, mug.name == "Other") == ("MUG", False)


@pytest.mark.django_db
def test_unknown_product_is_not_found(client: Client) -> None:
    assert patch(client, 5, {"name": "Mug"}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_change_waits_for_the_one_before_it() -> None:
    mug = make_product(name="Mug", price=Decimal(5))
    statuses = list[int]()

    def change_price() -> None:
        statuses.append(patch(Client(), mug.pk, {"price": 6}).status_code)
        connection.close()

    with transaction.atomic():
        Product.objects.select_for_update().get(pk=mug.pk).change({"name": "Cup"})
        thread = Thread(target=change_price)
        thread.start()
        thread.join(timeout=0.3)
        assert statuses == []
    thread.join()
    changed = Product.objects.get()
    assert statuses == [200]
    assert (changed.name, changed.price) == ("Cup", Decimal("6.00"))
