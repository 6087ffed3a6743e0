"""One segment of a file on its way into the job's table: lines that go to COPY, and rows that are refused.

imports.staging opens the file and commits the segments. Runs of canonical lines pass as they are
(imports.canonical); every other record is read and cleaned (imports.reader, imports.rows). Each line of the file
becomes one row of the table, which numbers them; one that holds no clean row becomes an empty one."""

import time
from dataclasses import dataclass, field
from itertools import islice
from uuid import UUID

from psycopg import Copy
from psycopg.types.json import Jsonb

from imports.ahead import Ahead
from imports.canonical import Canonical
from imports.faults import Fault, storable
from imports.models import ImportJob
from imports.reader import Lines, Records
from imports.rows import Layout
from imports.workbooks import SheetRecords

# Rejected rows wait in memory until their segment ends, so their number and size end it too.
MAX_REJECTED = 5_000
MAX_REJECTED_CHARACTERS = 8 * 1024**2
# In a file without canonical lines they are looked for once in so many records.
LONGEST_STRETCH = 1_000

# In the order of the COPY into RejectedRow.
Rejection = tuple[UUID, int, int, str | None, str, str, str, Jsonb]


@dataclass
class Reading:
    """A file that is being read, from one segment to the next."""

    job: ImportJob
    layout: Layout
    source: Lines | SheetRecords
    records: Records | SheetRecords
    canonical: Canonical
    # None for a workbook: it has no lines that could go to COPY as they are.
    ahead: Ahead | None
    # How many records are read exactly before canonical lines are looked for again.
    stretch: int = 1


@dataclass
class Segment:
    """What one segment read, before it is committed."""

    rows_read: int
    lines_read: int
    lines_staged: int = 0
    ended: bool = False
    rejected_rows: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    rejected_characters: int = 0

    @property
    def is_full(self) -> bool:
        return self.rejected_characters >= MAX_REJECTED_CHARACTERS or len(self.rejections) >= MAX_REJECTED


def copy_segment(reading: Reading, copy: Copy, seconds: float) -> Segment:
    """Read for so long, and send COPY what can be staged. The clock is looked at once a block of the file."""
    segment = Segment(reading.job.rows_read, reading.records.lines_done)
    deadline = time.monotonic() + seconds
    while not segment.ended and not segment.is_full and time.monotonic() < deadline:
        copy.write("".join(next_lines(reading, segment)))
    segment.lines_read = reading.records.lines_done
    return segment


def next_lines(reading: Reading, segment: Segment) -> list[str]:
    """Some of the file as COPY takes it."""
    found: list[str] = []
    if reading.ahead is None:
        before, reading.stretch = segment.rows_read, LONGEST_STRETCH
        read_exactly(reading, segment, found)
        segment.ended = segment.rows_read - before < LONGEST_STRETCH
    else:
        segment.ended = not reading.ahead.go_on()
        read_block(reading, segment, reading.ahead, found)
    return found


def read_block(reading: Reading, segment: Segment, ahead: Ahead, found: list[str]) -> None:
    """The rest of a block, and what is read exactly at its end has behind it."""
    block = ahead.block
    while ahead.block is block and not ahead.is_used_up():
        if take_canonical(reading, segment, ahead, found):
            reading.stretch = 1
        else:
            read_exactly(reading, segment, found)
            reading.stretch = min(2 * reading.stretch, LONGEST_STRETCH)


def take_canonical(reading: Reading, segment: Segment, ahead: Ahead, found: list[str]) -> bool:
    """Records that go to COPY as they are: a run of lines, and one that goes over several. False: there is none."""
    patterns = reading.canonical.patterns(reading.layout.marks)
    if run := ahead.take(patterns.run):
        found.append(run.replace("\r\n", "\n") if "\r" in run else run)
        count(reading, segment, rows=run.count("\n"), lines=run.count("\n"))
    if record := ahead.take(patterns.record):
        lines = record.count("\n")
        found.append(record.replace("\r\n", "\n") + reading.canonical.nothing * (lines - 1))
        count(reading, segment, rows=1, lines=lines)
    return bool(run or record)


def count(reading: Reading, segment: Segment, *, rows: int, lines: int) -> None:
    if isinstance(reading.records, Records):
        reading.records.pass_over(lines)
    segment.rows_read += rows
    segment.lines_staged += lines


def read_exactly(reading: Reading, segment: Segment, found: list[str]) -> None:
    """Some records: the row, or nothing in its place, with nothing for blank lines before it and its further lines."""
    records, nothing = reading.records, reading.canonical.nothing
    before = records.lines_done
    for line, cells, fault in islice(records, reading.stretch):
        segment.rows_read += 1
        if line > before + 1:
            found.append(nothing * (line - before - 1))
        found.append(exact_line(reading, segment, line, cells, fault))
        if records.lines_done > line:
            found.append(nothing * (records.lines_done - line))
        segment.lines_staged += records.lines_done - before
        before = records.lines_done


def exact_line(reading: Reading, segment: Segment, line: int, cells: list[str], fault: Fault | None) -> str:
    try:
        if fault is not None:
            raise fault
        if reading.source.suspicious and len(cells) == reading.layout.width:
            reading.layout.check_readable(cells)
        return reading.canonical.line(reading.layout.clean(cells))
    except Fault as found:
        reject(reading, segment, line, cells, found)
        return reading.canonical.nothing


def reject(reading: Reading, segment: Segment, line: int, cells: list[str], found: Fault) -> None:
    """Keep everything that is wrong with the row, and the row."""
    segment.rejected_rows += 1
    # An attempt before a crash of the server may have kept it already.
    if segment.rows_read <= reading.job.total_rows:
        return
    # A row of the right width has a blank cell behind it by now; see Layout.clean().
    width = len(reading.layout.header) if found.column is not None else len(cells)
    kept = [storable(cell) for cell in cells[:width]]
    about = (reading.job.pk, segment.rows_read, line)
    for fault in [found] if found.column is None else reading.layout.faults(cells):
        segment.rejections.append((*about, fault.column, fault.code, fault.message, fault.value, Jsonb(kept)))
    segment.rejected_characters += sum(map(len, kept))
