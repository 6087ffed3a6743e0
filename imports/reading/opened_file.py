"""A file whose header is read, and how its rows are: what imports.reading.batches goes on with, one batch after another."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from imports.formats.csv_reader import CsvReader, DecodedLines, Record
from imports.formats.source import Source, open_lines, open_sheet
from imports.formats.text_buffer import TextBuffer
from imports.formats.xlsx.workbook import SheetReader
from imports.rows.fast_path import FastPath
from imports.rows.row_parser import RowParser, read_header


@dataclass
class OpenedFile:
    """A file that is being read, from one batch to the next."""

    row_parser: RowParser
    source: DecodedLines | SheetReader
    records: CsvReader | SheetReader
    fast_path: FastPath
    # None for a workbook: it has no lines that could go to COPY as they are.
    buffer: TextBuffer | None
    rows_read: int = 0
    # An attempt before a crash of the server has kept what is wrong with rows up to this one.
    rows_known: int = 0
    # How many more rejected rows are listed with what is wrong with them.
    room: int = 0
    # How many records are read exactly before fast-path lines are looked for again.
    recheck_interval: int = 1

    def resume_after(self, lines: int, rows: int, *, known: int) -> None:
        """What an earlier attempt has read is passed over."""
        self.records.skip_to(lines)
        self.rows_read, self.rows_known = rows, known


def open_file_to_read(file: IO[bytes], source: Source, decimal_marks: str) -> OpenedFile:
    """The file with its header read, which every attempt reads anew; `decimal_marks` are those of prices that it has read."""
    if source.format == "xlsx":
        sheet = open_sheet(file, source)
        row_parser = row_parser_of(sheet.records, source, decimal_marks)
        fast_path = FastPath(row_parser, source.delimiter, source.options)
        return OpenedFile(row_parser, sheet, sheet, fast_path, None)
    lines = open_lines(file, source)
    buffer = TextBuffer(lines.texts())
    records = CsvReader(buffer, source.delimiter)
    row_parser = row_parser_of(records.records, source, decimal_marks)
    line_end = "\r\n" if buffer.text[: buffer.place].endswith("\r\n") else "\n"
    return OpenedFile(
        row_parser, lines, records, FastPath(row_parser, source.delimiter, source.options, line_end), buffer
    )


def row_parser_of(records: Iterator[Record], source: Source, decimal_marks: str) -> RowParser:
    _, header, _ = next(records, (1, [], None))
    options = source.options
    row_parser = read_header(header, options.mapping, blank=options.blank, decimal=options.decimal)
    row_parser.decimal_marks.update(decimal_marks)
    return row_parser


def look_up(records: Iterable[Record], lines: Sequence[int]) -> Iterator[tuple[int, int, list[str]]]:
    """The records that start at these lines, which are in order."""
    wanted = iter(lines)
    next_line = next(wanted, None)
    for row, (line, cells, _) in enumerate(records, 1):
        if line == next_line:
            yield line, row, cells
            next_line = next(wanted, None)
