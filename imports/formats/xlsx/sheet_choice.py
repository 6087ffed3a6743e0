"""Choose the sheet of a workbook that has the products. Pure functions."""

from collections.abc import Mapping, Sequence
from itertools import islice

from imports.errors import FileError, truncate
from imports.formats.file_info import FileInfo, Sheet, ignored_columns, ignored_sheets, no_prices
from imports.formats.tables import RECORDS_READ, decimal_of, match, merit
from imports.formats.xlsx.workbook import Workbook, without_blank_end
from imports.matching.columns import Candidate, Matching, Question
from imports.matching.header_row import Records, Table, find_table
from imports.options import FIELDS, Options


def detect_workbook(workbook: Workbook, options: Options) -> FileInfo:
    sheets = {name: found for name in workbook.sheets if (found := table_of_sheet(workbook, name, options))}
    tables = {name: table for name, (table, _) in sheets.items()}
    check_tables(workbook, tables, options)
    chosen = chosen_sheets(tables, options)
    sheet, matching = next(iter(chosen.items()))
    table = tables[sheet]
    same = [name for name in chosen if have_same_header(tables[name], table)]
    questions = matching.questions
    if len(same) < len(chosen):
        questions = (sheet_question(tables, list(chosen)), *questions)
    return FileInfo(
        table.header,
        matching.columns,
        questions,
        [*ignored_sheets(same[1:]), *no_prices(matching, options), *ignored_columns(matching.unknown)],
        format="xlsx",
        header_line=table.line,
        recipe=matching.recipe,
        sheet=sheet,
        sheets=tuple(Sheet(name, last, found.line, found.header) for name, (found, last) in sheets.items()),
        decimal=decimal_of(matching, table, options),
    )


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


def table_of_sheet(workbook: Workbook, name: str, options: Options) -> tuple[Table, int | None] | None:
    _, rows = workbook.open(workbook.part_of(name))
    records: Records = [
        (row, cells) for row, cells in islice(rows, RECORDS_READ) if any(map(str.strip, cells))
    ]
    if not records:
        return None
    try:
        table = find_table(records, options.header_row)
    except FileError:
        # Another sheet may have that row.
        return None
    return table._replace(header=without_blank_end(table.header)), rows.last_row


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


def have_same_header(one: Table, other: Table) -> bool:
    return [cell.strip().casefold() for cell in one.header] == [
        cell.strip().casefold() for cell in other.header
    ]


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
