"""What happens to products: create, get, change and remove one; activate, deactivate or remove many, or all.

catalog.api, catalog.admin and the console call these. The import and the admin write the same table by other ways; what must hold whoever
writes is stated there, in catalog.models."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import TypedDict, Unpack

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from psycopg.errors import UniqueViolation

from catalog.models import SKU_UNIQUE, Product, ProductQuerySet
from lib.security_log import log


class Values(TypedDict, total=False):
    sku: str
    name: str
    description: str
    price: Decimal
    is_active: bool


class ProductNotFound(Exception):
    code = "product.unknown"

    def __init__(self, product_id: int) -> None:
        self.detail = f"There is no product with the id {product_id}."
        super().__init__(self.detail)


class SkuTaken(Exception):
    code = "sku.taken"
    pointer = "/sku"

    def __init__(self, sku: str) -> None:
        self.detail = f"Another product has the SKU '{sku}'; upper and lower case make no difference."
        super().__init__(self.detail)


class SelectionChanged(Exception):
    code = "selection.moved"

    def __init__(self, confirmed: int, found: int) -> None:
        self.detail = (
            f"Products have changed meanwhile: it would be {found:,} now, and {confirmed:,} was confirmed. "
            "Nothing has been done; look at them again."
        )
        super().__init__(self.detail)


def create(**values: Unpack[Values]) -> Product:
    with refusing_taken_sku(values):
        return Product.objects.create(**values)


def get(product_id: int) -> Product:
    return one(Product.objects.all(), product_id)


def change(product_id: int, **values: Unpack[Values]) -> Product:
    """Give the fields sent new values; the same values again write nothing."""
    with refusing_taken_sku(values):
        product = one(Product.objects.select_for_update(no_key=True), product_id)
        product.change(values)
        return product


def remove(product_id: int) -> None:
    removed, _ = Product.objects.filter(pk=product_id).delete()
    if not removed:
        raise ProductNotFound(product_id)


def set_active(selection: ProductQuerySet, active: bool, *, confirmed: int | None = None) -> int:
    """Activate or deactivate them, all or none; says how many were not so already. If that is another number than the
    one that somebody confirmed, none."""
    with transaction.atomic():
        changed = selection.set_active(active)
        check_selection(confirmed, changed)
    return changed


def remove_many(selection: ProductQuerySet, *, confirmed: int | None = None) -> int:
    """Delete them, all or none; says how many. If that is another number than the one confirmed, none."""
    with transaction.atomic():
        removed = selection.remove()
        check_selection(confirmed, removed)
    log("products.deleted", count=removed)
    return removed


def check_selection(confirmed: int | None, found: int) -> None:
    if confirmed is not None and found != confirmed:
        raise SelectionChanged(confirmed, found)


def remove_all() -> int:
    """Delete every product; says how many. Writers wait until it is done, readers do not."""
    with transaction.atomic():
        # All rows at once, or row by row against the order in which an import locks them: a deadlock.
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
def refusing_taken_sku(values: Values) -> Iterator[None]:
    """A transaction, or a savepoint in one, in which the unique index on SKUs speaks as SkuTaken."""
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
