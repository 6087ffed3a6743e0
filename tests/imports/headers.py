"""Files with a header, opened as the worker opens them: with columns that were matched by their names."""

import io
from collections.abc import Mapping, Sequence

from catalog.prices import DecimalMark
from imports.formats.xlsx.sheet_choice import detect_workbook
from imports.formats.xlsx.workbook import SheetReader, Workbook
from imports.matching.matching import match_columns
from imports.options import FIELDS, Options
from imports.rows.cells import Blank
from imports.rows.html_text import Html
from imports.rows.row_parser import RowParser


def read_header(
    cells: Sequence[str],
    mapping: Mapping[str, str] | None = None,
    *,
    blank: Blank = "keep",
    decimal: DecimalMark = "auto",
    html: Html = "keep",
) -> RowParser:
    """The parser for the rows of a file with this header."""
    positions = match_columns(cells, (), mapping).positions
    return RowParser(tuple(cells), positions, blank, decimal, html)


def open_sheet(content: bytes, mapping: Mapping[str, str] | None = None, **options: object) -> SheetReader:
    """The sheet of a workbook that an import would read."""
    info = detect_workbook(open_workbook(content), Options(mapping=dict(mapping or {}), **options))
    places = {column.field: column.number - 1 for column in info.columns}
    positions = [places.get(field, -1) for field in FIELDS]
    sheets = [(sheet.name, sheet.header_line) for sheet in info.other_sheets]
    return SheetReader(open_workbook(content), [(info.sheet, info.header_line), *sheets], positions)


def open_workbook(content: bytes) -> Workbook:
    return Workbook(io.BytesIO(content), len(content), "auto")
