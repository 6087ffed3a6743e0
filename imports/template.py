"""The template: a file to start from, in the formats of an export."""

from collections.abc import Iterator
from decimal import Decimal

from catalog.formats import FORMATS, csv_pieces
from catalog.workbook import Row

ROWS: list[Row] = [
    ("SKU001", "Product 1", "A description, with a comma", Decimal("29.99"), True),
    ("SKU002", "Product 2", "", Decimal(5), False),
]


def template(name: str) -> Iterator[bytes]:
    # Without a byte order mark, because scripts read it too, and it has no other letters than ASCII.
    return csv_pieces([ROWS], mark="") if name == "csv" else FORMATS[name].pieces([ROWS])
