"""Match the columns of a file's header to the fields of a product. Pure functions."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from catalog.formulas import unguarded
from catalog.prices import CODES
from imports.errors import FileError, truncate
from imports.options import FIELDS
from imports.rows.cells import unreadable
from imports.rows.column_aliases import ALIASES, EXPORTED
from lib.limits import COLUMN_NAME_MAX_CHARACTERS, HEADER_MAX_CHARACTERS, HEADER_MAX_COLUMNS

# A column name may end in a currency: "Price EUR", "Preis in CHF".
CURRENCIES = ("euro", *CODES.lower().split())
IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")


class Columns(NamedTuple):
    """The position of each field, or -1; and the names of unrecognized columns."""

    positions: tuple[int, ...]
    unknown: tuple[str, ...]


def find_columns(cells: Sequence[str], mapping: Mapping[str, str]) -> Columns:
    """Match by the mapping first, then by the field's own name, then by its aliases.

    Columns may come in any order. Case, spaces, - and _ in their names are ignored."""
    check_cells(cells)
    mapped = read_mapping(cells, mapping)
    check_duplicate_names([cell for cell, field in zip(cells, mapped, strict=True) if field != ""])
    unmapped = [place for place, field in enumerate(mapped) if field is None and not is_note(cells[place])]
    places = {field: place for place, field in enumerate(mapped) if field}
    places = exact_matches(cells, unmapped) | places
    places = alias_matches(cells, unmapped, taken=places) | places
    if "sku" not in places:
        message = f"No column is named sku or one of its aliases. The header reads: {header_text(cells)}"
        raise FileError("header.sku_missing", message, 1)
    ignored = [cells[place].strip() for place in unmapped if place not in places.values()]
    return Columns(
        tuple(places.get(field, -1) for field in FIELDS),
        tuple(name for name in ignored if name and bare(name) not in SILENTLY_IGNORED),
    )


def check_cells(cells: Sequence[str]) -> None:
    if len(cells) > HEADER_MAX_COLUMNS:
        raise FileError(
            "header.too_long", f"The header has {len(cells)} columns; the maximum is {HEADER_MAX_COLUMNS}.", 1
        )
    if sum(map(len, cells)) > HEADER_MAX_CHARACTERS:
        raise FileError("header.too_long", "The header is longer than 64 kB. Is this a list of products?", 1)
    if any(unreadable(cell, "") for cell in cells):
        raise FileError("file.encoding", "The header is not valid UTF-8. Save the file as CSV UTF-8.", 1)


def read_mapping(cells: Sequence[str], mapping: Mapping[str, str]) -> list[str | None]:
    """The field each column is mapped to: "" to ignore the column, None if the mapping does not name it."""
    names = [fold(cell) for cell in cells]
    meant: dict[str, str] = {}
    for header, field in mapping.items():
        check_mapped(header, field, meant)
        if not fold(header) or fold(header) not in names:
            message = f"The mapping names {quoted(header)}, which is not in the header. The header reads: {header_text(cells)}"
            raise FileError("mapping.unknown_header", message)
        meant[fold(header)] = fold(field)
    return [meant.get(name) for name in names]


def check_mapped(header: str, field: str, meant: Mapping[str, str]) -> None:
    """Raise FileError for an entry of the mapping that is invalid, or that repeats an earlier one."""
    if fold(field) not in ("", *FIELDS):
        message = f"The mapping maps {quoted(header)} to {quoted(field)}; the fields are {', '.join(FIELDS)}."
        raise FileError("mapping.unknown_field", message)
    if fold(header) in meant:
        raise FileError("mapping.duplicate", f"The mapping names {quoted(header)} twice.")
    if fold(field) and fold(field) in meant.values():
        raise FileError("mapping.duplicate", f"The mapping maps two headers to {fold(field)}.")


def check_duplicate_names(cells: Sequence[str]) -> None:
    names = [fold(cell) for cell in cells]
    for place, name in enumerate(names):
        if name and name in names[:place]:
            raise FileError(
                "header.duplicate", f"Two columns are named {quoted(name)}. Rename or remove one.", 1
            )


def exact_matches(cells: Sequence[str], places: Sequence[int]) -> dict[str, int]:
    return {name: place for place in places if (name := fold(cells[place])) in FIELDS}


def alias_matches(cells: Sequence[str], places: Sequence[int], *, taken: Mapping[str, int]) -> dict[str, int]:
    """The columns with an alias of a field that is not matched yet."""
    found: dict[str, int] = {}
    for place in places:
        field = FIELD_OF.get(bare(cells[place]))
        if field is None or field in taken:
            continue
        if field in found:
            both = f"{quoted(cells[found[field]])} and {quoted(cells[place])}"
            message = f"The columns {both} both match {field}. Choose one with the option mapping."
            raise FileError("header.duplicate", message, 1)
        found[field] = place
    return found


def is_note(name: str) -> bool:
    """Whether it is a notes column, such as those of errors.csv, which an upload ignores."""
    return name.strip().startswith("_")


def fold(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", unguarded(name.strip()).casefold())


def bare(name: str) -> str:
    """The letters and digits of the name, without accents, bracketed text and a trailing currency.

    "" for a name too long to be an alias: removing accents takes quadratic time."""
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
    return repr(truncate(name.strip()))


def header_text(cells: Sequence[str]) -> str:
    return truncate(", ".join(cell.strip() for cell in cells))


# Includes the fields' own names, for columns such as isActive or "SKU *".
FIELD_OF = {bare(name): field for field in FIELDS for name in (field, *ALIASES[field].split(","))}
SILENTLY_IGNORED = frozenset(map(bare, EXPORTED))
