"""One segment of a file on its way into the job's table: lines that go to COPY, and rows that are refused.

imports.reading.opened_file opens the file, imports.reading.child sends on what is found here, imports.pipeline.staging commits it. Runs of canonical lines pass as they are
(imports.rows.fast_path); every other record is read and cleaned (imports.formats.csv_reader, imports.rows.layout). Each line of the file
becomes one row of the table, which numbers them; one that holds no clean row becomes an empty one, or, among many such
lines, is passed over."""

import time
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from imports.errors import RowError, kept, readable
from imports.formats.csv_reader import Records
from imports.formats.text_buffer import Ahead
from imports.reading.opened_file import Reading
from lib import limits

# Rejected rows wait in memory until their segment ends, so their number and size end it too.
MAX_REJECTED = 5_000
MAX_REJECTED_CHARACTERS = 8 * 1024**2
# In a file without canonical lines they are looked for once in so many records.
LONGEST_STRETCH = 1_000
PIECE_CHARACTERS = 64 * 1024
# A shorter file is read exactly before the patterns of its canonical lines would have been made.
SHORT_CHARACTERS = 128 * 1024
# So many lines without a row are not staged. Another COPY for what follows costs as much as some hundred rows.
LONGEST_GAP = 1_000

# In the order of the COPY into RejectedRow, but for its job.
Rejection = tuple[int, int, str | None, str, str, str, list[str] | None]


@dataclass
class Segment:
    """What one segment read, before it is committed."""

    rows_read: int
    lines_read: int
    lines_staged: int = 0
    ended: bool = False
    listed_rows: int = 0
    # What prices have shown so far, and how much of the stored file was read.
    marks: str = ""
    bytes_read: int = 0
    rejections: list[Rejection] = field(default_factory=list)
    rejected_characters: int = 0
    # The lines of rejected rows beyond those that are listed.
    unlisted: list[int] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return self.rejected_characters >= MAX_REJECTED_CHARACTERS or len(self.rejections) >= MAX_REJECTED


class Output(Protocol):
    """Where lines go, as COPY takes them."""

    def go_to(self, line: int) -> None:
        """The next has this number."""

    def write(self, text: str) -> None: ...


def read_segment(reading: Reading, output: Output, seconds: float) -> Segment:
    """Read for so long, and send COPY what can be staged. The clock is looked at once a block of the file."""
    segment = Segment(reading.rows_read, reading.records.lines_done)
    deadline = time.monotonic() + seconds
    outgoing = Outgoing(output)
    outgoing.go_to(reading.records.lines_done + 1)
    while not segment.ended and not segment.is_full and time.monotonic() < deadline:
        read_on(reading, segment, outgoing)
    outgoing.send()
    reading.rows_read = segment.rows_read
    segment.lines_read, segment.bytes_read = reading.records.lines_done, reading.source.bytes_read
    segment.marks = "".join(sorted(reading.layout.marks))
    return segment


class Outgoing:
    """What COPY is given, in pieces so small that they fit into the connection: the server works on one while we make
    the next."""

    def __init__(self, output: Output) -> None:
        self.output = output
        self.texts: list[str] = []
        self.size = 0

    def append(self, text: str) -> None:
        self.texts.append(text)
        self.size += len(text)
        if self.size >= PIECE_CHARACTERS:
            self.send()

    def go_to(self, line: int) -> None:
        self.send()
        self.output.go_to(line)

    def send(self) -> None:
        if self.texts:
            self.output.write("".join(self.texts))
        self.texts, self.size = [], 0


def read_on(reading: Reading, segment: Segment, outgoing: Outgoing) -> None:
    """Read some more of the file."""
    if reading.ahead is None:
        before, reading.stretch = segment.rows_read, LONGEST_STRETCH
        stopped = read_exactly(reading, segment, outgoing)
        segment.ended = not stopped and segment.rows_read - before < LONGEST_STRETCH
    else:
        segment.ended = not reading.ahead.go_on()
        read_block(reading, segment, reading.ahead, outgoing)


