"""The option mapping: the columns of a file that its sender has assigned to fields. Pure functions."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from imports.errors import FileError, truncate
from imports.matching.header_names import fold
from imports.options import FIELDS

# The name of a column by its number, for columns without a name and those that share one.
NUMBERED = re.compile("column_([1-9][0-9]{0,3})").fullmatch


def read_mapping(cells: Sequence[str], mapping: Mapping[str, str]) -> list[str | None]:
    """The field each column is mapped to: "" to ignore the column, None if the mapping does not name it."""
    names = [fold(cell) for cell in cells]
    meant: dict[int, str] = {}
    for header, field in mapping.items():
        check_field(header, field)
        for place in places_of(header, names, cells, is_field=bool(fold(field))):
            if meant.get(place, fold(field)) != fold(field):
                raise FileError("mapping.duplicate", f"The mapping names {quoted(header)} twice.")
            meant[place] = fold(field)
    check_once(list(meant.values()))
    return [meant.get(place) for place in range(len(cells))]


def check_field(header: str, field: str) -> None:
    if fold(field) not in ("", *FIELDS):
        message = f"The mapping maps {quoted(header)} to {quoted(field)}; the fields are {', '.join(FIELDS)}."
        raise FileError("mapping.unknown_field", message)


def places_of(header: str, names: Sequence[str], cells: Sequence[str], *, is_field: bool) -> list[int]:
    """The columns with this name; or, if there are none, the column with this number, as in "column 3"."""
    name = fold(header)
    found = [place for place, other in enumerate(names) if name and name == other]
    number = NUMBERED(name)
    if not found and number and int(number[1]) <= len(names):
        return [int(number[1]) - 1]
    if not found:
        message = f"The mapping names {quoted(header)}, which is not in the header. The header reads: {header_text(cells)}"
        raise FileError("mapping.unknown_header", message)
    if is_field and len(found) > 1:
        numbers = " or ".join(f"column {place + 1}" for place in found)
        message = (
            f"{len(found)} columns are named {quoted(header)}. Name one by its number instead: {numbers}."
        )
        raise FileError("header.duplicate", message, 1)
    return found


def keys_of(cells: Sequence[str]) -> list[str]:
    """What names each column, and no other, in a mapping."""
    names = [fold(cell) for cell in cells]
    count = Counter(names)
    return [
        cell.strip() if name and count[name] == 1 else f"column {number}"
        for number, (cell, name) in enumerate(zip(cells, names, strict=True), 1)
    ]


def check_once(fields: Sequence[str]) -> None:
    for field in FIELDS:
        if fields.count(field) > 1:
            raise FileError("mapping.duplicate", f"The mapping maps two headers to {field}.")


def quoted(name: str) -> str:
    return repr(truncate(name.strip()))


def header_text(cells: Sequence[str]) -> str:
    return truncate(", ".join(cell.strip() for cell in cells))
