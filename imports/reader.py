"""Bytes to records: pure, streaming, and true about where each record starts.

imports.engine feeds it the stored file and hands the records to imports.rows. Python's csv module does the
parsing, in strict mode; this module gives it lines and names what it finds wrong."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator
from itertools import chain, islice

from imports.faults import Fault, FileFault

# Far above any cell worth having: what goes on for longer is a quote that was never closed.
CELL_LIMIT = 16 * 1024**2
DELIMITERS = ",;\t|"

# str.splitlines() splits at these too; in a CSV file they are data.
OTHER_LINE_ENDS = ("\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029")

Record = tuple[int, list[str], Fault | None]

csv.field_size_limit(CELL_LIMIT)


class Lines:
    """The lines of a file with their ends, however they end. Bytes that are not UTF-8 become lone surrogates."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self.blocks = blocks
        self.bytes_read = 0
        # True once a NUL or a byte that is no UTF-8 was seen: from then on every cell is worth a look.
        self.suspicious = False

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(map(split_lines, self._whole_lines()))

    def _whole_lines(self) -> Iterator[str]:
        decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
        pending = ""
        for block in self.blocks:
            self.bytes_read += len(block)
            text = pending + decoder.decode(block)
            end = end_of_last_line(text)
            pending = text[end:]
            if len(pending) > CELL_LIMIT:
                raise FileFault(
                    "file.line_too_long", "A line goes on for more than 16 MB. Is this a CSV file?"
                )
            yield self._look_at(text[:end])
        yield self._look_at(pending + decoder.decode(b"", final=True))

    def _look_at(self, text: str) -> str:
        self.suspicious = self.suspicious or "\0" in text or not is_unicode(text)
        return text


def end_of_last_line(text: str) -> int:
    """Where the last whole line ends. A CR at the very end may be half of a CRLF, so it ends nothing yet."""
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


class Records:
    """The records of a file in order, each as (line it starts in, cells, fault of its quoting or None).

    Blank lines are passed over."""

    def __init__(self, lines: Iterable[str], delimiter: str) -> None:
        self.lines = iter(lines)
        self.reader = csv.reader(self.lines, delimiter=delimiter, strict=True)
        self.skipped = 0
        self.records = self._read()

    def __iter__(self) -> Iterator[Record]:
        return self.records

    @property
    def lines_done(self) -> int:
        """The lines of the records given out so far."""
        return self.skipped + self.reader.line_num

    def skip_to(self, lines_done: int) -> None:
        """Go on behind that many lines of the file, which an earlier attempt has read."""
        ahead = max(0, lines_done - self.lines_done)
        self.skipped += sum(1 for _ in islice(self.lines, ahead))

    def _read(self) -> Iterator[Record]:
        reader = self.reader
        while True:
            line = self.lines_done + 1
            try:
                for cells in reader:
                    # Most rows are told by their first cell; this is asked half a million times.
                    if (len(cells) > 1 and cells[0]) or not is_blank(cells):
                        yield line, cells, None
                    line = self.skipped + reader.line_num + 1
                return
            except csv.Error as error:
                if "expected after" in str(error):
                    yield line, [], text_after_quote(line, self.lines_done)
                else:
                    self.skipped += sum(1 for _ in self.lines)
                    yield line, [], unclosed_quote(line, self.lines_done)


def is_blank(cells: list[str]) -> bool:
    return not any(cells) or (len(cells) == 1 and cells[0].isspace())


def text_after_quote(first_line: int, last_line: int) -> Fault:
    return Fault(
        "csv.after_quote",
        f"In {where(first_line, last_line)}, a closing quote is followed by something other than the delimiter. "
        'A quote inside a quoted cell is written twice ("").',
    )


def unclosed_quote(first_line: int, last_line: int) -> Fault:
    return Fault(
        "csv.unclosed_quote",
        f"A quote that opens in this row never closes, so all of {where(first_line, last_line)} was read as one row.",
    )


def where(first_line: int, last_line: int) -> str:
    return f"line {first_line}" if first_line == last_line else f"lines {first_line} to {last_line}"
