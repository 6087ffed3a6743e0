"""Decode bytes to lines and parse lines to records, streaming, with the line in which each record starts. Pure.

Python's csv module parses, in strict mode; this module gives it lines and turns its errors into row errors. Rows of blank
cells are no records, and a byte order mark at the start of a record is no part of it."""

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import Protocol

from imports.errors import FileError, RowError
from imports.formats.quotes import BYTE_ORDER_MARK, TidyLines
from imports.rows.row_parser import is_blank
from lib.limits import MAX_BLANK_LINES

# Far above any real cell: a longer one is a quote that was never closed.
CELL_LIMIT = 16 * 1024**2
DELIMITERS = ",;\t|"

# str.splitlines() also splits at these; in a CSV file they are data.
OTHER_LINE_ENDS = ("\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")

# A first line such as `sep=;` sets the delimiter for Excel; some programs quote it.
SEP_LINE = re.compile(r'"?sep=([!#-/:-@\[-`{-~]|\t)"?(?:\r\n?|\n)?', re.IGNORECASE).fullmatch
# Stands for undecodable bytes in an encoding other than UTF-8.
UNDECODABLE = "\udcff"

Record = tuple[int, list[str], RowError | None]

csv.field_size_limit(CELL_LIMIT)
codecs.register_error("imports.formats.csv_reader", lambda error: (UNDECODABLE, getattr(error, "end", 0)))


class CountsBytes(Protocol):
    """Knows how much of the stored file was read."""

    @property
    def bytes_read(self) -> int: ...


