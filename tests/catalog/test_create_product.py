"""POST /api/products/."""

from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from catalog.models import Product
from tests.factories import make_product


def post(client: Client, body: object) -> Any:
    return client.post("/api/products/", body, content_type="application/json")


def refusal(client: Client, **fields: object) -> dict[str, str]:
    """Post a product that is right but for these fields; which errors it is rejected for."""
    response = post(client, {"sku": "MUG", "name": "Mug", **fields})
    assert response.status_code == 422, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    assert not Product.objects.exists()
    return {error["pointer"]: error["code"] for error in response.json()["errors"]}


@pytest.mark.django_db
def test_object_of_more_fields_than_any_has_is_one_error(client: Client) -> None:
    assert refusal(client, **{f"x{number}": 1 for number in range(5_000)}) == {"": "body.too_many_fields"}


@pytest.mark.django_db
def test_product_is_created_with_defaults(client: Client) -> None:
    response = post(client, {"sku": "MUG", "name": "Mug"})
    mug = Product.objects.get()
    created = response.json()
    assert response.status_code == 201
    assert created.pop("created_at") == created.pop("updated_at")
    assert created == {
        "id": mug.pk,
        "sku": "MUG",
        "name": "Mug",
        "description": "",
        "price": "0.00",
        "is_active": True,
    }


@pytest.mark.django_db
def test_answer_is_what_was_stored(client: Client) -> None:
    fields = {"sku": "MUG", "name": "Mug", "description": " Blue\n", "price": "29.9", "is_active": False}
    created = post(client, fields).json()
    assert created == client.get(f"/api/products/{created['id']}/").json()
    assert {**created, **fields, "price": "29.90"} == created


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("price", "stored"),
    [
        (29.99, "29.99"),
        ("29.99", "29.99"),
        (5, "5.00"),
        (1e2, "100.00"),
        ("007.5", "7.50"),
        ("-0", "0.00"),
        ("29.900", "29.90"),
        ("9999999999.99", "9999999999.99"),
        (9999999999.99, "9999999999.99"),
    ],
)
def test_price_is_taken_as_number_or_text(client: Client, price: object, stored: str) -> None:
    assert post(client, {"sku": "MUG", "name": "Mug", "price": price}).json()["price"] == stored


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("price", "code"),
    [
        ("abc", "price.invalid"),
        ("", "price.invalid"),
        ("NaN", "price.invalid"),
        ("Infinity", "price.invalid"),
        ("1e3", "price.invalid"),
        ("1e400", "price.invalid"),
        ("1_000", "price.invalid"),
        ("1,5", "price.invalid"),
        ("$5", "price.invalid"),
        ("\uff11\uff12", "price.invalid"),
        ("\u0663", "price.invalid"),
        (True, "price.invalid"),
        (None, "price.invalid"),
        ([1], "price.invalid"),
        ("-1", "price.negative"),
        (-0.01, "price.negative"),
        ("1.005", "price.too_precise"),
        (0.001, "price.too_precise"),
        ("10000000000", "price.too_large"),
        (1e22, "price.too_large"),
    ],
)
def test_price_that_is_none_is_rejected(client: Client, price: object, code: str) -> None:
    assert refusal(client, price=price) == {"/price": code}


@pytest.mark.django_db
def test_refusal_says_what_is_wrong(client: Client) -> None:
    response = post(client, {"sku": "MUG", "name": "Mug", "price": "abc"})
    assert response.json()["errors"] == [
        {"pointer": "/price", "code": "price.invalid", "detail": "'abc' is not a price."}
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("sku", "code"),
    [
        ("", "sku.required"),
        (" \u00a0\t", "sku.required"),
        ("x" * 65, "sku.too_long"),
        ("a\tb", "sku.invalid"),
        ("a\u200bb", "sku.invalid"),
        ("a\u202eb", "sku.invalid"),
        (1, "sku.invalid"),
        (None, "sku.invalid"),
    ],
)
def test_sku_that_is_none_is_rejected(client: Client, sku: object, code: str) -> None:
    assert refusal(client, sku=sku) == {"/sku": code}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "code"),
    [("", "name.required"), ("  ", "name.required"), ("x" * 256, "name.too_long"), ("a\nb", "name.invalid")],
)
def test_name_that_is_none_is_rejected(client: Client, name: object, code: str) -> None:
    assert refusal(client, name=name) == {"/name": code}


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["sku", "name", "description"])
@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
def test_text_that_cannot_be_stored_is_rejected(client: Client, field: str, text: str) -> None:
    assert list(refusal(client, **{field: text})) == [f"/{field}"]


@pytest.mark.django_db
def test_description_has_a_limit(client: Client) -> None:
    assert refusal(client, description="x" * 20_001) == {"/description": "description.too_long"}


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["true", 1, 0, None, "yes"])
def test_is_active_is_true_or_false(client: Client, value: object) -> None:
    assert refusal(client, is_active=value) == {"/is_active": "is_active.invalid"}


@pytest.mark.django_db
def test_every_error_is_reported_at_once(client: Client) -> None:
    response = post(client, {"price": "abc", "color": "red"})
    errors = {error["pointer"]: error["code"] for error in response.json()["errors"]}
    assert errors == {
        "/sku": "sku.required",
        "/name": "name.required",
        "/price": "price.invalid",
        "/color": "field.unknown",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["id", "created_at", "updated_at"])
def test_what_the_database_decides_is_not_taken(client: Client, field: str) -> None:
    assert refusal(client, **{field: "1"}) == {f"/{field}": "field.unknown"}


@pytest.mark.django_db
@pytest.mark.parametrize("body", ["[]", "null", "1", "{", "", '"x"', "NaN"])
def test_body_that_is_no_object_is_rejected(client: Client, body: str) -> None:
    assert post(client, body).status_code in (400, 422)


@pytest.mark.django_db
def test_sku_is_trimmed_and_composed(client: Client) -> None:
    assert post(client, {"sku": " Cafe\u0301\u00a0", "name": " Mug "}).json()["sku"] == "Caf\u00e9"
    assert Product.objects.get().name == "Mug"


@pytest.mark.django_db
def test_sku_taken_in_another_case_is_a_conflict(client: Client) -> None:
    mug = make_product(sku="Mug-1", name="Mug")
    response = post(client, {"sku": "mUG-1", "name": "Other"})
    assert response.status_code == 409
    assert response.json()["errors"] == [
        {
            "pointer": "/sku",
            "code": "sku.taken",
            "detail": "Another product already has the SKU 'mUG-1'. SKUs ignore case.",
        }
    ]
    assert [(product.pk, product.name) for product in Product.objects.all()] == [(mug.pk, "Mug")]


@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_creates_of_one_sku_one_wins() -> None:
    together, statuses = Barrier(4), list[int]()

    def create() -> None:
        together.wait()
        statuses.append(post(Client(), {"sku": "MUG", "name": "Mug"}).status_code)
        connection.close()

    threads = [Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409, 409, 409]
    assert Product.objects.count() == 1
