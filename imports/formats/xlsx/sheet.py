"""Read an Excel sheet as rows of text, as displayed. Pure and streaming."""

from array import array
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from catalog.prices import DecimalMark
from imports.formats.xlsx.number_formats import (
    CellFormat,
    built_in_cell_format,
    cell_format_of_code,
    displayed,
)
from imports.formats.xlsx.xml import Attributes, Parser, damaged, too_large
from lib.limits import (
    WORKBOOK_COLUMN_MAX_LETTERS,
    WORKBOOK_COLUMNS_MAX,
    WORKBOOK_FORMAT_MAX_CHARACTERS,
    WORKBOOK_FORMATS_MAX,
    WORKBOOK_PIECE_BYTES,
    WORKBOOK_PIECE_MAX_CHARACTERS,
    WORKBOOK_ROW_MAX_CHARACTERS,
    WORKBOOK_ROWS_MAX,
    WORKBOOK_TEXTS_MAX,
)

DIGITS = "0123456789"
# Of the number of a row, a string or a format; the longest has seven digits.
LONGEST_NUMBER = 10
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


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


class Styles(Parser):
    """The number format of each cell style."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        super().__init__(blocks)
        self.formats: dict[str, CellFormat] = {}
        self.cell_formats: list[CellFormat] = []
        self.is_of_cells = False
        self.read_to_end()

    def start(self, name: str, attributes: Attributes) -> None:
        self.depth += 1
        if name == "numFmt":
            self.add_format(attributes["numFmtId"], attributes["formatCode"])
        elif name == "cellXfs":
            self.is_of_cells = True
        elif name == "xf" and self.is_of_cells:
            self.add_cell_format(attributes.get("numFmtId", "0"))

    def add_format(self, number: str, code: str) -> None:
        if len(code) > WORKBOOK_FORMAT_MAX_CHARACTERS:
            raise damaged()
        self.formats[number] = cell_format_of_code(code)

    def add_cell_format(self, number: str) -> None:
        if len(self.cell_formats) == WORKBOOK_FORMATS_MAX:
            raise damaged()
        cell_format = self.formats.get(number)
        self.cell_formats.append(built_in_cell_format(whole(number)) if cell_format is None else cell_format)

    def end(self, name: str) -> None:
        self.depth -= 1
        if name == "cellXfs":
            self.is_of_cells = False


class Rows(Parser):
    """The rows of a sheet that are not empty, each as (number, cells).

    `consume` receives their number of characters before they are yielded, and raises beyond its limit."""

    def __init__(
        self,
        blocks: Iterable[bytes],
        strings: SharedStrings,
        cell_formats: list[CellFormat],
        *,
        since_1904: bool,
        decimal: DecimalMark,
        consume: Callable[[int], None],
    ) -> None:
        super().__init__(in_pieces(blocks))
        self.strings, self.cell_formats = strings, cell_formats
        self.since_1904, self.decimal = since_1904, decimal
        self.consume = consume
        self.row = 0
        self.cells: list[str] = []
        # Characters of the current row, and of the rows found.
        self.characters = self.characters_found = 0
        self.found: list[tuple[int, list[str]]] = []
        self.kind, self.style, self.column = "n", "", -1

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
        elif name == "c":
            self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "")
            place = attributes.get("r")
            self.column = column_of(place.rstrip(DIGITS)) if place else self.column + 1
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
            cell_format = self.cell_formats[whole(self.style)] if self.style and self.cell_formats else ""
            seen = displayed(text, cell_format, since_1904=self.since_1904)
            return seen.replace(".", ",") if self.decimal == "," else seen
        if kind == "b":
            return "true" if text.strip() == "1" else "false"
        # Inline text, a formula's text, an error such as #N/A, a date in ISO 8601.
        return text


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


def whole(text: str) -> int:
    """A non-negative integer. int() would accept a minus, which indexes from the end of a list."""
    if len(text) > LONGEST_NUMBER or not text.isdecimal():
        raise ValueError
    return int(text)
