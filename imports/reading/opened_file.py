"""A file that is open for reading, with its header parsed."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from imports.formats.csv_reader import CsvReader, DecodedLines, Record
from imports.formats.source import Source, open_source
from imports.formats.text_buffer import TextBuffer
from imports.formats.xlsx.workbook import SheetReader
from imports.rows.copy_format import CopyFormat
from imports.rows.fast_path import FastPath
from imports.rows.row_parser import RowParser, read_header


@dataclass
class OpenedFile:
    """The state of reading a file, from one batch to the next."""

    row_parser: RowParser
    source: DecodedLines | SheetReader
    records: CsvReader | SheetReader
    copy_format: CopyFormat
    fast_path: FastPath
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


def open_file_to_read(file: IO[bytes], source: Source, decimal_marks: str) -> OpenedFile:
    """Open the file and parse its header. `decimal_marks` are those that an earlier attempt has seen."""
    opened = open_source(file, source)
    if not isinstance(opened, DecodedLines):
        row_parser = row_parser_of(opened.records, source, decimal_marks)
        copy_format = CopyFormat(row_parser, source.delimiter)
        fast_path = FastPath(copy_format, source.options)
        return OpenedFile(row_parser, opened, opened, copy_format, fast_path, None)
    buffer = TextBuffer(opened.texts())
    records = CsvReader(buffer, source.delimiter)
    row_parser = row_parser_of(records.records, source, decimal_marks)
    line_end = "\r\n" if buffer.text[: buffer.place].endswith("\r\n") else "\n"
    copy_format = CopyFormat(row_parser, source.delimiter, line_end)
    return OpenedFile(row_parser, opened, records, copy_format, FastPath(copy_format, source.options), buffer)


def row_parser_of(records: Iterator[Record], source: Source, decimal_marks: str) -> RowParser:
    _, header, _ = next(records, (1, [], None))
    options = source.options
    row_parser = read_header(
        header, options.mapping, blank=options.blank, decimal=options.decimal, html=options.html
    )
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
