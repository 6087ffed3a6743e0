"""One segment of a file on its way into the job's table: lines that go to COPY, and rows that are refused.

imports.reading opens the file, imports.staging commits the segments. Runs of canonical lines pass as they are
(imports.canonical); every other record is read and cleaned (imports.reader, imports.rows). Each line of the file
becomes one row of the table, which numbers them; one that holds no clean row becomes an empty one."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice

from imports.ahead import Ahead
from imports.faults import Fault, storable
from imports.reader import Records
from imports.reading import Reading

# Rejected rows wait in memory until their segment ends, so their number and size end it too.
MAX_REJECTED = 5_000
MAX_REJECTED_CHARACTERS = 8 * 1024**2
# In a file without canonical lines they are looked for once in so many records.
LONGEST_STRETCH = 1_000
PIECE_CHARACTERS = 64 * 1024

# In the order of the COPY into RejectedRow, but for its job.
Rejection = tuple[int, int, str | None, str, str, str, list[str]]


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


def read_segment(reading: Reading, send: Callable[[str], object], seconds: float) -> Segment:
    """Read for so long, and send COPY what can be staged. The clock is looked at once a block of the file."""
    segment = Segment(reading.rows_read, reading.records.lines_done)
    deadline = time.monotonic() + seconds
    outgoing = Outgoing(send)
    while not segment.ended and not segment.is_full and time.monotonic() < deadline:
        read_on(reading, segment, outgoing)
    outgoing.send()
    reading.rows_read = segment.rows_read
    segment.lines_read = reading.records.lines_done
    return segment


class Outgoing:
    """What COPY is given, in pieces so small that they fit into the connection: the server works on one while we make
    the next."""

    def __init__(self, send: Callable[[str], object]) -> None:
        self.pass_on = send
        self.texts: list[str] = []
        self.size = 0

    def append(self, text: str) -> None:
        self.texts.append(text)
        self.size += len(text)
        if self.size >= PIECE_CHARACTERS:
            self.send()

    def send(self) -> None:
        self.pass_on("".join(self.texts))
        self.texts, self.size = [], 0


def read_on(reading: Reading, segment: Segment, outgoing: Outgoing) -> None:
    """Read some more of the file."""
    if reading.ahead is None:
        before, reading.stretch = segment.rows_read, LONGEST_STRETCH
        read_exactly(reading, segment, outgoing)
        segment.ended = segment.rows_read - before < LONGEST_STRETCH
    else:
        segment.ended = not reading.ahead.go_on()
        read_block(reading, segment, reading.ahead, outgoing)


def read_block(reading: Reading, segment: Segment, ahead: Ahead, outgoing: Outgoing) -> None:
    """The rest of a block, and what is read exactly at its end has behind it."""
    block = ahead.text
    while ahead.text is block and not ahead.is_used_up():
        if take_canonical(reading, segment, ahead, outgoing):
            reading.stretch = 1
        else:
            read_exactly(reading, segment, outgoing)
            reading.stretch = min(2 * reading.stretch, LONGEST_STRETCH)


def take_canonical(reading: Reading, segment: Segment, ahead: Ahead, outgoing: Outgoing) -> bool:
    """Records that go to COPY as they are: a run of lines, and one that goes over several. False: there is none."""
    patterns = reading.canonical.patterns(reading.layout.marks)
    if run := ahead.take(patterns.run):
        outgoing.append(run)
        count(reading, segment, rows=run.count("\n"), lines=run.count("\n"))
    if record := ahead.take(patterns.record):
        lines = record.count("\n")
        outgoing.append(record + reading.canonical.nothing * (lines - 1))
        count(reading, segment, rows=1, lines=lines)
    return bool(run or record)


def count(reading: Reading, segment: Segment, *, rows: int, lines: int) -> None:
    if isinstance(reading.records, Records):
        reading.records.pass_over(lines)
    segment.rows_read += rows
    segment.lines_staged += lines


def read_exactly(reading: Reading, segment: Segment, outgoing: Outgoing) -> None:
    """Some records: the row, or nothing in its place, with nothing for blank lines before it and its further lines."""
    records, nothing = reading.records, reading.canonical.nothing
    before = records.lines_done
    for line, cells, fault in islice(records, reading.stretch):
        segment.rows_read += 1
        if line > before + 1:
            outgoing.append(nothing * (line - before - 1))
        outgoing.append(exact_line(reading, segment, line, cells, fault))
        if records.lines_done > line:
            outgoing.append(nothing * (records.lines_done - line))
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
    if segment.rows_read <= reading.rows_known:
        return
    kept = [storable(cell) for cell in cells]
    about = (segment.rows_read, line)
    for fault in [found] if found.column is None else reading.layout.faults(cells):
        segment.rejections.append((*about, fault.column, fault.code, fault.message, fault.value, kept))
    segment.rejected_characters += sum(map(len, kept))
