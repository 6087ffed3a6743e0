"""Lines of worksheets that are read as one: each sheet has a range of them, so a line is known to be a row of its sheet."""

from collections.abc import Sequence
from typing import NamedTuple

from lib.limits import WORKBOOK_ROWS_MAX


class Place(NamedTuple):
    """A line of a file, or a row of one of the worksheets that an import reads as one."""

    line: int
    sheet: str = ""

    def __str__(self) -> str:
        return f"{self.sheet}, row {self.line}" if self.sheet else str(self.line)

    @property
    def named(self) -> str:
        return str(self) if self.sheet else f"line {self.line}"


def lines_before(number: int) -> int:
    """How many lines come before those of the sheet with this number, from 0."""
    return number * WORKBOOK_ROWS_MAX


def place_of(line: int, sheets: Sequence[str]) -> Place:
    """Where a person finds the line of a file, of which these sheets are read."""
    if len(sheets) < 2:
        return Place(line)
    number, rows_before = divmod(line - 1, WORKBOOK_ROWS_MAX)
    return Place(rows_before + 1, sheets[number])
