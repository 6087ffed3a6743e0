"""What the columns saved with a profile mean for another file. Pure functions.

A saved column is found again by its name. One that has no name of its own is known by its number, which says nothing
once the header is another."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from imports.errors import FileError
from imports.matching.columns import Matching
from imports.matching.header_names import fold
from imports.matching.mapping import NUMBERED, quoted, read_mapping
from imports.options import Options, ProfileOptions, SavedColumns

NAMES_SHOWN = 10


def fingerprint(header: Sequence[str]) -> str:
    """Equal for headers whose names are equal, in the same order. Blank names at the end make no difference."""
    names = [fold(name) for name in header]
    while names and not names[-1]:
        names.pop()
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def mapping_for(header: Sequence[str], options: Options) -> Mapping[str, str]:
    """The mapping for a file with this header: what was given, and what its profile says about the other columns.

    Raises FileError if the file lacks a column that the profile maps to a field, unless the profile may lack columns.
    Ignored columns may be missing."""
    saved = saved_columns(options)
    if saved is None:
        return options.mapping
    missing = missing_columns(header, options)
    if missing and not saved.may_lack_columns:
        raise header_changed(header, saved, list(missing))
    wanted, is_found = without_given(saved.mapping, options.mapping), finder(header, saved)
    found = {key: field for key, field in wanted.items() if is_found(key)}
    return found | given_mapping(header, options)


def missing_columns(header: Sequence[str], options: Options) -> dict[str, str]:
    """The columns, with their fields, that the profile maps to a field and the file lacks."""
    saved = saved_columns(options)
    if saved is None:
        return {}
    wanted, is_found = without_given(saved.mapping, options.mapping), finder(header, saved)
    return {key: field for key, field in wanted.items() if field and not is_found(key)}


def given_mapping(header: Sequence[str], options: Options) -> dict[str, str]:
    """The given mapping, without the columns of the profile that it ignores because the file lacks them."""
    saved = saved_columns(options)
    if saved is None:
        return options.mapping
    names = set(map(fold, header))
    gone = {fold(key) for key, field in saved.mapping.items() if field} - names
    return {
        key: field
        for key, field in options.mapping.items()
        if field or fold(key) not in gone or NUMBERED(fold(key))
    }


def saved_columns(options: Options) -> SavedColumns | None:
    return options.saved if isinstance(options, ProfileOptions) else None


def without_given(saved: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """The saved mapping without the columns that are given. A column whose field another one is given is ignored."""
    headers = {fold(header) for header in given}
    fields = {fold(field) for field in given.values()}
    return {
        key: "" if fold(field) in fields else field
        for key, field in saved.items()
        if fold(key) not in headers
    }


def finder(header: Sequence[str], saved: SavedColumns) -> Callable[[str], bool]:
    """Tells whether the file has a saved column."""
    certain, has_numbers = certain_names(header, saved), is_same_header(header, saved)
    return lambda key: fold(key) in certain or (has_numbers and NUMBERED(fold(key)) is not None)


def certain_names(header: Sequence[str], saved: SavedColumns) -> set[str]:
    """The names that the file shares with the saved header: `column 3` there is a number, whatever the file has."""
    names = set(map(fold, header))
    return names & set(map(fold, saved.header)) if saved.header else names


def is_same_header(header: Sequence[str], saved: SavedColumns) -> bool:
    """Whether the numbers of columns mean what they meant; those saved without a header mean any file."""
    return not saved.header or fingerprint(header) == fingerprint(saved.header)


def header_changed(header: Sequence[str], saved: SavedColumns, missing: Sequence[str]) -> FileError:
    known = set(map(fold, [*saved.header, *saved.mapping]))
    new = [name for name in header if fold(name) and fold(name) not in known]
    message = (
        f"The file does not have the columns of the profile {quoted(saved.profile)}, version {saved.number}. "
        f"Missing: {names(missing)}."
    )
    return FileError("profile.header_changed", f"{message} New: {names(new)}." if new else message)


def names(headers: Sequence[str]) -> str:
    shown = ", ".join(map(quoted, headers[:NAMES_SHOWN]))
    others = len(headers) - NAMES_SHOWN
    return f"{shown} and {others:,} more" if others > 0 else shown


def with_reasons(matching: Matching, header: Sequence[str], options: Options) -> Matching:
    """The matching with `profile` as the reason of the columns that the profile mapped or ignored."""
    if saved_columns(options) is None:
        return matching
    given = read_mapping(header, given_mapping(header, options))
    return replace(
        matching,
        columns=tuple(
            replace(column, reason="profile")
            if column.reason in ("mapping", "ignored") and field is None
            else column
            for column, field in zip(matching.columns, given, strict=True)
        ),
    )
