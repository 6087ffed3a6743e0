"""A record to a clean row, or to the reasons why not: pure functions.

imports.engine gives it what imports.reader read. A clean row is what staging takes: None stands for a blank
cell and for a column the file does not have, and leaves the product's value alone."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from operator import itemgetter

from catalog.fields import FieldFault, read_description, read_name, read_price, read_sku
from catalog.models import DESCRIPTION_MAX_LENGTH, NAME_MAX_LENGTH, SKU_MAX_LENGTH
from imports.faults import Fault, FileFault, readable

# In the order of the product's fields. The price is text that PostgreSQL reads as numeric.
CleanRow = tuple[str, str | None, str | None, str | None, bool | None]

HEADER_MAX_COLUMNS = 200
PLAIN_PRICE = re.compile(r"[0-9]{1,10}(?:\.[0-9]{1,2})?").fullmatch
YES = ("true", "t", "yes", "y", "1", "on", "active")
NO = ("false", "f", "no", "n", "0", "off", "inactive")
WORDS = dict.fromkeys((*YES, *map(str.upper, YES)), True) | dict.fromkeys((*NO, *map(str.upper, NO)), False)


@dataclass(frozen=True)
class Layout:
    """Which cell of a row holds which field, as the header says."""

    header: tuple[str, ...]
    # Where each field stands. One the file lacks is at -1: the blank cell that clean() puts behind every row.
    positions: tuple[int, ...]

    # The cells at those places: what the positions say, in the form that is fastest to use.
    pick: Callable[[list[str]], tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pick", itemgetter(*self.positions))

    @property
    def unknown(self) -> list[str]:
        """The columns that are none of ours. Those that begin with _ are notes, such as errors.csv adds."""
        return [
            name.strip()
            for place, name in enumerate(self.header)
            if place not in self.positions and name.strip() and not name.strip().startswith("_")
        ]

    def clean(self, cells: list[str]) -> CleanRow:
        """The row's values. Raises Fault for the first thing wrong; Layout.faults() finds them all.

        Written out for speed: nearly every row is in order as it stands, and is told by this one condition. All
        others go by the cleaners below, which say the same and more."""
        if len(cells) != len(self.header):
            raise wrong_width(len(cells), len(self.header))
        cells.append("")
        sku, name, description, price, word = self.pick(cells)
        sku, name, is_active = sku.strip(), name.strip(), WORDS.get(word)
        if (
            is_active is not None
            and sku
            and name
            and description
            and len(sku) <= SKU_MAX_LENGTH
            and len(name) <= NAME_MAX_LENGTH
            and len(description) <= DESCRIPTION_MAX_LENGTH
            and sku.isascii()
            and sku.isprintable()
            and name.isprintable()
            and not description.isspace()
            and PLAIN_PRICE(price)
        ):
            return sku, name, description, price, is_active
        return (
            clean_sku(sku),
            clean_name(name),
            clean_description(description),
            clean_price(price),
            clean_is_active(word),
        )

    def check_readable(self, cells: Sequence[str]) -> None:
        """Raises Fault for a cell that cannot be stored; worth asking only of a file that has such bytes."""
        for cell, column in zip(cells, self.header, strict=False):
            if fault := unreadable(cell, column):
                raise fault

    def faults(self, cells: Sequence[str]) -> list[Fault]:
        """Everything wrong with a row that has the header's width."""
        found = [
            fault for cell, name in zip(cells, self.header, strict=False) if (fault := unreadable(cell, name))
        ]
        for place, (column, clean) in zip(self.positions, CLEANERS.items(), strict=True):
            cell = "" if place == -1 else cells[place]
            if unreadable(cell, column):
                continue
            try:
                clean(cell)
            except Fault as fault:
                found.append(fault)
        return found


def read_header(cells: Sequence[str]) -> Layout:
    """Columns are matched by name in any order; case, spaces, - and _ make no difference."""
    if len(cells) > HEADER_MAX_COLUMNS:
        raise FileFault(
            "header.too_long", f"The header has {len(cells)} columns; {HEADER_MAX_COLUMNS} are allowed.", 1
        )
    if any(unreadable(cell, "") for cell in cells):
        raise FileFault("file.encoding", "The header is not UTF-8 text. Save the file as CSV UTF-8.", 1)
    names = [fold(cell) for cell in cells]
    for place, name in enumerate(names):
        if name and name in names[:place]:
            raise FileFault("header.duplicate", f"Two columns of the header are named {readable(name)!r}.", 1)
    if "sku" not in names:
        shown = readable(", ".join(cell.strip() for cell in cells))
        raise FileFault(
            "header.sku_missing", f"No column of the header is named sku. The header reads: {shown}", 1
        )
    positions = tuple(names.index(field) if field in names else -1 for field in CLEANERS)
    return Layout(tuple(cells), positions)


def fold(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def wrong_width(cells: int, columns: int) -> Fault:
    if cells < columns:
        return Fault("row.too_few_cells", f"The row has {cells} cells, the header has {columns}.")
    return Fault(
        "row.too_many_cells",
        f"The row has {cells} cells, the header has {columns}. A cell with a comma in it needs quotes.",
    )


def unreadable(cell: str, column: str) -> Fault | None:
    """What PostgreSQL could not store: NUL, and bytes that were not UTF-8 (lone surrogates by now)."""
    if "\0" in cell:
        return Fault("cell.nul", "The cell has a NUL byte.", column, readable(cell))
    try:
        cell.encode()
    except UnicodeEncodeError:
        return Fault("cell.encoding", "The cell has bytes that are not UTF-8.", column, readable(cell))
    return None


def exactly(read: Callable[[object], str | Decimal], column: str, cell: str) -> str:
    """The value by the rules of the catalog, in their words."""
    try:
        return str(read(cell))
    except FieldFault as fault:
        raise Fault(fault.code, fault.message, column, readable(cell)) from None


def clean_sku(cell: str) -> str:
    return exactly(read_sku, "sku", cell)


def clean_name(cell: str) -> str | None:
    return None if is_blank(cell) else exactly(read_name, "name", cell)


def clean_description(cell: str) -> str | None:
    return None if is_blank(cell) else exactly(read_description, "description", cell)


def clean_price(cell: str) -> str | None:
    if PLAIN_PRICE(cell):
        return cell
    return None if is_blank(cell) else exactly(read_price, "price", cell)


@lru_cache(maxsize=2**8)
def clean_is_active(cell: str) -> bool | None:
    word = cell.strip().casefold()
    if is_blank(word):
        return None
    if word not in WORDS:
        message = f"{readable(word)!r} is neither yes nor no. Write true or false."
        raise Fault("is_active.invalid", message, "is_active", readable(cell))
    return WORDS[word]


def is_blank(cell: str) -> bool:
    return not cell or cell.isspace()


CLEANERS: dict[str, Callable[[str], str | bool | None]] = {
    "sku": clean_sku,
    "name": clean_name,
    "description": clean_description,
    "price": clean_price,
    "is_active": clean_is_active,
}
