"""Read one batch of a file: lines for COPY, and rejected rows.

Runs of fast-path lines pass as they are; every other record is parsed. Each line of the file becomes one row of the
staging table, which numbers them. A line without a valid row becomes an empty one, or is skipped among many such lines."""

import time
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from imports.errors import RowError, sanitized_cells, truncate
from imports.formats.csv_reader import CsvReader
from imports.formats.recipe_rows import RecipeRows
from imports.formats.text_buffer import TextBuffer
from imports.reading.opened_file import OpenedFile
from lib import limits

# Rejected rows stay in memory until their batch ends, so their number and size limit the batch.
MAX_REJECTED = 5_000
MAX_REJECTED_CHARACTERS = 8 * 1024**2
# In a file without fast-path lines, how many records are read before looking for them again.
MAX_RECHECK_INTERVAL = 1_000
PIECE_CHARACTERS = 64 * 1024
# A shorter file is parsed before the patterns of its fast path would be compiled.
SHORT_CHARACTERS = 128 * 1024
# A gap this long is not staged. Another COPY for what follows costs as much as some hundred rows.
LONGEST_GAP = 1_000

# In the order of the COPY into RejectedRow, without its job.
Rejection = tuple[int, int, str | None, str, str, str, list[str] | None]


@dataclass
class Batch:
    """The result of reading one batch, before it is committed."""

    rows_read: int
    lines_read: int
    lines_staged: int = 0
    ended: bool = False
    listed_rows: int = 0
    # The decimal marks seen so far, and how much of the stored file was read.
    decimal_marks: str = ""
    bytes_read: int = 0
    # What later rows take over from earlier ones, by the rules of a recipe.
    carried: dict[str, object] = field(default_factory=dict)
    rejections: list[Rejection] = field(default_factory=list)
    rejected_characters: int = 0
    # The lines of rejected rows beyond those listed.
    unlisted: list[int] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return self.rejected_characters >= MAX_REJECTED_CHARACTERS or len(self.rejections) >= MAX_REJECTED


class Output(Protocol):
    """Takes lines in the form of COPY."""

    def go_to(self, line: int) -> None:
        """The next line has this number."""

    def write(self, text: str) -> None: ...


def read_batch(reading: OpenedFile, output: Output, seconds: float) -> Batch:
    """Read for `seconds` and send COPY what can be staged. The clock is checked once a block of the file."""
    batch = Batch(reading.rows_read, reading.records.lines_done)
    deadline = time.monotonic() + seconds
    copy_buffer = CopyBuffer(output)
    copy_buffer.go_to(reading.records.lines_done + 1)
    while not batch.ended and not batch.is_full and time.monotonic() < deadline:
        read_on(reading, batch, copy_buffer)
    copy_buffer.send()
    reading.rows_read = batch.rows_read
    batch.lines_read, batch.bytes_read = reading.records.lines_done, reading.source.bytes_read
    if isinstance(reading.records, RecipeRows):
        batch.carried = reading.records.state()
    batch.decimal_marks = "".join(sorted(reading.row_parser.decimal_marks))
    return batch


class CopyBuffer:
    """Collects lines for COPY into pieces that fit into the connection's buffer, so that the server works on one while
    the next is made."""

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


def read_on(reading: OpenedFile, batch: Batch, copy_buffer: CopyBuffer) -> None:
    """Read a block of a text file, or some rows of a sheet."""
    if reading.buffer is None:
        before, reading.recheck_interval = batch.rows_read, MAX_RECHECK_INTERVAL
        stopped = read_with_csv(reading, batch, copy_buffer)
        batch.ended = not stopped and batch.rows_read - before < MAX_RECHECK_INTERVAL
    else:
        batch.ended = not reading.buffer.advance()
        read_block(reading, batch, reading.buffer, copy_buffer)


def read_block(reading: OpenedFile, batch: Batch, buffer: TextBuffer, copy_buffer: CopyBuffer) -> None:
    """Read the rest of the block, and to the end of its last record; stop early at a long gap."""
    block = buffer.text
    while buffer.text is block and not buffer.is_exhausted():
        if copy_fast_path(reading, batch, buffer, copy_buffer):
            reading.recheck_interval = 1
        elif read_with_csv(reading, batch, copy_buffer):
            return
        else:
            reading.recheck_interval = min(2 * reading.recheck_interval, MAX_RECHECK_INTERVAL)


