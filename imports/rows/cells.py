"""One cell to the value it stands for, or to the reason why not: pure functions.

imports.rows.row_parser cleans rows with them. None stands for a cell that leaves the product's value alone."""

import re
from collections.abc import Callable, Container
from typing import Literal, NamedTuple, TypeVar

from catalog.formulas import unguarded
from catalog.validation import FieldError, read_description, read_name, read_sku
from imports.errors import RowError, readable
from imports.rows import prices
from imports.rows.prices import DecimalMark, Price
from lib.limits import DESCRIPTION_MAX_LENGTH, NAME_MAX_LENGTH

Blank = Literal["keep", "clear"]
Value = TypeVar("Value")

# What a cell holds that is to be cleared where blank ones are kept.
CLEAR = "[clear]"
CLEAR_WORDS = (CLEAR,)
YES = (
    "true t yes y 1 1.0 on active enabled available visible published online "
    "ja j wahr aktiv aktiviert verfügbar sichtbar oui o vrai actif activé disponible publié "
    "sí si s verdadero activo habilitado publicado"
)
NO = (
    "false f no n 0 0.0 off inactive disabled unavailable hidden unpublished offline draft archived "
    "nein falsch inaktiv deaktiviert non faux inactif désactivé indisponible "
    "falso inactivo deshabilitado"
)
# In the ways in which programs write them, so that hardly any has to be folded.
WORDS = {
    way(word): meaning
    for words, meaning in ((YES, True), (NO, False))
    for word in words.split()
    for way in (str, str.upper, str.title)
}
# What Excel and its like write where a formula failed, in English, German, French and Spanish.
FORMULA_ERRORS = (
    "#n/a #ref! #value! #div/0! #name? #null! #num! #spill! #calc! #getting_data #field! #blocked! #connect! #unknown! "
    "#busy! #external! #python! #timeout! #error! "
    "#nv #bezug! #wert! #zahl! #überlauf! #kalk! #valeur! #nom? #nombre! #nul! #propagation! #calcul! #epars! "
    "#n/d #¡ref! #¡valor! #¡div/0! #¿nombre? #¡nulo! #¡num! #¡desbordamiento! #¡calc!"
)
WORD_MAX_CHARACTERS = max(map(len, (*WORDS, *FORMULA_ERRORS.split(), CLEAR)))
# As Excel (1.23E+12, 1E+12) and others (1.23e-05) write a number that is too long for them.
SCIENTIFIC = re.compile("[0-9](?:[.,][0-9]+[Ee][+-]|[Ee][+])[0-9]{2,3}").fullmatch

# Nearly every cell has nothing of that in it. It would begin with one of these, or be blank ("" is in any text).
SIGNALS = "#['"
SPECIAL = frozenset(filter(lambda char: char.isspace() or char in SIGNALS, map(chr, range(0x3001))))
PLAIN_SKU = re.compile("[A-Za-z0-9_/-]{1,64}").fullmatch


class CellParsers(NamedTuple):
    """How the cells of one file are read, in the order of imports.options.FIELDS."""

    sku: Callable[[str], str]
    name: Callable[[str], str | None]
    description: Callable[[str], str | None]
    price: Callable[[str], Price]
    is_active: Callable[[str], bool | None]


def cell_parsers(positions: tuple[int, ...], blank: Blank, decimal: DecimalMark) -> CellParsers:
    """By the options of the import. A field at -1 has no column in the file and is kept, whatever they say."""
    _, _, description, price, is_active = ("keep" if place == -1 else blank for place in positions)
    return CellParsers(
        lambda cell: parse_sku(cell, blank),
        lambda cell: parse_name(cell, blank),
        lambda cell: parse_description(cell, description),
        lambda cell: parse_price(cell, price, decimal),
        lambda cell: parse_is_active(cell, is_active),
    )


def parse_sku(cell: str, blank: Blank = "keep") -> str:
    sku = cell.strip()
    if PLAIN_SKU(sku):
        return sku
    if sku[:1] in SIGNALS:
        if sku and blank_action(sku, blank) == "clear":
            raise RowError("sku.required", "A SKU cannot be cleared.", "sku", readable(cell))
        sku = unescape_guard(sku, "sku").strip()
    if SCIENTIFIC(sku):
        message = f"{sku} is a number that a spreadsheet has shortened, so the SKU is lost. Format the column as text."
        raise RowError("sku.scientific", message, "sku", readable(cell))
    return validate_with(read_sku, "sku", cell, sku)


def parse_name(cell: str, blank: Blank = "keep") -> str | None:
    name = cell.strip()
    if name[:1] in SIGNALS:
        if not name:
            return None
        if blank_action(name, blank) == "clear":
            message = "A name cannot be cleared. Leave the cell blank to keep the name the product has."
            raise RowError("name.required", message, "name", readable(cell))
        name = unescape_guard(name, "name")
    elif len(name) <= NAME_MAX_LENGTH and name.isprintable():
        return name
    return validate_with(read_name, "name", cell, name)


def parse_description(cell: str, blank: Blank = "keep") -> str | None:
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
        check_formula_error(cell, "price")
        price = unguarded(cell.lstrip())
    try:
        return prices.read(price, decimal)
    except FieldError as error:
        raise RowError(error.code, error.message, "price", readable(cell)) from None


def parse_is_active(cell: str, blank: Blank = "keep") -> bool | None:
    if (meaning := WORDS.get(cell)) is not None:
        return meaning
    if wanted := blank_action(cell, blank):
        return None if wanted == "keep" else True
    word = unguarded(cell.strip())
    if not is_one_of(WORDS, word):
        check_formula_error(cell, "is_active")
        message = f"{readable(word).casefold()!r} is neither yes nor no. Write true or false."
        raise RowError("is_active.invalid", message, "is_active", readable(cell))
    return WORDS[word.casefold()]


def blank_action(cell: str, blank: Blank) -> Blank | None:
    """What a cell without a value asks for: to keep the product's, or to clear it. None: it has a value."""
    if not cell or cell.isspace():
        return blank
    if blank == "keep" and is_one_of(CLEAR_WORDS, cell.strip()):
        return "clear"
    return None


def unescape_guard(cell: str, column: str) -> str:
    """The text that stood in the spreadsheet's cell."""
    check_formula_error(cell, column)
    return unguarded(cell)


def check_formula_error(cell: str, column: str) -> None:
    text = cell.strip()
    if text.startswith("#") and is_one_of(FORMULA_ERRORS.split(), text):
        message = f"{text} stands where a formula failed. Correct the formula, or leave the cell blank."
        raise RowError("cell.excel_error", message, column, readable(cell))


def is_one_of(words: Container[str], text: str) -> bool:
    """Whatever its case. Folding keeps or adds letters, so that what is longer than any word is none."""
    return len(text) <= WORD_MAX_CHARACTERS and text.casefold() in words


def validate_with(read: Callable[[str], Value], column: str, cell: str, text: str) -> Value:
    """The value by the rules of the catalog, in their words. `text` is what of the cell counts."""
    try:
        return read(text)
    except FieldError as error:
        raise RowError(error.code, error.message, column, readable(cell)) from None


def unreadable(cell: str, column: str) -> RowError | None:
    """What PostgreSQL could not store: NUL, and bytes that were not UTF-8 (lone surrogates by now)."""
    if "\0" in cell:
        return RowError("cell.nul", "The cell has a NUL byte.", readable(column), readable(cell))
    try:
        cell.encode()
    except UnicodeEncodeError:
        return RowError(
            "cell.encoding", "The cell has bytes that are not UTF-8.", readable(column), readable(cell)
        )
    return None