def read_block(reading: Reading, segment: Segment, ahead: Ahead, outgoing: Outgoing) -> None:
    """The rest of a block, and what is read exactly at its end has behind it; less when many lines are passed over."""
    block = ahead.text
    while ahead.text is block and not ahead.is_used_up():
        if take_canonical(reading, segment, ahead, outgoing):
            reading.stretch = 1
        elif read_exactly(reading, segment, outgoing):
            return
        else:
            reading.stretch = min(2 * reading.stretch, LONGEST_STRETCH)


def take_canonical(reading: Reading, segment: Segment, ahead: Ahead, outgoing: Outgoing) -> bool:
    """Records that go to COPY as they are: a run of lines, and one that goes over several. False: there is none."""
    if ahead.characters < SHORT_CHARACTERS:
        return False
    patterns = reading.canonical.patterns(reading.layout.marks)
    if run := ahead.take(patterns.run):
        outgoing.append(run)
        count(reading, segment, rows=run.count("\n"), lines=run.count("\n"))
    if record := ahead.take(patterns.record):
        lines = record.count("\n")
        outgoing.append(record)
        count(reading, segment, rows=1, lines=lines)
        leave_out(reading, segment, outgoing, lines - 1, reading.records.lines_done + 1)
    return bool(run or record)


def count(reading: Reading, segment: Segment, *, rows: int, lines: int) -> None:
    if isinstance(reading.records, Records):
        reading.records.pass_over(lines)
    segment.rows_read += rows
    segment.lines_staged += rows


def leave_out(reading: Reading, segment: Segment, outgoing: Outgoing, lines: int, next_line: int) -> bool:
    """Lines without a row of their own, blank ones or the further ones of a row. True: they were many."""
    if lines < LONGEST_GAP:
        outgoing.append(reading.canonical.nothing * lines)
        segment.lines_staged += lines
        return False
    outgoing.go_to(next_line)
    return True


def read_exactly(reading: Reading, segment: Segment, outgoing: Outgoing) -> bool:
    """Some records: the row, or nothing in its place, with nothing for blank lines before it and its further lines.

    True: it stopped early, because many lines were without a row and took their time."""
    records = reading.records
    before, were_many = records.lines_done, False
    for line, cells, error in islice(records, reading.stretch):
        if line > before + 1:
            were_many = leave_out(reading, segment, outgoing, line - before - 1, line)
        segment.rows_read += 1
        segment.lines_staged += 1
        outgoing.append(exact_line(reading, segment, line, cells, error))
        before = records.lines_done
        if before > line:
            were_many |= leave_out(reading, segment, outgoing, before - line, before + 1)
        if were_many:
            break
    return were_many


def exact_line(
    reading: Reading, segment: Segment, line: int, cells: list[str], error: RowError | None
) -> str:
    try:
        if error is not None:
            raise error
        if reading.source.suspicious and len(cells) == reading.layout.width:
            reading.layout.check_readable(cells)
        return reading.canonical.line(reading.layout.clean(cells))
    except RowError as found:
        reject(reading, segment, line, cells, found)
        return reading.canonical.nothing


def reject(reading: Reading, segment: Segment, line: int, cells: list[str], found: RowError) -> None:
    """Keep everything that is wrong with the row, and the row with the first of it."""
    # An attempt before a crash of the server may have kept it already.
    if segment.rows_read <= reading.rows_known:
        return
    if segment.listed_rows >= reading.room:
        segment.unlisted.append(line)
        return
    segment.listed_rows += 1
    about, cells_kept = (segment.rows_read, line), kept(cells)
    errors = [found] if found.column is None else reading.layout.errors(cells)
    for error in errors[: limits.LISTED_FAULTS]:
        column = error.column and readable(error.column)
        segment.rejections.append((*about, column, error.code, error.message, error.value, cells_kept))
        segment.rejected_characters += len(error.message)
        cells_kept = None
    segment.rejected_characters += min(sum(map(len, cells)), limits.LISTED_ROW_CHARACTERS)
