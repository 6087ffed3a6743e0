"""What a person may mean by a cell that an import cannot read. Pure functions."""

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from catalog.prices import DecimalMark, digits, spelling
from catalog.validation import PRICE_DIGITS, FieldError

CENT = Decimal("0.01")
MARKS: tuple[DecimalMark, ...] = (".", ",")
PRICES = ("price.ambiguous", "price.too_precise", "price.invalid")


class Candidate(NamedTuple):
    """A text for the cell instead. An import never rounds a price, but a person may."""

    text: str
    is_rounded: bool = False

    def __str__(self) -> str:
        return f"{self.text} rounded" if self.is_rounded else self.text


YES_OR_NO = [Candidate("true"), Candidate("false")]


def candidates(code: str, cell: str, decimal: DecimalMark) -> list[Candidate]:
    """What a file with this decimal mark is read by; nothing if there is nothing to choose."""
    if code == "is_active.invalid":
        return YES_OR_NO
    if code not in PRICES:
        return []
    found = [price_by(mark, cell) for mark in MARKS]
    return [candidate(price, decimal) for price in dict.fromkeys(found) if price is not None]


def price_by(mark: DecimalMark, cell: str) -> Decimal | None:
    """The price if that is its decimal mark; None if it is no price then."""
    try:
        minus, number = spelling(cell, mark)
        price = digits(cell, number, mark, mark)
    except FieldError:
        return None
    is_price = not minus and len(price.partition(".")[0].lstrip("0")) <= PRICE_DIGITS
    return Decimal(price) if is_price else None


def candidate(price: Decimal, decimal: DecimalMark) -> Candidate:
    rounded = price.quantize(CENT, ROUND_HALF_UP)
    text = str(rounded).replace(".", ",") if decimal == "," else str(rounded)
    return Candidate(text, is_rounded=rounded != price)
