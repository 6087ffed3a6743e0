"""Read an Excel sheet as rows of text, as displayed. Pure and streaming."""

import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from catalog.prices import DecimalMark
from imports.formats.xlsx.number_formats import CellFormat, displayed, number, shown_by
from imports.formats.xlsx.xml import Attributes, Parser, damaged, too_large, whole
from imports.options import FIELDS
from imports.rows.spreadsheet_errors import Mark, marked
from lib.limits import (
    WORKBOOK_COLUMN_MAX_LETTERS,
    WORKBOOK_COLUMNS_MAX,
    WORKBOOK_PIECE_BYTES,
    WORKBOOK_PIECE_MAX_CHARACTERS,
    WORKBOOK_ROW_MAX_CHARACTERS,
    WORKBOOK_ROWS_MAX,
    WORKBOOK_TEXTS_MAX,
)

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIMENSION_ROW = re.compile("[1-9][0-9]{0,6}").fullmatch


class SharedStrings(Parser):
    """The shared strings of a workbook by number, read as far as requested.

    They are kept as concatenated UTF-8: Python strings would take up to ten times the memory."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        super().__init__(blocks)
        self.found = bytearray()
        # The start of each string, and of the next one.
        self.places = array("Q", [0])
        # Phonetic text is not displayed.
        self.is_pronounced = False

    def __getitem__(self, number: str) -> str:
        place = whole(number)
        places = self.places
        while place >= len(places) - 1 and self.read_on():
            pass
        return self.found[places[place] : places[place + 1]].decode("utf-8", "surrogatepass")

    def check_size(self) -> None:
        super().check_size()
        if len(self.places) > WORKBOOK_TEXTS_MAX:
            raise too_large()

    def start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        if name == "t":
            if not self.is_pronounced:
                self.listen()
        elif name == "rPh":
            self.is_pronounced = True

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == "t":
            self.expat.CharacterDataHandler = None
        elif name == "rPh":
            self.is_pronounced = False
        elif name == "si":
            # An escaped character may be half of a surrogate pair.
            self.found += self.text().encode("utf-8", "surrogatepass")
            self.places.append(len(self.found))


class Rows(Parser):
    """The rows of a sheet that are not empty, each as (number, cells).

    `consume` receives their number of characters before they are yielded, and raises beyond its limit. In the columns at
    `positions`, those of the fields, a cell that cannot be read for sure is a mark of imports.rows.spreadsheet_errors."""

    def __init__(
        self,
        blocks: Iterable[bytes],
        strings: SharedStrings,
        cell_formats: list[CellFormat | None],
        *,
        positions: Sequence[int],
        since_1904: bool,
        decimal: DecimalMark,
        consume: Callable[[int], None],
    ) -> None:
        super().__init__(in_pieces(blocks))
        self.strings, self.cell_formats = strings, cell_formats
        self.fields = dict(zip(positions, FIELDS, strict=False))
        self.since_1904, self.decimal = since_1904, decimal
        self.consume = consume
        self.row = 0
        # The last row as the sheet's description tells it.
        self.last_row: int | None = None
        self.cells: list[str] = []
        # Characters of the current row, and of the rows found.
        self.characters = self.characters_found = 0
        self.found: list[tuple[int, list[str]]] = []
        self.kind, self.style, self.column = "n", "", -1
        # Whether the cell is a formula, and no result of it was found.
        self.is_unresolved = False

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        is_more = True
        while is_more:
            is_more = self.read_on()
            self.consume(self.characters_found)
            found, self.found, self.characters_found = self.found, [], 0
            yield from found

    def start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        if name == "v" or name == "t":
            self.expat.CharacterDataHandler = self.collect
            # A result may be a text without a character. In place of any other, nothing was stored.
            self.is_unresolved = self.is_unresolved and self.kind != "str"
        elif name == "c":
            self.kind, self.style, self.is_unresolved = (
                attributes.get("t", "n"),
                attributes.get("s", ""),
                False,
            )
            place = attributes.get("r")
            self.column = column_of(place.rstrip(DIGITS)) if place else self.column + 1
        elif name == "dimension":
            last = attributes.get("ref", "").rpartition(":")[2].lstrip(LETTERS)
            self.last_row = int(last) if DIMENSION_ROW(last) else None
        elif name == "f":
            self.is_unresolved = True
        elif name == "row":
            self.begin_row(whole(place) if (place := attributes.get("r")) else self.row + 1)

    def begin_row(self, row: int) -> None:
        if not self.row < row <= WORKBOOK_ROWS_MAX:
            raise damaged()
        self.row, self.column, self.cells, self.characters = row, -1, [], 0

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == "v" or name == "t":
            self.expat.CharacterDataHandler = None
        elif name == "c":
            if self.texts:
                self.put(self.column, self.value(self.text()))
            elif self.is_unresolved and self.column in self.fields:
                self.put(self.column, self.marked("#NO_RESULT!"))
        elif name == "row" and self.characters:
            self.found.append((self.row, self.cells))
            self.characters_found += self.characters
            if self.characters_found > WORKBOOK_PIECE_MAX_CHARACTERS:
                raise too_large()

    def put(self, column: int, value: str) -> None:
        cells = self.cells
        self.characters += len(value)
        if self.characters > WORKBOOK_ROW_MAX_CHARACTERS:
            raise damaged()
        if column == len(cells) <= WORKBOOK_COLUMNS_MAX:
            cells.append(value)
            return
        column = min(column, WORKBOOK_COLUMNS_MAX)
        cells += [""] * (column + 1 - len(cells))
        cells[column] = value

    def value(self, text: str) -> str:
        kind = self.kind
        if kind == "s":
            return self.strings[text]
        if kind == "n":
            cell_format = self.cell_formats[whole(self.style)] if self.style and self.cell_formats else None
            if cell_format and (text_of_field := self.formatted_field(text, cell_format)):
                return text_of_field
            seen = displayed(text, cell_format, since_1904=self.since_1904) if cell_format else number(text)
            return seen.replace(".", ",") if self.decimal == "," else seen
        if kind == "d" and self.fields.get(self.column) == "sku":
            return self.marked("#DATE!")
        if kind == "b":
            return "true" if text.strip() == "1" else "false"
        # Inline text, a formula's text, an error such as #N/A, a date in ISO 8601.
        return text

    def formatted_field(self, text: str, cell_format: CellFormat) -> str:
        """What the format makes of the number, if its field is read so: the SKU as shown, or a mark."""
        field = self.fields.get(self.column)
        if field == "sku":
            if cell_format.is_date:
                return self.marked("#DATE!")
            return shown_by(cell_format.code, text) or self.marked("#FORMAT!")
        return self.marked("#FORMAT!") if field == "price" and cell_format.is_percent else ""

    def marked(self, mark: Mark) -> str:
        return marked(mark, f"{letters_of(self.column)}{self.row}")


def in_pieces(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Split blocks into short pieces, because the rows of a piece are kept in memory."""
    for block in blocks:
        for start in range(0, len(block), WORKBOOK_PIECE_BYTES):
            yield block[start : start + WORKBOOK_PIECE_BYTES]


@lru_cache(maxsize=WORKBOOK_COLUMNS_MAX)
def column_of(letters: str) -> int:
    """The column number of the letters, from 0: AB is 27."""
    if not 0 < len(letters) <= WORKBOOK_COLUMN_MAX_LETTERS:
        raise ValueError
    column = 0
    for letter in letters:
        column = 26 * column + LETTERS.index(letter) + 1
    return column - 1


def letters_of(column: int) -> str:
    """The inverse of column_of()."""
    letters = ""
    while column >= 0:
        letters = LETTERS[column % 26] + letters
        column = column // 26 - 1
    return letters
