"""An Excel sheet to rows of text, as a person sees them in it: pure, and streaming.

imports.workbooks finds the parts of a workbook and gives their blocks, imports.elements reads their XML;
imports.number_formats knows what a number looks like."""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from imports.elements import Attributes, Parser, damaged
from imports.number_formats import Look, look_of, shown
from imports.prices import DecimalMark

ROW_MAX_CHARACTERS = 16 * 1024**2
MAX_ROWS = 1024**2
# Whatever stands to the right of them counts as one cell more.
MAX_COLUMNS = 256

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class SharedStrings(Parser):
    """The texts of a workbook by their numbers, read as far as they are asked for."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        super().__init__(blocks)
        self.found: list[str] = []
        self.shown: list[str] = []

    def __getitem__(self, number: str) -> str:
        place = whole(number)
        while place >= len(self.found) and self.read_on():
            pass
        return self.found[place]

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "t":
            self.listen()
        elif name == "rPh":
            # How it is pronounced, which is not shown; its <t> is heard, and taken back at its end.
            self.shown = list(self.texts)

    def end(self, name: str) -> None:
        if name == "t":
            self.expat.CharacterDataHandler = None
        elif name == "rPh":
            self.texts[:] = self.shown
        elif name == "si":
            self.found.append(self.text())


class Styles(Parser):
    """How the cells of each style show a number."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        super().__init__(blocks)
        self.formats: dict[str, str] = {}
        self.looks: list[Look] = []
        self.is_of_cells = False
        self.read_to_end()

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "numFmt":
            self.formats[attributes["numFmtId"]] = attributes["formatCode"]
        elif name == "cellXfs":
            self.is_of_cells = True
        elif name == "xf" and self.is_of_cells:
            number = attributes.get("numFmtId", "0")
            self.looks.append(look_of(whole(number), self.formats.get(number)))

    def end(self, name: str) -> None:
        if name == "cellXfs":
            self.is_of_cells = False


class Rows(Parser):
    """The rows of a sheet that have anything in them, each as (its number, its cells)."""

    def __init__(
        self,
        blocks: Iterable[bytes],
        strings: SharedStrings,
        looks: list[Look],
        *,
        since_1904: bool,
        decimal: DecimalMark,
    ) -> None:
        super().__init__(blocks)
        self.strings, self.looks = strings, looks
        self.since_1904, self.decimal = since_1904, decimal
        self.row = 0
        self.cells: list[str] = []
        self.found: list[tuple[int, list[str]]] = []
        self.kind, self.style, self.column = "n", "", -1

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        is_more = True
        while is_more:
            is_more = self.read_on()
            self.characters()
            found, self.found = self.found, []
            yield from found

    def start(self, name: str, attributes: Attributes) -> None:
        if name == "v" or name == "t":
            self.listen()
        elif name == "c":
            self.kind, self.style = attributes.get("t", "n"), attributes.get("s", "")
            place = attributes.get("r")
            self.column = column_of(place.rstrip(DIGITS)) if place else self.column + 1
        elif name == "row":
            self.begin_row(whole(place) if (place := attributes.get("r")) else self.row + 1)

    def begin_row(self, row: int) -> None:
        if not self.row < row <= MAX_ROWS:
            raise damaged()
        self.row, self.column, self.cells = row, -1, []

    def end(self, name: str) -> None:
        if name == "v" or name == "t":
            self.expat.CharacterDataHandler = None
        elif name == "c":
            if self.texts:
                self.put(self.column, self.value(self.text()))
        elif name == "row" and self.characters():
            self.found.append((self.row, self.cells))

    def characters(self) -> int:
        """Of the row so far."""
        count = sum(map(len, self.cells))
        if count > ROW_MAX_CHARACTERS:
            raise damaged()
        return count

    def put(self, column: int, value: str) -> None:
        cells = self.cells
        if column == len(cells) <= MAX_COLUMNS:
            cells.append(value)
            return
        column = min(column, MAX_COLUMNS)
        cells += [""] * (column + 1 - len(cells))
        cells[column] = value

    def value(self, text: str) -> str:
        kind = self.kind
        if kind == "s":
            return self.strings[text]
        if kind == "n":
            look = self.looks[whole(self.style)] if self.style and self.looks else ""
            seen = shown(text, look, since_1904=self.since_1904)
            return seen.replace(".", ",") if self.decimal == "," else seen
        if kind == "b":
            return "true" if text.strip() == "1" else "false"
        # Text in place, what a formula makes, an error such as #N/A, a date in ISO 8601.
        return text


@lru_cache(maxsize=MAX_COLUMNS)
def column_of(letters: str) -> int:
    """AB is column 27, counted from 0."""
    if not letters:
        raise ValueError
    column = 0
    for letter in letters:
        column = 26 * column + LETTERS.index(letter) + 1
    return column - 1


def whole(text: str) -> int:
    """int() takes a minus, too, with which a list counts from its end."""
    if not text.isdecimal():
        raise ValueError(text)
    return int(text)
