"""A file whose header is read, and how its rows are: what imports.reading.batches goes on with, one segment after another."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from imports.formats.csv_reader import Lines, Record, Records
from imports.formats.source import Source, open_lines, open_sheet
from imports.formats.text_buffer import Ahead
from imports.formats.xlsx.workbook import SheetRecords
from imports.rows.fast_path import Canonical
from imports.rows.layout import Layout, read_header


@dataclass
class Reading:
    """A file that is being read, from one segment to the next."""

    layout: Layout
    source: Lines | SheetRecords
    records: Records | SheetRecords
    canonical: Canonical
    # None for a workbook: it has no lines that could go to COPY as they are.
    ahead: Ahead | None
    rows_read: int = 0
    # An attempt before a crash of the server has kept what is wrong with rows up to this one.
    rows_known: int = 0
    # How many more rejected rows are listed with what is wrong with them.
    room: int = 0
    # How many records are read exactly before canonical lines are looked for again.
    stretch: int = 1

    def go_on_behind(self, lines: int, rows: int, *, known: int) -> None:
        """What an earlier attempt has read is passed over."""
        self.records.skip_to(lines)
        self.rows_read, self.rows_known = rows, known


def open_reading(file: IO[bytes], source: Source, marks: str) -> Reading:
    """The file with its header read, which every attempt reads anew; `marks` are those of prices that it has read."""
    if source.format == "xlsx":
        sheet = open_sheet(file, source)
        layout = layout_of(sheet.records, source, marks)
        canonical = Canonical(layout, source.delimiter, source.options)
        return Reading(layout, sheet, sheet, canonical, None)
    lines = open_lines(file, source)
    ahead = Ahead(lines.texts())
    records = Records(ahead, source.delimiter)
    layout = layout_of(records.records, source, marks)
    line_end = "\r\n" if ahead.text[: ahead.place].endswith("\r\n") else "\n"
    return Reading(
        layout, lines, records, Canonical(layout, source.delimiter, source.options, line_end), ahead
    )


def layout_of(records: Iterator[Record], source: Source, marks: str) -> Layout:
    _, header, _ = next(records, (1, [], None))
    options = source.options
    layout = read_header(header, options.mapping, blank=options.blank, decimal=options.decimal)
    layout.marks.update(marks)
    return layout


def look_up(records: Iterable[Record], lines: Sequence[int]) -> Iterator[tuple[int, int, list[str]]]:
    """The records that start at these lines, which are in order."""
    wanted = iter(lines)
    next_line = next(wanted, None)
    for row, (line, cells, _) in enumerate(records, 1):
        if line == next_line:
            yield line, row, cells
            next_line = next(wanted, None)
