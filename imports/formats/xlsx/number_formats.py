"""Format a number of an Excel sheet as it is displayed. A date is a number there, and only its format shows that. Pure."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf, isinf

NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[Ee][+-]?[0-9]{1,3})?").fullmatch
# The digits that Excel keeps; more are noise of binary fractions.
MAX_DIGITS = 15

# The built-in formats for dates and times, and the letters that mark them in custom formats.
DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
DATE_LETTERS = re.compile("[dmyhs]", re.IGNORECASE)
# Literal text, spaces, colours and locales.
NOT_OF_THE_NUMBER = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^][]*\]')

FIRST_DAY, FIRST_DAY_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
# Before the year 10000 in either count.
LAST_DAY_NUMBER = 2_957_003

# "" for no change, "date", or zeros for the minimum number of digits.
CellFormat = str


def built_in_cell_format(number: int) -> CellFormat:
    return "date" if number in DATE_FORMATS else ""


def cell_format_of_code(code: str) -> CellFormat:
    """The cell format of a custom format code. The caller limits its length."""
    if set(code) == {"0"}:
        return code
    return "date" if DATE_LETTERS.search(NOT_OF_THE_NUMBER.sub("", code)) else ""


def displayed(text: str, cell_format: CellFormat, *, since_1904: bool = False) -> str:
    """The number as displayed, but not rounded by its format."""
    if cell_format == "date":
        return date(text, since_1904=since_1904)
    plain = number(text)
    return plain.zfill(len(cell_format)) if plain.isdecimal() else plain


def number(text: str) -> str:
    """The number without an exponent, and an integer without a decimal point."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS:
        return text
    # Adding zero turns -0 into 0.
    value = float(text) + 0.0 if NUMBER(text) else inf
    if isinf(value):
        return text
    rounded = format(value, f".{MAX_DIGITS}g")
    return format(Decimal(rounded), "f") if "e" in rounded else rounded


def date(text: str, *, since_1904: bool = False) -> str:
    """The date, time or both in ISO 8601 for Excel's number of days."""
    days = float(text) if NUMBER(text) else -1.0
    if not 0 <= days <= LAST_DAY_NUMBER:
        return number(text)
    moment = (FIRST_DAY_1904 if since_1904 else FIRST_DAY) + timedelta(seconds=round(days * 86_400))
    if days < 1:
        return moment.strftime("%H:%M:%S")
    return moment.strftime("%Y-%m-%d" if days.is_integer() else "%Y-%m-%d %H:%M:%S")
