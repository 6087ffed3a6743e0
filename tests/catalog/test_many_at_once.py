"""What the admin does to many products at once: all of them or none, in the order in which imports lock them."""

from collections.abc import Callable
from threading import Event, Thread

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from catalog import products
from catalog.models import Product, ProductCount, ProductQuerySet, sku_key
from hooks.models import Event as HookEvent
from tests.factories import make_product, make_webhook

pytestmark = pytest.mark.django_db

Deed = Callable[[ProductQuerySet], int]


def everything() -> ProductQuerySet:
    return Product.objects.all()


def test_those_that_are_so_already_are_left_alone() -> None:
    mug, pen = make_product(is_active=False), make_product()
    assert products.set_active(everything(), True) == 1
    assert Product.objects.get(pk=mug.pk).updated_at > mug.updated_at
    assert Product.objects.get(pk=pen.pk).updated_at == pen.updated_at
    assert ProductCount.objects.totals() == (2, 2)


def test_only_the_chosen_are_changed() -> None:
    make_product(sku="MUG"), make_product(sku="PEN")
    assert products.set_active(Product.objects.matching(q="mug"), False) == 1
    assert list(Product.objects.filter(is_active=False).values_list("sku", flat=True)) == ["MUG"]


def test_chosen_are_deleted() -> None:
    make_product(sku="MUG"), make_product(sku="PEN")
    assert products.remove_many(Product.objects.matching(q="mug")) == 1
    assert Product.objects.get().sku == "PEN"
    assert ProductCount.objects.totals() == (1, 1)


def test_webhooks_are_notified_of_each() -> None:
    make_webhook(event_types=["product.deleted", "product.updated"])
    make_product(), make_product()
    products.set_active(everything(), False)
    products.remove_many(everything())
    assert sorted(HookEvent.objects.values_list("event_type", flat=True)) == [
        *["product.deleted"] * 2,
        *["product.updated"] * 2,
    ]


@pytest.mark.parametrize("deed", [products.remove_many, lambda chosen: products.set_active(chosen, False)])
def test_it_is_one_statement(deed: Deed) -> None:
    make_product(), make_product()
    with CaptureQueriesContext(connection) as captured:
        assert deed(everything()) == 2
    statements = [query["sql"] for query in captured if "catalog_product" in query["sql"]]
    assert len(statements) == 1
    assert "FOR UPDATE" in statements[0]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("deed", [products.remove_many, lambda chosen: products.set_active(chosen, False)])
def test_products_are_locked_in_the_order_of_imports(deed: Deed) -> None:
    """While A is locked by an import, B is not locked yet: whoever holds B may go on to A."""
    make_product(sku="b"), make_product(sku="A"), make_product(sku="C")
    ended = Event()

    def act() -> None:
        deed(everything())
        ended.set()
        connection.close()

    thread = Thread(target=act)
    with transaction.atomic():
        Product.objects.select_for_update().get(sku="A")
        thread.start()
        assert not ended.wait(0.5)
        by_key = Product.objects.order_by(sku_key(F("sku")))
        free = list(by_key.select_for_update(skip_locked=True).values_list("sku", flat=True))
    thread.join(10)
    assert free == ["A", "b", "C"]
    assert ended.is_set()
    assert not Product.objects.filter(is_active=True).exists()
