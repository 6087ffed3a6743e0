"""Find the table in a text: its delimiter, its header and its columns. Pure functions."""

from collections.abc import Sequence
from itertools import islice

from catalog.prices import decimal_marks
from imports.errors import FileError
from imports.formats.csv_reader import DELIMITERS, SEP_LINE, CsvReader, DecodedLines
from imports.matching.columns import Matching
from imports.matching.header_row import RECORDS_LOOKED_AT, SAMPLE_ROWS, Table, find_table
from imports.matching.matching import match_columns
from imports.matching.saved_columns import mapping_for, with_reasons
from imports.options import FIELDS, Options
from imports.recipes.recipe import Recipe, recipe_named, recognised

# Enough for the header and a sample after it.
RECORDS_READ = RECORDS_LOOKED_AT + SAMPLE_ROWS
# How well rows fit at least that are below a header with a SKU.
HEADER_ALONE = 0.5


def find_table_of_text(head: bytes, encoding: str, options: Options, *, is_whole: bool) -> tuple[str, Table]:
    """The delimiter that makes the best table of the text, and that table.

    If none makes one that can be used, the error is that of the delimiter that yields the most columns."""
    lines = list(DecodedLines([head], encoding))
    if not any(line.strip() for line in lines):
        raise FileError("file.empty", "The file is empty.")
    # The last line may be cut off.
    lines = lines if is_whole or len(lines) == 1 else lines[:-1]
    tables = [(delimiter, table_of(lines, delimiter, options)) for delimiter in delimiters(lines[0], options)]
    read = [(delimiter, table) for delimiter, table in tables if isinstance(table, Table)]
    if not read:
        raise next(error for _, error in tables if isinstance(error, FileError))
    return max(read, key=lambda found: merit(found[1]))


def table_of(lines: Sequence[str], delimiter: str, options: Options) -> Table | FileError:
    """What the delimiter makes of the lines, or why it makes nothing of them."""
    records: list[tuple[int, list[str]]] = []
    for line, cells, error in islice(CsvReader(lines, delimiter), RECORDS_READ):
        if error is not None and not records:
            return FileError(error.code, error.message, line)
        if error is None:
            records.append((line, cells))
    if not records:
        return FileError("file.empty", "The file is empty.")
    try:
        return find_table(records, options.header_row)
    except FileError as error:
        return error


def merit(table: Table) -> tuple[bool, float, bool, int]:
    """Of tables that different delimiters make, the best has a SKU beside other known names, then many known names over rows
    of its width, and many columns. A header with a SKU counts also over rows that are all broken, and one name with a
    delimiter in it may be a whole header."""
    fit = max(table.consistency, HEADER_ALONE if table.has_sku else 0)
    is_whole_header = len(table.header) == 1 and any(mark in table.header[0] for mark in DELIMITERS)
    known = 0 if is_whole_header and not table.has_sku else table.known
    return table.has_sku and known > 1, known * fit, table.has_sku, len(table.header)


def delimiters(first_line: str, options: Options) -> str:
    if options.delimiter != "auto":
        return {"tab": "\t"}.get(options.delimiter, options.delimiter)
    said = SEP_LINE(first_line)
    return said[1] if said else DELIMITERS


def match(table: Table, options: Options) -> Matching:
    matching = match_columns(
        table.header,
        table.rows,
        mapping_for(table.header, options),
        creates=options.mode != "update_only",
        recipe=recipe_of(table.header, options.recipe),
    )
    return with_reasons(matching, table.header, options)


def recipe_of(header: Sequence[str], name: str) -> Recipe | None:
    """The recipe for a file with this header; `name` is that of the option."""
    if name == "none":
        return None
    return recognised(header) if name == "auto" else recipe_named(name)


def decimal_of(matching: Matching, table: Table, options: Options) -> str:
    """The decimal mark that the first prices show, also where it is unclear which they are, unless they show both."""
    if options.decimal != "auto":
        return options.decimal
    places = {matching.positions[FIELDS.index("price")]} | asked_for("price", matching)
    marks = decimal_marks(row[place] for row in table.rows for place in places if 0 <= place < len(row))
    return marks.pop() if len(marks) == 1 else ""


def asked_for(field: str, matching: Matching) -> set[int]:
    """The positions of the columns that may have the field."""
    return {
        candidate.number - 1
        for question in matching.questions
        for candidate in question.candidates
        if question.field == field
    }
