"""Parse a price, as people and spreadsheets write it, to digits with a decimal point. Pure functions.

A price such as 1,234 is ambiguous; imports.pipeline.ambiguous_prices resolves it by the file's other prices."""

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from decimal import Context, Decimal
from typing import Literal

from catalog.currencies import is_currency
from catalog.validation import FieldError, quote, read_price

DecimalMark = Literal["auto", ".", ","]

MINUS = "-\N{MINUS SIGN}"
DASH = "--?|[\N{EN DASH}\N{EM DASH}]"
SPACE = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}"
APOSTROPHE = "'\N{RIGHT SINGLE QUOTATION MARK}"
GROUPING = SPACE + APOSTROPHE
ARABIC_MARK = "\N{ARABIC DECIMAL SEPARATOR}"
MARKS = f".,{ARABIC_MARK}"
# As other scripts write marks and signs. Only a decimal mark of Arabic is never a mark of groups.
TO_ASCII = {
    ord("\N{FULLWIDTH FULL STOP}"): ".",
    ord("\N{FULLWIDTH COMMA}"): ",",
    ord("\N{ARABIC THOUSANDS SEPARATOR}"): "'",
    ord("\N{FULLWIDTH HYPHEN-MINUS}"): "-",
    ord("\N{LEFT-TO-RIGHT MARK}"): None,
    ord("\N{RIGHT-TO-LEFT MARK}"): None,
    ord("\N{ARABIC LETTER MARK}"): None,
}

# Each part is possessive but the number, so matching takes time linear in the cell's length.
TEXT = rf"[^0-9{MINUS}()]*+"
SPELLING = re.compile(
    rf"(?P<open>\()?+\s*+(?P<before>[{MINUS}])?+(?P<front>{TEXT})(?P<between>[{MINUS}])?+\s*+"
    rf"(?P<number>[{MARKS}]?[0-9](?:[0-9{MARKS}{GROUPING}]*[0-9{MARKS}])?)"
    # A dash in place of the cents: 5.- and 5,--
    rf"(?:(?<=[.,])(?:{DASH}))?"
    rf"\s*+(?P<after>[{MINUS}])?+(?P<back>{TEXT})(?P<behind>[{MINUS}])?+\s*+(?P<close>\))?+"
).fullmatch
WHOLE = re.compile(
    rf"[0-9]*|[1-9][0-9]{{0,2}}([.,{GROUPING}])[0-9]{{3}}(?:\1[0-9]{{3}})*"
    # Indian groups: 1,23,456 is 1 lakh and 23 thousand.
    "|[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}"
).fullmatch
DECIMALS = re.compile("[0-9]*").fullmatch
AMBIGUOUS = re.compile("[1-9][0-9]{0,2}[.,][0-9]{3}").fullmatch
WITHOUT_GROUPS = str.maketrans("", "", f".,{GROUPING}")
# The digits that a double keeps; programs write up to two more, which are noise, or all that its binary fraction has.
EXACT = Context(prec=15)
LONGEST_DOUBLE = 70

# Plain prices by the decimal marks seen so far: PostgreSQL reads them as they are, except for a comma. Possessive
# quantifiers are faster.
PLAIN = {
    "": re.compile("[0-9]{1,10}").fullmatch,
    ".": re.compile("[0-9]{1,8}+[.]?+[0-9]{0,2}+").fullmatch,
    ",": re.compile("[0-9]{1,8}+[,]?+[0-9]{0,2}+").fullmatch,
    ",.": re.compile("[0-9]{1,8}+[,.]?+[0-9]{0,2}+").fullmatch,
}

# The price as text that PostgreSQL reads as numeric; or the ambiguous price as written, such as 1,234; and the decimal
# mark that it shows unambiguously, if any.
Price = tuple[str | None, str | None, str]


def read(cell: str, decimal: DecimalMark) -> Price:
    """Parse the cell. Raises FieldError. `decimal` is the file's decimal mark, or "auto"."""
    if PLAIN[",." if decimal == "auto" else decimal](cell):
        return cell.replace(",", "."), None, "," if "," in cell else "." if "." in cell else ""
    minus, number = spelling(cell, decimal)
    mark = decimal_mark(number) if decimal == "auto" or ARABIC_MARK in number else decimal
    if mark is None and not minus:
        return None, number, ""
    price = minus + digits(cell, number, mark or ".", decimal)
    shown_mark = "" if mark in (None, ARABIC_MARK) else str(mark)
    return price if PLAIN["."](price) else str(read_price(without_noise(price))), None, shown_mark


