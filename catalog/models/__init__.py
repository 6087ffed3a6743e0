"""The tables of the catalog: products, the ledger of their number, and bulk changes with their journal."""

from catalog.models.bulk_changes import (
    FINAL,
    UNDO,
    UNFINISHED,
    Action,
    BulkChange,
    BulkChangeTakenOver,
    BulkChunk,
    BulkStatus,
)
from catalog.models.products import (
    SKU_UNIQUE,
    WHITESPACE,
    Product,
    ProductCount,
    ProductQuerySet,
    sku_key,
)

__all__ = [
    "FINAL",
    "SKU_UNIQUE",
    "UNDO",
    "UNFINISHED",
    "WHITESPACE",
    "Action",
    "BulkChange",
    "BulkChangeTakenOver",
    "BulkChunk",
    "BulkStatus",
    "Product",
    "ProductCount",
    "ProductQuerySet",
    "sku_key",
]
