"""A price that a person types: in the spellings of their country, and never in two ways."""

from decimal import Decimal

import pytest

from catalog.typed_prices import read_typed_price
from catalog.validation import FieldError


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("12.50", "12.50"),
        ("12,50", "12.50"),
        ("12,5", "12.50"),
        ("12,50 EUR", "12.50"),
        ("€ 12", "12.00"),
        ("1.234,50", "1234.50"),
        ("1,234.50", "1234.50"),
        ("1 234,50", "1234.50"),
        ("1'234.50", "1234.50"),
        ("1.234.567", "1234567.00"),
        (" 7 ", "7.00"),
        (".5", "0.50"),
    ],
)
def test_price_is_read_as_in_a_file(text: str, price: str) -> None:
    assert str(read_typed_price(text)) == price


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (
            "1,234",
            "price.ambiguous",
            "'1,234' can mean 1234 or 1.234. Enter the price with two decimals, such as 1234.00.",
        ),
        (
            "1.234 €",
            "price.ambiguous",
            "'1.234 €' can mean 1234 or 1.234. Enter the price with two decimals, such as 1234.00.",
        ),
        ("", "price.invalid", "'' is not a price."),
        ("12,50 apples", "price.invalid", "'12,50 apples' is not a price."),
        ("12,50,1", "price.invalid", "'12,50,1' is not a price."),
        ("-5,00", "price.negative", "'-5.00' is negative."),
        ("0,005", "price.too_precise", "'0.005' has more than two decimals."),
    ],
)
def test_price_that_cannot_be_stored_is_refused_with_its_reason(text: str, code: str, message: str) -> None:
    with pytest.raises(FieldError) as refused:
        read_typed_price(text)
    assert (refused.value.code, refused.value.message) == (code, message)


def test_suggested_spelling_is_the_larger_reading() -> None:
    assert read_typed_price("1234.00") == Decimal(1234)
