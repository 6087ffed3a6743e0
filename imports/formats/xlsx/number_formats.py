"""Format a number of an Excel sheet as it is displayed. A date is a number there, and only its format shows that. Pure."""

import re
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from math import inf, isinf
from typing import NamedTuple

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

# The built-in formats for numbers whose codes do not depend on the country; "?" stands for the other codes.
GENERAL = {0, 49}
BUILT_IN_CODES = {1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00"}
LAST_BUILT_IN = 81
# Of a code that makes fixed text and digits: text, a placeholder of a digit, what is not shown, the end of the part for
# numbers above zero, and anything else.
PART = re.compile(
    r'"([^"]*)"|\\(.)|([- ])|([0#])|(_.|\[(?:Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|\$-[0-9A-F]+)\])|(;)|(.)',
    re.IGNORECASE | re.DOTALL,
)


class CellFormat(NamedTuple):
    code: str
    is_date: bool = False
    is_percent: bool = False


def built_in_cell_format(number: int) -> CellFormat | None:
    """The cell format of a number format that every workbook has; None if it shows a number as it is."""
    if number in DATE_FORMATS:
        return CellFormat("", is_date=True)
    if number in GENERAL or number > LAST_BUILT_IN:
        return None
    return cell_format_of_code(BUILT_IN_CODES.get(number, "?"))


def cell_format_of_code(code: str) -> CellFormat | None:
    """The cell format of a format code. The caller limits its length."""
    if code.lower() in ("general", "@", ""):
        return None
    of_the_number = NOT_OF_THE_NUMBER.sub("", code)
    return CellFormat(code, bool(DATE_LETTERS.search(of_the_number)), "%" in of_the_number)


def displayed(text: str, cell_format: CellFormat, *, since_1904: bool = False) -> str:
    """The date as displayed, or the number with its leading zeros, but not rounded and without other text."""
    if cell_format.is_date:
        return date(text, since_1904=since_1904)
    plain, code = number(text), cell_format.code
    return plain.zfill(len(code)) if plain.isdecimal() and set(code) == {"0"} else plain


def shown_by(code: str, text: str) -> str:
    """The whole number as displayed by a code that makes fixed text and digits of it, such as "SKU-"0000; or ""."""
    plain = number(text)
    parts, is_for_zero = first_section(code)
    places = sum(bool(placeholder) for _, placeholder in parts)
    if not places or not plain.isdecimal() or (plain == "0" and not is_for_zero):
        return ""
    return filled(parts, plain.lstrip("0").rjust(places), places)


@lru_cache(maxsize=64)
def first_section(code: str) -> tuple[list[tuple[str, str]], bool]:
    """The fixed text and the placeholder of a digit in each part for numbers above zero; nothing for any other code.

    And whether zero is displayed by them, too."""
    parts: list[tuple[str, str]] = []
    for quoted, escaped, bare, placeholder, _, is_end, other in PART.findall(code):
        if other:
            return [], False
        if is_end:
            return parts, False
        parts.append((quoted + escaped + bare, placeholder))
    return parts, True


def filled(parts: list[tuple[str, str]], digits: str, places: int) -> str:
    """The parts with these digits, of which the first placeholder takes those beyond the number of places."""
    extra, rest = digits[: len(digits) - places], iter(digits[len(digits) - places :])
    shown = ""
    for fixed, placeholder in parts:
        shown += fixed
        if placeholder:
            shown += extra + next(rest).replace(" ", placeholder.strip("#"))
            extra = ""
    return shown


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
