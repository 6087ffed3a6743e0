"""Parse a price, as people and spreadsheets write it, to digits with a decimal point. Pure functions.

A price such as 1,234 is ambiguous; imports.pipeline.ambiguous_prices resolves it by the file's other prices."""

import re
from typing import Literal

from catalog.validation import FieldError, quote, read_price

DecimalMark = Literal["auto", ".", ","]

CODES = (
    "EUR USD GBP CHF JPY CNY RMB AUD CAD NZD HKD SGD SEK NOK DKK ISK PLN CZK HUF RON BGN TRY RUB UAH ILS AED SAR "
    "INR PKR BDT IDR MYR THB PHP VND KRW TWD ZAR NGN KES EGP MAD BRL MXN ARS CLP COP PEN UYU"
)
SIGNS = "$ US$ A$ AU$ C$ CA$ NZ$ HK$ S$ R$ MX$ £ ¥ ¢ ¤ ฿ " + " ".join(map(chr, range(0x20A0, 0x20C1)))
ABBREVIATIONS = "kr kr. zł zl Kč Ft Ft. Fr Fr. SFr SFr. Rs Rs. lei"
CURRENCIES = frozenset(f"{CODES} {SIGNS} {ABBREVIATIONS}".casefold().split())

MINUS = "-\N{MINUS SIGN}"
DASH = "--?|[\N{EN DASH}\N{EM DASH}]"
SPACE = " \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}\N{FIGURE SPACE}"
APOSTROPHE = "'\N{RIGHT SINGLE QUOTATION MARK}"
GROUPING = SPACE + APOSTROPHE
NO_CURRENCY = rf"{MINUS}0-9.,()\s{APOSTROPHE}"
# Each \s*+ is possessive, so matching takes time linear in the cell's length.
SPELLING = re.compile(
    rf"(?P<open>\()?+\s*+(?P<before>[{MINUS}])?+\s*+"
    # Fr.5 is five, but the point in EUR.50 belongs to the number.
    rf"(?P<front>(?i:kr|Ft|S?Fr|Rs)\.|[^{NO_CURRENCY}]++)?+\s*+(?P<between>[{MINUS}])?+\s*+"
    rf"(?P<number>[0-9.,](?:[0-9.,{GROUPING}]*[0-9.,])?)"
    # A dash in place of the cents: 5.- and 5,--
    rf"(?:(?<=[.,])(?:{DASH}))?"
    rf"\s*+(?P<after>[{MINUS}])?+\s*+(?P<back>[^{NO_CURRENCY}]++\.?+)?+"
    rf"\s*+(?P<behind>[{MINUS}])?+\s*+(?P<close>\))?+"
).fullmatch
WHOLE = re.compile(rf"[0-9]*|[1-9][0-9]{{0,2}}([.,{GROUPING}])[0-9]{{3}}(?:\1[0-9]{{3}})*").fullmatch
DECIMALS = re.compile("[0-9]*").fullmatch
AMBIGUOUS = re.compile("[1-9][0-9]{0,2}[.,][0-9]{3}").fullmatch
WITHOUT_GROUPS = str.maketrans("", "", f".,{GROUPING}")

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
    mark = decimal_mark(number) if decimal == "auto" else decimal
    if mark is None and not minus:
        return None, number, ""
    price = minus + digits(cell, number, mark or ".", decimal)
    return price if PLAIN["."](price) else str(read_price(price)), None, mark or ""


def spelling(cell: str, decimal: DecimalMark) -> tuple[str, str]:
    """The sign, "-" or "", and the number without currency and spaces."""
    found = SPELLING(cell.strip())
    if found is None or bool(found["open"]) != bool(found["close"]):
        raise not_a_price(cell, decimal)
    signs = [sign for sign in found.group("open", "before", "between", "after", "behind") if sign]
    if len(signs) > 1 or not are_currencies(found["front"], found["back"]):
        raise not_a_price(cell, decimal)
    return "-" if signs else "", found["number"]


def are_currencies(*texts: str | None) -> bool:
    return all(text is None or text.casefold() in CURRENCIES for text in texts)


def decimal_mark(number: str) -> str | None:
    """The decimal mark: "" if the number shows none, None if it is ambiguous.

    A mark that occurs twice groups digits, so the other one is the decimal mark."""
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


def not_a_price(cell: str, decimal: DecimalMark) -> FieldError:
    if decimal == "auto":
        return FieldError("price.invalid", f"{quote(cell)} is not a price.")
    kind = "point" if decimal == "." else "comma"
    message = f"{quote(cell)} is not a price with a decimal {kind}, which the option decimal requires."
    return FieldError("price.invalid", message)
