"""Tidy quotes, so that Python's csv module reads what other programs write. Pure.

A quote with only blanks between it and the delimiter is a quote of its cell: `"A1" , "Socks, wool"` has two cells. The csv
module takes blanks before a quote for text; its option against that would also change unquoted cells."""

import re
from collections.abc import Iterable, Iterator

BYTE_ORDER_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"
BLANKS = f" \t\N{NO-BREAK SPACE}{BYTE_ORDER_MARK}"
# The rest of a quoted cell, to its closing quote or to the end of the line.
REST = r'[^"]*+(?:""[^"]*+)*+(?:"|\Z)'
# The same where a backslash escapes; the group matches an escaped quote.
ESCAPED_REST = r'(?:[^"\\\r\n]|\\[^"\r\n]|(\\")|"")*+"'
# The csv module rejects it with the error for text after a closing quote.
TEXT_AFTER_QUOTE = '""x\n'


class TidyLines:
    """Lines without blanks around quoted cells.

    A line whose quotes are escaped by backslashes becomes one that the csv module rejects. By its other quotes it would
    have other cells, or take the lines that follow."""

    def __init__(self, lines: Iterable[str], delimiter: str) -> None:
        self.lines = lines
        # Set to False after each record: whether the next line starts within a quoted cell.
        self.is_inside = False
        self.before, self.after = f'{delimiter} "', f'" {delimiter}'
        self.has_tabs = delimiter != "\t"
        mark, blank = re.escape(delimiter), f"[{BLANKS.replace(delimiter, '')}]*+"
        end = rf"(?=[{mark}\r\n]|\Z)"
        self.quoted = re.compile(rf'(\A|{mark}){blank}("{REST})(?:{blank}{end})?+')
        cell = rf'(?:{blank}"{ESCAPED_REST}{blank}{end}|[^{mark}\r\n"]*+)'
        self.escaped = re.compile(rf"{cell}(?:{mark}{cell})*+(?:\r\n?|\n)?").fullmatch

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            # Written out for speed: nearly no line passes, and a pattern would cost as much as parsing the line.
            if '"' in line and (
                (' "' in line and (self.before in line or '  "' in line or line[0] == " "))
                or ('" ' in line and (self.after in line or '"  ' in line or line.rstrip("\r\n")[-1] == " "))
                or "\\" in line
                or "\xa0" in line
                or "\ufeff" in line
                or (self.has_tabs and "\t" in line)
            ):
                line = self._tidied(line)
            self.is_inside = True
            yield line

    def _tidied(self, line: str) -> str:
        if self.is_inside:
            return self.quoted.sub(r"\1\2", f'"{line}')[1:]
        if '\\"' in line and (found := self.escaped(line)) and found.lastindex:
            return TEXT_AFTER_QUOTE
        return self.quoted.sub(r"\1\2", line)
