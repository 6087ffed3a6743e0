"""The header of a file: which of its columns holds which field of a product. Pure functions.

imports.rows.row_parser asks for the columns and reads the rows by them; imports.rows.column_aliases has the names that columns usually
have."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catalog.formulas import unguarded
from imports.errors import FileError, readable
from imports.options import FIELDS
from imports.rows.cells import unreadable
from imports.rows.column_aliases import EXPORTED, USUAL_NAMES
from imports.rows.prices import CODES
from lib.limits import COLUMN_NAME_MAX_CHARACTERS, HEADER_MAX_CHARACTERS, HEADER_MAX_COLUMNS

# What the name of a column may end in: "Price EUR", "Preis in CHF".
CURRENCIES = ("euro", *CODES.lower().split())
IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")


class Columns(NamedTuple):
    """Where each of FIELDS stands, or -1; and the names of the columns that are none of ours."""

    positions: tuple[int, ...]
    unknown: tuple[str, ...]


def find_columns(cells: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """What the mapping says holds first, then a field's own name, then the other names it usually has.

    Columns may come in any order; in their names case, spaces, - and _ make no difference."""
    check_cells(cells)
    mapped = read_mapping(cells, mapping)
    check_duplicate_names([cell for cell, field in zip(cells, mapped, strict=True) if field != ""])
    open_to_names = [
        place for place, field in enumerate(mapped) if field is None and not is_note(cells[place])
    ]
    places = {field: place for place, field in enumerate(mapped) if field}
    places = own_names(cells, open_to_names) | places
    places = usual_names(cells, open_to_names, taken=places) | places
    if "sku" not in places:
        message = f"No column of the header is named sku. The header reads: {shown(cells)}"
        raise FileError("header.sku_missing", message, 1)
    left_out = [cells[place].strip() for place in open_to_names if place not in places.values()]
    return Columns(
        tuple(places.get(field, -1) for field in FIELDS),
        tuple(name for name in left_out if name and bare(name) not in PASSED_OVER),
    )


def check_cells(cells: Sequence[str]) -> None:
    if len(cells) > HEADER_MAX_COLUMNS:
        raise FileError(
            "header.too_long", f"The header has {len(cells)} columns; {HEADER_MAX_COLUMNS} are allowed.", 1
        )
    if sum(map(len, cells)) > HEADER_MAX_CHARACTERS:
        raise FileError("header.too_long", "The header has more than 64 kB. Is this a list of products?", 1)
    if any(unreadable(cell, "") for cell in cells):
        raise FileError("file.encoding", "The header is not UTF-8 text. Save the file as CSV UTF-8.", 1)


def read_mapping(cells: Sequence[str], mapping: Mapping[str, str]) -> list[str | None]:
    """For each column the field it is mapped to, "" where it is to be left out, None where the mapping is silent."""
    names = [fold(cell) for cell in cells]
    meant: dict[str, str] = {}
    for header, field in mapping.items():
        check_mapped(header, field, meant)
        if not fold(header) or fold(header) not in names:
            message = f"The mapping names {quoted(header)}, which the header lacks. The header reads: {shown(cells)}"
            raise FileError("mapping.unknown_header", message)
        meant[fold(header)] = fold(field)
    return [meant.get(name) for name in names]


def check_mapped(header: str, field: str, meant: Mapping[str, str]) -> None:
    """Refuse one entry of the mapping that is wrong in itself, or beside those before it."""
    if fold(field) not in ("", *FIELDS):
        message = f"The mapping gives {quoted(header)} the field {quoted(field)}; the fields are {', '.join(FIELDS)}."
        raise FileError("mapping.unknown_field", message)
    if fold(header) in meant:
        raise FileError("mapping.duplicate", f"The mapping names {quoted(header)} twice.")
    if fold(field) and fold(field) in meant.values():
        raise FileError("mapping.duplicate", f"The mapping gives the field {fold(field)} to two headers.")


def check_duplicate_names(cells: Sequence[str]) -> None:
    names = [fold(cell) for cell in cells]
    for place, name in enumerate(names):
        if name and name in names[:place]:
            raise FileError("header.duplicate", f"Two columns of the header are named {quoted(name)}.", 1)


def own_names(cells: Sequence[str], places: Sequence[int]) -> dict[str, int]:
    return {name: place for place in places if (name := fold(cells[place])) in FIELDS}


def usual_names(cells: Sequence[str], places: Sequence[int], *, taken: Mapping[str, int]) -> dict[str, int]:
    """The columns with a usual name of a field that no column has by its own name."""
    found: dict[str, int] = {}
    for place in places:
        field = FIELD_OF.get(bare(cells[place]))
        if field is None or field in taken:
            continue
        if field in found:
            both = f"{quoted(cells[found[field]])} and {quoted(cells[place])}"
            message = (
                f"The columns {both} are both taken for {field}. Say by the option mapping which one it is."
            )
            raise FileError("header.duplicate", message, 1)
        found[field] = place
    return found


def is_note(name: str) -> bool:
    """A column such as errors.csv adds, which the next upload is not to read."""
    return name.strip().startswith("_")


def fold(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", unguarded(name.strip()).casefold())


def bare(name: str) -> str:
    """The letters and digits of the name, without accents, what is in brackets, and a currency at its end.

    "" for one that is too long to be usual: to take accents off takes the square of the length."""
    if len(name) > COLUMN_NAME_MAX_CHARACTERS:
        return ""
    text = IN_BRACKETS.sub(" ", name).replace("#", " no").replace("°", "o")
    plain = unicodedata.normalize("NFKD", text.casefold()).encode("ascii", "ignore").decode().lower()
    words = re.findall("[a-z0-9]+", plain)
    for endings in (CURRENCIES, ("in", "en")):
        if len(words) > 1 and words[-1] in endings:
            words.pop()
    return "".join(words)


def quoted(name: str) -> str:
    return repr(readable(name.strip()))


def shown(cells: Sequence[str]) -> str:
    return readable(", ".join(cell.strip() for cell in cells))


# A field's own name is among them, for a column named isActive, or "SKU *".
FIELD_OF = {bare(name): field for field in FIELDS for name in (field, *USUAL_NAMES[field].split(","))}
PASSED_OVER = frozenset(map(bare, EXPORTED))
