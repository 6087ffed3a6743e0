"""DELETE /api/products/{id}/."""

import pytest
from django.test import Client

from catalog.models import Product
from tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_only_this_product_is_deleted(client: Client) -> None:
    mug, pen = make_product(), make_product()
    response = client.delete(f"/api/products/{mug.pk}/")
    assert (response.status_code, response.content) == (204, b"")
    assert list(Product.objects.all()) == [pen]


def test_second_time_it_is_not_found(client: Client) -> None:
    mug = make_product()
    client.delete(f"/api/products/{mug.pk}/")
    assert client.delete(f"/api/products/{mug.pk}/").status_code == 404


def test_unknown_id_deletes_nothing(client: Client) -> None:
    make_product()
    assert client.delete("/api/products/99999999999999999999/").status_code == 404
    assert Product.objects.count() == 1
