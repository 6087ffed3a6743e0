"""Check valid corrected rows against the catalog: whether their products exist, and whether new ones have a name.

An import finds the same later, and what only all its rows show. Here a person can still do something about it."""

from collections.abc import Iterator, Mapping, Sequence

from django.db import connection

from imports import queries
from imports.errors import RowError
from imports.options import Options
from imports.rows.row_parser import ParsedRow, RowParser


def errors_by_line(
    rows: Mapping[int, Sequence[str]], parser: RowParser, options: Options
) -> dict[int, list[RowError]]:
    """The errors of the rows, of which the cells are given by line, that are wrong for the products as they are now."""
    parsed = {line: parser.parse(list(cells)) for line, cells in rows.items()}
    known, named = known_lines(parsed), set[str]()
    found = dict[int, list[RowError]]()
    for line, (sku, name, *_) in parsed.items():
        if name is not None:
            named.add(sku.lower())
        errors = list(errors_of(sku, options, is_known=line in known, is_named=sku.lower() in named))
        if errors:
            found[line] = errors
    return found


def known_lines(parsed: Mapping[int, ParsedRow]) -> set[int]:
    """The lines whose SKU a product has."""
    lines, skus = list(parsed), [sku for sku, *_ in parsed.values()]
    with connection.cursor() as cursor:
        cursor.execute(queries.text("known_skus"), {"skus": skus})
        return {lines[place - 1] for (place,) in cursor.fetchall()}


def errors_of(sku: str, options: Options, *, is_known: bool, is_named: bool) -> Iterator[RowError]:
    """`is_named` tells whether this row, or one before it with the same SKU, has a name."""
    if is_known and options.mode == "create_only":
        yield RowError("product.exists", "A product with this SKU already exists.", "sku", sku)
    elif not is_known and options.mode == "update_only":
        yield RowError("product.not_found", "No product has this SKU.", "sku", sku)
    elif not is_known and not is_named:
        yield RowError("name.required", "New products need a name.", "name")
