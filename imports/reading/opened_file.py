"""A file that is open for reading, with its header parsed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from imports.errors import FileError
from imports.formats.csv_reader import CsvReader, DecodedLines, Record
from imports.formats.recipe_rows import RecipeRows
from imports.formats.source import Source, by_recipe, open_source, read_header
from imports.formats.text_buffer import TextBuffer
from imports.formats.xlsx.workbook import SheetReader
from imports.rows.copy_format import CopyFormat
from imports.rows.fast_path import FastPath
from imports.rows.row_parser import RowParser


@dataclass
class OpenedFile:
    """The state of reading a file, from one batch to the next."""

    row_parser: RowParser
    source: DecodedLines | SheetReader
    records: CsvReader | SheetReader | RecipeRows
    copy_format: CopyFormat
    # None where a recipe changes rows before they are parsed.
    fast_path: FastPath | None
    # None for a workbook, which has no lines to copy.
    buffer: TextBuffer | None
    rows_read: int = 0
    # An attempt before a server crash has kept the errors of rows up to this one.
    rows_known: int = 0
    # How many more rejected rows to list with their errors.
    room: int = 0
    # How many records to parse before looking for fast-path lines again.
    recheck_interval: int = 1

    def resume_after(self, lines: int, rows: int, *, known: int) -> None:
        """Skip what an earlier attempt has read."""
        self.records.skip_to(lines)
        self.rows_read, self.rows_known = rows, known


def open_file_to_read(
    file: IO[bytes], source: Source, decimal_marks: str, carried: Mapping[str, object]
) -> OpenedFile:
    """Open the file and parse its header. `decimal_marks` and `carried` are those of an earlier attempt."""
    opened = open_source(file, source)
    buffer: TextBuffer | None = None
    reader: CsvReader | SheetReader
    if isinstance(opened, DecodedLines):
        buffer = TextBuffer(opened.texts())
        reader = CsvReader(buffer, source.delimiter)
    else:
        reader = opened
    row_parser = row_parser_of(read_header(reader, source), source, decimal_marks)
    line_end = "\r\n" if buffer and buffer.text[: buffer.place].endswith("\r\n") else "\n"
    copy_format = CopyFormat(row_parser, source.delimiter, line_end)
    rows = by_recipe(reader, row_parser.header, source, carried)
    fast_path = FastPath(copy_format, source.options) if rows is None else None
    return OpenedFile(row_parser, opened, rows or reader, copy_format, fast_path, buffer)


def row_parser_of(header: Sequence[str], source: Source, decimal_marks: str) -> RowParser:
    """The parser for the rows after the header, which was matched at the upload."""
    if len(header) <= max(source.positions):
        raise FileError("file.missing", "The stored file is not the one that was uploaded. Upload it again.")
    options = source.options
    row_parser = RowParser(tuple(header), source.positions, options.blank, options.decimal, options.html)
    row_parser.decimal_marks.update(decimal_marks)
    return row_parser


def look_up(records: Iterable[Record], lines: Sequence[int]) -> Iterator[tuple[int, int, list[str]]]:
    """Find the records that start at these lines, which are in order."""
    wanted = iter(lines)
    next_line = next(wanted, None)
    for row, (line, cells, _) in enumerate(records, 1):
        if line == next_line:
            yield line, row, cells
            next_line = next(wanted, None)
