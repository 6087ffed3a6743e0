"""GET /api/products/{id}/."""

import pytest
from django.test import Client

from tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_product_is_found_by_its_id(client: Client) -> None:
    make_product()
    mug = make_product(sku="MUG")
    response = client.get(f"/api/products/{mug.pk}/")
    assert (response.status_code, response.json()["sku"]) == (200, "MUG")


def test_path_without_the_slash_is_the_same(client: Client) -> None:
    mug = make_product(sku="MUG")
    assert client.get(f"/api/products/{mug.pk}").json()["sku"] == "MUG"


@pytest.mark.parametrize(
    "product_id", ["0", "9223372036854775808", "1" * 30, "1" * 5000, "-1", "1_0", "abc", "%00"]
)
def test_id_of_nothing_is_not_found(client: Client, product_id: str) -> None:
    make_product()
    response = client.get(f"/api/products/{product_id}/")
    assert response.status_code == 404
    assert response.headers["Content-Type"] == "application/problem+json"


def test_detail_names_the_id(client: Client) -> None:
    assert client.get("/api/products/5/").json()["detail"] == "No product has the ID 5."
