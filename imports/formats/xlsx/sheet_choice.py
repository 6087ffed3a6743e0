"""Choose the sheet of a workbook that has the products, or the sheets. Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from imports.errors import FileError, truncate
from imports.formats.file_info import (
    FileInfo,
    Sheet,
    Warnings,
    ignored_columns,
    ignored_sheets,
    no_prices,
    unlike_sheets,
)
from imports.formats.tables import RECORDS_READ, decimal_of, match, merit
from imports.formats.xlsx.workbook import Workbook, without_blank_end
from imports.matching.columns import Candidate, Matching, Question
from imports.matching.header_names import fold
from imports.matching.header_row import RECORDS_LOOKED_AT, Records, Table, find_table
from imports.options import FIELDS, Options


class Start(NamedTuple):
    """The first rows of a sheet, its last row as the workbook tells it, and the table that begins in them, if one does."""

    records: Records
    last_row: int | None
    table: Table | None


def detect_workbook(workbook: Workbook, options: Options) -> FileInfo:
    starts = {name: start for name in workbook.sheets if (start := start_of(workbook, name, options)).records}
    tables = {name: start.table for name, start in starts.items() if start.table}
    check_tables(workbook, tables, options)
    chosen = chosen_sheets(tables, options)
    sheet, matching = next(iter(chosen.items()))
    table = tables[sheet]
    # Where the same columns begin, by sheet.
    same = {
        name: row
        for name, start in starts.items()
        if (row := table.line if name == sheet else row_of_header(start, table.header))
    }
    imported = list(same) if options.other_sheets == "import" else [sheet]
    questions = matching.questions
    if not chosen.keys() <= same.keys():
        questions = (sheet_question(tables, list(chosen)), *questions)
    return FileInfo(
        table.header,
        matching.columns,
        questions,
        [
            *sheet_warnings(starts, same, imported, options),
            *no_prices(matching, options),
            *ignored_columns(matching.unknown),
        ],
        format="xlsx",
        header_line=same[imported[0]],
        recipe=matching.recipe,
        sheet=imported[0],
        sheets=tuple(described(starts, same, imported)),
        decimal=decimal_of(matching, table, options),
    )


def start_of(workbook: Workbook, name: str, options: Options) -> Start:
    _, rows = workbook.open(workbook.part_of(name))
    records: Records = [
        (row, cells) for row, cells in islice(rows, RECORDS_READ) if any(map(str.strip, cells))
    ]
    return Start(records, rows.last_row, table_of(records, options) if records else None)


def table_of(records: Records, options: Options) -> Table | None:
    try:
        table = find_table(records, options.header_row)
    except FileError:
        # Another sheet may have that row.
        return None
    return table._replace(header=without_blank_end(table.header))


def check_tables(workbook: Workbook, tables: Mapping[str, Table], options: Options) -> None:
    """Raise FileError if the sheet that is asked for, or every sheet, has nothing to read."""
    if options.sheet in tables or (tables and not options.sheet):
        return
    if options.sheet:
        workbook.part_of(options.sheet)
    what = f"The sheet {truncate(options.sheet)!r}" if options.sheet else "The workbook"
    if options.header_row != "auto":
        message = f"{what} has no row {options.header_row}, which header_row names."
        raise FileError("header.row_missing", message, options.header_row)
    raise FileError("file.empty", f"{what} is empty.")


def chosen_sheets(tables: Mapping[str, Table], options: Options) -> dict[str, Matching]:
    """The sheet that is asked for, the sheets with a SKU column, or else the one that is most like a list of products; each
    with its columns."""
    if options.sheet:
        return {options.sheet: match(tables[options.sheet], options)}
    found = {name: matching for name, table in tables.items() if (matching := match_with_sku(table, options))}
    if found:
        return found
    best = max(tables, key=lambda name: merit(tables[name]))
    return {best: match(tables[best], options)}


def match_with_sku(table: Table, options: Options) -> Matching | None:
    try:
        matching = match(table, options)
    except FileError:
        return None
    return matching if matching.positions[FIELDS.index("sku")] >= 0 else None


def row_of_header(start: Start, header: Sequence[str]) -> int | None:
    """The row of the sheet that has the same names in the same order, if one of the first rows has."""
    names = list(map(fold, header))
    for row, cells in start.records[:RECORDS_LOOKED_AT]:
        cells = without_blank_end(cells)
        if len(cells) == len(names) and all(
            fold(cell) == name for cell, name in zip(cells, names, strict=True)
        ):
            return row
    return None


def sheet_question(tables: Mapping[str, Table], names: Sequence[str]) -> Question:
    candidates = (
        Candidate(
            number,
            name,
            truncate(name),
            "It has a column of SKUs.",
            tuple(map(truncate, tables[name].header[:5])),
        )
        for number, name in enumerate(names, 1)
    )
    return Question("sheet", "Which sheet has the products?", tuple(candidates))


def sheet_warnings(
    starts: Mapping[str, Start], same: Mapping[str, int], imported: Sequence[str], options: Options
) -> Warnings:
    """Warnings about sheets of products that are not imported, unless one was asked for alone."""
    if options.other_sheets == "import":
        others = {name: start.table for name, start in starts.items() if name not in same}
        return unlike_sheets(name for name, table in others.items() if may_have_products(table, options))
    return [] if options.sheet else ignored_sheets(name for name in same if name not in imported)


def may_have_products(table: Table | None, options: Options) -> bool:
    return table is None or table.known > 1 or match_with_sku(table, options) is not None


def described(
    starts: Mapping[str, Start], same: Mapping[str, int], imported: Sequence[str]
) -> Iterator[Sheet]:
    for name, start in starts.items():
        row = same.get(name) or (start.table and start.table.line)
        if row:
            header = next(without_blank_end(cells) for line, cells in start.records if line == row)
            yield Sheet(name, start.last_row, row, header, name in same, name in imported)
