"""What the database holds to, whatever writes."""

from decimal import Decimal
from unicodedata import category

import pytest
from django.db import DataError, IntegrityError, connection

from catalog.models import WHITESPACE, Product
from tests.factories import make_product

pytestmark = pytest.mark.django_db


def test_whitespace_is_what_strip_removes() -> None:
    everything = map(chr, range(0x110000))
    assert set(WHITESPACE) == {
        character for character in everything if not character.strip() and category(character) != "Cs"
    }


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"sku": ""}, "product_sku_trimmed_and_not_blank"),
        ({"sku": " a"}, "product_sku_trimmed_and_not_blank"),
        ({"sku": "a\u00a0"}, "product_sku_trimmed_and_not_blank"),
        ({"name": ""}, "product_name_not_blank"),
        ({"price": Decimal("-0.01")}, "product_price_not_negative"),
    ],
)
def test_constraint_rejects(fields: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        Product.objects.create(**{"sku": "MUG", "name": "Mug", **fields})


def test_nan_is_no_price() -> None:
    with pytest.raises((IntegrityError, DataError)), connection.cursor() as cursor:
        cursor.execute("INSERT INTO catalog_product (sku, name, price) VALUES ('MUG', 'Mug', 'NaN')")


@pytest.mark.parametrize(("sku", "twin"), [("Mug", "mug"), ("Mug", "MUG"), ("Ä-Ж", "ä-ж")])
def test_sku_is_unique_whatever_its_case(sku: str, twin: str) -> None:
    make_product(sku=sku)
    with pytest.raises(IntegrityError, match="product_sku_unique_ignoring_case"):
        make_product(sku=twin)


def test_with_sku_ignores_case() -> None:
    mug = make_product(sku="Mug")
    make_product(sku="Mug-2")
    assert list(Product.objects.with_sku("mUG")) == [mug]


def test_set_active_touches_only_what_it_changes() -> None:
    on, off = make_product(), make_product(is_active=False)
    assert Product.objects.all().set_active(True) == 1
    assert Product.objects.get(pk=on.pk).updated_at == on.updated_at
    assert Product.objects.get(pk=off.pk).updated_at > off.updated_at


def test_price_update_stays_heap_only() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE relname = 'catalog_product'")
        assert cursor.fetchone() == (["fillfactor=90"],)
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = 'catalog_product'")
        indexed = " ".join(definition for (definition,) in cursor.fetchall())
    assert "price" not in indexed
    assert "updated_at" not in indexed
