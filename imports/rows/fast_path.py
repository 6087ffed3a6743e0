"""DecodedLines that are in order as they stand: one regular expression finds runs of them, which go to COPY unread.

A file that a program wrote has hardly any others. imports.reading.batches sends them on as they are and gives every other
line to imports.formats.csv_reader and imports.rows.row_parser, which alone decide what a file means: a line takes the fast path only if they
would make the same values of it as PostgreSQL does. That costs a third of reading it."""

import re
from functools import cached_property

from imports.options import FIELDS, Options
from imports.rows.row_parser import ParsedRow, RowParser
from lib.limits import NAME_MAX_LENGTH, SKU_MAX_LENGTH

# In any cell: what ends a line, what PostgreSQL cannot keep (NUL, bytes that were no text), and the quote.
LONGEST_RUN = 200
LINE_FEED = "\\n"
NEVER = f'"\\x00{LINE_FEED}\\r\\ud800-\\udfff'
CONTROL = "\\x01-\\x1f\\x7f-\\x9f"
SPACE = "\\x20\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000"
NOT_ASCII = "\\x80-\\U0010ffff"
# A cell that begins so may be #N/A, [clear] or text behind a spreadsheet's apostrophe.
SPECIAL = "#\\['"
# A SKU that begins so may be a long one that a spreadsheet spoiled, or what PostgreSQL before 18 takes for the end of the
# data where it stands alone.
NOT_A_SKU = r'(?!"?[0-9.,]+[Ee]|\\\.)'
# Words for yes and no that PostgreSQL knows, too.
WORDS = "true|false|True|False|TRUE|FALSE|1|0|yes|no|Yes|No|YES|NO"
PRICE = r"[0-9]{1,10}(?:\.[0-9]{1,2})?"
WHOLE_PRICE = "[0-9]{1,10}"
PRICE_PLACE = FIELDS.index("price")
# Before a price that can be read in two ways; see sql/stage.sql.
AMBIGUOUS_PREFIX = "?"


class FastPath:
    """What fast-path lines of a file look like, which depends on the file's columns, its delimiter and the options."""

    def __init__(self, row_parser: RowParser, delimiter: str, options: Options, line_end: str = "\n") -> None:
        self.delimiter, self.line_end = delimiter, line_end
        self.columns = columns(row_parser)
        # Where a clean row has the value of each column; of one that is none of ours it has nothing.
        self.places = [FIELDS.index(column) if column in FIELDS else None for column in columns(row_parser)]
        # What stands for a line that holds no clean row.
        self.nothing = delimiter * (len(self.columns) - 1) + line_end
        self.options = options

    # Made when first asked for: that takes longer than to import a short file.

    @cached_property
    def before_point(self) -> "FastPathPatterns":
        """Until a price has shown that the file writes a decimal point, lines with one are not on the fast path: the exact path
        is to see them."""
        return self._patterns(point=self.options.decimal == ".")

    @cached_property
    def after_point(self) -> "FastPathPatterns":
        return self._patterns(point=self.options.decimal != ",")

    def _patterns(self, *, point: bool) -> "FastPathPatterns":
        return FastPathPatterns(self.columns, self.delimiter, self.line_end, self.options, point=point)

    def line(self, row: ParsedRow) -> str:
        """The row as COPY takes it beside fast-path lines: null is nothing, and text is in quotes."""
        *values, ambiguous_price = row
        if ambiguous_price is not None:
            values[PRICE_PLACE] = AMBIGUOUS_PREFIX + ambiguous_price
        cells = ("" if place is None else quoted(values[place]) for place in self.places)
        return self.delimiter.join(cells) + self.line_end

    def patterns(self, decimal_marks: set[str]) -> "FastPathPatterns":
        """By the decimal decimal_marks that prices have shown so far."""
        return self.after_point if "." in decimal_marks else self.before_point


class FastPathPatterns:
    """A run of fast-path lines, maybe empty; and one record that goes over several."""

    def __init__(
        self, columns: list[str], delimiter: str, line_end: str, options: Options, *, point: bool
    ) -> None:
        line, record = (
            re.escape(delimiter).join(look.get(column, look["other"]) for column in columns) + line_end
            for look in (
                cells(delimiter, options, point=point, over_lines=over_lines) for over_lines in (False, True)
            )
        )
        # Not all at once: the matcher keeps a note of every line until the run ends.
        self.run = re.compile(f"(?:{line}){{0,{LONGEST_RUN}}}")
        self.record = re.compile(record)


def columns(row_parser: RowParser) -> list[str]:
    """The columns of the staging table for those of the file, in its order. What is none of ours has one, too: it
    would cost more to cut it out of the lines."""
    names = dict(zip(row_parser.positions, FIELDS, strict=True))
    return [names.get(place, f"other_{place}") for place in range(len(row_parser.header))]


def quoted(value: str | bool | None) -> str:
    if isinstance(value, str):
        return '"' + value.replace('"', '""') + '"'
    return "" if value is None else str(value)


def cells(delimiter: str, options: Options, *, point: bool, over_lines: bool) -> dict[str, str]:
    """What the cell of each column looks like, with quotes around it or without."""
    mark = re.escape(delimiter)
    blank = "?" if options.blank == "keep" else ""
    # Long ones are left to be counted: what passes here has at most 20,000 characters.
    start = f"[^{NEVER}{SPACE}{CONTROL}{SPECIAL}%s]"
    more = f'(?:""[^{NEVER}]{{0,199}}){{0,45}}'
    return {
        "sku": NOT_A_SKU + either(trimmed(CONTROL + NOT_ASCII, SKU_MAX_LENGTH), mark),
        "name": either(trimmed(CONTROL, NAME_MAX_LENGTH), mark) + blank,
        "description": either(f"{start}[^{NEVER}%s]{{0,9999}}", mark, more, over_lines=over_lines) + blank,
        "price": either_quoted(PRICE if point else WHOLE_PRICE) + blank,
        "is_active": either_quoted(WORDS) + blank,
        "other": either(f"[^{NEVER}%s]*", mark, f'(?:""[^{NEVER}]*)*', over_lines=over_lines),
    }


def trimmed(excluded: str, most: int) -> str:
    """Up to so many characters with no space at either end; %s is where the delimiter is excluded, too."""
    end = f"[^{NEVER}{excluded}{SPACE}%s]"
    return f"[^{NEVER}{excluded}{SPACE}{SPECIAL}%s](?:[^{NEVER}{excluded}%s]{{0,{most - 2}}}{end})?"


def either(cell: str, mark: str, more: str = "", *, over_lines: bool = False) -> str:
    """The cell bare, without the delimiter in it, or in quotes, and then with more behind it and maybe line ends."""
    places = cell.count("%s")
    bare, inside = cell % ((mark,) * places), cell % (("",) * places) + more
    return f'(?:{bare}|"{inside.replace(LINE_FEED, "") if over_lines else inside}")'


def either_quoted(cell: str) -> str:
    return f'(?:{cell}|"(?:{cell})")'
