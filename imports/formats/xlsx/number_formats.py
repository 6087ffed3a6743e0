"""What a number in an Excel sheet looks like: there, a day is a number too, and only its format tells. Pure functions.

imports.formats.xlsx.sheet finds the formats, and asks here what a person sees."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf, isinf

NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]*)?(?:[Ee][+-]?[0-9]{1,3})?").fullmatch
# As many digits as Excel keeps; more are the noise of binary fractions.
MAX_DIGITS = 15

# The built-in formats that show a day or a time, and the letters by which others do.
DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
DATE_LETTERS = re.compile("[dmyhs]", re.IGNORECASE)
# Text, spaces, colours and languages.
NOT_OF_THE_NUMBER = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^][]*\]')

FIRST_DAY, FIRST_DAY_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
# Before the year 10000 in either count.
LAST_DAY_NUMBER = 2_957_003

# "" as it is, "date", or zeros: as many digits at least.
CellFormat = str


def built_in_cell_format(number: int) -> CellFormat:
    return "date" if number in DATE_FORMATS else ""


def cell_format_of_code(code: str) -> CellFormat:
    """Of a format that the workbook brings; its length is for the caller to bound."""
    if set(code) == {"0"}:
        return code
    return "date" if DATE_LETTERS.search(NOT_OF_THE_NUMBER.sub("", code)) else ""


def shown(text: str, cell_format: CellFormat, *, since_1904: bool = False) -> str:
    """The number as a person sees it, but whole: a format that rounds it is for the eye."""
    if cell_format == "date":
        return date(text, since_1904=since_1904)
    plain = number(text)
    return plain.zfill(len(cell_format)) if plain.isdecimal() else plain


def number(text: str) -> str:
    """The number without an exponent, and a whole one without a point."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS:
        return text
    # Plus nothing, because zero has no minus here.
    value = float(text) + 0.0 if NUMBER(text) else inf
    if isinf(value):
        return text
    rounded = format(value, f".{MAX_DIGITS}g")
    return format(Decimal(rounded), "f") if "e" in rounded else rounded


def date(text: str, *, since_1904: bool = False) -> str:
    """A day, a time or both in ISO 8601, for the number of days that Excel keeps."""
    days = float(text) if NUMBER(text) else -1.0
    if not 0 <= days <= LAST_DAY_NUMBER:
        return number(text)
    moment = (FIRST_DAY_1904 if since_1904 else FIRST_DAY) + timedelta(seconds=round(days * 86_400))
    if days < 1:
        return moment.strftime("%H:%M:%S")
    return moment.strftime("%Y-%m-%d" if days.is_integer() else "%Y-%m-%d %H:%M:%S")
