"""Create, get, change and delete a product; activate, deactivate or delete many at once, or delete all.

Imports and the admin write the same table in other ways; the constraints of catalog.models hold for all of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from psycopg.errors import UniqueViolation

from catalog.models import SKU_UNIQUE, Product, ProductQuerySet
from lib.errors import Conflict, Explanation, NotFound
from lib.security_log import log


class Values(TypedDict, total=False):
    sku: str
    name: str
    description: str
    price: Decimal
    is_active: bool


class ProductNotFound(NotFound):
    code = "product.not_found"
    codes = {code: Explanation("No product has this ID.", "Find its ID in the list, by SKU.")}

    def __init__(self, product_id: int) -> None:
        super().__init__(f"No product has the ID {product_id}.")


class SkuTaken(Conflict):
    code = "sku.taken"
    codes = {
        code: Explanation(
            "Another product already has this SKU. SKUs ignore case.",
            "Change that product, or use another SKU.",
        )
    }
    pointer = "/sku"

    def __init__(self, sku: str) -> None:
        super().__init__(f"Another product already has the SKU '{sku}'. SKUs ignore case.")


def create(**values: Unpack[Values]) -> Product:
    with taken_sku_as_error(values):
        return Product.objects.create(**values)


def get(product_id: int) -> Product:
    return one(Product.objects.all(), product_id)


def change(product_id: int, **values: Unpack[Values]) -> Product:
    """Change the given fields; nothing is written if no value differs."""
    with taken_sku_as_error(values):
        product = one(Product.objects.select_for_update(no_key=True), product_id)
        product.change(values)
        return product


def remove(product_id: int) -> None:
    removed, _ = Product.objects.filter(pk=product_id).delete()
    if not removed:
        raise ProductNotFound(product_id)


def set_active(selection: ProductQuerySet, active: bool) -> int:
    """Activate or deactivate the products, all or none. Returns how many changed."""
    return selection.set_active(active)


def remove_many(selection: ProductQuerySet) -> int:
    """Delete the products, all or none. Returns how many."""
    removed = selection.remove()
    log("products.deleted", count=removed)
    return removed


def remove_all() -> int:
    """Delete every product. Returns how many. Blocks writers, but not readers, until it is done."""
    with transaction.atomic():
        # Locking row by row, in another order than an import does, could deadlock.
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE catalog_product IN SHARE ROW EXCLUSIVE MODE")
        removed, _ = Product.objects.all().delete()
    log("products.deleted", count=removed)
    return removed


def one(products: QuerySet[Product], product_id: int) -> Product:
    try:
        return products.get(pk=product_id)
    except Product.DoesNotExist:
        raise ProductNotFound(product_id) from None


@contextmanager
def taken_sku_as_error(values: Values) -> Iterator[None]:
    """A transaction or savepoint in which a violation of the unique SKU index raises SkuTaken."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if is_about_taken_sku(error):
            raise SkuTaken(values["sku"]) from error
        raise


def is_about_taken_sku(error: IntegrityError) -> bool:
    cause = error.__cause__
    return isinstance(cause, UniqueViolation) and cause.diag.constraint_name == SKU_UNIQUE
