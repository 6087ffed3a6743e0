"""The form in which rows are sent to COPY: CSV with the columns and the delimiter of the file, or of a file with very many
columns only those that are read."""

from imports.options import FIELDS
from imports.rows.row_parser import ParsedRow, RowParser
from lib.limits import STAGED_COLUMNS_MAX

PRICE_PLACE = FIELDS.index("price")
# Precedes an ambiguous price; see sql/stage.sql.
AMBIGUOUS_PREFIX = "?"


class CopyFormat:
    def __init__(self, row_parser: RowParser, delimiter: str, line_end: str = "\n") -> None:
        self.delimiter, self.line_end = delimiter, line_end
        # Whether lines of the file can be copied as they are.
        self.has_all_columns = row_parser.width <= STAGED_COLUMNS_MAX
        self.columns = columns(row_parser) if self.has_all_columns else read_columns(row_parser)
        # The position of each column in a parsed row; None for an unrecognized column.
        self.places = [FIELDS.index(column) if column in FIELDS else None for column in self.columns]
        # Staged for a line without a valid row.
        self.nothing = delimiter * (len(self.columns) - 1) + line_end

    def line(self, row: ParsedRow) -> str:
        """The row as a line: null is an empty cell, and text is quoted."""
        *values, ambiguous_price = row
        if ambiguous_price is not None:
            values[PRICE_PLACE] = AMBIGUOUS_PREFIX + ambiguous_price
        cells = ("" if place is None else quoted(values[place]) for place in self.places)
        return self.delimiter.join(cells) + self.line_end


def columns(row_parser: RowParser) -> list[str]:
    """The staging table's columns, in the order of the file. Unrecognized columns are staged too: removing them from the
    lines would cost more."""
    names = dict(zip(row_parser.positions, FIELDS, strict=True))
    return [names.get(place, f"other_{place}") for place in range(len(row_parser.header))]


def read_columns(row_parser: RowParser) -> list[str]:
    return [name for place, name in zip(row_parser.positions, FIELDS, strict=True) if place != -1]


def quoted(value: str | bool | None) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return "" if value is None else str(value)
