"""catalog.validation, from all sides."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.validation import FieldError, quote, read_description, read_name, read_price, read_sku
from tests.clock import cpu_seconds

CENTS = st.integers(min_value=0, max_value=10**12 - 1)


@given(CENTS)
def test_every_price_survives_text_and_json_number(cents: int) -> None:
    price = Decimal(cents) / 100
    assert read_price(f"{price:.2f}") == price
    assert read_price(float(price)) == price


@given(st.one_of(st.text(), st.floats(), st.integers(), st.none(), st.booleans()))
def test_whatever_comes_is_a_price_or_rejected(value: object) -> None:
    try:
        price = read_price(value)
    except FieldError as error:
        assert error.code.startswith("price.")
    else:
        assert 0 <= price < 10**10
        assert price.as_tuple().exponent == -2


@given(st.text())
def test_what_is_read_reads_as_itself(text: str) -> None:
    for read in (read_sku, read_name):
        try:
            value = read(text)
        except FieldError:
            continue
        assert read(value) == value == value.strip() != ""


# Marks above and below in turn, which normalising has to sort.
@pytest.mark.parametrize("read", [read_sku, read_name, read_description])
@pytest.mark.parametrize("text", ["a" + "\u0301\u0316" * 50_000, "\u200b" * 2_000_000, "\ufb2c" * 500_000])
def test_text_that_is_too_long_is_rejected_before_it_is_looked_at(
    read: Callable[[object], str], text: str
) -> None:
    def refuse() -> None:
        with pytest.raises(FieldError, match="characters long;"):
            read(text)

    assert cpu_seconds(refuse) < 0.1


def test_sku_may_be_written_in_four_times_its_characters() -> None:
    assert read_sku("\u03b1\u0313\u0301\u0345" * 64) == "\u1f84" * 64


def test_zero_has_no_sign() -> None:
    assert str(read_price("-0.00")) == "0.00"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("abc", "'abc'"),
        (None, "null"),
        (True, "true"),
        ([1], "a list"),
        ({}, "an object"),
        ("a\x00b", "'a\ufffdb'"),
        ("x" * 50, f"'{'x' * 39}…'"),
    ],
)
def test_value_is_shown_so_that_a_message_can_quote_it(value: object, text: str) -> None:
    assert quote(value) == text
