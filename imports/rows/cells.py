"""Parse one cell into a value, or raise why it is invalid. Pure functions.

None stands for a cell that keeps the product's current value."""

import re
from collections.abc import Callable
from typing import Literal, NamedTuple, TypeVar

from catalog import prices
from catalog.formulas import listed_skus, unguarded
from catalog.prices import DecimalMark, Price
from catalog.validation import FieldError, read_description, read_name, read_sku
from imports.errors import RowError, truncate
from imports.rows import yes_no_words
from imports.rows.html_text import Html, stripped
from imports.rows.spreadsheet_errors import check_error_value
from lib.limits import DESCRIPTION_MAX_LENGTH, NAME_MAX_LENGTH

Blank = Literal["keep", "clear"]
Value = TypeVar("Value")

# Clears the value where blank cells keep it.
CLEAR = "[clear]"
# Scientific notation as Excel (1.23E+12, 1E+12) and other programs (1.23e-05) write it.
SCIENTIFIC = re.compile("[0-9](?:[.,][0-9]+[Ee][+-]|[Ee][+])[0-9]{2,3}").fullmatch

# A cell with a special meaning starts with one of these or is blank ("" is in any text); nearly no cell does.
SIGNALS = "#['"
SPECIAL = frozenset(filter(lambda char: char.isspace() or char in SIGNALS, map(chr, range(0x3001))))
PLAIN_SKU = re.compile("[A-Za-z0-9_/-]{1,64}").fullmatch
# Between the SKUs of a list, and each of them.


class CellParsers(NamedTuple):
    """One parser for each field of a product, in the order of imports.options.FIELDS."""

    sku: Callable[[str], str]
    name: Callable[[str], str | None]
    description: Callable[[str], str | None]
    price: Callable[[str], Price]
    is_active: Callable[[str], bool | None]


def cell_parsers(
    positions: tuple[int, ...], blank: Blank, decimal: DecimalMark, html: Html = "keep"
) -> CellParsers:
    """The parsers for these options. A field at -1 has no column in the file, so it always keeps its value."""
    _, _, description, price, is_active = ("keep" if place == -1 else blank for place in positions)
    return CellParsers(
        lambda cell: parse_sku(cell, blank),
        lambda cell: parse_name(cell, blank),
        lambda cell: parse_description(cell, description, html),
        lambda cell: parse_price(cell, price, decimal),
        lambda cell: parse_is_active(cell, is_active),
    )


def parse_sku(cell: str, blank: Blank = "keep") -> str:
    sku = cell.strip()
    if PLAIN_SKU(sku):
        return sku
    if sku[:1] in SIGNALS:
        if sku and blank_action(sku, blank) == "clear":
            raise RowError("sku.required", "The SKU cannot be cleared.", "sku", truncate(cell))
        # What an apostrophe guards is a text, also if it looks like a shortened number.
        sku = unescape_guard(sku, "sku").strip()
    elif SCIENTIFIC(sku):
        message = (
            f"{sku} is a number that a spreadsheet shortened. Format the column as text and export again."
        )
        raise RowError("sku.scientific", message, "sku", truncate(cell))
    elif number := listed_skus(sku):
        raise RowError(
            "sku.list", f"The cell lists {number} SKUs. Enter a row for each.", "sku", truncate(cell)
        )
    return validate_with(read_sku, "sku", cell, sku)


def parse_name(cell: str, blank: Blank = "keep") -> str | None:
    name = cell.strip()
    if name[:1] in SIGNALS:
        if not name:
            return None
        if blank_action(name, blank) == "clear":
            message = "The name cannot be cleared. Leave the cell blank to keep the current name."
            raise RowError("name.required", message, "name", truncate(cell))
        name = unescape_guard(name, "name")
    elif len(name) <= NAME_MAX_LENGTH and name.isprintable():
        return name
    return validate_with(read_name, "name", cell, name)


def parse_description(cell: str, blank: Blank = "keep", html: Html = "keep") -> str | None:
    """With `html` "strip", the cell is read as if it held only the text of its HTML."""
    if html == "strip":
        cell = stripped(cell)
    if cell and cell[0] not in SPECIAL and len(cell) <= DESCRIPTION_MAX_LENGTH:
        return cell
    if wanted := blank_action(cell, blank):
        return None if wanted == "keep" else ""
    return validate_with(read_description, "description", cell, unescape_guard(cell, "description"))


def parse_price(cell: str, blank: Blank = "keep", decimal: DecimalMark = "auto") -> Price:
    price = cell
    if not cell[:1].isdecimal():
        if wanted := blank_action(cell, blank):
            return None if wanted == "keep" else "0.00", None, ""
        check_error_value(cell, "price")
        price = unguarded(cell.lstrip())
    try:
        return prices.read(price, decimal)
    except FieldError as error:
        raise RowError(error.code, error.message, "price", truncate(cell)) from None


def parse_is_active(cell: str, blank: Blank = "keep") -> bool | None:
    if (meaning := yes_no_words.AS_WRITTEN.get(cell)) is not None:
        return meaning
    if wanted := blank_action(cell, blank):
        return None if wanted == "keep" else True
    word = unguarded(cell.strip())
    if (meaning := yes_no_words.meaning(word)) is not None:
        return meaning
    check_error_value(cell, "is_active")
    message = f"{truncate(word).casefold()!r} is not a recognized status. Use true or false."
    raise RowError("is_active.invalid", message, "is_active", truncate(cell))


def blank_action(cell: str, blank: Blank) -> Blank | None:
    """What a cell without a value does to the product's value: keep or clear. None if the cell has a value."""
    if not cell or cell.isspace():
        return blank
    if blank == "keep" and is_clear(cell.strip()):
        return "clear"
    return None


def is_clear(text: str) -> bool:
    # Case folding never shortens a text.
    return len(text) <= len(CLEAR) and text.casefold() == CLEAR


def unescape_guard(cell: str, column: str) -> str:
    """Remove the apostrophe that guards a text. Raises RowError for an error value."""
    check_error_value(cell, column)
    return unguarded(cell)


def validate_with(read: Callable[[str], Value], column: str, cell: str, text: str) -> Value:
    """Validate `text`, taken from the cell, by the rules of the catalog."""
    try:
        return read(text)
    except FieldError as error:
        raise RowError(error.code, error.message, column, truncate(cell)) from None


def unreadable(cell: str, column: str) -> RowError | None:
    """The error for what PostgreSQL cannot store: NUL, or undecodable bytes (decoded to lone surrogates)."""
    if "\0" in cell:
        return RowError("cell.nul", "The cell contains a NUL byte.", truncate(column), truncate(cell))
    try:
        cell.encode()
    except UnicodeEncodeError:
        return RowError(
            "cell.encoding",
            "The cell contains bytes that are invalid in the file's encoding.",
            truncate(column),
            truncate(cell),
        )
    return None
