"""The fast path: a regular expression finds runs of lines that COPY can take as they are.

A file written by a program has hardly any other lines. Every other line goes through the CSV reader and the row parser,
which alone define what a file means: a line takes the fast path only if PostgreSQL reads the same values from it. That
costs a third of parsing the line. Without the call of copy_fast_path() in imports.reading.batches, every line is parsed."""

import re
from functools import cached_property

from imports.options import Options
from imports.rows.copy_format import CopyFormat
from lib.limits import NAME_MAX_LENGTH, SKU_MAX_LENGTH

# Excluded from every cell: line ends, the quote, and what PostgreSQL cannot store (NUL, undecodable bytes).
LONGEST_RUN = 200
LINE_FEED = "\\n"
NEVER = f'"\\x00{LINE_FEED}\\r\\ud800-\\udfff'
CONTROL = "\\x01-\\x1f\\x7f-\\x9f"
SPACE = "\\x20\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
NOT_ASCII = "\\x80-\\U0010ffff"
# A cell that starts with one of these may be #N/A, [clear], text guarded by an apostrophe or a byte order mark.
SPECIAL = "#\\['\\ufeff"
# In every tag and entity.
HTML = "<&"
# A SKU that starts so may be in scientific notation, or be the line `\.`, which PostgreSQL before 18 treats as the end
# of the data.
NOT_A_SKU = r'(?!"?[0-9.,]+[Ee]|\\\.)'
# Between the SKUs of a list.
SEPARATORS = ",;|"
# A quote after a backslash may be escaped by it; see imports.formats.quotes.
CLOSING_QUOTE = r'(?<!\\)"'
DOUBLED_QUOTE = f'{CLOSING_QUOTE}"'
# Words for yes and no that PostgreSQL also accepts.
WORDS = "true|false|True|False|TRUE|FALSE|1|0|yes|no|Yes|No|YES|NO"
PRICE = r"[0-9]{1,10}(?:\.[0-9]{1,2})?"
WHOLE_PRICE = "[0-9]{1,10}"


class FastPath:
    """The patterns of one file, which depend on its columns, its delimiter and the options."""

    def __init__(self, copy_format: CopyFormat, options: Options) -> None:
        self.copy_format, self.options = copy_format, options

    # Compiled on first use: compiling takes longer than importing a short file.

    @cached_property
    def before_point(self) -> "FastPathPatterns":
        """Until a price shows that the file uses a decimal point, lines with one go through the row parser, which records
        the mark."""
        return self._patterns(point=self.options.decimal == ".")

    @cached_property
    def after_point(self) -> "FastPathPatterns":
        return self._patterns(point=self.options.decimal != ",")

    def _patterns(self, *, point: bool) -> "FastPathPatterns":
        return FastPathPatterns(self.copy_format, self.options, point=point)

    def patterns(self, decimal_marks: set[str]) -> "FastPathPatterns":
        """The patterns for the decimal marks seen so far."""
        return self.after_point if "." in decimal_marks else self.before_point


class FastPathPatterns:
    """Matches a run of lines, possibly empty; such a run with another, blank cell at each end; and one record that spans
    several lines."""

    def __init__(self, copy_format: CopyFormat, options: Options, *, point: bool) -> None:
        delimiter = copy_format.delimiter
        line, record = (
            re.escape(delimiter).join(
                patterns.get(column, patterns["other"]) for column in copy_format.columns
            )
            + copy_format.line_end
            for patterns in (
                cells(delimiter, options, point=point, over_lines=over_lines) for over_lines in (False, True)
            )
        )
        self.line, self.delimiter, self.line_end = line, delimiter, copy_format.line_end
        # Limited, because the matcher keeps state for every line of the run.
        self.run = re.compile(f"(?:{line}){{0,{LONGEST_RUN}}}")
        self.record = re.compile(record)

    @cached_property
    def run_with_blank_ends(self) -> re.Pattern[str]:
        cells = self.line.removesuffix(self.line_end)
        return re.compile(f"(?:{cells}{re.escape(self.delimiter)}{self.line_end}){{0,{LONGEST_RUN}}}")

    def without_blank_ends(self, run: str) -> str:
        """Remove the additional cell of each line. No cell of a run contains a line end."""
        return run.replace(self.delimiter + self.line_end, self.line_end)


def cells(delimiter: str, options: Options, *, point: bool, over_lines: bool) -> dict[str, str]:
    """The pattern of each column's cell, quoted or not."""
    mark = re.escape(delimiter)
    blank = "?" if options.blank == "keep" else ""
    # Longer descriptions go through the row parser; these have at most 20,000 characters.
    never = NEVER + (HTML if options.html == "strip" else "")
    start = f"[^{never}{SPACE}{CONTROL}{SPECIAL}%s]"
    more = f"(?:{DOUBLED_QUOTE}[^{never}]{{0,199}}){{0,45}}"
    return {
        "sku": NOT_A_SKU + either(trimmed(CONTROL + NOT_ASCII + SEPARATORS, SKU_MAX_LENGTH), mark),
        "name": either(trimmed(CONTROL, NAME_MAX_LENGTH), mark) + blank,
        "description": either(f"{start}[^{never}%s]{{0,9999}}", mark, more, over_lines=over_lines) + blank,
        "price": either_quoted(PRICE if point else WHOLE_PRICE) + blank,
        "is_active": either_quoted(WORDS) + blank,
        "other": either(f"[^{NEVER}%s]*", mark, f"(?:{DOUBLED_QUOTE}[^{NEVER}]*)*", over_lines=over_lines),
    }


def trimmed(excluded: str, most: int) -> str:
    """Up to `most` characters without a space at either end. %s is the place of the excluded delimiter."""
    end = f"[^{NEVER}{excluded}{SPACE}%s]"
    return f"[^{NEVER}{excluded}{SPACE}{SPECIAL}%s](?:[^{NEVER}{excluded}%s]{{0,{most - 2}}}{end})?"


def either(cell: str, mark: str, more: str = "", *, over_lines: bool = False) -> str:
    """The cell unquoted, without the delimiter; or quoted, followed by `more`, and with line ends if `over_lines`."""
    places = cell.count("%s")
    bare, inside = cell % ((mark,) * places), cell % (("",) * places) + more
    return f'(?:{bare}|"{inside.replace(LINE_FEED, "") if over_lines else inside}{CLOSING_QUOTE})'


def either_quoted(cell: str) -> str:
    return f'(?:{cell}|"(?:{cell})")'
