"""Find the header among the first records of a file, which may begin with titles, notes and labels. Pure functions."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from imports.errors import FileError
from imports.matching.column_values import is_flag, is_price
from imports.matching.header_names import Name, name_of
from imports.matching.header_words import CERTAIN, LIKELY

# A header further down is not looked for.
RECORDS_LOOKED_AT = 50
SAMPLE_ROWS = 100
# How well a row fits that ends early.
SHORT_ROW = 0.75
# Of very wide rows, fewer.
SAMPLE_CELLS = 20_000

Records = Sequence[tuple[int, list[str]]]


class Table(NamedTuple):
    """A header, the line it is in, and the first rows after it."""

    line: int
    header: list[str]
    rows: list[list[str]]
    # How many of its names are those of a column, and whether one of them is certainly the SKU.
    known: int
    has_sku: bool

    @property
    def consistency(self) -> float:
        """How well the rows fit the header, from 0 to 1; blank cells that are missing at the end make little difference."""
        width = len(self.header)
        return sum(fit(row, width) for row in self.rows) / len(self.rows) if self.rows else 1.0


def fit(row: Sequence[str], width: int) -> float:
    if len(row) < min(width, 2) or any(map(str.strip, row[width:])):
        return 0.0
    return 1.0 if len(row) >= width else SHORT_ROW


def find_table(records: Records, line: int | Literal["auto"] = "auto") -> Table:
    """The table that begins at `line`; "auto" is the record that is most like a header. There is at least one record."""
    if line == "auto":
        return table_at(records, header_place(records[:RECORDS_LOOKED_AT]))
    place = next((place for place, record in enumerate(records) if record[0] == line), None)
    if place is None:
        raise FileError("header.row_missing", f"No row begins in line {line}, which header_row names.", line)
    return table_at(records, place)


def table_at(records: Records, place: int) -> Table:
    line, cells = records[place]
    names = [name_of(cell) for cell in cells if cell.strip()]
    most = max(1, min(SAMPLE_ROWS, SAMPLE_CELLS // max(len(cells), 1)))
    rows = [row for _, row in records[place + 1 : place + 1 + most] if any(map(str.strip, row))]
    return Table(line, cells, rows, sum(map(is_told, names)), has_sku(names))


def header_place(records: Records) -> int:
    """The first record with the name of a SKU, unless its successor is a header too: then it has labels above the names
    that programs read. Without such a name, the record with the most known names, or the first that is as wide as the
    others."""
    scores = [score(cells) for _, cells in records]
    certain = [place for place, (is_header, _) in enumerate(scores) if is_header]
    if certain:
        place = certain[0]
        while place + 1 in certain:
            place += 1
        return place
    best = max(range(len(records)), key=lambda place: (scores[place][1], -place))
    if scores[best][1] > 1:
        return best
    return next((place for place, (_, cells) in enumerate(records) if is_wide(cells, records)), 0)


def score(cells: Sequence[str]) -> tuple[bool, int]:
    """Whether it is a header with a SKU for certain, and how many of its names are known."""
    filled = [cell for cell in cells if cell.strip()]
    if any(is_price(cell) or is_flag(cell) for cell in filled):
        return False, 0
    names = [name_of(cell) for cell in filled]
    count = known(names)
    return has_sku(names) and (count > 1 or len(filled) == 1) and 3 * count >= len(filled), count


def known(names: Sequence[Name]) -> int:
    return sum(bool(name.subject) or any(sure >= CERTAIN for sure in name.fields.values()) for name in names)


def is_told(name: Name) -> bool:
    """Whether it is in the lists of names, also as a likely one. A word of them occurs in any text."""
    return name.subject not in ("", "other") or any(sure >= LIKELY for sure in name.fields.values())


def has_sku(names: Sequence[Name]) -> bool:
    return any(name.fields.get("sku", 0) >= CERTAIN for name in names)


def is_wide(cells: Sequence[str], records: Records) -> bool:
    """Whether the record has names for most of the columns: a title has one cell, and rows have numbers."""
    widths = sorted(sum(bool(cell.strip()) for cell in other) for _, other in records)
    filled = [cell for cell in cells if cell.strip()]
    return len(filled) >= 0.6 * widths[len(widths) // 2] and not any(map(is_price, filled))
