"""Detect what an uploaded file is: format, encoding, delimiter, sheet, header and columns. Pure.

What takes a parser runs in a process of its own (imports.reading.sandbox)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import IO

from imports.errors import FileError, truncate
from imports.formats.compression import GZIP_START, ZIP_STARTS, ZipMember, only_member, open_zip
from imports.formats.csv_reader import DELIMITERS, SEP_LINE, CsvReader, DecodedLines
from imports.formats.encoding import HEAD_BYTES, EncodingDetector, wide_without_mark
from imports.formats.xlsx.workbook import Workbook, is_workbook, without_blank_end
from imports.matching.header_row import RECORDS_LOOKED_AT, SAMPLE_ROWS, Records, Table, find_table
from imports.matching.matching import Candidate, Column, Matching, Question, match_columns
from imports.options import FIELDS, Options

# Enough for the header and a sample after it.
RECORDS_READ = RECORDS_LOOKED_AT + SAMPLE_ROWS
WARNINGS_MAX = 100
# The first bytes of files that are often given the ending .csv by mistake.
BINARY_STARTS = {
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"%PDF": "a PDF document",
    b"\x7fELF": "a program",
    b"Rar!\x1a": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"BZh91AY&SY": "a bzip2 archive",
    b"\xfd7zXZ": "an XZ archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
}
OLD_EXCEL_START = b"\xd0\xcf\x11\xe0"


Warnings = list[dict[str, str | None]]


@dataclass(frozen=True)
class Sheet:
    """A worksheet, with the line of its header and its first cells."""

    name: str
    header_line: int
    header: list[str]


@dataclass(frozen=True)
class FileInfo:
    """How a file is read, and what is unclear about it."""

    header: list[str]
    columns: tuple[Column, ...]
    questions: tuple[Question, ...] = ()
    warnings: Warnings = field(default_factory=list)
    format: str = "csv"
    packing: str = ""
    encoding: str = "utf-8"
    encoding_is_guess: bool = False
    delimiter: str = ","
    header_line: int = 1
    # Its worksheets that are not hidden, and the one that is read.
    sheet: str = ""
    sheets: tuple[Sheet, ...] = ()


# --- Rejected at once ---


def reject_nested(detector: EncodingDetector) -> None:
    if detector.head.startswith((GZIP_START, *ZIP_STARTS)):
        raise FileError(
            "archive.nested",
            "The archive contains another archive or a workbook. Upload the inner file directly.",
        )


def reject_binary(head: bytes) -> None:
    if not head.strip(b" \t\r\n\xef\xbb\xbf"):
        raise FileError("file.empty", "The file is empty.")
    if head.startswith(OLD_EXCEL_START):
        reject_old_excel(head)
    for start, kind in BINARY_STARTS.items():
        if head.startswith(start):
            raise FileError("file.not_csv", f"The file is {kind}, not a CSV file.")
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")) or wide_without_mark(head)
    if b"\0" in head.splitlines()[0] and not is_wide:
        raise FileError("file.not_csv", "The file is binary, not a CSV file.")
    if len(head) >= HEAD_BYTES and not any(end in head for end in b"\r\n"):
        raise FileError("header.too_long", "The header line is longer than 64 kB. Is this a CSV file?", 1)


def reject_old_excel(head: bytes) -> None:
    """Excel stores a password-protected workbook inside a file of the old format."""
    if "EncryptedPackage".encode("utf-16-le") in head:
        raise FileError("workbook.encrypted", "The workbook is password-protected. Remove the password.")
    raise FileError(
        "file.not_csv",
        "The file is an old Excel workbook (.xls) or password-protected. Save it as .xlsx without a password, or as CSV.",
    )


# --- Decided at the end ---


def detect_text(detector: EncodingDetector, packing: str, options: Options) -> FileInfo:
    encoding, is_guess = (options.encoding, False) if options.encoding != "auto" else detector.decide()
    is_whole = detector.size <= len(detector.head)
    delimiter, table, matching = find_columns(bytes(detector.head), encoding, options, is_whole=is_whole)
    return FileInfo(
        table.header,
        matching.columns,
        matching.questions,
        [*([guessed(encoding)] if is_guess else []), *ignored_columns(matching.unknown)],
        packing=packing,
        encoding=encoding,
        encoding_is_guess=is_guess,
        delimiter=delimiter,
        header_line=table.line,
    )


def detect_zip(file: IO[bytes], size: int, options: Options) -> FileInfo:
    """A zip lists its contents at its end, so all of it must be there."""
    archive = open_zip(file)
    if is_workbook(archive):
        return detect_workbook(Workbook(file, size, options.decimal), options)
    detector = EncodingDetector()
    for block in ZipMember(archive, only_member(archive), size):
        is_first = not detector.size
        detector.feed(block)
        if is_first:
            reject_nested(detector)
            reject_binary(block)
    reject_binary(bytes(detector.head))
    return detect_text(detector, "zip", options)


# --- Text ---


def find_columns(
    head: bytes, encoding: str, options: Options, *, is_whole: bool
) -> tuple[str, Table, Matching]:
    """The delimiter that makes the best table of the text, that table, and its columns.

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
    delimiter, table = max(read, key=lambda found: merit(found[1]))
    return delimiter, table, match(table, options)


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


