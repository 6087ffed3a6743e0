"""DELETE /api/products/bulk-delete/."""

from threading import Thread

import pytest
from django.db import connection, transaction
from django.test import Client

from catalog.models import Product, ProductCount
from tests.factories import make_product

URL = "/api/products/bulk-delete/"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("products", "message"),
    [(0, "Deleted 0 products."), (1, "Deleted 1 product."), (3, "Deleted 3 products.")],
)
def test_every_product_is_deleted_and_counted(client: Client, products: int, message: str) -> None:
    for _ in range(products):
        make_product()
    response = client.delete(URL)
    assert response.status_code == 200
    assert response.json() == {"deleted": products, "message": message}
    assert not Product.objects.exists()
    assert ProductCount.objects.totals() == (0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post", "put", "patch"])
def test_any_other_method_deletes_nothing(client: Client, method: str) -> None:
    make_product()
    response = client.generic(method.upper(), URL, "{}", content_type="application/json")
    assert response.status_code == 405
    assert Product.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_waits_for_a_writer_and_takes_what_it_wrote() -> None:
    answers = list[object]()

    def delete_all() -> None:
        answers.append(Client().delete(URL).json()["deleted"])
        connection.close()

    make_product()
    with transaction.atomic():
        make_product()
        thread = Thread(target=delete_all)
        thread.start()
        thread.join(timeout=0.3)
        assert answers == []
    thread.join()
    assert answers == [2]
    assert not Product.objects.exists()
