"""What a person may mean by a cell that an import cannot read. Pure functions."""

from decimal import ROUND_HALF_UP, Decimal

from catalog.prices import DecimalMark, digits, spelling
from catalog.validation import PRICE_DIGITS, FieldError

CENT = Decimal("0.01")
MARKS: tuple[DecimalMark, ...] = (".", ",")
YES_OR_NO = ["true", "false"]
PRICES = ("price.ambiguous", "price.too_precise", "price.invalid")


def candidates(code: str, cell: str, decimal: DecimalMark) -> list[str]:
    """Texts for the cell instead, which a file with this decimal mark is read by; none if there is nothing to choose."""
    if code == "is_active.invalid":
        return YES_OR_NO
    if code not in PRICES:
        return []
    found = {price: None for mark in MARKS if (price := price_by(mark, cell)) is not None}
    return [written(price, decimal) for price in found]


def price_by(mark: DecimalMark, cell: str) -> Decimal | None:
    """The price if that is its decimal mark, rounded to two decimals; None if it is no price then."""
    try:
        minus, number = spelling(cell, mark)
        price = digits(cell, number, mark, mark)
    except FieldError:
        return None
    if minus or len(price.partition(".")[0].lstrip("0")) > PRICE_DIGITS:
        return None
    return Decimal(price).quantize(CENT, ROUND_HALF_UP)


def written(price: Decimal, decimal: DecimalMark) -> str:
    return str(price).replace(".", ",") if decimal == "," else str(price)