def is_zero(cell: str) -> bool:
    try:
        price, _, _ = read(cell, "auto")
    except FieldError:
        return False
    return price is not None and not Decimal(price)


def decimal_marks(cells: Iterable[str]) -> set[str]:
    """The decimal marks that these prices show unambiguously."""
    marks = set()
    for cell in cells:
        with suppress(FieldError):
            _, _, mark = read(cell, "auto")
            marks.add(mark)
    return marks - {""}


def spelling(cell: str, decimal: DecimalMark) -> tuple[str, str]:
    """The sign, "-" or "", and the number without currency and spaces."""
    found = SPELLING(in_ascii(cell).strip())
    if found is None or bool(found["open"]) != bool(found["close"]):
        raise not_a_price(cell, decimal)
    signs = [sign for sign in found.group("open", "before", "between", "after", "behind") if sign]
    front, mark = without_decimal_mark(found["front"].strip())
    is_apart = bool(mark) and (bool(found["between"]) or not found["front"].endswith(mark))
    if len(signs) > 1 or is_apart or not are_currencies(front, found["back"].strip()):
        raise not_a_price(cell, decimal)
    return "-" if signs else "", mark + found["number"]


def in_ascii(cell: str) -> str:
    """The cell with ASCII digits and marks in place of those of other scripts."""
    if cell.isascii():
        return cell
    digits = (str(unicodedata.decimal(char)) if char.isdecimal() else char for char in cell)
    return "".join(digits).translate(TO_ASCII)


def without_decimal_mark(front: str) -> tuple[str, str]:
    """The text before a number, and a decimal mark at its end: Fr.5 is five, but the point in EUR.50 is the number's."""
    if front in (".", ",") or (front.endswith((".", ",")) and not is_currency(front)):
        return front[:-1].rstrip(), front[-1]
    return front, ""


def are_currencies(*texts: str) -> bool:
    return all(not text or is_currency(text) for text in texts)


def decimal_mark(number: str) -> str | None:
    """The decimal mark: "" if the number shows none, None if it is ambiguous.

    A mark that occurs twice groups digits, so the other one is the decimal mark."""
    if ARABIC_MARK in number:
        return ARABIC_MARK
    points, commas = number.count("."), number.count(",")
    if points and commas:
        return "." if number.rfind(".") > number.rfind(",") else ","
    if points > 1 or commas > 1:
        return "," if points else "."
    if AMBIGUOUS(number):
        return None
    return "." if points else "," if commas else ""


def digits(cell: str, number: str, mark: str, decimal: DecimalMark) -> str:
    """The number with a decimal point and without grouping. Groups have three digits and one kind of mark."""
    whole, _, decimals = number.partition(mark)
    if not WHOLE(whole) or not DECIMALS(decimals) or not whole + decimals:
        raise not_a_price(cell, decimal)
    return whole.translate(WITHOUT_GROUPS) + (f".{decimals}" if decimals else "")


def without_noise(price: str) -> str:
    """Round the noise of a binary fraction: 19.990000000000002 is 19.99. Any other price is returned as it is."""
    if EXACT.prec < len(price) <= LONGEST_DOUBLE:
        rounded = f"{EXACT.create_decimal(price):f}"
        if significant(price) > EXACT.prec and len(rounded.rstrip("0").partition(".")[2]) <= 2:
            return rounded
    return price


def significant(price: str) -> int:
    """The number of digits behind leading zeros."""
    return len(price.replace(".", "").lstrip("-0"))


def not_a_price(cell: str, decimal: DecimalMark) -> FieldError:
    if decimal == "auto":
        return FieldError("price.invalid", f"{quote(cell)} is not a price.")
    kind = "point" if decimal == "." else "comma"
    message = f"{quote(cell)} is not a price with a decimal {kind}, which the option decimal requires."
    return FieldError("price.invalid", message)