def copy_fast_path(reading: OpenedFile, batch: Batch, buffer: TextBuffer, copy_buffer: CopyBuffer) -> bool:
    """Copy records that match the fast path: a run of lines, and one record that spans lines. False if none matches."""
    if (
        buffer.characters < SHORT_CHARACTERS
        or reading.fast_path is None
        or not reading.copy_format.has_all_columns
    ):
        return False
    patterns = reading.fast_path.patterns(reading.row_parser.decimal_marks)
    run = buffer.match(patterns.run)
    if not run and reading.row_parser.has_blank_ends:
        run = patterns.without_blank_ends(buffer.match(patterns.run_with_blank_ends))
    if run:
        copy_buffer.append(run)
        count(reading, batch, rows=run.count("\n"), lines=run.count("\n"))
    if record := buffer.match(patterns.record):
        lines = record.count("\n")
        copy_buffer.append(record)
        count(reading, batch, rows=1, lines=lines)
        fill_gap(reading, batch, copy_buffer, lines - 1, reading.records.lines_done + 1)
    return bool(run or record)


def count(reading: OpenedFile, batch: Batch, *, rows: int, lines: int) -> None:
    if isinstance(reading.records, CsvReader):
        reading.records.skip_lines(lines)
    batch.rows_read += rows
    batch.lines_staged += rows


def fill_gap(reading: OpenedFile, batch: Batch, copy_buffer: CopyBuffer, lines: int, next_line: int) -> bool:
    """Stage or skip lines without a row: blank ones, or further lines of a record. True for a long gap."""
    if lines < LONGEST_GAP:
        copy_buffer.append(reading.copy_format.nothing * lines)
        batch.lines_staged += lines
        return False
    copy_buffer.go_to(next_line)
    return True


def read_with_csv(reading: OpenedFile, batch: Batch, copy_buffer: CopyBuffer) -> bool:
    """Parse some records and stage a row or an empty one for each of their lines, and for blank lines before them.

    True if it stopped early at a long gap."""
    records = reading.records
    before, was_long_gap = records.lines_done, False
    for line, cells, error in islice(records, reading.recheck_interval):
        if line > before + 1:
            was_long_gap = fill_gap(reading, batch, copy_buffer, line - before - 1, line)
        batch.rows_read += 1
        batch.lines_staged += 1
        copy_buffer.append(csv_line(reading, batch, line, cells, error))
        before = records.lines_done
        if before > line:
            was_long_gap |= fill_gap(reading, batch, copy_buffer, before - line, before + 1)
        if was_long_gap:
            break
    return was_long_gap


def csv_line(reading: OpenedFile, batch: Batch, line: int, cells: list[str], error: RowError | None) -> str:
    try:
        if error is not None:
            raise error
        if reading.source.suspicious:
            reading.row_parser.check_readable(reading.row_parser.fitted(cells))
        return reading.copy_format.line(reading.row_parser.parse(cells))
    except RowError as found:
        reject(reading, batch, line, cells, found)
        return reading.copy_format.nothing


def reject(reading: OpenedFile, batch: Batch, line: int, cells: list[str], found: RowError) -> None:
    """Keep all errors of the row, and the row's cells with the first of them."""
    # An attempt before a server crash may have kept it already.
    if batch.rows_read <= reading.rows_known:
        return
    if batch.listed_rows >= reading.room:
        batch.unlisted.append(line)
        return
    batch.listed_rows += 1
    about, cells_kept = (batch.rows_read, line), sanitized_cells(cells)
    errors = [found] if found.column is None else reading.row_parser.errors(cells)
    for error in errors[: limits.LISTED_FAULTS]:
        column = error.column and truncate(error.column)
        batch.rejections.append((*about, column, error.code, error.message, error.value, cells_kept))
        batch.rejected_characters += len(error.message)
        cells_kept = None
    batch.rejected_characters += min(sum(map(len, cells)), limits.LISTED_ROW_CHARACTERS)