def merit(table: Table) -> tuple[bool, float, int]:
    """Of tables that different delimiters make, the best has a SKU, known names over rows of its width, and many columns."""
    return table.has_sku and table.consistency > 0, table.known * table.consistency, len(table.header)


def delimiters(first_line: str, options: Options) -> str:
    if options.delimiter != "auto":
        return {"tab": "\t"}.get(options.delimiter, options.delimiter)
    said = SEP_LINE(first_line)
    return said[1] if said else DELIMITERS


def match(table: Table, options: Options) -> Matching:
    return match_columns(table.header, table.rows, options.mapping, creates=options.mode != "update_only")


# --- Workbooks ---


def detect_workbook(workbook: Workbook, options: Options) -> FileInfo:
    tables = {name: found for name in workbook.sheets if (found := table_of_sheet(workbook, name, options))}
    if not tables:
        raise FileError("file.empty", "The workbook is empty.")
    if options.sheet and options.sheet not in tables:
        workbook.part_of(options.sheet)
        raise FileError("file.empty", f"The sheet {truncate(options.sheet)!r} is empty.")
    chosen = [options.sheet] if options.sheet else usable_sheets(tables, options)
    sheet, table = chosen[0], tables[chosen[0]]
    matching = match(table, options)
    same = [name for name in chosen if have_same_header(tables[name], table)]
    questions = matching.questions
    if len(same) < len(chosen):
        questions = (sheet_question(tables, chosen), *questions)
    return FileInfo(
        table.header,
        matching.columns,
        questions,
        [*ignored_sheets(same[1:]), *ignored_columns(matching.unknown)],
        format="xlsx",
        header_line=table.line,
        sheet=sheet,
        sheets=tuple(Sheet(name, found.line, found.header) for name, found in tables.items()),
    )


def table_of_sheet(workbook: Workbook, name: str, options: Options) -> Table | None:
    _, rows = workbook.open(workbook.part_of(name))
    records: Records = [
        (row, cells) for row, cells in islice(rows, RECORDS_READ) if any(map(str.strip, cells))
    ]
    if not records:
        return None
    table = find_table(records, options.header_row)
    return table._replace(header=without_blank_end(table.header))


def usable_sheets(tables: dict[str, Table], options: Options) -> list[str]:
    """The sheets with a SKU column, or else the sheet that is most like a list of products."""
    with_sku = [name for name, table in tables.items() if finds_sku(table, options)]
    return with_sku or [max(tables, key=lambda name: merit(tables[name]))]


def finds_sku(table: Table, options: Options) -> bool:
    try:
        return match(table, options).positions[FIELDS.index("sku")] >= 0
    except FileError:
        return False


def have_same_header(one: Table, other: Table) -> bool:
    return [cell.strip().casefold() for cell in one.header] == [
        cell.strip().casefold() for cell in other.header
    ]


def sheet_question(tables: dict[str, Table], names: Sequence[str]) -> Question:
    candidates = (
        Candidate(
            number, truncate(name), "It has a column of SKUs.", tuple(map(truncate, tables[name].header[:5]))
        )
        for number, name in enumerate(names, 1)
    )
    return Question("sheet", "Which sheet has the products?", tuple(candidates))


# --- Warnings ---


def ignored_columns(names: Sequence[str]) -> Warnings:
    message = "The column was not recognized and was ignored."
    warnings: Warnings = [
        {"column": truncate(name), "code": "header.unknown", "message": message}
        for name in names[:WARNINGS_MAX]
    ]
    if len(names) > WARNINGS_MAX:
        text = f"{len(names) - WARNINGS_MAX:,} more columns were not recognized and were ignored."
        warnings.append({"column": None, "code": "header.unknown", "message": text})
    return warnings


def ignored_sheets(names: Iterable[str]) -> Warnings:
    return [
        {
            "column": None,
            "code": "sheet.ignored",
            "message": f"The sheet {truncate(name)!r} has the same header and was not imported. Import it with the option sheet.",
        }
        for name in names
    ]


def guessed(encoding: str) -> dict[str, str | None]:
    message = (
        f"The text is not UTF-8, so it was read as {encoding}, which is a guess. If letters are wrong, upload the file "
        "again with the option encoding."
    )
    return {"column": None, "code": "file.encoding_guessed", "message": message}