class CountingBlocks:
    """The blocks of a file, with a count of the bytes read."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.blocks = blocks
        self.bytes_read = 0

    def __iter__(self) -> Iterator[bytes]:
        for block in self.blocks:
            self.bytes_read += len(block)
            yield block


class DecodedLines:
    """The lines of a text with their line ends (LF, CR or CRLF). Undecodable bytes become lone surrogates.

    `stored` counts the bytes of the stored file, if that is not the blocks themselves but an archive."""

    def __init__(
        self, blocks: Iterable[bytes], encoding: str = "utf-8", stored: CountsBytes | None = None
    ) -> None:
        if stored is None:
            blocks = stored = CountingBlocks(blocks)
        self.stored, self.blocks = stored, blocks
        self.encoding = encoding
        # True once a NUL or an undecodable byte was seen: from then on every cell is checked.
        self.suspicious = False

    @property
    def bytes_read(self) -> int:
        """Bytes read of the stored file."""
        return self.stored.bytes_read

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(split_lines, self.texts()))

    def texts(self) -> Iterator[str]:
        """The text in larger pieces that end at line ends."""
        decoder = decoder_of(self.encoding)
        # A line may span many blocks; its pieces are joined once, at its end. `last` holds a CR at the end of the
        # text so far, which may be half of a CRLF.
        pending, size, last, is_first = [""], 0, "", True
        for block in self.blocks:
            text = last + decoder.decode(block)
            if is_first:
                text = text.lstrip(BYTE_ORDER_MARK)
                is_first = not text
            end = end_of_last_line(text)
            if end:
                yield self._checked("".join([*pending, text[:end]]))
                pending, size = [], 0
            last = "\r" if text.endswith("\r", end) else ""
            pending.append(text[end : len(text) - len(last)])
            size += len(pending[-1])
            if size > CELL_LIMIT:
                raise FileError("file.line_too_long", "A line is longer than 16 MB. Is this a CSV file?")
        yield self._checked("".join([*pending, last, decoder.decode(b"", final=True)]))

    def _checked(self, text: str) -> str:
        self.suspicious = self.suspicious or "\0" in text or not is_unicode(text)
        return text


def decoder_of(encoding: str) -> codecs.IncrementalDecoder:
    # surrogateescape does not work for encodings with code units wider than a byte.
    errors = "surrogateescape" if encoding == "utf-8" else "imports.formats.csv_reader"
    return codecs.getincrementaldecoder(encoding)(errors)


def end_of_last_line(text: str) -> int:
    """Where the last complete line ends. A CR at the very end may be half of a CRLF, so it ends no line yet."""
    return text.rfind("\n") + 1 or text.rfind("\r", 0, -1) + 1


def is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def split_lines(text: str) -> Iterable[str]:
    if any(end in text for end in OTHER_LINE_ENDS):
        return io.StringIO(text, newline="")
    return text.splitlines(keepends=True)


class CsvReader:
    """The records of a file in order, each as (first line, cells, quoting error or None).

    Skips rows of blank cells and a first line such as `sep=;`."""

    def __init__(self, lines: Iterable[str], delimiter: str) -> None:
        self.skipped = 0
        self.lines = self._without_sep_line(iter(lines))
        self.tidy_lines = TidyLines(self.lines, delimiter)
        self.reader = csv.reader(self.tidy_lines, delimiter=delimiter, strict=True)
        self.records = self._read()

    def __iter__(self) -> Iterator[Record]:
        return self.records

    @property
    def lines_done(self) -> int:
        """The lines of the records read so far."""
        return self.skipped + self.reader.line_num

    def skip_to(self, lines_done: int) -> None:
        """Continue after that many lines of the file, which an earlier attempt has read."""
        ahead = max(0, lines_done - self.lines_done)
        self.skipped += sum(1 for _ in islice(self.lines, ahead))

    def skip_lines(self, lines: int) -> None:
        """Count lines that the fast path took from the underlying buffer."""
        self.skipped += lines

    def _without_sep_line(self, lines: Iterator[str]) -> Iterator[str]:
        first = next(lines, "")
        if SEP_LINE(first):
            self.skipped = 1
            return lines
        return chain([first], lines) if first else lines

    def _read(self) -> Iterator[Record]:
        reader, tidy_lines = self.reader, self.tidy_lines
        blank_rows = 0
        while True:
            line = self.lines_done + 1
            tidy_lines.is_inside = False
            try:
                for cells in reader:
                    tidy_lines.is_inside = False
                    # Nearly every row starts with an ASCII letter or digit; this runs for every record.
                    if (cells and "!" <= cells[0] < "\x7f") or not is_blank(cells := without_mark(cells)):
                        yield line, cells, None
                        blank_rows = 0
                    else:
                        blank_rows += 1
                        if blank_rows > MAX_BLANK_LINES:
                            raise too_many_blank_lines(line)
                    line = self.skipped + reader.line_num + 1
                return
            except csv.Error as error:
                if "expected after" in str(error):
                    yield line, [], text_after_quote(line, self.lines_done)
                else:
                    self.skipped += sum(1 for _ in self.lines)
                    yield line, [], unclosed_quote(line, self.lines_done)


def without_mark(cells: list[str]) -> list[str]:
    """The cells without a byte order mark before the first, as in files that were joined."""
    if cells and cells[0].startswith(BYTE_ORDER_MARK):
        return [cells[0].lstrip(BYTE_ORDER_MARK), *cells[1:]]
    return cells


def too_many_blank_lines(line: int) -> FileError:
    message = f"More than {MAX_BLANK_LINES:,} consecutive lines are blank. Is the file complete?"
    return FileError("file.too_many_blank_lines", message, line)


def text_after_quote(first_line: int, last_line: int) -> RowError:
    return RowError(
        "csv.text_after_quote",
        f"A closing quote in {where(first_line, last_line)} is followed by something other than the delimiter. "
        'Double each quote inside a quoted cell ("").',
    )


def unclosed_quote(first_line: int, last_line: int) -> RowError:
    return RowError(
        "csv.unclosed_quote",
        f"A quote in this row is never closed, so the text of {where(first_line, last_line)} was read as one row.",
    )


def where(first_line: int, last_line: int) -> str:
    return f"line {first_line}" if first_line == last_line else f"lines {first_line} to {last_line}"
