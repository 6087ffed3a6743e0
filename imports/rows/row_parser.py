"""Parse a record into the values of a product, or into the row's errors. Pure functions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter

from catalog.prices import PLAIN, DecimalMark
from imports.errors import RowError
from imports.rows.cells import CLEAR, PLAIN_SKU, SPECIAL, Blank, CellParsers, cell_parsers, unreadable
from imports.rows.html_text import Html
from imports.rows.yes_no_words import AS_WRITTEN
from lib.limits import DESCRIPTION_MAX_LENGTH, NAME_MAX_LENGTH, SKU_MAX_LENGTH

# In the order of the product's fields; None keeps the product's value. The price is text that PostgreSQL reads as
# numeric. An ambiguous price is None there and stands last, as written: see imports.pipeline.ambiguous_prices.
ParsedRow = tuple[str, str | None, str | None, str | None, bool | None, str | None]

CLEAR_LENGTH = len(CLEAR)
# A row that ends early must have these cells; see fewest_cells().
NEVER_LEFT_OUT = ("sku", "name", "price")
meaning_of = AS_WRITTEN.get


@dataclass
class RowParser:
    """The positions of the fields in a row, and how their cells are parsed."""

    header: tuple[str, ...]
    # The position of each field. A field without a column is at -1 and reads as a blank cell.
    positions: tuple[int, ...]
    blank: Blank = "keep"
    decimal: DecimalMark = "auto"
    html: Html = "keep"

    # The decimal marks that prices of accepted rows show unambiguously.
    decimal_marks: set[str] = field(default_factory=set, repr=False, compare=False)
    # Picks the cells at the positions; the form that is fastest to call.
    pick: Callable[[list[str]], tuple[str, ...]] = field(init=False, repr=False, compare=False)
    cell_parsers: CellParsers = field(init=False, repr=False, compare=False)
    width: int = field(init=False, repr=False, compare=False)
    keeps_html: bool = field(init=False, repr=False, compare=False)
    fewest: int = field(init=False, repr=False, compare=False)
    # Whether a row had more cells than the header, all blank.
    has_blank_ends: bool = field(default=False, init=False, repr=False, compare=False)
    # Whether a price can be used as written, except for a decimal comma; see set_known_marks().
    matches_plain_price: Callable[[str], object] = field(init=False, repr=False, compare=False)
    has_commas: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        pick = itemgetter(*self.positions)
        self.pick = pick if -1 not in self.positions else lambda cells: pick([*cells, ""])
        self.cell_parsers = cell_parsers(self.positions, self.blank, self.decimal, self.html)
        self.width, self.keeps_html = len(self.header), self.html == "keep"
        self.fewest = fewest_cells(self.positions, self.blank)
        self.set_known_marks("" if self.decimal == "auto" else self.decimal)

    def parse(self, cells: list[str]) -> ParsedRow:
        """The row's values. Raises RowError for the first error; errors() finds all of them.

        Written out for speed: nearly every row is valid as it stands, and this one condition accepts it. Every other
        row goes through the cell parsers, which accept the same and more."""
        if len(cells) != self.width:
            cells = self.fitted(cells)
        pick, matches_plain_price = self.pick, self.matches_plain_price
        sku, name, description, price, word = pick(cells)
        sku, name, is_active = sku.strip(), name.strip(), meaning_of(word)
        if (
            is_active is not None
            # Scientific notation starts with a digit, other special cells with # or ' or a blank, [clear] has seven
            # characters, and a list of SKUs has a separator.
            and (
                (sku > ":" and "," not in sku and ";" not in sku and "|" not in sku)
                or sku.isalnum()
                or PLAIN_SKU(sku)
            )
            and name > "("
            and description
            and description[0] not in SPECIAL
            and CLEAR_LENGTH != len(sku) <= SKU_MAX_LENGTH
            and CLEAR_LENGTH != len(name) <= NAME_MAX_LENGTH
            and len(description) <= DESCRIPTION_MAX_LENGTH
            and sku.isascii()
            and sku.isprintable()
            and name.isprintable()
            and matches_plain_price(price)
            and (self.keeps_html or ("<" not in description and "&" not in description))
        ):
            return (
                sku,
                name,
                description,
                price.replace(",", ".") if self.has_commas else price,
                is_active,
                None,
            )
        return self.parse_each(sku, name, description, price, word)

    def fitted(self, cells: list[str]) -> list[str]:
        """The cells as many as the header has. Raises RowError if more than blank cells are missing, or extra.

        Programs leave out the delimiters of blank cells at the end of a row. A row that ends early may also be a line of
        an unquoted text or a footer, so it must have enough cells and must not read like text."""
        if len(cells) == self.width:
            return cells
        if len(cells) > self.width:
            if not is_blank(cells[self.width :]):
                raise wrong_width(len(cells), self.width)
            self.has_blank_ends = True
            return cells[: self.width]
        if len(cells) < self.fewest or reads_like_text(cells, self.positions[0]):
            raise wrong_width(len(cells), self.width)
        return cells + [""] * (self.width - len(cells))

    def parse_each(self, sku: str, name: str, description: str, price: str, word: str) -> ParsedRow:
        clean = self.cell_parsers
        texts = clean.sku(sku), clean.name(name), clean.description(description)
        value, ambiguous_price, mark = clean.price(price)
        row = (*texts, value, clean.is_active(word), ambiguous_price)
        # Not earlier: a rejected row must not decide how other prices are read.
        if mark and self.decimal == "auto" and mark not in self.decimal_marks:
            self.decimal_marks.add(mark)
            self.set_known_marks("".join(sorted(self.decimal_marks)))
        return row

    def set_known_marks(self, decimal_marks: str) -> None:
        """Prices with one of these decimal marks need not be looked at for their mark any more."""
        self.matches_plain_price, self.has_commas = PLAIN[decimal_marks], "," in decimal_marks

    def check_readable(self, cells: Sequence[str]) -> None:
        """Raise RowError for a cell that cannot be stored. Only needed for a file that has such bytes."""
        for cell, column in zip(cells, self.header, strict=False):
            if error := unreadable(cell, column):
                raise error

    def errors(self, cells: list[str]) -> list[RowError]:
        """All errors of a row that fitted() accepts."""
        cells = self.fitted(cells)
        found = [
            error for cell, name in zip(cells, self.header, strict=False) if (error := unreadable(cell, name))
        ]
        for place, column, clean in zip(self.positions, CellParsers._fields, self.cell_parsers, strict=True):
            cell = "" if place == -1 else cells[place]
            if unreadable(cell, column):
                continue
            try:
                clean(cell)
            except RowError as error:
                # The raised error refers to this list through its traceback: a cycle that would keep blocks of the
                # file in memory.
                found.append(replace(error))
        return found


def fewest_cells(positions: Sequence[int], blank: Blank) -> int:
    """How many cells a row needs at least: two, and those of SKU, name and price.

    Where blank cells clear values, those of every field: whether a cell that is missing was to clear one is unknown."""
    places = dict(zip(CellParsers._fields, positions, strict=True))
    needed = NEVER_LEFT_OUT if blank == "keep" else CellParsers._fields
    return max(2, *(places[name] + 1 for name in needed))


def reads_like_text(cells: Sequence[str], sku: int) -> bool:
    """Whether there are spaces where text has them: after a delimiter, or inside the SKU ("Total of articles")."""
    is_indented = any(cell[:1].isspace() and not cell.isspace() for cell in cells[1:])
    return is_indented or len(cells[sku].split()) > 1


def is_blank(cells: Sequence[str]) -> bool:
    """Whether the cells hold only whitespace, no-break spaces included."""
    return not "".join(cells).strip()


def wrong_width(cells: int, columns: int) -> RowError:
    if cells < columns:
        message = f"The row has {cells} cells; the header has {columns}. Add delimiters for blank cells."
        return RowError("row.too_few_cells", message)
    return RowError(
        "row.too_many_cells",
        f"The row has {cells} cells; the header has {columns}. Quote cells that contain the delimiter.",
    )
