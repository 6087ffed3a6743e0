"""Check corrected rows by the rules that an import has for rows. Pure functions."""

from collections.abc import Sequence

from imports.corrections.skipped_rows import SkippedRow
from imports.errors import RowError, truncate
from imports.options import FIELDS
from imports.rows.row_parser import RowParser

# The cells may stand in the wrong columns, and only a person can tell.
OF_SHAPE = ("row.too_few_cells", "row.too_many_cells")
# The price is that of another row plus a surcharge.
OF_SURCHARGE = "row.not_computable"
# The text that is kept stands for another one, which cannot be stored.
OF_STORED_TEXT = ("cell.nul", "cell.encoding")


def errors_of(row: SkippedRow, cells: Sequence[str], parser: RowParser) -> list[RowError]:
    """What is wrong with the row when its cells are these, as many as the header has."""
    if list(cells) == list(row.cells) and (misplaced := [one for one in row.errors if one.code in OF_SHAPE]):
        return misplaced
    lasting = [error for error in row.errors if lasts(error, row, cells, parser)]
    places = {place_of(error, parser) for error in lasting}
    found = [*parser.errors(list(cells)), *ambiguous_price(cells, parser)]
    return [*lasting, *(error for error in found if place_of(error, parser) not in places)]


def errors_at_first(row: SkippedRow, parser: RowParser) -> list[RowError]:
    """What is wrong with the row before anything is changed: by its own cells, and as the import found by others."""
    found = errors_of(row, row.cells, parser)
    places = {place_of(error, parser) for error in found}
    return [*found, *(error for error in row.errors if place_of(error, parser) not in places)]


def lasts(error: RowError, row: SkippedRow, cells: Sequence[str], parser: RowParser) -> bool:
    """Whether the error of the import is still there, although the rules for single cells do not find it."""
    if error.code == OF_SURCHARGE:
        place = parser.positions[FIELDS.index("price")]
    elif error.code in OF_STORED_TEXT:
        place = place_of(error, parser)
    else:
        return False
    return place >= 0 and place in parser.positions and cells[place] == row.cells[place]


def ambiguous_price(cells: Sequence[str], parser: RowParser) -> list[RowError]:
    """An error for a price such as 1,234: only a file with more prices could show what is meant."""
    place = parser.positions[FIELDS.index("price")]
    if place < 0:
        return []
    cell = cells[place]
    try:
        _, ambiguous, _ = parser.cell_parsers.price(cell)
    except RowError:
        return []
    if ambiguous is None:
        return []
    message = f"{truncate(cell)!r} can be read in two ways."
    return [RowError("price.ambiguous", message, "price", truncate(cell))]


def place_of(error: RowError, parser: RowParser) -> int:
    """The position of the cell that the error is about; -1 for the whole row, and for a field without a column."""
    if error.column in FIELDS:
        return parser.positions[FIELDS.index(error.column)]
    names = [truncate(name) for name in parser.header]
    return names.index(error.column) if error.column in names else -1
